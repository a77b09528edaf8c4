"""Documents in layers, and the process's copy of the catalog."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from formloom.metadata import changesets, store, system_tables, tables
from formloom.metadata.catalog import Catalog, build
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import SetupError
from tests.metadata.sample import applied, catalog_of, entity, field

LAYER = store.package_layer("demo")


def effective(database: Database, key: str) -> dict[str, object] | None:
    with database.reading() as conn:
        return store.effective(store.read_rows(conn)).get(("entity", key))


def test_the_sites_edit_lies_over_the_packages_document(database: Database):
    shipped = entity("account", field("city"))
    applied(database, shipped, layer=LAYER)
    own = entity("account", field("city", required=True), field("own"))

    applied(database, own)

    with database.reading() as conn:
        rows = {row.layer: row for row in store.read_rows(conn)}
    assert rows[LAYER].document == shipped
    assert (rows[store.SITE].document, rows[store.SITE].base) == (own, shipped)
    assert effective(database, "account") == own


def test_an_upgrade_of_the_package_merges_with_the_sites_edit(database: Database):
    applied(database, entity("account", field("city")), layer=LAYER)
    applied(database, entity("account", field("city", required=True), field("own")))

    applied(database, entity("account", field("city", help="where"), field("shipped")), layer=LAYER)

    merged = effective(database, "account")
    assert merged is not None
    assert merged["fields"] == [
        {"key": "name", "type": "text", "label": "Name"},
        field("city", required=True, help="where"),
        field("own"),
        field("shipped"),
    ]


def test_putting_the_packages_document_ends_the_sites_edit(database: Database):
    applied(database, entity("account", field("city")), layer=LAYER)
    applied(database, entity("account"))

    applied(database, entity("account", field("city")))

    with database.reading() as conn:
        assert [row.layer for row in store.read_rows(conn)] == [LAYER]


def test_the_site_can_delete_a_packaged_document_and_reset_it(database: Database):
    applied(database, entity("account"), layer=LAYER)

    changesets.apply(database, [Edit("delete", "entity", "account")], "tester")
    assert effective(database, "account") is None
    changesets.apply(database, [Edit("reset", "entity", "account")], "tester")

    assert effective(database, "account") == entity("account")


def test_the_catalog_is_built_once_per_version(database: Database, monkeypatch: pytest.MonkeyPatch):
    builds: list[int] = []

    def counting(documents: object, version: int = 0) -> Catalog:
        builds.append(version)
        return build(documents, version)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "build", counting)
    applied(database, entity("account"))
    builds.clear()

    other = Database(database.url.render_as_string(hide_password=False))

    def read(_: int) -> Catalog:
        with other.reading() as conn:
            return store.catalog_for(conn)

    with ThreadPoolExecutor(4) as pool:
        catalogs = list(pool.map(read, range(20)))
    assert len({id(catalog) for catalog in catalogs}) == 1
    assert builds == [1]
    applied(database, entity("contact"))

    assert read(0).version == 2 and "contact" in read(0).entities
    other.close()


def test_another_process_is_noticed(database: Database):
    applied(database, entity("account"))
    with database.reading() as conn:
        assert store.catalog_for(conn).version == 1
    other = Database(database.url.render_as_string(hide_password=False))

    applied(other, entity("contact"))
    other.close()

    with database.reading() as conn:
        assert "contact" in store.catalog_for(conn).entities


def test_asking_for_the_version_is_one_statement(database: Database):
    statements: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda c, cur, sql, *rest: statements.append(sql))
    with database.reading() as conn:
        store.catalog_for(conn)
        statements.clear()
        store.catalog_for(conn)

    assert [sql for sql in statements if "SELECT" in sql] == statements and len(statements) == 1


def test_preparing_twice_changes_nothing(database: Database):
    applied(database, entity("account"))

    system_tables.prepare(database)

    assert catalog_of(database).version == 1


def test_a_database_newer_than_the_program_is_refused(database: Database):
    with database.writing() as conn:
        conn.execute(sa.update(tables.state).where(tables.state.c.name == "schema").values(version=99))

    with pytest.raises(SetupError) as error:
        system_tables.prepare(database)
    assert error.value.code == "setup.newer" and "99" in error.value.message("en")


def test_a_database_without_tables_is_refused(blank: Database):
    with pytest.raises(SetupError), blank.reading() as conn:
        system_tables.require_prepared(conn)


def test_importing_the_store_reads_no_field_of_the_world_above():
    code = (
        "import formloom.metadata.changesets, sys; print([m for m in sys.modules if m.startswith('formloom.r')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
