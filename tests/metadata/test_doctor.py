"""The doctor sees whatever differs from what the documents say, in both directions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata import doctor as doctors
from formloom.metadata.catalog import Catalog
from formloom.metadata.database import Database
from formloom.metadata.doctor import Problem, doctor
from formloom.metadata.errors import PlanError
from tests.metadata.sample import add, applied, entity, field

HARM = {
    "drift.missing_table": "DROP TABLE r_contact",
    "drift.unknown_table": "CREATE TABLE r_stray (id INTEGER)",
    "drift.missing_index": "DROP INDEX ix_account_owner",
    "drift.unknown_index": "CREATE INDEX stray ON r_account (name)",
    "drift.unknown_column": "ALTER TABLE r_account ADD COLUMN stray TEXT",
    "versions": "UPDATE fl_state SET version = 7 WHERE name = 'catalog'",
}


@pytest.fixture
def healthy(database: Database) -> Database:
    applied(
        database, entity("account", field("n")), entity("contact", field("account", "relation", target="account"))
    )
    add(database, "account", {"name": "A"})
    assert doctor(database) == []
    return database


@pytest.mark.parametrize(("code", "statement"), HARM.items(), ids=HARM)
def test_harm_is_seen_and_said_in_both_languages(healthy: Database, code: str, statement: str):
    with healthy.writing() as conn:
        conn.exec_driver_sql(statement)

    found = doctor(healthy)

    assert [problem.code for problem in found] == [code]
    assert found[0].message("zh") and found[0].message("en")


def test_a_missing_column_is_seen(healthy: Database):
    with healthy.writing() as conn:
        conn.exec_driver_sql("ALTER TABLE r_account RENAME COLUMN n TO m")

    assert sorted(problem.code for problem in doctor(healthy)) == ["drift.missing_column", "drift.unknown_column"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_rows_that_point_nowhere_are_seen(healthy: Database):
    with healthy.engine.connect() as conn:
        conn.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        conn.connection.driver_connection.execute(  # type: ignore[union-attr]
            "INSERT INTO r_contact (created_at, updated_at, account) VALUES ('2026-01-01', '2026-01-01', 99)"
        )
        conn.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]

    [problem] = doctor(healthy)
    assert (problem.code, problem.data["table"], problem.data["count"]) == ("dangling", "r_contact", 1)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_another_type_is_seen(healthy: Database):
    with healthy.writing() as conn:
        conn.exec_driver_sql("ALTER TABLE r_account ALTER COLUMN n TYPE INTEGER USING NULL")

    assert [problem.code for problem in doctor(healthy)] == ["drift.other_type"]


def test_tables_that_drifted_are_not_changed_further(healthy: Database):
    with healthy.writing() as conn:
        conn.exec_driver_sql("ALTER TABLE r_account RENAME COLUMN n TO m")

    with pytest.raises(PlanError) as error:
        applied(healthy, entity("account", field("n"), field("more")))

    assert error.value.code == "plan.drift"


def test_packages_above_add_examinations(healthy: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctors, "_registered", [])

    @doctors.register
    def look(conn: Connection, catalog: Catalog) -> Iterator[Problem]:
        count = conn.execute(sa.select(sa.func.count()).select_from(catalog.tables["account"])).scalar_one()
        yield Problem("integrity", {"reason": f"{count} accounts"})

    assert [problem.data["reason"] for problem in doctor(healthy)] == ["1 accounts"]
