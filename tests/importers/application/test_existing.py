"""Columns whose values are records that exist already are proposed as relations, with how many were found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from formloom.importers.application import keeping
from formloom.importers.application.proposal import Column, Proposal
from formloom.runtime.records import ListRequest, Records
from tests.importers.application.conftest import uploaded, work
from tests.importers.application.test_screens import change, made
from tests.importers.conftest import Desk
from tests.importers.test_wizard import text_of
from tests.runtime.world import Visitor

FIRMS = [f"Firm number {n}" for n in range(12)]


def book(*, header: str = "Company", firms: Any = FIRMS, rows: int = 24) -> dict[str, list[list[Any]]]:
    """Calls, each of one or several firms."""
    days = [f"2026-02-{n + 1:02}" for n in range(rows)]
    body = [[f"C{n:03}", f"Call about item {n}", firms[n % len(firms)], day] for n, day in enumerate(days)]
    return {"Calls": [["call no", "subject", header, "day"], *body]}


@pytest.fixture
def firms(desk: Desk) -> None:
    with desk.database.writing() as conn:
        Records(desk.context(conn)).create_many("company", {"name": [*FIRMS, "Elsewhere"]})


def entity_of(desk: Desk) -> str:
    """The entity that was made."""
    with desk.database.reading() as conn:
        return str(keeping.find(conn, 1, None).ready().sheets[0].key)


def column_of(desk: Desk, at: int = 2) -> Column:
    with desk.database.reading() as conn:
        proposal: Proposal = keeping.find(conn, 1, None).ready()
    return proposal.sheets[0].columns[at]


@pytest.mark.parametrize("header", ["Company", "For whom"])
def test_what_names_existing_records_is_proposed_as_a_relation(
    boss: Visitor, desk: Desk, tmp_path: Path, firms: None, header: str
) -> None:
    at = uploaded(boss, tmp_path, book(header=header))
    found = column_of(desk)

    assert (found.type, found.target, found.taken, found.refused) == ("relation", "entity:company", 24, 0)
    told = text_of(boss.get(f"{at}?sheet=Calls").text)
    assert "24 of 24 values are records of “Company” that exist already." in told

    made(boss, at)
    with desk.database.reading() as conn:
        listed = Records(desk.context(conn)).list(ListRequest(entity_of(desk), ("subject", found.key), limit=50))
    assert {row.labels[found.key] for row in listed.items} == set(FIRMS)


def test_the_few_that_are_not_there_are_counted_and_the_owner_may_refuse(
    boss: Visitor, desk: Desk, tmp_path: Path, firms: None
) -> None:
    at = uploaded(boss, tmp_path, book(firms=[*FIRMS[:11], "Nobody knows it"]))
    found = column_of(desk)
    assert (found.type, found.taken, found.refused) == ("relation", 22, 2)

    change(boss, at, "Calls", 2, "type", "text")

    assert (column_of(desk).type, column_of(desk).target, column_of(desk).refused) == ("text", "", 0)


@pytest.mark.parametrize(
    "others",
    [
        {"firms": [f"Quite another {n}" for n in range(12)]},
        {"header": "Count", "firms": [str(n) for n in range(12)]},
    ],
)
def test_what_names_nothing_is_left_alone(
    boss: Visitor, desk: Desk, tmp_path: Path, firms: None, others: dict[str, Any]
) -> None:
    uploaded(boss, tmp_path, book(**others))

    assert column_of(desk).target == ""


def test_cells_that_name_several_records_point_at_several(
    boss: Visitor, desk: Desk, tmp_path: Path, firms: None
) -> None:
    pairs = [f"{FIRMS[n]}; {FIRMS[(n + 5) % 12]}" for n in range(12)]
    at = uploaded(boss, tmp_path, book(header="Companies", firms=pairs))
    found = column_of(desk)

    assert (found.type, found.target, found.refused) == ("multi_relation", "entity:company", 0)

    made(boss, at)
    with desk.database.reading() as conn:
        listed = Records(desk.context(conn)).list(ListRequest(entity_of(desk), ("subject", found.key), limit=50))
    assert {len(row[found.key]) for row in listed.items} == {2}


def test_free_words_are_proposed_as_tags(boss: Visitor, desk: Desk, tmp_path: Path) -> None:
    words = [f"w{n}、w{n + 1}、w{n + 7}" for n in range(24)]
    uploaded(boss, tmp_path, book(header="Keywords", firms=words))

    assert column_of(desk).type == "tags"
    work(boss)
