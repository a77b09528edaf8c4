"""The history of changes on screen: what was changed, by whom, and the way back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.metadata.sample import entity, field
from tests.runtime.views.pages import counted
from tests.runtime.world import Visitor

HOME = "/admin/changes"


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """An administrator."""
    return visitor.sign_in("boss")


def item(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**entity("item", *fields), "label": "Item", **more}


def put(boss: Visitor, document: dict[str, Any], **body: Any) -> int:
    edits = [{"op": "put", "document": document}]
    answer = boss.api("POST", "/metadata/changesets", json={"edits": edits, **body})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["number"])


def read(boss: Visitor, address: str) -> str:
    answer = boss.get(address)
    assert answer.status_code == 200, answer.text[:500]
    return " ".join(re.sub(r"<[^>]*>", " ", re.sub(r"<script.*?</script>", "", answer.text, flags=re.S)).split())


def size(**more: Any) -> dict[str, Any]:
    return {**field("size"), "label": "Size", **more}


def test_changes_are_listed_with_who_made_them_and_what_they_touched(boss: Visitor):
    put(boss, item(size()))
    number = put(boss, item(size(label="Weight")), note="Weigh things")

    listed = read(boss, HOME)

    assert "Weigh things" in listed and "Created “Item”" in listed
    assert listed.index("Weigh things") < listed.index("Created “Item”")
    assert f'href="{HOME}/{number}"' in boss.get(HOME).text


def test_a_change_says_place_by_place_what_stood_there_and_what_stands_there_now(boss: Visitor):
    put(boss, item(size()))
    number = put(boss, item(size(label="Weight", required=True)))

    told = read(boss, f"{HOME}/{number}")

    assert "Size" in told and "Weight" in told and "Changed “Item”" in told
    assert "{" not in told, "JSON"


def test_the_changes_of_one_document_stand_alone(boss: Visitor):
    put(boss, item(size()), note="The first of items")
    put(boss, {**item(), "key": "other", "label": "Other"}, note="Something else")

    listed = read(boss, f"{HOME}?of=entity:item")

    assert "The first of items" in listed and "Something else" not in listed


def test_a_change_is_taken_back_and_the_list_says_so(boss: Visitor):
    put(boss, item(size()))
    number = put(boss, item(size(label="Weight")))
    assert "touches no data" in read(boss, f"{HOME}/{number}/take-back")

    answer = boss.post(f"{HOME}/{number}/take-back", {})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{HOME}/{number + 1}"
    assert boss.get("/api/v1/metadata/entity/item").json()["fields"][-1]["label"] == "Size"
    assert f"taken back by change {number + 1}" in read(boss, f"{HOME}/{number}")
    assert "Taken back" in read(boss, HOME)


def test_what_was_taken_back_and_brought_back_counts_again(boss: Visitor):
    put(boss, item(size()))
    number = put(boss, item(size(label="Weight")))
    boss.post(f"{HOME}/{number}/take-back", {})
    boss.post(f"{HOME}/{number + 1}/take-back", {})

    assert "taken back by" not in read(boss, f"{HOME}/{number}")
    assert "taken back by" in read(boss, f"{HOME}/{number + 1}")


def test_what_would_hide_values_is_said_and_asked_for(boss: Visitor):
    put(boss, item())
    number = put(boss, item(size()))
    boss.api("POST", "/records/item", json={"name": "One", "size": "big"})
    page = boss.get(f"{HOME}/{number}/take-back").text
    assert 'name="agreed"' in page and "1" in read(boss, f"{HOME}/{number}/take-back")

    refused = boss.post(f"{HOME}/{number}/take-back", {})
    assert refused.status_code in (409, 422)
    assert boss.api("GET", "/records/item?fields=size").status_code == 200

    assert boss.post(f"{HOME}/{number}/take-back", {"agreed": "1"}).status_code == 303
    assert boss.api("GET", "/records/item?fields=size").status_code == 422


def test_what_stands_in_the_way_is_named_with_the_way_to_it(boss: Visitor):
    put(boss, item(size()))
    number = put(boss, item(size(label="Weight")))
    later = put(boss, item(size(label="Mass")), note="Call it mass")

    page = boss.get(f"{HOME}/{number}/take-back").text

    assert f'href="{HOME}/{later}/take-back"' in page and "Call it mass" in page
    assert 'type="submit"' not in page.partition("form-foot")[2].partition("</form>")[0]
    assert boss.post(f"{HOME}/{number}/take-back", {}).status_code == 409


def test_a_long_history_comes_in_pages_at_the_same_cost(boss: Visitor):
    for number in range(35):
        put(boss, item(size(label=f"Size {number}")), note=f"Change number {number}.")
    boss.get(HOME)

    with counted(boss) as statements:
        first = boss.get(HOME).text
    following = re.search(rf'href="({HOME}\?before=\d+)"', first)

    assert len(statements) <= 4
    assert "Change number 34." in first and "Change number 4." not in first
    assert following is not None and "Change number 4." in read(boss, following[1])


def test_packages_and_columns_are_called_by_their_names(boss: Visitor):
    layout = {"kind": "list", "key": "item.all", "entity": "item", "label": "All", "columns": ["name", "size"]}
    changesets.apply(boss.site.database, [Edit.put(item(size())), Edit.put(layout)], actor="cli:ann")
    number = put(boss, {**layout, "columns": ["name"], "sort": ["-size"]})

    told = read(boss, f"{HOME}/{number}")

    assert "-size" not in told and "Size ↓" in told
    assert "Command line (ann)" in read(boss, HOME)


def test_members_see_nothing_of_it(visitor: Visitor):
    visitor.sign_in("sally")

    for address in (HOME, f"{HOME}/1", f"{HOME}/1/take-back"):
        assert visitor.get(address).status_code == 403
    assert visitor.post(f"{HOME}/1/take-back", {"agreed": "1"}).status_code == 403


@pytest.mark.parametrize("address", [f"{HOME}/99999", f"{HOME}/99999/take-back", f"{HOME}/x", f"{HOME}/0"])
def test_a_change_that_is_none_is_not_found(boss: Visitor, address: str):
    assert boss.get(address).status_code == 404


@pytest.mark.parametrize("query", ["before=x", "before=-1", "of=", "of=entity", "of=entity:'", "what=1"])
def test_odd_questions_are_answered_without_breaking(boss: Visitor, query: str):
    assert boss.get(f"{HOME}?{query}").status_code in (200, 400, 404, 422)
