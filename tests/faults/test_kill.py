"""A process that is killed in the middle of a save, an import or a changeset leaves all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from formloom.importers import staging
from formloom.importers.options import Options
from formloom.importers.run import ImportRun
from formloom.metadata import changesets, store
from formloom.metadata.database import Database
from formloom.metadata.doctor import doctor
from formloom.metadata.drafts import Edit
from formloom.runtime.context import Context
from formloom.runtime.records import Records
from formloom.runtime.settings import Settings

from .killing import killed_at

ORDER = {
    "kind": "entity", "key": "purchase", "label": "Purchase", "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True, "unique": True},
        {"key": "no", "type": "autonumber", "label": "No.", "pattern": "P{seq:4}"},
        {"key": "lines", "type": "subtable", "label": "Lines", "target": "purchase_line"},
        {"key": "total", "type": "rollup", "label": "Total", "function": "sum", "of": "lines.amount"},
    ],
}  # fmt: skip
LINE = {
    "kind": "entity", "key": "purchase_line", "label": "Line", "title": "what", "parent": "purchase",
    "fields": [
        {"key": "what", "type": "text", "label": "What", "required": True},
        {"key": "amount", "type": "money", "label": "Amount", "required": True},
    ],
}  # fmt: skip


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Database]:
    """A database with one purchase of two lines."""
    changesets.apply(database, [Edit.put(ORDER), Edit.put(LINE)], "test")
    with database.writing() as conn:
        lines = [{"what": "a", "amount": "10"}, {"what": "b", "amount": "20"}]
        Records(context(database, conn, tmp_path)).create("purchase", {"name": "first", "lines": lines})
    yield database


def context(database: Database, conn: sa.Connection, folder: Path) -> Context:
    """A Context that may do everything."""
    settings = Settings(data_dir=folder, secret="x" * 32)
    return Context.system(conn, store.catalog_for(conn), "test", settings=settings)


def world(database: Database) -> dict[str, Any]:
    """Everything a save touches: rows, lines, roll-ups, changes, the next number."""
    with database.reading() as conn:
        tables = store.catalog_for(conn).tables
        purchases = tables["purchase"].c
        chosen = sa.select(purchases.name, purchases.no, purchases.total).order_by(purchases.id)
        return {
            "purchases": [tuple(row) for row in conn.execute(chosen)],
            "lines": conn.scalar(sa.select(sa.func.count()).select_from(tables["purchase_line"])),
            "changes": conn.execute(sa.text("SELECT count(*) FROM fl_change")).scalar(),
            "version": store.current_version(conn),
        }


def address(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def assert_all_or_nothing(
    database: Database, work: Callable[[Database], None], *, step: int = 1, most: int = 400
) -> int:
    """Kill at every `step`-th statement until the work gets done; the number of times it was killed."""
    before = world(database)
    kills = 0
    for statement in range(1, most, step):
        if not killed_at(statement, address(database), work):
            assert world(database) != before
            break
        kills += 1
        assert world(database) == before, f"killed at statement {statement}"
        assert doctor(database) == [], f"killed at statement {statement}"
    else:
        raise AssertionError("the work was never done")
    assert doctor(database) == []
    return kills


def test_a_save_with_lines_is_whole_or_not_there(shop: Database, tmp_path: Path) -> None:
    def save(database: Database) -> None:
        with database.writing() as conn:
            lines = [{"what": f"line {n}", "amount": str(n)} for n in range(1, 6)]
            Records(context(database, conn, tmp_path)).create("purchase", {"name": "second", "lines": lines})

    kills = assert_all_or_nothing(shop, save)

    assert kills > 5
    assert world(shop)["purchases"][-1] == ("second", "P0002", Decimal("15.00"))


def test_a_changed_record_is_whole_or_unchanged(shop: Database, tmp_path: Path) -> None:
    def save(database: Database) -> None:
        with database.writing() as conn:
            lines = [{"what": "only one is left", "amount": "7"}]
            Records(context(database, conn, tmp_path)).update("purchase", 1, {"name": "renamed", "lines": lines})

    assert_all_or_nothing(shop, save)

    assert world(shop)["purchases"] == [("renamed", "P0001", Decimal("7.00"))]


def sheet(folder: Path, rows: int) -> bytes:
    """A workbook of purchases."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["Name"])
    for number in range(rows):
        page.append([f"imported {number}"])
    book.save(folder / "sheet.xlsx")
    return (folder / "sheet.xlsx").read_bytes()


def staged(database: Database, folder: Path, mode: str) -> int:
    """The id of an import that waits to be applied."""
    digest = staging.keep_file(folder, sheet(folder, 40))
    with database.writing() as conn:
        ctx = context(database, conn, folder)
        return staging.stage(ctx, "purchase", "sheet.xlsx", digest, Options(mode=mode))


def applied(database: Database, folder: Path, import_id: int) -> None:
    """Apply a staged import in the foreground."""
    with database.reading() as conn:
        record = staging.find(conn, import_id, None)
    ImportRun(
        database, record, lambda conn: context(database, conn, folder), database.writing, lambda done, total: None
    ).apply()


def test_an_import_of_all_rows_is_whole_or_not_there(shop: Database, tmp_path: Path) -> None:
    import_id = staged(shop, tmp_path, "all")

    kills = assert_all_or_nothing(shop, lambda database: applied(database, tmp_path, import_id))

    assert kills > 5
    assert len(world(shop)["purchases"]) == 41


def test_an_import_row_by_row_goes_on_where_it_was_cut_off(
    shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("formloom.importers.apply.BATCH_ROWS", 10)
    import_id = staged(shop, tmp_path, "rows")
    with shop.writing() as conn:
        staging.change(conn, import_id, state=staging.APPLYING)
    seen = set()

    for statement in range(3, 400, 4):
        killed = killed_at(statement, address(shop), lambda database: applied(database, tmp_path, import_id))
        names = [name for name, _, _ in world(shop)["purchases"]]
        seen.add(len(names))
        assert len(names) == len(set(names))
        assert (len(names) - 1) % 10 == 0, "a batch is whole or not there"
        assert doctor(shop) == []
        if not killed:
            break

    assert len(names) == 41
    assert len(seen) > 2, "it was cut off between batches"


def test_a_changeset_is_whole_or_not_there(shop: Database) -> None:
    more = {**ORDER, "fields": [*ORDER["fields"], {"key": "note", "type": "text", "label": "Note"}]}  # type: ignore[misc]
    third = {"kind": "entity", "key": "depot", "label": "Depot", "title": "name", "fields": [
        {"key": "name", "type": "text", "label": "Name"},
        {"key": "last", "type": "relation", "label": "Last", "target": "purchase"},
    ]}  # fmt: skip
    edits = [Edit.put(more), Edit.put(third)]

    kills = assert_all_or_nothing(shop, lambda database: changesets.apply(database, edits, "test"))

    assert kills > 5
    with shop.reading() as conn:
        assert "note" in store.catalog_for(conn).tables["purchase"].c
