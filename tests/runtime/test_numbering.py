"""Rows that were there before a field numbers them: in the order of their making, by the scopes of its pattern."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import changesets, preparing, shadows
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.runtime import changing
from formloom.runtime.context import Context
from formloom.runtime.records import Records
from formloom.runtime.records.sequences import sequences
from tests.metadata.sample import applied, catalog_of, column, entity, field, problems

MADE = (
    datetime(2026, 2, 1, 9, tzinfo=UTC),
    datetime(2026, 1, 31, 15, 59, tzinfo=UTC),
    datetime(2026, 1, 31, 16, 1, tzinfo=UTC),
    datetime(2026, 1, 2, tzinfo=UTC),
    datetime(2026, 1, 2, tzinfo=UTC),
)
"""The third is the first of February where we are."""


def filled(database: Database, rows: tuple[datetime, ...] = MADE, **values: Any) -> None:
    table = catalog_of(database).tables["deal"]
    with database.writing() as conn:
        new = [{"name": "n", "created_at": at, "updated_at": at, **values} for at in rows]
        conn.execute(sa.insert(table), new)


def numbered(pattern: str, **more: Any) -> dict[str, Any]:
    return entity("deal", field("no", "autonumber", pattern=pattern, **more))


def made(database: Database) -> str:
    """The number of a new record."""
    with database.writing() as conn:
        records = Records(Context.system(conn, catalog_of(database), "test"))
        return str(records.get("deal", records.create("deal", {"name": "new"}))["no"])


def effects(database: Database, document: dict[str, Any]) -> dict[str, int]:
    with database.reading() as conn:
        return {effect.code: effect.count for effect in changesets.preview(conn, [Edit.put(document)]).effects}


def test_rows_are_numbered_in_the_order_in_which_they_were_made(database: Database):
    applied(database, entity("deal"))
    filled(database)
    document = numbered("D{seq:3}", required=True, unique=True)

    assert effects(database, document) == {"rows_numbered": 5}
    applied(database, document)

    assert column(database, "deal", "no") == ["D005", "D003", "D004", "D001", "D002"]
    assert made(database) == "D006"
    assert problems(database) == []


def test_each_month_is_numbered_by_itself_as_the_clock_shows_it_here(database: Database):
    applied(database, entity("deal"))
    filled(database)

    applied(database, numbered("{YYYY}{MM}-{seq:2}"))

    assert column(database, "deal", "no") == ["202602-02", "202601-03", "202602-01", "202601-01", "202601-02"]


def test_another_pattern_leaves_the_numbers_that_were_given(database: Database):
    applied(database, entity("deal"))
    filled(database)
    applied(database, numbered("D{seq:3}"))
    document = numbered("E{seq:4}")

    assert effects(database, document) == {"numbers_stay": 5}
    applied(database, document)

    assert column(database, "deal", "no")[0] == "D005"
    assert made(database) == "E0001"


def test_a_text_that_becomes_a_number_keeps_its_values_and_fills_the_gaps_behind_them(database: Database):
    applied(database, entity("deal", field("no")))
    filled(database, MADE[:2], no="D007")
    filled(database, MADE[2:3], no="by hand")
    filled(database, MADE[3:])

    applied(database, numbered("D{seq:3}"), allow_destructive=True)

    assert column(database, "deal", "no") == ["D007", "D007", "by hand", "D008", "D009"]
    assert made(database) == "D010"


def test_a_number_that_was_given_once_is_not_given_again(database: Database):
    applied(database, numbered("D{seq:3}"))
    assert [made(database), made(database)] == ["D001", "D002"]
    removed = applied(database, entity("deal"), allow_destructive=True)
    filled(database, MADE[:1])

    changesets.revert(database, removed.number, "test")
    assert column(database, "deal", "no") == ["D001", "D002", "D003"]

    again = applied(database, entity("deal"), allow_destructive=True)
    applied(database, numbered("D{seq:3}"))
    assert column(database, "deal", "no")[0] == "D005", "the oldest row comes first now"
    assert sorted(column(database, "deal", "no")) == ["D004", "D005", "D006"]
    assert shadows.purge(database, again.number) == 1


def test_many_rows_are_numbered_by_a_job_and_those_made_meanwhile_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(preparing, "PORTION", 2)
    monkeypatch.setattr(preparing, "LONG", 3)
    applied(database, entity("deal"))
    filled(database)
    document = numbered("{YYYY}-{seq:3}", unique=True)
    with database.reading() as conn:
        assert changing.is_long(conn, changesets.preview(conn, [Edit.put(document)]))
    told: list[int] = []

    def progress(done: int, total: int, message: str) -> None:
        if not told:
            filled(database, (datetime(2026, 3, 1, tzinfo=UTC),))
        told.append(done)

    payload = {"edits": [{"op": "put", "document": document}], "actor": "test"}
    changing.carry_out(database, payload, 7, database.writing, progress)

    assert len(told) >= 3
    shown = column(database, "deal", "no")
    assert shown == ["2026-005", "2026-003", "2026-004", "2026-001", "2026-002", "2026-006"]
    with database.reading() as conn:
        assert [tuple(row) for row in conn.execute(sa.select(sequences))] == [("deal", "no", "2026-{seq:3}", 7)]
    assert problems(database) == []


def test_what_a_job_numbered_that_was_given_up_counts_for_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(preparing, "PORTION", 2)
    applied(database, entity("deal"))
    filled(database)
    payload = {"edits": [{"op": "put", "document": numbered("D{seq:3}")}], "actor": "test"}

    def stop(done: int, total: int, message: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        changing.carry_out(database, payload, 7, database.writing, stop)
    assert preparing.abandon(database, 7) == 1

    with database.reading() as conn:
        assert conn.execute(sa.select(sequences)).first() is None
    applied(database, numbered("D{seq:3}"))
    assert column(database, "deal", "no")[3] == "D001"
