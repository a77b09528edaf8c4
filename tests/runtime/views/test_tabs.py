"""Tabs of forms and record pages: which is open, which has mistakes in it, which is not there."""

from __future__ import annotations

import json
import re

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views import shop
from tests.runtime.views.pages import HTMX, Page
from tests.runtime.views.shop import add
from tests.runtime.world import Visitor

TAB = re.compile(r'<button class="tab"([^>]*id="tab-[^>]*)>([^<]*)<span([^>]*)>')
FORM = {
    "kind": "form",
    "key": "offer.form",
    "entity": "offer",
    "label": "Offer",
    "tabs": [{"key": key, "label": key.capitalize()} for key in ("base", "money", "goods")],
    "sections": [
        {"key": "main", "label": "Main", "fields": ["name", "stage"]},
        {"key": "rest", "label": "Rest", "tab": "base", "fields": ["code", "company"]},
        {"key": "sums", "label": "Sums", "tab": "money", "fields": ["amount", "chance", "weighted", "secret"]},
        {"key": "goods", "label": "Goods", "tab": "goods", "fields": ["lines", "total"]},
    ],
}
NO_GOODS = {
    "kind": "rule",
    "key": "offer.cold",
    "entity": "offer",
    "label": "Goods later",
    "when": {"field": "stage", "op": "eq", "value": "new"},
    "effects": [{"type": "hide", "fields": ["total"], "sections": ["goods"]}],
}


def put(visitor: Visitor, *documents: dict) -> None:
    """Put documents in force."""
    changesets.apply(visitor.site.database, [Edit.put(document) for document in documents], actor="test")


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    """A seller whose form of offers has tabs."""
    shop.furnish(visitor)
    put(visitor, FORM)
    return visitor.sign_in("sally")


def tabs(html: str) -> dict[str, str]:
    """By label of each tab that is seen: `open`, `bad`, both or nothing."""
    found = {}
    for attributes, label, mark in re.findall(
        r'<button class="tab"([^>]*id="tab-[^>]*)>([^<]*)<span([^>]*)>', html
    ):
        if not re.search(r"\bhidden\b", attributes):
            states = (("open", 'aria-selected="true"' in attributes), ("bad", "hidden" not in mark))
            found[label] = " ".join(name for name, holds in states if holds)
    return found


def panels(html: str) -> list[str]:
    """The panels that are seen."""
    return re.findall(r'role="tabpanel" id="panel-(\w+)" aria-labelledby="[\w-]+">', html)


def test_a_form_and_a_record_page_have_tabs_and_the_address_says_which_is_open(sally: Visitor):
    offer = add(sally, "offer", name="Roof")

    for address in ("/e/offer/new", f"/e/offer/{offer}/edit", f"/e/offer/{offer}"):
        assert tabs(sally.get(address).text) == {"Base": "open", "Money": "", "Goods": ""}, address
        asked = sally.get(f"{address}?_tab=money").text
        assert tabs(asked)["Money"] == "open" and panels(asked) == ["money"], address
        # A tab that is not there is none to ask for.
        assert panels(sally.get(f"{address}?_tab=gone").text) == ["base"], address
    strip = Page(asked).attributes["tab-money"]
    assert strip["role"] == "tab" and strip["aria-controls"] == "panel-money"


def test_a_refused_form_opens_the_tab_of_the_first_mistake_and_marks_all(sally: Visitor):
    sent = {"name": "", "stage": "new", "amount": "much", "chance": "10", "_table": "lines"}
    page = sally.post("/e/offer", sent, headers={**HTMX, "hx-current-url": "http://x/e/offer/new?_tab=goods"})

    assert page.status_code == 422
    assert tabs(page.text) == {"Base": "open bad", "Money": "bad", "Goods": ""}
    assert re.findall(r'data-jump="(\w+)"', page.text) == ["name", "amount"] and 'value="much"' in page.text


def test_what_is_refused_as_a_whole_leaves_the_tab_open(sally: Visitor):
    warned = {"type": "refuse", "message": "Sure?", "severity": "warning"}
    put(sally, {**NO_GOODS, "key": "offer.warn", "label": "Warn", "effects": [warned]})
    sent = {"name": "Roof", "stage": "new", "chance": "10", "_table": "lines"}

    page = sally.post("/e/offer", sent, headers={**HTMX, "hx-current-url": "http://x/e/offer/new?_tab=money"})

    assert "Sure?" in page.text and tabs(page.text)["Money"] == "open"


def test_rules_that_hide_all_there_is_in_a_tab_hide_the_tab(sally: Visitor):
    put(sally, NO_GOODS)
    cold, hot = add(sally, "offer", name="Cold"), add(sally, "offer", name="Hot", stage="hot")

    assert list(tabs(sally.get(f"/e/offer/{cold}/edit?_tab=goods").text)) == ["Base", "Money"]
    assert panels(sally.get(f"/e/offer/{cold}/edit?_tab=goods").text) == ["base"]
    assert list(tabs(sally.get(f"/e/offer/{cold}").text)) == ["Base", "Money"]
    assert list(tabs(sally.get(f"/e/offer/{hot}/edit").text)) == ["Base", "Money", "Goods"]


def test_tabs_without_anything_for_the_reader_are_not_there(sally: Visitor):
    only = {"key": "money", "label": "Sums", "tab": "money", "fields": ["secret"]}
    put(sally, {**FORM, "sections": [*FORM["sections"][:2], only]})

    page = sally.get("/e/offer/new").text

    assert tabs(page) == {} and "tablist" not in page and 'name="code"' in page


def test_saving_comes_back_to_the_tab_that_was_open(sally: Visitor):
    offer = add(sally, "offer", name="Roof")
    for here, address in ((f"/e/offer/{offer}", "/section/sums"), (f"/e/offer/{offer}/edit", "")):
        rev = sally.api("GET", f"/records/offer/{offer}").json()["rev"]
        headers = {**HTMX, "hx-current-url": f"http://localhost{here}?_tab=money&_related=0&q=x"}
        sent = {"_rev": str(rev), "amount": str(100 + rev)}

        saved = sally.post(f"/e/offer/{offer}{address}", sent, headers=headers)

        assert saved.status_code == 204, saved.text
        path = json.loads(saved.headers["hx-location"])["path"]
        assert path == f"/e/offer/{offer}?_tab=money&_related=0"


def test_a_related_list_may_be_asked_for_by_the_address(sally: Visitor):
    offer = add(sally, "offer", name="Roof")
    second = {"entity": "note", "by": "offer", "label": "Again"}
    put(sally, {**shop.DETAIL, "related": [*shop.DETAIL["related"], second]})

    page = sally.get(f"/e/offer/{offer}?_related=1").text

    assert 'aria-selected="true" aria-controls="related-1"' in page
    assert re.search(r'id="related-0" role="tabpanel"[^>]* hidden', page)


def drawn(visitor: Visitor, document: dict) -> str:
    """The screen a draft of the document makes."""
    named = f"{document['kind']}:{document['key']}"
    body = {
        "put": [{"id": named, "document": document, "base": None}],
        "show": {"kind": document["kind"], "key": document["key"], "lang": "en"},
    }
    headers = {"x-csrf-token": visitor.csrf, "sec-fetch-site": "same-origin"}
    answer = visitor.http.post("/admin/design/work", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["html"]


def test_a_drafted_form_shows_its_tabs_and_those_without_anything_in_them(sally: Visitor):
    boss = sally.another().sign_in("boss")
    more = {"key": "more", "label": "More"}

    page = drawn(boss, {**FORM, "tabs": [*FORM["tabs"], more]})

    assert re.findall(r'data-tab="(\w+)"', page) == ["base", "money", "goods", "more"]
    assert re.findall(r'data-section="(\w+)"', page.partition('data-panel="money"')[0]) == ["main", "rest"]
    assert "This tab is empty" in page.partition('data-panel="more"')[2]


def test_a_drafted_page_shows_sections_of_its_own_its_numbers_or_the_form_as_it_is(sally: Visitor):
    add(sally, "offer", name="Roof")
    boss = sally.another().sign_in("boss")
    number = {"key": "notes", "entity": "note", "by": "offer"}
    own = {"key": "own", "label": "Own", "fields": ["amount", "lines"]}

    page = drawn(
        boss, {**shop.DETAIL, "sections": [own, {**own, "key": "empty", "fields": []}], "statistics": [number]}
    )

    assert re.findall(r'data-section="(\w+)"', page) == ["own", "empty"]
    assert re.findall(r'data-fact="(\w+)"', page) == ["amount", "lines"]
    assert 'data-statistic="notes"' in page and ">0</span>" in page
    page = drawn(boss, shop.DETAIL)
    assert "data-section" not in page and re.findall(r'data-form-tab="(\w+)"', page) == ["base", "money", "goods"]
