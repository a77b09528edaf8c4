"""Menus, sets of options and record pages, designed in a browser by pointer and by keyboard, then used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from formloom.runtime.app import build_app
from formloom.runtime.context import Context
from formloom.runtime.records import Records
from tests.browser.live import serving, sign_in
from tests.prepared import copied
from tests.runtime.world import furnish, site_of

pytestmark = pytest.mark.browser

MENU = {
    "kind": "menu",
    "key": "main",
    "label": "Menu",
    "items": [{"label": "Work", "items": [{"list": "company.all"}]}, {"label": "More", "items": []}],
}
LIST = {
    "kind": "list",
    "key": "company.all",
    "entity": "company",
    "label": "Everything",
    "columns": ["name", "grade"],
}
ROWS = {"name": ["Alpha", "Baker", "Charlie"], "grade": ["a", "b", "b"]}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Three companies, a list and a menu, served."""
    with copied(furnish, tmp_path) as database:
        changesets.apply(database, [Edit.put(LIST), Edit.put(MENU)], actor="test")
        site = site_of(database, tmp_path)
        with database.writing() as conn:
            ctx = Context.system(conn, site.catalog(conn), "rows for a test")
            Records(ctx).create_many("company", ROWS, source="form")
        with serving(build_app(site)) as where:
            yield where


def screen(page: Page) -> FrameLocator:
    """What is designed."""
    return page.frame_locator("#d-middle iframe").first


def entry(page: Page, place: str) -> Locator:
    """An entry of the menu by its place."""
    return screen(page).locator(f'[data-node="item:{place}"]')


def drag(page: Page, what: Locator, where: Locator, height: float) -> None:
    """Drag to a height, from 0 to 1, of something."""
    here, there = what.bounding_box(), where.bounding_box()
    assert here and there
    page.mouse.move(here["x"] + 20, here["y"] + here["height"] / 2)
    page.mouse.down()
    page.mouse.move(here["x"] + 40, here["y"] + here["height"], steps=3)
    page.mouse.move(there["x"] + 40, there["y"] + there["height"] * height, steps=8)
    page.mouse.up()


def publish(page: Page) -> None:
    """Publish, and wait until it is done."""
    page.locator("[data-name=publish]").click()
    page.locator("[data-name=publish-now]").click()
    expect(page.locator(".toast-line")).to_be_visible()
    expect(page.locator("[data-name=publish]")).to_be_disabled()


def test_menus_options_and_record_pages_are_designed_and_used(page: Page, address: str) -> None:
    sign_in(page, address, "boss")
    design_menu(page, address)
    join_options(page, address)
    design_page(page, address)

    page.goto(f"{address}/e/company?list=company.all")

    items = page.locator("#sidebar .side-items")
    expect(items).to_contain_text("Customers")
    expect(items.get_by_text("Everything")).to_have_count(1)
    expect(page.locator("#rows .pill")).to_have_text(["A", "A", "A"])
    page.locator("#rows a", has_text="Alpha").first.click()
    expect(page.locator(".highlights dt")).to_have_text(["Owner"])


def design_menu(page: Page, address: str) -> None:
    """An entry is dragged beside its group and taken back in by keyboard; a group is added, named and moved up."""
    page.goto(f"{address}/admin/design/menu/main")
    drag(page, entry(page, "0.0"), entry(page, "0"), 0.02)
    expect(entry(page, "0")).to_have_text("Everything")
    expect(entry(page, "0")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(entry(page, "1")).to_have_text("Everything")
    expect(entry(page, "1")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(entry(page, "0.0")).to_have_text("Everything")
    page.locator("#d-left > .btn").first.click()
    page.keyboard.type("Customers")
    expect(entry(page, "2")).to_contain_text("Customers")
    entry(page, "2").press("ArrowUp")
    expect(entry(page, "1")).to_contain_text("Customers")
    page.locator("#d-left .d-types .d-add").first.click()
    expect(entry(page, "1.0")).to_be_visible()
    publish(page)


def join_options(page: Page, address: str) -> None:
    """Options out of a sheet, in another order; one goes into another, and its records with it."""
    page.goto(f"{address}/admin/design/option_set/grade")
    rows = page.locator("#d-right .d-option-rows li")
    page.locator("#d-right .d-options-editor > .line button").nth(1).click()
    page.locator(".d-dialog textarea").fill("C\nD\nC")
    page.locator(".d-dialog button[type=submit]").click()
    expect(rows).to_have_count(4)
    rows.nth(3).locator("input").press("Alt+ArrowUp")
    expect(screen(page).locator("[data-option] .pill")).to_have_text(["A", "B", "D", "C"])
    rows.nth(1).locator("button").nth(-2).click()
    page.locator(".d-dialog select").last.select_option("a")
    page.locator(".d-dialog button[type=submit]").click()
    expect(screen(page).locator("[data-option] .pill")).to_have_text(["A", "D", "C"])
    page.locator("[data-name=publish]").click()
    expect(page.locator(".d-publish")).to_contain_text("2 records get the merged option")
    page.locator("[data-name=publish-now]").click()
    expect(page.locator("[data-name=publish]")).to_be_disabled()


def design_page(page: Page, address: str) -> None:
    """One fact less stands out of a record."""
    page.goto(f"{address}/admin/design/detail/company.detail")
    facts = screen(page).locator("[data-highlight]")
    expect(facts).to_have_count(2)
    screen(page).locator('[data-node="fact:updated_at"]').press("Delete")
    expect(facts).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(facts).to_have_count(2)
    screen(page).locator('[data-node="fact:updated_at"]').press("Delete")
    expect(facts).to_have_count(1)
    publish(page)
