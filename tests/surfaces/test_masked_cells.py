"""A cell hidden in one row is hidden from guesses too, though its field is seen in other rows."""

from typing import Any

import pytest

from tests.surfaces.alike import contents, told
from tests.surfaces.world import Principal, World


def value_of(world: World, field: str, entity: str = "firm", name: str = "near") -> Any:
    """What a field of a record holds, as the administrator sees it."""
    path = f"/api/v1/records/{entity}/{world.ids[entity][name]}"
    return world.people["boss"].ask("GET", path).json()[field]


GUESSES = {"budget": "1", "memo": "x", "rank": 1, "size": 1, "founded": "2020-01-01", "above": None, "margin": "1"}


@pytest.mark.parametrize("field", GUESSES)
def test_a_guess_of_a_masked_cell_tells_nothing(world: World, field: str):
    rita, before = world.people["rita"], contents(world)
    path = f"/api/v1/records/firm/{world.ids['firm']['near']}"
    rev = rita.ask("GET", path).json()["rev"]

    for stale in (rev, 1):
        right = told(rita.ask("PATCH", path, {"rev": stale, field: value_of(world, field)}))
        wrong = told(rita.ask("PATCH", path, {"rev": stale, field: GUESSES[field]}))
        assert right == wrong
        assert right[0] == 422
    assert contents(world) == before


def test_lines_hidden_in_a_row_are_neither_shown_nor_guessed(world: World):
    rita, before = world.people["rita"], contents(world)
    number = world.ids["firm"]["near"]
    path = f"/api/v1/records/firm/{number}"
    shown = rita.ask("GET", path).json()
    line = world.ids["item"]["near 0"]

    assert "lines" not in shown
    answers = [
        told(rita.ask("PATCH", path, {"rev": shown["rev"], "lines": lines}))
        for lines in ([], [{"product": "x"}], [{"id": line, "rev": 1}], [{"id": line + 999}])
    ]
    assert {status for status, *_ in answers} == {422}
    assert answers == [answers[0]] * 4
    assert contents(world) == before


def test_a_form_of_a_partly_hidden_row_can_be_saved(world: World):
    rita = world.people["rita"]
    number = world.ids["firm"]["near"]
    page = rita.ask("GET", f"/e/firm/{number}/edit").text

    assert 'name="city"' in page
    for hidden in ("budget", "memo", "size", "founded", "above", "code"):
        assert f'name="{hidden}"' not in page, hidden
    assert 'name="_table"' not in page
    rev = rita.ask("GET", f"/api/v1/records/firm/{number}").json()["rev"]
    saved = rita.ask("POST", f"/e/firm/{number}", data={"_rev": str(rev), "city": "Open"})
    assert saved.status_code == 303


@pytest.mark.parametrize("surface", ["/api/v1/records/firm?search=", "/search?q=", "/pick/firm?q="])
def test_searching_for_what_is_hidden_finds_nothing(world: World, surface: str):
    rita = world.people["rita"]
    for mark in world.marks.made:
        if "rita" not in mark.seen_by and mark.forms[0].startswith("zq"):
            answer = rita.ask("GET", surface + mark.forms[0]).json()
            assert not answer.get("items", answer.get("groups")), mark.where


def test_filters_on_visible_fields_do_not_see_masked_cells(world: World):
    rita = world.people["rita"]
    names = {row["id"] for row in rita.items("/api/v1/records/firm")}
    near = world.ids["firm"]["near"]
    assert near in names

    for field, op in (
        ("budget", "gt"),
        ("memo", "is_not_empty"),
        ("rank", "gte"),
        ("margin", "gt"),
        ("code", "ne"),
    ):
        asked = {"filter": f'{{"field":"{field}","op":"{op}","value":{"null" if "empty" in op else _low(field)}}}'}
        answer = rita.ask("GET", "/api/v1/records/firm", params=asked)
        assert answer.status_code == 200, answer.text
        ids = {row["id"] for row in answer.json()["items"]}
        hits = {world.ids["firm"]["mine"], world.ids["firm"]["second"]}
        assert ids - {near} == hits and (near not in ids or op == "ne"), field


def _low(field: str) -> str:
    return '"x"' if field == "code" else '"1"' if field in ("budget", "margin") else "1"


def test_sorting_puts_masked_cells_where_empty_ones_stand(world: World):
    rita, near = world.people["rita"], world.ids["firm"]["near"]

    for field in ("budget", "founded", "margin"):
        assert rita.items(f"/api/v1/records/firm?sort={field}&limit=1")[0]["id"] == near
        assert rita.items(f"/api/v1/records/firm?sort=-{field}&limit=1")[-1]["id"] == near


def test_an_export_asked_for_by_a_limited_program_keeps_its_limits(world: World):
    program: Principal = world.people["deals only"]
    search = world.marks.search_for("nobody")
    asked = program.ask("POST", "/api/v1/exports", {"entity": "deal", "fields": "firm"})
    assert asked.status_code == 202, asked.text

    world.work()
    file = program.ask("GET", f"/api/v1/exports/{asked.json()['id']}/file")

    assert file.status_code == 200
    assert search.found(file.content) == set()
