"""Boards and months as people use them: cards and entries moved by mouse and by keyboard, refused, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.live import all_records, sign_in
from tests.prepared import copies_of, opened
from tests.runtime.world import furnish, put, site_of

pytestmark = pytest.mark.browser

WAYS = {
    "kind": "list",
    "key": "company.ways",
    "entity": "company",
    "label": "Ways",
    "columns": ["name", "grade", "credit"],
    "sort": ["name"],
    "view": "kanban",
    "frozen": 2,
    "kanban": {"by": "grade", "fields": ["city"], "total": "credit"},
    "calendar": {"start": "founded", "color": "grade"},
    "totals": [{"field": "credit", "op": "sum"}],
    "group": "grade",
}
ROWS = {
    "name": ["Alpha", "Baker", "Charlie", "Dog"],
    "grade": ["a", "a", "b", None],
    "credit": [100, 200, 300, None],
    "founded": ["2026-11-10", "2026-11-11", None, None],
}


def fill(url: str) -> None:
    """Make the world with companies on a board."""
    furnish(url)
    with opened(url) as database:
        put(database, WAYS)
        with all_records(site_of(database, Path())) as records:
            records.create_many("company", ROWS, source="form")


database = copies_of(fill, ("sqlite",))


@pytest.fixture
def board(address: str, page: Page) -> Page:
    """The board of companies, the administrator's."""
    sign_in(page, address, "boss")
    page.goto(f"{address}/e/company")
    expect(page.locator("#board[data-movable]")).to_be_visible()
    return page


def lane(page: Page, key: str) -> Locator:
    return page.locator(f'.lane[data-lane="{key}"]')


def drag(page: Page, what: Locator, where: Locator) -> None:
    """Drag as a hand does: press, move in steps, release."""
    page.wait_for_load_state("networkidle")
    for place in (what, where):
        box = place.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=12)
        if place is what:
            page.mouse.down()
    page.mouse.up()


def head(page: Page, key: str, count: str, total: str) -> None:
    """The head of a lane says so."""
    expect(lane(page, key).locator("[data-lane-count]")).to_have_text(count)
    expect(lane(page, key).locator("[data-lane-total]")).to_have_text(total)


def test_a_card_is_dragged_to_another_lane_and_brought_back(board: Page) -> None:
    head(board, "a", "2", "300.00")
    card = board.get_by_role("article").filter(has_text="Alpha")

    drag(board, card, lane(board, "b").locator(".lane-cards"))

    head(board, "b", "2", "400.00")
    head(board, "a", "1", "200.00")
    board.get_by_role("button", name="Undo").click()
    head(board, "a", "2", "300.00")
    board.reload()
    expect(lane(board, "a").get_by_role("article")).to_have_count(2)


def test_cards_are_moved_with_the_keyboard_alone(board: Page) -> None:
    board.get_by_role("link", name="Alpha").focus()
    board.keyboard.press("ArrowDown")
    expect(board.get_by_role("link", name="Baker")).to_be_focused()
    board.keyboard.press("Alt+ArrowRight")

    head(board, "b", "2", "500.00")
    expect(board.get_by_role("link", name="Baker")).to_be_focused()
    board.keyboard.press("Enter")
    expect(board.locator("h1")).to_contain_text("Baker")


def test_a_card_that_somebody_changed_meanwhile_goes_back_and_says_why(board: Page, address: str) -> None:
    other = board.context.new_page()
    other.goto(f"{address}/e/company")
    other.get_by_role("link", name="Alpha").focus()
    other.keyboard.press("Alt+ArrowLeft")
    head(other, "", "2", "100.00")
    other.close()

    board.get_by_role("link", name="Alpha").focus()
    board.keyboard.press("Alt+ArrowRight")

    expect(board.locator(".toast-line.bad")).to_be_visible()
    expect(lane(board, "a").get_by_role("article")).to_have_count(2)


def test_an_entry_is_put_on_another_day_and_brought_back(board: Page, address: str) -> None:
    board.goto(f"{address}/e/company?list=company.ways&view=calendar&month=2026-11")

    def on(day: str) -> Locator:
        return board.locator(f'.day[data-day="2026-11-{day}"] .entry')

    drag(board, on("10"), board.locator('.day[data-day="2026-11-19"] .day-entries'))
    expect(on("19")).to_have_text("Alpha")
    on("19").focus()
    board.keyboard.press("Alt+ArrowUp")
    expect(on("12")).to_have_text("Alpha")
    board.get_by_role("button", name="Undo").last.click()
    expect(on("19")).to_have_text("Alpha")


def test_columns_stay_and_groups_fold_in_the_table(board: Page, address: str) -> None:
    board.set_viewport_size({"width": 700, "height": 700})
    board.goto(f"{address}/e/company?list=company.ways&view=table")

    expect(board.locator("tfoot")).to_contain_text("600.00")
    second = board.locator("#rows > tr[data-id]").first.locator("td").nth(2)
    assert second.evaluate("cell => getComputedStyle(cell).position") == "sticky"
    board.get_by_role("button", name="A", exact=True).click()
    expect(board.get_by_role("link", name="Alpha")).to_be_hidden()
    expect(board.get_by_role("link", name="Charlie")).to_be_visible()
