"""Forms as people use them: typing, pasting, keys, two windows, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HAND, PHONE
from tests.browser.live import all_records, sign_in
from tests.prepared import copies_of, opened
from tests.runtime.views import shop
from tests.runtime.world import site_of

pytestmark = pytest.mark.browser


def fill(url: str) -> None:
    """Make the shop with two wares, a company and an offer of the administrator."""
    shop.prepare_shop(url)
    with opened(url) as database, all_records(site_of(database, Path())) as records:
        hammer = records.create("ware", {"name": "Hammer", "price": "10"})
        records.create("ware", {"name": "Saw", "price": "20"})
        company = records.create("company", {"name": "Acme"})
        line = {"ware": str(hammer), "qty": "3"}
        records.create("offer", {"name": "Roof", "amount": "100", "company": str(company), "lines": [line]})


database = copies_of(fill, ("sqlite",))


@pytest.fixture
def boss(page: Page, address: str) -> Iterator[Page]:
    """A window in which the administrator has signed in; what it asks for in the end is waited for."""
    yield sign_in(page, address, "boss")
    for each in page.context.pages:
        expect(each.locator(".htmx-request, .quiet-line:text-is('Loading…')")).to_have_count(0)


def box(page: Page, name: str):
    """The input one types into."""
    return page.locator(f'[id="in-{name}"]')


def paste(page: Page, text: str) -> None:
    """Paste cells of a sheet where the focus is."""
    page.evaluate(
        """text => {
          const clipboardData = new DataTransfer();
          clipboardData.setData('text/plain', text);
          const pasted = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
          document.activeElement.dispatchEvent(pasted);
        }""",
        text,
    )


def pick(page: Page, name: str, text: str) -> None:
    """Type into a picker and take the first hit."""
    box(page, name).fill(text)
    expect(page.locator(".picker-hits:popover-open [aria-selected=true]")).to_contain_text(text)
    box(page, name).press("Enter")


def test_a_record_is_made_with_lines_by_keyboard(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/new")
    expect(box(boss, "name")).to_be_focused()
    boss.keyboard.type("Barn")
    pick(boss, "lines[0].ware", "Saw")
    expect(box(boss, "lines[0].price")).to_have_value("20")
    box(boss, "lines[0].qty").fill("4")
    expect(box(boss, "lines[0].sum")).to_have_text("80.00")
    expect(box(boss, "total")).to_have_text("80.00")
    boss.locator('[name="lines[0].gift"][type=checkbox]').focus()
    boss.keyboard.press("Enter")
    expect(boss.locator(".subtable tbody tr")).to_have_count(2)
    boss.keyboard.press("Control+s")

    expect(boss.locator("h1")).to_have_text("Barn")
    expect(boss.locator(".lines tbody tr")).to_have_count(1)
    expect(boss.locator(".lines tfoot")).to_have_text("80.00")


def test_what_follows_from_the_stage_follows_until_it_is_typed(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/new")
    boss.locator(".stage", has_text="Hot").click()
    expect(box(boss, "chance")).to_have_value("60")
    box(boss, "amount").fill("200")
    expect(box(boss, "weighted")).to_have_text("120.00")
    box(boss, "chance").fill("50")
    expect(box(boss, "weighted")).to_have_text("100.00")
    boss.locator(".stage", has_text="Won").click()
    expect(boss.locator(".stage:has(:checked)")).to_have_text("Won")
    boss.wait_for_timeout(600)
    expect(box(boss, "chance")).to_have_value("50")


def test_a_refused_form_stays_with_all_that_was_entered(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/new")
    pick(boss, "company", "Acme")
    pick(boss, "lines[0].ware", "Hammer")
    box(boss, "lines[0].qty").fill("0")
    boss.get_by_role("button", name="Save", exact=True).click()

    expect(boss.locator("#form-problem")).to_be_focused()
    expect(boss).to_have_url(f"{address}/e/offer/new")
    expect(box(boss, "company")).to_have_value("Acme")
    expect(box(boss, "lines[0].ware")).to_have_value("Hammer")
    expect(box(boss, "lines[0].price")).to_have_value("10")
    boss.locator("[data-jump='lines[0].qty']").click()
    expect(box(boss, "lines[0].qty")).to_be_focused()
    box(boss, "lines[0].qty").fill("2")
    box(boss, "name").fill("Barn")
    boss.keyboard.press("Control+s")
    expect(boss.locator("h1")).to_have_text("Barn")


def test_cells_of_a_sheet_fill_the_grid_and_titles_find_their_records(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/new")
    box(boss, "name").fill("Barn")
    box(boss, "lines[0].ware").focus()
    paste(boss, "saw\t2\t1,5.5\r\nHammer\t3\r\nNothing\t4\r\n")

    expect(boss.locator(".subtable tbody tr")).to_have_count(3)
    expect(box(boss, "lines[0].ware")).to_have_value("Saw")
    expect(box(boss, "lines[1].price")).to_have_value("10")
    expect(box(boss, "lines[1].sum")).to_have_text("30.00")
    expect(box(boss, "lines[2].ware")).to_have_attribute("aria-invalid", "true")
    boss.keyboard.press("Control+s")
    expect(boss.locator("[data-jump='lines[2].ware']")).to_be_visible()
    expect(box(boss, "lines[2].ware")).to_have_value("Nothing")
    boss.locator("[data-do=drop-line]").nth(2).click()
    boss.keyboard.press("Control+s")
    expect(boss.locator(".lines tbody tr")).to_have_count(2)


def test_two_windows_change_one_record(boss: Page, address: str):
    other = boss.context.new_page()
    for page in (boss, other):
        page.goto(f"{address}/e/offer/1/edit")
    box(other, "amount").fill("200")
    box(other, "code").fill("B")
    other.keyboard.press("Control+s")
    expect(other.locator(".highlights")).to_contain_text("200.00")
    box(boss, "amount").fill("300")
    box(boss, "name").fill("Barn")
    boss.keyboard.press("Control+s")

    row = boss.locator("tr", has=boss.locator("[data-do=take-theirs]"))
    expect(row).to_contain_text("200.00")
    expect(box(boss, "amount")).to_have_value("300")
    expect(box(boss, "code")).to_have_value("B")
    row.get_by_role("button").click()
    expect(box(boss, "amount")).to_have_value("200")
    boss.keyboard.press("Control+s")
    expect(boss.locator("h1")).to_have_text("Barn")
    expect(boss.locator(".highlights")).to_contain_text("200.00")


def test_leaving_a_changed_form_asks_first(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/1/edit")
    box(boss, "name").fill("Barn")
    asked: list[str] = []
    boss.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    boss.locator(".crumbs a").click()
    expect(box(boss, "name")).to_have_value("Barn")
    assert asked
    boss.once("dialog", lambda dialog: dialog.accept())
    boss.keyboard.press("Escape")
    expect(boss.locator("h1")).to_have_text("Roof")


def test_an_untouched_form_lets_one_go(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/new")
    boss.locator(".crumbs a").click()
    expect(boss.locator("#list")).to_be_visible()


def test_two_clicks_make_one_record(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/new")
    box(boss, "name").fill("Barn")
    boss.locator("#record-form").evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")
    expect(boss.locator("h1")).to_have_text("Barn")
    boss.goto(f"{address}/e/offer")
    expect(boss.locator("#rows .title", has_text="Barn")).to_have_count(1)


def test_rows_are_moved_by_keyboard_and_keep_their_order(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/1/edit")
    boss.locator("[data-do=add-line]").click()
    pick(boss, "lines[1].ware", "Saw")
    box(boss, "lines[1].qty").press("Alt+ArrowUp")
    expect(box(boss, "lines[0].ware")).to_have_value("Saw")
    boss.keyboard.press("Control+s")
    expect(boss.locator(".lines tbody tr").first).to_contain_text("Saw")


def test_on_a_phone_a_form_fits_and_rows_are_cards(window: Callable[..., Page], address: str):
    page = window("boss", **HAND, locale="en-GB")
    for where in ("/e/offer/1", "/e/offer/1/edit", "/e/offer/new"):
        page.goto(address + where)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], where
    expect(page.locator(".subtable thead")).to_be_hidden()
    box(page, "name").fill("Barn")
    page.get_by_role("button", name="Save", exact=True).tap()
    expect(page.locator("[data-jump]")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("Barn")
    expect(page.locator("#timeline .timeline-entry")).to_have_count(1)


def test_a_record_page_is_worked_with_in_place(boss: Page, address: str):
    boss.goto(f"{address}/e/offer/1")
    boss.locator(".stage-step", has_text="Hot").click()
    expect(boss.locator("[aria-current=step]")).to_have_text("Hot")
    boss.locator("[data-do=open-composer]").click()
    boss.get_by_label("Body").fill("They will sign")
    boss.locator(".composer button[type=submit]").click()
    expect(boss.locator(".timeline-added")).to_contain_text("They will sign")
    boss.locator(".fact-label", has_text="Stage").click()
    boss.locator("#dialog").get_by_role("button", name="Restore").click()
    expect(boss.locator("[aria-current=step]")).to_have_text("New")
    boss.locator(".section-edit").first.click()
    box(boss, "name").fill("")
    boss.locator(".section-editing button[type=submit]").click()
    expect(boss.locator("#err-name")).to_be_visible()
    box(boss, "name").fill("Barn")
    boss.locator(".section-editing button[type=submit]").click()
    expect(boss.locator("h1")).to_have_text("Barn")
