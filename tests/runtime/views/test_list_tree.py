"""A list as a tree: its top, its branches, what was searched for; for readers who do not see all of it."""

import re

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views.pages import counted
from tests.runtime.views.shop import add
from tests.runtime.world import Visitor

PLACE = {
    "kind": "entity",
    "key": "place",
    "label": "Place",
    "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True, "searchable": True},
        {"key": "upper", "type": "tree", "label": "Part of", "on_delete": "set_null"},
        {"key": "open", "type": "boolean", "label": "Open", "default": True},
        {"key": "size", "type": "integer", "label": "Size"},
    ],
}
TREE = {
    "kind": "list",
    "key": "place.tree",
    "entity": "place",
    "label": "Tree",
    "columns": ["name", "size"],
    "sort": ["name"],
    "tree": True,
    "totals": [{"field": "size", "op": "sum"}],
    "default": True,
}
OPEN = {
    **TREE,
    "key": "place.open",
    "filter": {"field": "open", "op": "eq", "value": True},
    "default": False,
    "position": 2,
}
GRANT = {
    "kind": "grant",
    "key": "place.seller",
    "entity": "place",
    "label": "Sellers",
    "members": [{"role": "seller"}],
    "operations": {"view": {"where": {"field": "open", "op": "eq", "value": True}}, "edit": "all"},
    "fields": {"*": "edit"},
}


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    changesets.apply(visitor.site.database, [Edit.put(each) for each in (PLACE, TREE, OPEN, GRANT)], actor="test")
    return visitor.sign_in("boss")


@pytest.fixture
def places(boss: Visitor) -> dict[str, int]:
    """World > Europe (closed) > France > Paris, Lyon; World > Asia; and Moon."""
    found: dict[str, int] = {}
    for name, upper, size in (
        ("World", None, 1),
        ("Moon", None, 2),
        ("Europe", "World", 3),
        ("Asia", "World", 4),
        ("France", "Europe", 5),
        ("Paris", "France", 6),
        ("Lyon", "France", 7),
    ):
        more = {"upper": found[upper]} if upper else {}
        found[name] = add(boss, "place", name=name, size=size, open=name != "Europe", **more)
    return found


def shown(html: str) -> dict[str, str]:
    """By title what else the first cell says."""
    cells = re.findall(r'<td class="first">(.*?)</td>', html, re.S)
    texts = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "|", cell)).strip("| ") for cell in cells]
    return {text.partition("|")[0]: text.partition("|")[2].strip("|") for text in texts}


def top(visitor: Visitor, query: str = "") -> dict[str, str]:
    return shown(visitor.get(f"/e/place{query}").text)


def branch(visitor: Visitor, number: int, query: str = "") -> dict[str, str]:
    answer = visitor.get(f"/e/place/{number}/branch{query}")
    assert answer.status_code == 200, answer.text
    return shown(answer.text)


def test_the_top_comes_first_and_branches_open_one_by_one(boss: Visitor, places: dict[str, int]):
    assert top(boss) == {"Moon": "", "World": "2"}
    assert branch(boss, places["World"]) == {"Asia": "", "Europe": "1"}
    assert branch(boss, places["France"]) == {"Lyon": "", "Paris": ""}
    assert branch(boss, places["Moon"]) == {}


def test_rows_that_open_say_so(boss: Visitor, places: dict[str, int]):
    html = boss.get("/e/place").text

    assert 'role="treegrid"' in html and 'data-tree="upper"' in html
    assert f'<tr data-id="{places["World"]}" aria-expanded="false">' in html
    assert f'<tr data-id="{places["Moon"]}">' in html
    row = boss.get(f"/e/place/{places['World']}/row").text
    assert 'aria-expanded="false"' in row and "Open or close World (2)" in row


def test_what_stands_below_the_unseen_stands_at_the_top(boss: Visitor, places: dict[str, int]):
    sally = boss.another().sign_in("sally")

    assert top(sally) == {"France": "2", "Moon": "", "World": "1"}
    assert branch(sally, places["World"]) == {"Asia": ""}
    # Neither that there is such a record nor that France stands below it.
    unseen, unknown = (sally.get(f"/e/place/{number}/branch") for number in (places["Europe"], 987654))
    assert unseen.status_code == unknown.status_code == 404
    assert unseen.json()["detail"] == unknown.json()["detail"]


def test_a_list_with_its_own_filter_begins_anew_below_what_it_leaves_out(boss: Visitor, places: dict[str, int]):
    assert top(boss, "?list=place.open") == {"France": "2", "Moon": "", "World": "1"}
    assert branch(boss, places["World"], "?list=place.open") == {"Asia": ""}
    assert branch(boss, places["Europe"], "?list=place.open") == {}


def test_what_was_searched_for_says_where_it_stands(boss: Visitor, places: dict[str, int]):
    sally = boss.another().sign_in("sally")

    assert top(boss, "?q=lyon") == {"Lyon": "World / Europe / France"}
    assert top(boss, "?size__gte=6&sort=-size") == {
        "Lyon": "World / Europe / France",
        "Paris": "World / Europe / France",
    }
    assert top(sally, "?q=lyon") == {"Lyon": "France"}


def test_groups_have_no_branches(boss: Visitor, places: dict[str, int]):
    html = boss.get("/e/place?group=open").text

    assert len(shown(html)) == 7 and "data-tree" not in html
    assert boss.get(f"/e/place/{places['World']}/branch?group=open").status_code == 404


def test_the_count_and_the_totals_are_of_all_rows(boss: Visitor, places: dict[str, int]):
    assert boss.get("/e/place/count").text.strip() == "7"
    assert "28" in boss.get("/e/place/totals").text


def test_the_top_and_a_branch_have_pages(boss: Visitor):
    first = add(boss, "place", name="0")
    boss.api("POST", "/records/place", {"items": [{"name": f"T{n:02}"} for n in range(60)]})
    boss.api("POST", "/records/place", {"items": [{"name": f"B{n:02}", "upper": first} for n in range(60)]})

    html = boss.get("/e/place").text
    following = re.search(r'href="(/e/place\?after=[^"]+)"', html)
    assert following and len(shown(html)) == 50
    assert list(shown(boss.get(following[1]).text)) == [f"T{n:02}" for n in range(49, 60)]

    answer = boss.get(f"/e/place/{first}/branch")
    rest = boss.get(f"/e/place/{first}/branch", params={"after": answer.headers["x-next"]})
    assert [*shown(answer.text), *shown(rest.text)] == [f"B{n:02}" for n in range(60)]
    assert "x-next" not in rest.headers
    # A place in one branch is none in another.
    other = boss.get(f"/e/place/{first + 1}/branch", params={"after": answer.headers["x-next"]})
    assert other.status_code == 422


def test_a_tree_costs_one_statement_more_than_a_list(boss: Visitor, places: dict[str, int]):
    top(boss)
    branch(boss, places["World"])

    with counted(boss) as page:
        top(boss)
    with counted(boss) as opened:
        branch(boss, places["World"])

    assert len(page) <= 3 and len(opened) <= 3, (page, opened)


def test_a_list_of_records_that_do_not_stand_below_each_other_is_no_tree(boss: Visitor):
    flat = {**TREE, "key": "company.tree", "entity": "company", "columns": ["name"], "totals": []}

    with pytest.raises(Exception) as found:
        changesets.apply(boss.site.database, [Edit.put(flat)], actor="test")

    assert [finding.id for finding in found.value.findings] == ["M324"]
