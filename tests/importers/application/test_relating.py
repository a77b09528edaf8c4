"""How sheets are found to belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from formloom.importers.application.facts import count
from formloom.importers.application.relating import Link, Sheet, links, order, roles

Columns = Mapping[str, Sequence[Any]]


def sheet(name: str, columns: Columns) -> Sheet:
    """A sheet of these columns."""
    facts = {at: count(list(cells)) for at, cells in enumerate(columns.values())}
    return Sheet(name, dict(enumerate(columns)), facts)


def shown(sheets: Sequence[Sheet], found: Sequence[Link]) -> set[tuple[str, str, str, str]]:
    """Links as (sheet, header, sheet, header)."""
    by_name = {each.name: each for each in sheets}
    return {
        (link.sheet, by_name[link.sheet].headers[link.column], link.target, by_name[link.target].headers[link.key])
        for link in found
    }


CUSTOMERS = sheet(
    "客户", {"客户编号": [f"KH{n}" for n in range(20)], "客户名称": [f"公司{n}号" for n in range(20)]}
)
NUMBERS = sheet("things", {"id": range(1, 50), "name": [f"thing {n}" for n in range(1, 50)]})


@pytest.mark.parametrize(
    ("header", "cells", "related"),
    [
        ("客户", [f"公司{n % 20}号" for n in range(60)], True),
        ("客户名称", [f"公司{n % 20}号" for n in range(60)], True),
        ("客户编号", [f"KH{n % 20}" for n in range(60)], True),
        ("甲方", [f"公司{n % 20}号" for n in range(60)], True),
        ("客户", [f"公司{n}号" for n in range(19)] + ["别的公司"], True),
        ("客户", [f"公司{n}号" for n in range(10)] + [f"别的{n}" for n in range(10)], False),
        ("数量", [n % 20 for n in range(60)], False),
    ],
)
def test_a_column_points_where_its_values_stand(header: str, cells: list[Any], related: bool) -> None:
    orders = sheet("订单", {"单号": [f"D{n}" for n in range(len(cells))], header: cells})

    assert bool(links([CUSTOMERS, orders])) is related


@pytest.mark.parametrize(
    ("header", "related"),
    [("thing", True), ("thingID", True), ("thing_id", True), ("quantity", False), ("id2", False)],
)
def test_small_numbers_have_to_be_called_alike_too(header: str, related: bool) -> None:
    uses = sheet("uses", {"no": [f"U{n}" for n in range(98)], header: [n % 49 + 1 for n in range(98)]})

    assert bool([link for link in links([NUMBERS, uses]) if link.sheet == "uses"]) is related


def test_a_column_may_point_into_its_own_sheet() -> None:
    staff = sheet("员工", {"工号": ["E1", "E2", "E3"], "姓名": ["甲", "乙", "丙"], "上级": ["", "E1", "E1"]})

    assert shown([staff], links([staff])) == {("员工", "上级", "员工", "工号")}


def test_lines_and_joins_are_told_from_other_sheets() -> None:
    courses = sheet("courses", {"course id": ["C1", "C2", "C3"], "title": ["a", "b", "c"]})
    students = sheet("students", {"student id": ["S1", "S2", "S3"], "name": ["x", "y", "z"]})
    joined = {"student id": ["S1", "S1", "S2", "S3"], "course id": ["C1", "C2", "C1", "C3"]}
    places = sheet("enrolments", joined)
    sheets = [courses, students, places]
    found = links(sheets)

    assert len(found) == 2
    assert roles(sheets, found, {"enrolments": True})["enrolments"].joins
    assert roles(sheets, found, {"enrolments": False}) == {}


def test_what_is_pointed_at_comes_first_and_circles_are_broken() -> None:
    assert order(["c", "b", "a"], [("c", "b"), ("b", "a"), ("a", "a")]) == (["a", "b", "c"], set())
    placed, late = order(["a", "b"], [("a", "b"), ("b", "a")])
    assert (sorted(placed), len(late)) == (["a", "b"], 1)
