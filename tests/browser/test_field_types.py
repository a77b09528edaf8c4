"""Every widget of the field types: filled in by mouse and keys, saved, read, and edited again, at both widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from formloom.runtime.app import build_app
from tests.browser.conftest import DESKTOP, PHONE, watched
from tests.browser.live import serving, sign_in
from tests.prepared import opened
from tests.runtime.field_types.places import prepare_places
from tests.runtime.world import site_of

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


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def window(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A seller's window on the list of outings."""
    url = f"sqlite:///{tmp_path / 'formloom.db'}"
    prepare_places(url)
    with opened(url) as database, serving(build_app(site_of(database, tmp_path))) as address:
        yield from _window(request.param, browser, address)


def _window(size: Any, browser: Browser, address: str) -> Iterator[Page]:
    look = {"viewport": size, "locale": "zh-CN", "geolocation": HERE, "permissions": ["geolocation"]}
    context = browser.new_context(**look)
    breaches = watched(context)
    page = sign_in(context.new_page(), address, "simon")
    page.goto(f"{address}/e/outing")
    yield page
    context.close()
    assert breaches == []


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


def test_every_widget_takes_a_value_shows_it_and_keeps_it(window: Page) -> None:
    window.goto(f"{window.url}/new")
    fill(window)
    window.keyboard.press("Control+s")
    window.wait_for_url(SHOWN)

    saved = record(window)
    assert {key: saved[key] for key in SAVED} == SAVED
    assert saved["report"] == "<h2>纪要</h2><p>谈了 <b>价格</b></p>"
    assert len(saved["team"]) == 1
    expect(window.locator(".fact .rich b")).to_have_text("价格")
    expect(window.locator(".fact svg.symbol-bars")).to_be_visible()
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")

    window.goto(f"{window.url}/edit")
    expect(window.locator(".rich-page h2")).to_have_text("纪要")
    expect(window.locator("[data-field=tags] .chip-word")).to_have_count(2)
    expect(window.locator("[data-part=street]")).to_have_value("观前街1号")
    window.fill("[id=in-name]", "改名")
    window.keyboard.press("Control+s")
    window.wait_for_url(SHOWN)

    again = record(window)
    assert {key: again[key] for key in saved if again[key] != saved[key]}.keys() <= {"name", "rev", "updated_at"}


@pytest.mark.parametrize("window", [DESKTOP], ids=["desktop"], indirect=True)
def test_a_list_is_filtered_by_a_province_in_the_builder(window: Page) -> None:
    base = window.url
    for name, region in (("苏州", "320506"), ("北京", "110105")):
        window.goto(f"{base}/new")
        window.fill("[id=in-name]", name)
        window.fill("[id=in-region]", region)
        window.keyboard.press("Control+s")
        window.wait_for_url(SHOWN)
    asked = '{"all": [{"field": "region", "op": "in", "value": ["320000"]}]}'
    window.goto(f"{base}?filter={asked}")

    expect(window.locator("tbody tr[data-id]")).to_have_count(1)
    window.locator("[data-do=open-builder]").first.click()
    expect(window.locator(".builder-values .picked")).to_contain_text("江苏省")
    window.locator(".builder-values .region-open").click()
    window.get_by_role("button", name="北京市", exact=True).click()
    window.get_by_role("button", name="北京市（全部）").click()
    expect(window.locator(".builder-values .picked")).to_have_count(2)
