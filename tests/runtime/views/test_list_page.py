"""The list page: what it shows, to whom, at what cost, and that its address holds all of it."""

import json
from urllib.parse import quote

import pytest

from tests.runtime.views.pages import HTMX, Page, add_companies, counted
from tests.runtime.world import Visitor

CITIES = ("Bonn", "Aachen", "Celle")


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    """A seller with three companies."""
    visitor.sign_in("sally")
    add_companies(
        visitor,
        [
            {"name": f"{city} works", "code": f"C{n}", "city": city, "grade": "ab"[n % 2], "credit": f"{n}000.50"}
            for n, city in enumerate(CITIES)
        ],
    )
    return visitor


def page_of(visitor: Visitor, address: str, **headers: str) -> Page:
    answer = visitor.get(address, headers=headers)
    assert answer.status_code == 200, answer.text[:400]
    return Page(answer.text)


def filtered(condition: object) -> str:
    return f"/e/company?filter={quote(json.dumps(condition))}"


def test_a_list_shows_rows_with_links_and_the_newest_first(sally: Visitor):
    page = page_of(sally, "/e/company")

    assert page.titles == ["Celle works", "Aachen works", "Bonn works"]
    assert page.links["Celle works"].startswith("/e/company/")


def test_a_whole_page_has_the_shell_and_htmx_gets_the_main_region_alone(sally: Visitor):
    whole, part = sally.get("/e/company").text, sally.get("/e/company", headers=HTMX).text

    assert "<!doctype html>" in whole and 'id="sidebar"' in whole
    assert "<!doctype" not in part and 'id="sidebar"' not in part
    assert Page(part).rows == Page(whole).rows and "<title>" in part


def test_going_back_in_the_history_gets_the_whole_page(sally: Visitor):
    answer = sally.get("/e/company", headers={**HTMX, "hx-history-restore-request": "true"})

    assert 'id="sidebar"' in answer.text


@pytest.mark.parametrize("address", ["/e/company", "/", "/me", "/login", "/e/nothing"])
def test_no_page_has_inline_styles_or_handlers(sally: Visitor, address: str):
    assert Page(sally.get(address).text).inline == []


def test_the_order_is_in_the_address_and_heads_lead_to_the_next_one(sally: Visitor):
    ascending = page_of(sally, "/e/company?columns=name,city&sort=city")

    assert ascending.titles == ["Aachen works", "Bonn works", "Celle works"]
    assert "sort=-city" in ascending.links["City"]
    descending = page_of(sally, ascending.links["City"])
    assert descending.titles == ["Celle works", "Bonn works", "Aachen works"]
    assert "sort=" not in descending.links["City"]


def test_filters_are_chips_that_say_what_holds_and_lead_to_the_list_without_them(sally: Visitor):
    both = {
        "all": [
            {"field": "city", "op": "in", "value": ["Bonn", "Celle"]},
            {"field": "grade", "op": "eq", "value": "a"},
        ]
    }

    page = page_of(sally, filtered(both))

    assert page.titles == ["Celle works", "Bonn works"]
    assert page.chips == ["City is one of Bonn, Celle", "Grade is A"]


def test_dropping_a_chip_keeps_the_others(sally: Visitor):
    both = {"all": [{"field": "city", "op": "eq", "value": "Bonn"}, {"field": "grade", "op": "eq", "value": "a"}]}
    text = sally.get(filtered(both)).text

    dropped = text.split('class="drop" href="')[1].split('"')[0].replace("&amp;", "&")

    assert page_of(sally, dropped).chips == ["Grade is A"]


def test_shorthand_filters_become_chips_too(sally: Visitor):
    page = page_of(sally, "/e/company?city=Bonn&credit__lt=5")

    assert page.chips == ["City is Bonn", "Credit is less than 5"]
    assert page.titles == ["Bonn works"]


def test_a_filter_names_people_instead_of_their_ids(sally: Visitor):
    owner = sally.api("GET", "/me").json()["id"]

    assert page_of(sally, f"/e/company?owner={owner}").chips == ["Owner is Sally"]


def test_the_search_looks_into_titles(sally: Visitor):
    assert page_of(sally, "/e/company?q=aach").titles == ["Aachen works"]


def test_filtered_to_nothing_offers_to_drop_each_condition(sally: Visitor):
    page = page_of(sally, "/e/company?q=zzz&city=Bonn")

    assert page.rows == []
    assert "Search “zzz”" in page.links and page.links["City is Bonn"] == "/e/company?q=zzz"


def test_an_empty_list_offers_to_create(visitor: Visitor):
    page = page_of(visitor.sign_in("sally"), "/e/company")

    assert page.links["New company"] == "/e/company/new"


def test_whoever_may_not_create_is_offered_nothing(visitor: Visitor):
    assert "New company" not in page_of(visitor.sign_in("clara"), "/e/company").links


@pytest.mark.parametrize("rows", [1, 50])
def test_a_list_takes_three_statements_however_long(visitor: Visitor, rows: int):
    visitor.sign_in("sally")
    add_companies(visitor, [{"name": f"Company {n}", "city": "Bonn"} for n in range(rows)])
    visitor.get("/e/company")

    with counted(visitor) as statements:
        page = page_of(visitor, "/e/company?city=Bonn&sort=name")

    assert len(page.rows) == rows
    assert len(statements) <= 3


def test_pages_follow_each_other_and_lead_back(visitor: Visitor):
    visitor.sign_in("sally")
    add_companies(visitor, [{"name": f"Company {n:02}"} for n in range(60)])

    first = page_of(visitor, "/e/company?sort=name")
    second = page_of(visitor, first.links["Next"])

    assert first.titles + second.titles == [f"Company {n:02}" for n in range(60)]
    assert "Back to start" not in first.links and second.links["Back to start"] == "/e/company?sort=name"


def test_an_address_of_a_page_that_is_none_any_more_leads_to_the_first(sally: Visitor):
    answer = sally.get("/e/company?sort=name&after=abc.def")

    assert answer.status_code == 303 and answer.headers["location"] == "/e/company?sort=name"


HIDDEN_AND_UNKNOWN = {
    "sort": "/e/company?sort={}",
    "columns": "/e/company?columns=name,{}",
    "shorthand": "/e/company?{}=1",
    "filter": "/e/company?filter="
    + quote('{"any":[{"field":"city","op":"is_empty"},{"field":"@","op":"is_empty"}]}'),
    "path": "/e/company?sort=owner.{}",
}


@pytest.mark.parametrize("address", HIDDEN_AND_UNKNOWN.values(), ids=HIDDEN_AND_UNKNOWN)
def test_a_hidden_field_answers_exactly_as_one_that_does_not_exist(sally: Visitor, address: str):
    def answer(name: str):
        got = sally.get(address.replace("{}", name).replace("%40", name), headers=HTMX)
        return got.status_code, got.text.replace(name, "*")

    assert answer("cost") == answer("nope")
    assert answer("cost")[0] == 422


def test_hidden_fields_are_in_no_part_of_the_page(visitor: Visitor):
    boss = visitor.another().sign_in("boss")
    canary = "7170717.17"
    add_companies(boss, [{"name": "Secretive", "cost": canary, "owner": visitor_id(visitor, "sally")}])
    visitor.sign_in("sally")

    for address in ("/e/company", "/e/company/fields", "/search?q=secret", "/pick/company?q=secret"):
        text = visitor.get(address).text
        assert "7170717" not in text and "7,170,717" not in text and "cost" not in text.lower(), address


def visitor_id(visitor: Visitor, login: str) -> int:
    other = visitor.another().sign_in(login)
    return other.api("GET", "/me").json()["id"]


@pytest.mark.parametrize("address", ["/e/vault", "/e/vault/fields", "/pick/vault?q=a", "/e/nothing"])
def test_an_entity_one_may_not_see_does_not_exist(sally: Visitor, address: str):
    assert sally.get(address).status_code == 404


def test_rows_of_others_are_not_there(sally: Visitor):
    simon = sally.another().sign_in("simon")

    assert page_of(simon, "/e/company").rows == []
    assert simon.get("/search?q=bonn").json() == {"groups": []}
    assert simon.get("/pick/company?q=bonn").json() == {"items": []}


def test_text_is_never_markup(visitor: Visitor):
    visitor.sign_in("sally")
    add_companies(visitor, [{"name": "<img src=x onerror=alert(1)>", "city": '"><script>alert(2)</script>'}])

    text = visitor.get("/e/company").text

    assert "<img" not in text and "<script>alert" not in text


def test_marked_rows_go_into_the_bin_and_come_back(sally: Visitor):
    ids = [int(row) for row in sally_ids(sally)]

    deleted = bulk(sally, "delete", ids[:2])
    assert deleted.status_code == 200 and len(page_of(sally, "/e/company").rows) == 1
    assert bulk(sally, "restore", ids[:2]).status_code == 200
    assert len(page_of(sally, "/e/company").rows) == 3


def test_rows_out_of_reach_stay_and_so_do_the_others(sally: Visitor):
    ids = sally_ids(sally)
    simon = sally.another().sign_in("simon")
    own = add_companies(simon, [{"name": "Simon's"}])

    assert bulk(simon, "delete", [*own, ids[0]]).status_code == 404
    assert len(page_of(simon, "/e/company").rows) == 1


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["1"]}, {"ids": [True]}, {"ids": [1], "more": 1}, [1]])
def test_what_is_no_list_of_ids_is_refused(sally: Visitor, body: object):
    headers = {"x-csrf-token": sally.csrf, "sec-fetch-site": "same-origin"}

    answer = sally.http.post("/e/company/bulk/delete", json=body, headers=headers)

    assert answer.status_code in (400, 422) and answer.headers["content-type"] == "application/problem+json"


def test_a_change_without_our_token_is_refused(sally: Visitor):
    answer = sally.http.post(
        "/e/company/bulk/delete", json={"ids": [1]}, headers={"sec-fetch-site": "same-origin"}
    )

    assert answer.status_code == 403


def sally_ids(sally: Visitor) -> list[int]:
    return [item["id"] for item in sally.api("GET", "/records/company").json()["items"]]


def bulk(visitor: Visitor, what: str, ids: list[int]):
    headers = {"x-csrf-token": visitor.csrf, "sec-fetch-site": "same-origin"}
    return visitor.http.post(f"/e/company/bulk/{what}", json={"ids": ids}, headers=headers)


def test_the_builder_knows_fields_operators_and_choices(sally: Visitor):
    fields = {field["key"]: field for field in sally.get("/e/company/fields").json()["fields"]}

    assert [choice["label"] for choice in fields["grade"]["choices"]] == ["A", "B"]
    said = {each["name"]: (each["label"], each["operand"], each["twin"]) for each in fields["credit"]["operators"]}
    assert said["gte"] == ("is at least", "one", False)
    assert fields["owner"]["source"] == "user" and "cost" not in fields and "lines" not in fields
