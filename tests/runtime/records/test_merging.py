"""Two people at one record: disjoint changes both stay, overlapping ones are shown, lines are merged by row."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from formloom.metadata.database import Database
from formloom.metadata.errors import FormloomError, InvalidInput
from formloom.runtime.changelog import changes
from formloom.runtime.records import Overlap, Records, VersionConflict
from tests.runtime.records import office as world
from tests.runtime.records.office import NOW, user

_minutes = count(1)


def records(conn, login: str = "") -> Records:
    """The door to rows for a person, each time a minute later."""
    return world.records(conn, login, now=NOW + timedelta(minutes=next(_minutes)))


def company_of(conn, **values: Any) -> int:
    """Ann's company."""
    return records(conn).create("company", {"name": "A", "city": "Rome", "owner": user(conn, "ann"), **values})


def test_changes_of_different_fields_both_stay(office: Database) -> None:
    with office.writing() as conn:
        company = company_of(conn)
        assert records(conn, "lea").update("company", company, {"city": "Bonn", "credit": "5"}, rev=1) == 2

        form = {"name": "AA", "city": "Rome", "credit": "", "staff": 3}
        assert records(conn, "ann").update("company", company, form, rev=1) == 3

        found = records(conn, "ann").get("company", company)
        assert (found["name"], found["city"], found["credit"], found["staff"]) == (
            "AA",
            "Bonn",
            Decimal("5.00"),
            3,
        )


def test_the_same_field_changed_twice_shows_mine_theirs_and_base(office: Database) -> None:
    with office.writing() as conn:
        company = company_of(conn)
        records(conn, "lea").update("company", company, {"city": "Bonn"}, rev=1)
        records(conn, "lea").update("company", company, {"city": "Oslo", "secret": "s"}, rev=2)

        with pytest.raises(VersionConflict) as error:
            records(conn, "ann").update("company", company, {"city": "Paris", "name": "AA"}, rev=1)

        assert error.value.overlaps == (Overlap("city", "Paris", "Oslo", "Rome"),)
        assert (error.value.code, error.value.status, error.value.data["rev"]) == ("conflict_version", 409, 3)
        assert records(conn, "ann").update("company", company, {"city": "Oslo", "name": "AA"}, rev=1) == 4


@pytest.mark.parametrize("rev", [2, 99, 0, -1])
def test_a_revision_that_never_was_is_a_conflict(office: Database, rev: int) -> None:
    with office.writing() as conn:
        company = company_of(conn)
        with pytest.raises(VersionConflict):
            records(conn, "ann").update("company", company, {"city": "Paris"}, rev=rev)
        with pytest.raises(VersionConflict):
            records(conn, "ann").delete("company", company, rev=rev)


def deal_of(conn, *quantities: int) -> tuple[int, int, list[int]]:
    """(deal, product, its lines)."""
    product = records(conn).create("product", {"name": "Bolt", "price": "2"})
    lines = [{"product": product, "qty": qty} for qty in quantities]
    deal = records(conn).create("deal", {"name": "D", "lines": lines, "owner": user(conn, "ann")})
    return deal, product, [line["id"] for line in records(conn).get("deal", deal)["lines"]]


def lines_of(conn, deal: int) -> list[tuple[int, Decimal]]:
    """(id, quantity) of the lines in their order."""
    return [(line["id"], line["qty"]) for line in records(conn).get("deal", deal)["lines"]]


def total_of(conn, deal: int) -> Decimal:
    """What the deal comes to."""
    return records(conn).get("deal", deal)["total"]


def test_given_lines_are_the_lines_it_has_afterwards(office: Database) -> None:
    with office.writing() as conn:
        deal, product, (one, two, three) = deal_of(conn, 1, 2, 3)
        door = records(conn, "ann")
        given = [{"id": three, "qty": 30}, {"product": product, "qty": 5}, {"id": str(one), "qty": 1}]

        assert door.update("deal", deal, {"lines": given}, rev=1) == 2

        found = lines_of(conn, deal)
        assert [qty for _, qty in found] == [30, 5, 1] and (found[0][0], found[2][0]) == (three, one)
        assert two not in dict(found) and total_of(conn, deal) == 72
        assert door.update("deal", deal, {"lines": [{"id": line} for line, _ in found]}) == 2
        assert door.update("deal", deal, {"lines": []}) == 3
        assert total_of(conn, deal) == 0
        assert door.update("deal", deal, {"name": "E"}) == 4


def test_lines_that_are_not_mentioned_stay(office: Database) -> None:
    with office.writing() as conn:
        deal, _, (one, two) = deal_of(conn, 1, 2)
        records(conn, "ann").update("deal", deal, {"name": "E"}, rev=1)
        records(conn, "ann").update("deal", deal, {"lines": None})
        assert lines_of(conn, deal) == [(one, 1), (two, 2)]


@pytest.mark.parametrize(
    ("case", "given", "field"),
    [
        ("of another record", lambda own, other: [{"id": own}, {"id": other}], "lines[1].id"),
        ("absent", lambda own, other: [{"id": 4711}], "lines[0].id"),
        ("twice", lambda own, other: [{"id": own}, {"id": own}], "lines[1].id"),
        ("no id", lambda own, other: [{"id": "x"}], "lines[0].id"),
        ("boolean", lambda own, other: [{"id": True}], "lines[0].id"),
        ("bad value", lambda own, other: [{"id": own, "qty": "0"}], "lines[0].qty"),
        ("emptied", lambda own, other: [{"id": own, "product": None}], "lines[0].product"),
        ("unknown field", lambda own, other: [{"id": own, "madeup": 1}], None),
        ("computed field", lambda own, other: [{"id": own, "amount": "77"}], "lines[0].amount"),
        ("not rows", lambda own, other: "x", "lines"),
        ("too many", lambda own, other: [{}] * 1001, "lines"),
    ],
)
def test_lines_that_mean_nothing_refuse_the_save(
    office: Database, case: str, given: Any, field: str | None
) -> None:
    with office.writing() as conn:
        deal, _, (own,) = deal_of(conn, 1)
        _, _, (other,) = deal_of(conn, 9)
        with pytest.raises(InvalidInput) as error:
            records(conn, "ann").update("deal", deal, {"name": "changed", "lines": given(own, other)})
        assert [each.field for each in error.value.fields] == ([field] if field else [])
        assert lines_of(conn, deal) == [(own, 1)] and records(conn).get("deal", deal)["name"] == "D"


def test_lines_of_two_people_are_merged(office: Database) -> None:
    with office.writing() as conn:
        deal, product, (one, two, three) = deal_of(conn, 1, 2, 3)
        seen = [{"id": one, "qty": 1}, {"id": two, "qty": 2}, {"id": three, "qty": 3}]
        hers = [{"id": one, "qty": 10}, {"id": three, "qty": 3}, {"product": product, "qty": 7}]
        assert records(conn, "lea").update("deal", deal, {"lines": hers}, rev=1) == 2

        mine = [{**seen[0], "price": 5}, seen[1], {**seen[2], "qty": 33}]
        assert records(conn, "ann").update("deal", deal, {"lines": mine, "name": "E"}, rev=1) == 3

        assert [qty for _, qty in lines_of(conn, deal)] == [10, 33, 7]
        assert total_of(conn, deal) == 10 * 5 + 33 * 2 + 7 * 2


@pytest.mark.parametrize(
    ("case", "hers", "mine", "field"),
    [
        ("same field", [10, 2], [11, 2], "lines[0].qty"),
        ("deleted by her, changed by me", [None, 2], [11, 2], "lines[0].qty"),
    ],
)
def test_lines_both_changed_are_a_conflict(
    office: Database, case: str, hers: list, mine: list, field: str
) -> None:
    with office.writing() as conn:
        deal, _, ids = deal_of(conn, 1, 2)

        def given(quantities: list) -> list[dict[str, Any]]:
            return [{"id": line, "qty": qty} for line, qty in zip(ids, quantities, strict=True) if qty is not None]

        records(conn, "lea").update("deal", deal, {"lines": given(hers)}, rev=1)
        with pytest.raises(VersionConflict) as error:
            records(conn, "ann").update("deal", deal, {"lines": given(mine), "name": "E"}, rev=1)
        assert [overlap.field for overlap in error.value.overlaps] == [field]


def test_a_line_written_by_itself_moves_its_records_revision(office: Database) -> None:
    with office.writing() as conn:
        deal, product, (one, two) = deal_of(conn, 1, 2)
        records(conn, "ann").update("line", one, {"qty": 5}, rev=1)
        fresh = records(conn, "ann").create("line", {"product": product, "qty": 4, "deal": deal})
        records(conn, "ann").delete("line", two)
        assert records(conn).get("deal", deal)["rev"] == 4
        assert dict(lines_of(conn, deal)) == {one: 5, fresh: 4} and total_of(conn, deal) == 18

        mine = {"lines": [{"id": one, "qty": 1}, {"id": two, "qty": 2}], "name": "E"}
        assert records(conn, "ann").update("deal", deal, mine, rev=1) == 5
        assert dict(lines_of(conn, deal)) == {one: 5, fresh: 4}


def test_a_line_cannot_be_seen_or_written_without_its_record(office: Database) -> None:
    with office.writing() as conn:
        deal, product, (one, _) = deal_of(conn, 1, 2)
        for call in (
            lambda door: door.get("line", one),
            lambda door: door.update("line", one, {"qty": 5}),
            lambda door: door.delete("line", one),
            lambda door: door.create("line", {"product": product, "qty": 4, "deal": deal}),
        ):
            with pytest.raises(FormloomError):
                call(records(conn, "bob"))
        assert [qty for _, qty in lines_of(conn, deal)] == [1, 2]


def test_where_the_log_is_gone_nobody_can_tell_so_it_is_a_conflict(office: Database) -> None:
    with office.writing() as conn:
        company = company_of(conn)
        records(conn, "lea").update("company", company, {"credit": "5"}, rev=1)
        conn.execute(changes.delete())
        with pytest.raises(VersionConflict):
            records(conn, "ann").update("company", company, {"city": "Paris"}, rev=1)


def test_lines_that_come_by_themselves_stand_behind_the_others(office: Database) -> None:
    with office.writing() as conn:
        deal, product, _ = deal_of(conn, 1, 2)
        other, *_ = deal_of(conn)
        columns = {"deal": [deal, other, deal], "product": [product] * 3, "qty": [Decimal(n) for n in (7, 8, 9)]}
        records(conn).create_many("line", columns)
        assert [qty for _, qty in lines_of(conn, deal)] == [1, 2, 7, 9]
        assert [qty for _, qty in lines_of(conn, other)] == [8]
        assert total_of(conn, deal) == 38


def test_lines_that_may_only_be_seen_may_be_sent_back_unchanged(office: Database) -> None:
    with office.writing() as conn:
        deal, product, (one, two) = deal_of(conn, 1, 2)
        door = records(conn, "cai")
        seen = [{"id": one, "qty": "1.00", "product": product}, {"id": two, "qty": 2}]
        assert door.update("deal", deal, {"name": "E", "lines": seen}) == 2
        for lines in ([*seen, {"product": product}], seen[::-1], [{**seen[0], "qty": 3}, seen[1]], []):
            with pytest.raises(InvalidInput) as error:
                door.update("deal", deal, {"lines": lines})
            assert error.value.code == "field_read_only"
        with pytest.raises(InvalidInput) as error:
            door.create("deal", {"name": "F", "lines": [{"product": product}]})
        assert error.value.code == "field_read_only"
        assert lines_of(conn, deal) == [(one, 1), (two, 2)]
