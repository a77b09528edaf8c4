"""Dashboards as people use them: charts are drawn, marks lead to their rows, filters stay in the address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from formloom.runtime.records import Records
from formloom.runtime.site import Site
from tests.browser.conftest import HAND, PHONE
from tests.browser.live import sign_in
from tests.prepared import copies_of, opened
from tests.runtime.dashboards.boards import acting, prepare_offices, put, put_board, widget
from tests.runtime.world import site_of

pytestmark = pytest.mark.browser

BY_CITY = [{"field": "city"}]
ALL = {
    "kind": "list",
    "key": "company.all",
    "entity": "company",
    "label": "All",
    "columns": ["name", "city", "credit"],
}
KINDS = ("bar", "line", "pie", "funnel", "ranking")
LONG = {"key": "long", "label": "Bundesausbildungsförderungsgesetzlichkeiten of all companies", "x": 6, "w": 6}
DRAWN = "canvas:not(.spark)"


def fill(url: str) -> None:
    """Make ten companies and a board of every kind of card."""
    prepare_offices(url)
    with opened(url) as database:
        site = site_of(database, Path())
        put(site, ALL)
        put_board(
            site,
            widget("metric", date_field="founded", compare="previous", w=3, h=2),
            widget("metric", x=3, w=3, h=2),
            *(widget(kind, group_by=BY_CITY, date_field="founded", w=6) for kind in KINDS),
            widget("table", columns=["name", "city", "grade", "credit", "founded", "owner"], w=6, limit=5),
            widget("bar", group_by=[{"field": "city"}, {"field": "grade"}], **LONG),
            widget("metric", entity="vault", x=6, w=3, h=2),
            filters={"period": {"default": "all"}, "owner": True},
        )


database = copies_of(fill, ("sqlite",))


@pytest.fixture
def board(page: Page, address: str) -> Page:
    """The dashboard on a desktop, the administrator's, with its charts drawn."""
    sign_in(page, address, "boss")
    page.goto(f"{address}/d/board")
    expect(page.locator(DRAWN)).to_have_count(5)
    return page


def card(page: Page, number: int):
    return page.locator(f'.board-card[data-key="w{number}"]')


def is_blank(page: Page, number: int) -> bool:
    """Whether a chart's canvas has no ink."""
    canvas = card(page, number).locator(DRAWN)
    return canvas.evaluate(
        "canvas => !canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    )


def test_charts_have_ink_and_break_no_policy(board: Page):
    for number in (2, 3, 4, 5, 8):
        assert not is_blank(board, number), number


def test_charts_are_drawn_after_moving_between_screens_too(board: Page):
    card(board, 1).locator("a.figure").click()
    expect(board.locator(".count").first).to_have_text("10")
    board.go_back()

    expect(board.locator(DRAWN)).to_have_count(5)
    assert not is_blank(board, 2)


def test_a_click_on_a_bar_leads_to_as_many_rows(board: Page):
    """The bars stand in the order of their sizes: Bonn with four is the first."""
    box = card(board, 2).locator(DRAWN).bounding_box()
    board.mouse.click(box["x"] + box["width"] * 0.17, box["y"] + box["height"] * 0.7)

    expect(board.locator(".chip").first).to_have_text("City is Bonn")
    expect(board.locator(".count").first).to_have_text("4")


def test_the_marks_of_a_chart_can_be_reached_by_keyboard(board: Page):
    marks = card(board, 4).locator("details")
    marks.locator("summary").focus()
    expect(marks).to_be_visible()
    board.keyboard.press("Enter")
    link = marks.get_by_role("link", name="Celle")
    expect(link).to_be_visible()
    link.focus()
    board.keyboard.press("Enter")

    expect(board.locator(".chip").first).to_have_text("City is Celle")
    expect(board.locator(".count").first).to_have_text("3")


def test_the_period_is_in_the_address_and_back_undoes_it(board: Page):
    board.get_by_role("link", name="This year").click()
    board.wait_for_url("**/d/board?period=this_year")
    expect(board.get_by_role("link", name="This year")).to_have_attribute("aria-current", "page")
    board.go_back()

    board.wait_for_url("**/d/board")
    expect(board.get_by_role("link", name="All time")).to_have_attribute("aria-current", "page")
    expect(board.locator(DRAWN)).to_have_count(5)


def test_days_can_be_chosen_in_either_order(board: Page):
    board.get_by_role("button", name="More periods").click()
    board.locator("[name=first]").fill("2026-11-30")
    board.locator("[name=last]").fill("2026-11-01")
    board.get_by_role("button", name="Apply").click()

    board.wait_for_url("**/d/board?period=2026-11-01..2026-11-30")
    expect(card(board, 0).locator(".figure")).to_have_text("5")


def test_a_person_is_chosen_and_cleared_again(board: Page):
    owner = board.get_by_role("combobox", name="Owner")
    owner.click()
    owner.fill("Simon")
    board.get_by_role("option", name="Simon").click()
    board.wait_for_url("**/d/board?period=all&owner=*")
    expect(card(board, 1).locator(".figure")).to_have_text("4")
    expect(board.get_by_role("combobox", name="Owner")).to_have_value("Simon")

    board.locator(".board-people .picker-clear:visible").click()
    board.wait_for_url("**/d/board?period=all")
    expect(card(board, 1).locator(".figure")).to_have_text("10")
    board.go_back()
    expect(board.get_by_role("combobox", name="Owner")).to_have_value("Simon")


def test_refreshing_changes_numbers_in_their_places(board: Page, site: Site):
    canvas = card(board, 2).locator(DRAWN).element_handle()
    with site.database.writing() as conn:
        Records(acting(site, conn, "boss")).create("company", {"name": "New", "city": "Bonn"})
    board.get_by_role("button", name="Refresh").click()

    expect(card(board, 1).locator(".figure")).to_have_text("11")
    expect(card(board, 2).locator(".marks tbody tr").first).to_contain_text("5")
    assert canvas.evaluate("element => element.isConnected")
    card(board, 1).locator("a.figure").click()
    expect(board.locator(".count").first).to_have_text("11")


def test_colours_follow_the_theme(board: Page):
    shot = card(board, 2).screenshot()
    board.emulate_media(color_scheme="dark")
    expect(board.locator("html")).to_have_attribute("data-bs-theme", "dark")
    board.wait_for_timeout(500)

    assert card(board, 2).screenshot() != shot
    assert not is_blank(board, 2)


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_cards_stack_and_nothing_is_cut(window: Callable[..., Page], address: str, width: int):
    page = window("boss", **HAND | {"viewport": {**PHONE, "width": width}, "locale": "en-GB"})
    page.goto(f"{address}/d/board")
    expect(page.locator(DRAWN)).to_have_count(5)

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    boxes = [page.locator(".board-card").nth(place).bounding_box() for place in range(10)]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[2]["y"] < boxes[3]["y"]


def test_printing_keeps_the_charts_and_drops_the_controls(board: Page):
    board.emulate_media(media="print")

    expect(board.locator(".board-people")).to_be_hidden()
    expect(card(board, 2).locator(DRAWN)).to_be_visible()
    frame = card(board, 2).bounding_box()
    drawn = card(board, 2).locator(DRAWN).bounding_box()
    assert drawn["x"] + drawn["width"] <= frame["x"] + frame["width"] + 1
