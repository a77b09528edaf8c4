"""What pickers and the search offer: what the reader may see and nothing else."""

import json

import pytest

from tests.runtime.views.pages import add_companies, counted
from tests.runtime.world import Visitor


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    """A seller with two companies."""
    visitor.sign_in("sally")
    add_companies(visitor, [{"name": "Aster", "code": "A1"}, {"name": "Birch", "code": "B2"}])
    return visitor


def items(visitor: Visitor, address: str) -> list[dict]:
    answer = visitor.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_picker_finds_by_title_in_order(sally: Visitor):
    assert [item["title"] for item in items(sally, "/pick/company?q=")] == ["Aster", "Birch"]
    assert [item["title"] for item in items(sally, "/pick/company?q=BIR")] == ["Birch"]


def test_a_picker_gives_titles_of_ids_and_only_of_those_one_may_see(sally: Visitor):
    ids = [item["id"] for item in items(sally, "/pick/company?q=")]
    simon = sally.another().sign_in("simon")

    assert {item["id"] for item in items(sally, f"/pick/company?ids={ids[0]},{ids[1]}")} == set(ids)
    assert items(simon, f"/pick/company?ids={ids[0]}") == []


def test_a_pick_takes_two_statements(sally: Visitor):
    sally.get("/pick/company?q=a")

    with counted(sally) as statements:
        sally.get("/pick/company?q=a")

    assert len(statements) == 2


def test_a_picker_for_a_field_takes_only_fields_the_reader_may_fill(sally: Visitor):
    assert len(items(sally, "/pick/company?for=deal.company&q=")) == 2
    for name in ("deal.nope", "vault.company", "nothing.company", "deal.name", "company.cost", "deal"):
        assert sally.get(f"/pick/company?for={name}").status_code in (404, 422), name


def test_people_are_found_by_name_or_login_and_the_disabled_are_not_offered(sally: Visitor):
    assert [item["title"] for item in items(sally, "/pick/user?q=sal")] == ["Sally"]
    assert [item["title"] for item in items(sally, "/pick/user?q=CLAR")] == ["Clara"]
    assert items(sally, "/pick/user?q=%25") == []


def test_departments_are_found_in_both_languages(sally: Visitor):
    assert [item["title"] for item in items(sally, "/pick/department?q=销售")] == ["Sales"]
    assert items(sally, "/pick/department?q=sales")[0]["note"] == "Head office"


@pytest.mark.parametrize("ids", ["x", "1,", "-1", "9" * 30, "1,2;drop"])
def test_what_is_no_list_of_ids_is_refused(sally: Visitor, ids: str):
    assert sally.get("/pick/company", params={"ids": ids}).status_code == 422


@pytest.mark.parametrize("address", ["/pick/company", "/pick/user", "/pick/department", "/search?q=a"])
def test_nobody_asks_without_signing_in(visitor: Visitor, address: str):
    assert visitor.get(address).status_code == 401


def test_the_search_groups_hits_by_entity(sally: Visitor):
    groups = sally.get("/search?q=aster").json()["groups"]

    assert [(group["label"], [hit["title"] for hit in group["hits"]]) for group in groups] == [
        ("Company", ["Aster"])
    ]
    assert groups[0]["hits"][0]["href"].startswith("/e/company/")


@pytest.mark.parametrize("text", ["", "%", "_", '"', "'", "\\", "* OR *", "NEAR(", "a" * 5000])
def test_a_search_for_odd_text_finds_nothing_and_breaks_nothing(sally: Visitor, text: str):
    answer = sally.get("/search", params={"q": text})

    assert answer.status_code == 200 and answer.json() == {"groups": []}


def test_the_palette_offers_what_one_may_view_and_create(sally: Visitor):
    def commands(visitor: Visitor) -> list[str]:
        text = visitor.get("/me").text.split('id="commands">')[1].split("</script>")[0]
        return [entry["label"] for entry in json.loads(text)]

    assert {"Go to company", "New company"} <= set(commands(sally))
    clara = commands(sally.another().sign_in("clara"))
    assert "Go to company" in clara and "New company" not in clara and "Go to vault" not in clara
