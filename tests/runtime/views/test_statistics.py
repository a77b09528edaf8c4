"""Numbers over what points at a record: what they are for whom, where they lead, what they cost."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views import shop
from tests.runtime.views.pages import HTMX, Page, counted
from tests.runtime.views.shop import add, grant
from tests.runtime.world import Visitor

OFFERS = {"entity": "offer", "by": "company"}
OPEN = {"field": "stage", "op": "ne", "value": "won"}
STATISTICS = [
    {"key": "offers", **OFFERS},
    {"key": "open", **OFFERS, "label": "Open", "measure": {"op": "sum", "field": "amount"}, "filter": OPEN},
    {"key": "hot", **OFFERS, "filter": {"field": "stage", "op": "eq", "value": "hot"}, "color": "red"},
    {"key": "best", **OFFERS, "measure": {"op": "max", "field": "amount"}},
    {"key": "secret", **OFFERS, "label": "Hidden sum", "measure": {"op": "sum", "field": "secret"}},
    {"key": "cheap", **OFFERS, "label": "Cheap", "filter": {"field": "secret", "op": "is_empty"}},
]
DETAIL = {"kind": "detail", "key": "company.detail", "entity": "company", "label": "C", "statistics": STATISTICS}


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    """A seller in the shop, where pages of companies have numbers."""
    shop.furnish(visitor)
    changesets.apply(visitor.site.database, [Edit.put(DETAIL)], actor="test")
    return visitor.sign_in("sally")


def acme(visitor: Visitor, *amounts: str, stage: str = "new") -> int:
    """A company with offers of these amounts."""
    company = add(visitor, "company", name="Acme")
    for amount in amounts:
        add(visitor, "offer", name=f"For {amount}", company=company, amount=amount, stage=stage)
    return company


def numbers(html: str) -> dict[str, str]:
    """Text by key of every number of a strip."""
    parts = re.findall(r'data-statistic="(\w+)">(.*?)</(?:a|div)>', html, re.DOTALL)
    return {key: unescape(re.findall(r">([^<]*)</span>", part)[1]) for key, part in parts}


def test_numbers_are_loaded_after_the_page_in_one_statement(sally: Visitor):
    company = acme(sally, "100000", "250")
    add(sally, "offer", name="Won", company=company, amount="7000", stage="won")
    add(sally, "offer", name="Of nobody", amount="1")

    page = sally.get(f"/e/company/{company}").text
    assert set(numbers(page).values()) == {"…"} and f'hx-get="/e/company/{company}/statistics"' in page
    with counted(sally) as statements:
        strip = sally.get(f"/e/company/{company}/statistics", headers=HTMX).text

    assert numbers(strip) == {"offers": "3", "open": "100.2K", "hot": "0", "best": "100K", "cheap": "3"}
    assert 'title="100,250.00"' in strip and "pill-red" not in strip
    # One for the session with everything a request begins with, one for all numbers.
    assert len(statements) == 2, statements


def test_a_number_leads_to_exactly_its_records(sally: Visitor):
    company = acme(sally, "10", "20")
    add(sally, "offer", name="Won", company=company, amount="7000", stage="won")
    acme(sally, "5")
    strip = sally.get(f"/e/company/{company}/statistics", headers=HTMX).text
    hrefs = {key: unescape(href) for href, key in re.findall(r'href="([^"]*)" data-statistic="(\w+)"', strip)}

    shown = Page(sally.get(hrefs["open"]).text)

    assert sorted(shown.titles) == ["For 10", "For 20"]
    here = {"field": "company", "op": "eq", "value": company}
    assert json.loads(parse_qs(urlsplit(hrefs["open"]).query)["filter"][0]) == {"all": [OPEN, here]}
    # A condition its reader may not see is nowhere in what he gets; there is no list of just those records.
    assert "cheap" not in hrefs and "secret" not in strip


def test_numbers_count_what_their_reader_sees(sally: Visitor):
    company = acme(sally, "10", "20", stage="hot")
    simon = sally.another().sign_in("simon")
    boss = sally.another().sign_in("boss")

    assert numbers(boss.get(f"/e/company/{company}/statistics", headers=HTMX).text)["secret"] == "0"
    assert "pill-red" in boss.get(f"/e/company/{company}/statistics", headers=HTMX).text
    # It is not his company; the offers are not his either.
    assert simon.get(f"/e/company/{company}/statistics", headers=HTMX).status_code == 404
    everyone = grant("company", operations={"view": "all"}) | {"key": "company.all"}
    changesets.apply(sally.site.database, [Edit.put(everyone)], actor="test")
    assert numbers(simon.get(f"/e/company/{company}/statistics", headers=HTMX).text)["offers"] == "0"
    assert sally.get("/e/company/999/statistics", headers=HTMX).status_code == 404


def test_whoever_may_not_see_what_is_counted_has_no_strip(sally: Visitor):
    company = acme(sally)
    clara = sally.another().sign_in("clara")

    assert "statistic" not in clara.get(f"/e/company/{company}").text
    assert numbers(clara.get(f"/e/company/{company}/statistics", headers=HTMX).text) == {}
