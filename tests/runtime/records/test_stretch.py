"""Walking a stretch of the order's index first finds the same rows in the same order, page by page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from formloom.metadata.database import Database
from formloom.runtime.records import ListRequest, listquery, stretch
from formloom.runtime.records.kept import Kept
from tests.runtime.records.office import counted, records, user

CITIES = ("Paris", None, "Rome", "Bonn", None, "Paris", "Oslo", "Rome", "Paris", None, "Bonn", "Paris")
SORTS = (("-id",), ("id",), ("-created_at",), ("city",), ("-city",), ("-city", "name"), ("name",), ("credit",))
FILTERS: tuple[Any, ...] = (
    None,
    {"field": "city", "op": "eq", "value": "Paris"},
    {"field": "name", "op": "in", "value": ["N01", "N02", "N08", "N11"]},
    {"field": "name", "op": "eq", "value": "absent"},
)


def pages(door: Any, request: ListRequest) -> list[list[str]]:
    """Names, page by page."""
    found, after = [], None
    while True:
        page = door.list(replace(request, after=after))
        found.append([row["name"] for row in page.items])
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("login", ["ann", "lea"])
def test_a_list_is_the_same_however_long_the_stretch(
    office: Database, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.writing() as conn:
        for number, city in enumerate(CITIES):
            owner = user(conn, "bob" if number % 4 == 3 else "ann")
            row = {"name": f"N{number:02}", "city": city, "owner": owner, "credit": number % 3 or None}
            records(conn).create("company", row, source="typed")
        requests = [ListRequest("company", ("name",), filter=f, sort=s, limit=3) for f in FILTERS for s in SORTS]

        def listed() -> list[list[list[str]]]:
            monkeypatch.setattr(listquery, "_kept", Kept(100))
            return [pages(records(conn, login), request) for request in requests]

        monkeypatch.setattr(stretch, "begins", lambda *given: False)
        expected = listed()
        monkeypatch.undo()
        for length in (0, 1, 4, 5, 9, 100):
            monkeypatch.setattr(stretch, "STRETCH", length)
            assert listed() == expected, length


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_the_stretch_is_walked_along_the_index_of_the_order(office: Database) -> None:
    with office.writing() as conn:
        request = ListRequest("company", ("name",), filter=FILTERS[1], sort=("-created_at",))
        with counted(conn) as statements:
            records(conn, "ann").list(request)
        assert len([sql for sql in statements if "INDEXED BY ix_company_created_at" in sql]) == 1
