"""The screen of a list in its designer: rows, groups and numbers as members will see them."""

from __future__ import annotations

import re

import pytest

from tests.runtime.views.test_design import COMPANY, LIST, ask, keep, with_field
from tests.runtime.world import Visitor

ROWS = [
    {"name": "Able", "grade": "b", "city": "Rome", "staff": 100, "founded": "2026-11-05"},
    {"name": "Baker", "grade": "a", "city": "Oslo", "staff": 20},
    {"name": "Charlie", "staff": 3},
    {"name": "Dog", "grade": "b", "staff": 4},
]


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """The administrator's browser."""
    return visitor.sign_in("boss")


@pytest.fixture
def stocked(boss: Visitor) -> Visitor:
    """As `boss`, with a few companies."""
    for row in ROWS:
        assert boss.api("POST", "/records/company", row).status_code == 201
    return boss


def shown(visitor: Visitor, **more: object) -> str:
    """The screen of a list with these settings."""
    answer = keep(visitor, {**LIST, **more})
    assert answer["findings"] == [], answer["findings"]
    return answer["html"]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def groups(html: str) -> list[str]:
    return [words(each) for each in re.findall(r'<tr class="group-head">(.*?)</tr>', html, re.S)]


def below(html: str) -> str:
    return words(html.partition("<tfoot>")[2].partition("</tfoot>")[0])


def test_groups_and_totals_are_those_of_the_list(stocked: Visitor):
    html = shown(stocked, group="grade", totals=[{"field": "staff", "op": "sum"}])

    told = groups(html)
    assert len(told) == 3
    assert any("Staff ∑ 104" in each and " 2 " in each for each in told), told
    assert below(html) == "∑ 127"


def test_how_many_columns_stay_and_how_high_rows_are(stocked: Visitor):
    html = shown(stocked, frozen=2, density="compact")

    assert 'data-frozen="2"' in html and 'data-rows="compact"' in html
    assert "<tfoot>" not in html and not groups(html)


def test_a_field_nobody_published_yet_groups_and_counts_nothing(stocked: Visitor):
    keep(stocked, with_field(key="worth", type="integer", label="Worth"), COMPANY)

    columns = ["name", "worth"]
    html = shown(stocked, columns=columns, group="worth", totals=[{"field": "worth", "op": "sum"}])

    assert [each.split()[-1] for each in groups(html)] == ["4"]
    assert below(html) == ""


def test_without_rows_examples_are_grouped(boss: Visitor):
    html = shown(boss, group="grade", totals=[{"field": "staff", "op": "sum"}])

    assert groups(html) and html.count("<tr data-id=") == 3


def test_rows_have_the_colour_of_the_first_condition_that_holds(stocked: Visitor):
    tints = [
        {"when": {"field": "staff", "op": "gt", "value": 50}, "color": "red"},
        {"when": {"field": "staff", "op": "gt", "value": 10}, "color": "teal"},
    ]

    assert re.findall(r'data-color="(red|teal)"', shown(stocked, colors=tints, sort=["name"])) == ["red", "teal"]


def test_a_colour_for_a_field_nobody_published_yet_tints_nothing(stocked: Visitor):
    keep(stocked, with_field(key="worth", type="integer", label="Worth"), COMPANY)

    html = shown(stocked, colors=[{"when": {"field": "worth", "op": "gt", "value": 1}, "color": "red"}])

    assert html.count("<tr data-id=") == 4 and 'data-color="red"' not in html


WAYS = {
    "kanban": {"by": "grade", "fields": ["city"], "total": "staff"},
    "calendar": {"start": "founded", "color": "grade"},
    "gallery": {"fields": ["city"]},
}


def ways(html: str) -> dict[str, bool]:
    """By way that was drawn, whether it is the one in sight."""
    return {key: "hidden" not in rest for key, rest in re.findall(r'data-shown="(\w+)"([^>]*)>', html)}


@pytest.mark.parametrize("view", ["table", *WAYS])
def test_each_way_is_drawn_and_the_list_opens_as_it_says(stocked: Visitor, view: str):
    html = shown(stocked, **WAYS, view=view, group="grade")

    assert ways(html) == {way: way == view for way in ("table", *WAYS)}
    lanes = re.findall(r'<section class="lane" data-lane="(\w*)".*?>(.*?)</section>', html, re.S)
    said = {key: words(inside) for key, inside in lanes}
    assert "Able" in said["b"] and "104" in said["b"] and "Charlie" in said[""]
    assert 'class="month"' in html and html.count("gallery-card") == len(ROWS)
    assert len(groups(html)) == 3


def test_a_table_alone_needs_no_choice(stocked: Visitor):
    html = shown(stocked)

    assert ways(html) == {"table": True} and "data-way=" not in html


def test_a_board_of_a_field_nobody_published_yet_has_all_in_one_lane(stocked: Visitor):
    options = [{"key": "hot", "label": "Hot"}, {"key": "cold", "label": "Cold"}]
    keep(stocked, with_field(key="heat", type="select", label="Heat", options=options), COMPANY)

    html = shown(stocked, view="kanban", kanban={"by": "heat"})

    counts = re.findall(r'data-lane="(\w*)".*?data-lane-count>(\d+)<', html, re.S)
    assert counts == [("", "4"), ("hot", "0"), ("cold", "0")]


@pytest.mark.parametrize("view", WAYS)
def test_without_rows_examples_stand_in_every_way(boss: Visitor, view: str):
    html = shown(boss, **{view: WAYS[view]}, view=view)

    assert "Name 1" in html.partition(f'data-shown="{view}"')[2]


def test_a_list_lets_go_of_a_field_in_every_setting(stocked: Visitor):
    tints = [{"when": {"field": "grade", "op": "eq", "value": "a"}, "color": "red"}]
    shown(stocked, **WAYS, view="kanban", group="grade", colors=tints)

    found = ask(stocked, "uses", entity="company", field="grade").json()["documents"]

    cleaned = next(each["document"] for each in found if each["id"] == "list:company.all")
    assert not {"kanban", "view", "group"} & cleaned.keys() and not cleaned.get("colors")
    assert cleaned["calendar"] == {"start": "founded"} and cleaned["gallery"] == WAYS["gallery"]
