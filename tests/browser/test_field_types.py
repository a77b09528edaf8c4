"""Every widget of the field types: filled in by mouse and keys, saved, read, and edited again, at both widths."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.prepared import copies_of
from tests.runtime.field_types.places import prepare_places

SHOWN = re.compile(r"/outing/\d+$")
HERE = {"latitude": 31.2989, "longitude": 120.5853}
SAVED = {
    "name": "首次走访",
    "region": "320506",
    "place": {
        "province": "江苏省",
        "city": "苏州市",
        "district": "姑苏区",
        "street": "观前街1号",
        "postcode": "215005",
    },
    "point": {"lat": 31.2989, "lng": 120.5853},
    "starts": "14:30",
    "spent": 5400,
    "tags": ["重点", "展会"],
    "stars": 4,
    "color": "#0091ff",
    "role": "clerk",
    "serial": "SN-0001",
    "credit": "91350100M000100Y43",
    "card": "11010519491231002X",
    "extra": {"a": [1, 2], "b": "<i>"},
}


database = copies_of(prepare_places, ("sqlite",))


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def outings(request: pytest.FixtureRequest, window: Callable[..., Page], address: str) -> Page:
    """A seller's window on the list of outings."""
    page = window("simon", viewport=request.param, geolocation=HERE, permissions=["geolocation"], timezone_id=None)
    page.goto(f"{address}/e/outing")
    return page


def fill(page: Page) -> None:
    """Fill in every field as a person would."""
    page.fill("[id=in-name]", SAVED["name"])
    page.click("[id=in-region]")
    page.keyboard.type("吴中")
    page.wait_for_selector(".picker-hits:popover-open [role=option]")
    page.keyboard.press("Enter")
    expect(page.locator("[id=in-region]")).to_have_value("江苏省 苏州市 吴中区")
    page.click("[data-field=place] .region-open")
    for step in ("江苏省", "苏州市", "姑苏区"):
        page.get_by_role("button", name=step, exact=True).click()
    page.fill("[data-part=street]", "观前街1号")
    page.fill("[data-part=postcode]", "215005")
    page.click("[data-field=point] [data-do=locate]")
    expect(page.locator("[id=in-point]")).to_have_value("31.298900, 120.585300")
    page.fill("[id=in-starts]", "14:30")
    page.fill("[id=in-spent]", "1小时半")
    page.click("[id=in-tags]")
    page.keyboard.type("重点")
    page.keyboard.press("Enter")
    page.keyboard.type("展会,错")
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    page.locator(".rating input[value='1']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.click("[data-color='#0091ff']")
    page.click("[id=in-team]")
    page.keyboard.type("Sal")
    page.wait_for_selector(".picker-hits:popover-open [role=option]")
    page.keyboard.press("Enter")
    page.select_option("[id=in-role]", "clerk")
    fill_codes(page)


def fill_codes(page: Page) -> None:
    """Fill in codes, text and data; a scanner's Enter leads on and does not send the form."""
    page.click("[id=in-serial]")
    page.keyboard.type("SN-0001")
    page.keyboard.press("Enter")
    expect(page.locator("[id=in-credit]")).to_be_focused()
    page.keyboard.type("91350100m000100y43")
    page.fill("[id=in-card]", "11010519491231002x")
    page.click("[id=in-report]")
    page.click("[data-mark=heading]")
    page.keyboard.type("纪要")
    page.keyboard.press("Enter")
    page.keyboard.type("谈了 ")
    page.click("[data-mark=bold]")
    page.keyboard.type("价格")
    page.fill("[id=in-extra]", '{"a":[1,2],"b":"<i>"}')


def record(page: Page) -> dict[str, Any]:
    """The record whose page is shown, as the API has it."""
    number = page.url.rstrip("/").rsplit("/", 1)[-1]
    found: dict[str, Any] = page.evaluate(f"fetch('/api/v1/records/outing/{number}').then((a) => a.json())")
    return found


def test_every_widget_takes_a_value_shows_it_and_keeps_it(outings: Page) -> None:
    outings.goto(f"{outings.url}/new")
    fill(outings)
    outings.keyboard.press("Control+s")
    outings.wait_for_url(SHOWN)

    saved = record(outings)
    assert {key: saved[key] for key in SAVED} == SAVED
    assert saved["report"] == "<h2>纪要</h2><p>谈了 <b>价格</b></p>"
    assert len(saved["team"]) == 1
    expect(outings.locator(".fact .rich b")).to_have_text("价格")
    expect(outings.locator(".fact svg.symbol-bars")).to_be_visible()
    assert outings.evaluate("document.documentElement.scrollWidth <= innerWidth")

    outings.goto(f"{outings.url}/edit")
    expect(outings.locator(".rich-page h2")).to_have_text("纪要")
    expect(outings.locator("[data-field=tags] .chip-word")).to_have_count(2)
    expect(outings.locator("[data-part=street]")).to_have_value("观前街1号")
    outings.fill("[id=in-name]", "改名")
    outings.keyboard.press("Control+s")
    outings.wait_for_url(SHOWN)

    again = record(outings)
    assert {key: again[key] for key in saved if again[key] != saved[key]}.keys() <= {"name", "rev", "updated_at"}


@pytest.mark.parametrize("outings", [DESKTOP], ids=["desktop"], indirect=True)
def test_a_list_is_filtered_by_a_province_in_the_builder(outings: Page) -> None:
    base = outings.url
    for name, region in (("苏州", "320506"), ("北京", "110105")):
        outings.goto(f"{base}/new")
        outings.fill("[id=in-name]", name)
        outings.fill("[id=in-region]", region)
        outings.keyboard.press("Control+s")
        outings.wait_for_url(SHOWN)
    asked = '{"all": [{"field": "region", "op": "in", "value": ["320000"]}]}'
    outings.goto(f"{base}?filter={asked}")

    expect(outings.locator("tbody tr[data-id]")).to_have_count(1)
    outings.locator("[data-do=open-builder]").first.click()
    expect(outings.locator(".builder-values .picked")).to_contain_text("江苏省")
    outings.locator(".builder-values .region-open").click()
    outings.get_by_role("button", name="北京市", exact=True).click()
    outings.get_by_role("button", name="北京市（全部）").click()
    expect(outings.locator(".builder-values .picked")).to_have_count(2)
