"""Many writers at once: numbers stay distinct, unique values unique, sums true; nothing of a dead unit stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from formloom.metadata.database import Database
from formloom.metadata.errors import Conflict
from tests.runtime.records.office import CATALOG, records, stored

THREADS = 8


def together(office: Database, count: int, act: Callable[[Any, int], Any]) -> list[Any]:
    """What `act(door, number)` gives, or the error it raises, each in a transaction and thread of its own."""

    def one(number: int) -> Any:
        try:
            with office.writing() as conn:
                return act(records(conn), number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(count)))


def test_numbers_taken_at_once_are_distinct_and_without_gaps(office: Database) -> None:
    found = together(office, 24, lambda door, n: door.create("company", {"name": f"N{n}"}))
    assert not [error for error in found if isinstance(error, Exception)]
    with office.reading() as conn:
        assert sorted(no for (no,) in stored(conn, "company", "no")) == [f"C2026-{n:04}" for n in range(1, 25)]


def test_one_of_many_takers_gets_a_unique_value(office: Database) -> None:
    found = together(office, 16, lambda door, n: door.create("company", {"name": f"N{n}", "code": "X"}))
    lost = [error for error in found if isinstance(error, Exception)]
    assert len(lost) == 15 and {type(error) for error in lost} == {Conflict}
    assert {error.code for error in lost} == {"conflict_unique"}


def test_sums_count_every_row_written_at_once(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A"})
    found = together(office, 24, lambda door, n: door.create("payment", {"company": company, "amount": "1.10"}))
    assert not [error for error in found if isinstance(error, Exception)]
    with office.reading() as conn:
        assert stored(conn, "company", "paid") == [(Decimal("26.40"),)]


def test_of_writers_with_the_same_revision_one_wins_per_field(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A"})
    same = together(office, 12, lambda door, n: door.update("company", company, {"city": f"C{n}"}, rev=1))
    won = [rev for rev in same if not isinstance(rev, Exception)]
    assert won == [2] and {e.code for e in same if isinstance(e, Exception)} == {"conflict_version"}

    fields = ("code", "staff", "credit", "secret", "grade")
    given = ("x", 1, "2", "y", "a")
    apart = together(office, 5, lambda door, n: door.update("company", company, {fields[n]: given[n]}, rev=2))
    assert sorted(apart) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_full_disk_ends_the_unit_and_leaves_nothing(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A"})
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
    with pytest.raises(OperationalError), office.writing() as conn:
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        columns = {"name": [f"{n}" * 30 for n in range(10_000)]}
        records(conn).create_many("company", columns, mode="each")
    with office.writing() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert stored(conn, "company", "id") == [(company,)]
        assert conn.scalar(sa.select(sa.func.count()).select_from(sa.text("fl_change"))) == 1
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_two_moves_cannot_make_a_circle_together(office: Database) -> None:
    with office.writing() as conn:
        ids = [records(conn).create("company", {"name": name}) for name in "AB"]
    for _ in range(5):
        together(office, 2, lambda door, n: door.update("company", ids[n], {"parent": ids[1 - n]}))
        with office.writing() as conn:
            parents = dict(stored(conn, "company", "id", "parent"))
            assert None in parents.values()
            conn.execute(CATALOG.tables["company"].update().values(parent=None))
