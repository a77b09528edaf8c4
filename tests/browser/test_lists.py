"""Lists as people use them: by mouse, by keyboard, on a phone. One site for the whole file, rows made per test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HAND
from tests.browser.live import all_records, sign_in
from tests.prepared import copies_of, opened
from tests.runtime.world import furnish, put, site_of

pytestmark = pytest.mark.browser

CITIES = ("Bonn", "Aachen", "Celle", "Dessau")
LISTS = (
    {
        "kind": "list",
        "key": "company.all",
        "entity": "company",
        "label": "All",
        "columns": ["name", "code", "city", "grade", "credit", "founded", "seen", "owner"],
        "quick_filters": ["grade", "city"],
        "sort": ["name"],
        "default": True,
    },
    {
        "kind": "list",
        "key": "company.bonn",
        "entity": "company",
        "label": "In Bonn",
        "columns": ["name", "city"],
        "filter": {"field": "city", "op": "eq", "value": "Bonn"},
        "position": 2,
    },
    {"kind": "menu", "key": "main", "label": "Menu", "items": [{"entity": "company"}, {"entity": "deal"}]},
)


def fill(url: str) -> None:
    """Make saved lists and sixty companies of the administrator."""
    furnish(url)
    rows = range(60)
    columns = {
        "name": [f"Company {n:02}" for n in rows],
        "code": [f"C{n}" for n in rows],
        "city": [CITIES[n % 4] for n in rows],
        "grade": ["ab"[n % 2] for n in rows],
        "credit": [n * 100 for n in rows],
    }
    with opened(url) as database:
        put(database, *LISTS)
        with all_records(site_of(database, Path())) as records:
            records.create_many("company", columns)


database = copies_of(fill, ("sqlite",))


@pytest.fixture
def companies(page: Page, address: str) -> Page:
    """The list of companies on a desktop, the administrator's."""
    sign_in(page, address, "boss")
    page.goto(f"{address}/e/company")
    return page


@pytest.fixture
def phone(window: Callable[..., Page]) -> Page:
    """A telephone on which the administrator has signed in."""
    return window("boss", **HAND, locale="en-GB")


def first(page: Page) -> str:
    return page.locator("#rows .title").first.inner_text()


def expect_first(page: Page, title: str) -> None:
    expect(page.locator("#rows .title").first).to_have_text(title)


def test_a_click_on_a_head_sorts_and_the_address_says_so(companies: Page):
    companies.get_by_role("link", name="Credit").click()
    expect(companies).to_have_url(f"{origin(companies)}/e/company?sort=credit")
    expect_first(companies, "Company 00")

    companies.get_by_role("link", name="Credit").click()
    expect_first(companies, "Company 59")
    expect(companies).to_have_url(f"{origin(companies)}/e/company?sort=-credit")

    companies.go_back()
    expect_first(companies, "Company 00")
    companies.reload()
    expect_first(companies, "Company 00")


def origin(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


def test_shift_and_a_click_sorts_by_several_columns(companies: Page):
    companies.get_by_role("link", name="City").click()
    expect(companies.locator('[aria-sort="ascending"]')).to_have_count(1)
    companies.get_by_role("link", name="Credit").click(modifiers=["Shift"])
    expect(companies.locator('[aria-sort="ascending"]')).to_have_count(2)
    companies.get_by_role("link", name="Credit").click(modifiers=["Shift"])

    expect_first(companies, "Company 57")


def test_the_search_narrows_and_clearing_widens_again(companies: Page):
    companies.get_by_role("searchbox", name="Search Company").fill("Company 1")
    companies.keyboard.press("Enter")

    expect(companies.locator(".count").first).to_have_text("10")
    companies.get_by_role("link", name="Clear").click()
    expect(companies.locator(".count").first).to_have_text("60")


def test_a_quick_filter_takes_several_options(companies: Page):
    companies.get_by_role("button", name="Grade").click()
    companies.get_by_label("A", exact=True).check()
    companies.get_by_role("button", name="Apply").click()

    expect(companies.locator(".chip")).to_have_text("Grade is one of A")
    expect(companies.locator(".count").first).to_have_text("30")
    companies.get_by_role("link", name="Remove: Grade is one of A").click()
    expect(companies.locator(".chip")).to_have_count(0)


def test_the_builder_makes_a_filter_by_keyboard_alone(companies: Page):
    companies.keyboard.press("f")
    field = companies.locator("#builder").get_by_role("combobox", name="Field")
    field.fill("Credit")
    companies.get_by_role("option", name="Credit").wait_for()
    field.press("Enter")
    companies.locator("#builder").get_by_role("combobox", name="Comparison").select_option(label="is at least")
    value = companies.locator("#builder").get_by_label("Value")
    value.fill("5000")
    value.press("Enter")

    expect(companies.locator(".chip")).to_have_text("Credit is at least 5,000")
    expect(companies.locator(".count").first).to_have_text("10")


def test_a_chip_opens_the_builder_where_it_can_be_changed(companies: Page):
    companies.goto(f"{companies.url}?city=Bonn")
    companies.locator(".chip button").click()
    companies.locator("#builder").get_by_label("Value").fill("Celle")
    companies.get_by_role("button", name="Apply").click()

    expect(companies.locator(".chip")).to_have_text("City is Celle")


def test_conditions_can_be_joined_by_or_and_grouped(companies: Page):
    companies.goto(f"{companies.url}?city=Bonn")
    companies.locator(".chip button").click()
    builder = companies.locator("#builder")
    builder.get_by_role("button", name="Add a condition").click()
    field = builder.get_by_role("combobox", name="Field").nth(1)
    field.fill("City")
    companies.get_by_role("option", name="City").wait_for()
    field.press("Enter")
    builder.get_by_role("combobox", name="Comparison").nth(1).select_option(label="is")
    builder.get_by_label("Value").nth(1).fill("Celle")
    builder.get_by_label("How conditions are joined").select_option(label="or")
    builder.get_by_role("button", name="Apply").click()

    expect(companies.locator(".chip")).to_have_text("City is Bonn or City is Celle")
    expect(companies.locator(".count").first).to_have_text("30")


def test_a_person_is_picked_by_name(companies: Page):
    companies.keyboard.press("f")
    builder = companies.locator("#builder")
    field = builder.get_by_role("combobox", name="Field")
    field.fill("Owner")
    companies.get_by_role("option", name="Owner", exact=True).wait_for()
    field.press("Enter")
    builder.get_by_role("combobox", name="Comparison").select_option(label="is")
    value = builder.get_by_role("combobox", name="Value")
    value.fill("sal")
    companies.get_by_role("option", name="Sally").wait_for()
    value.press("Enter")
    builder.get_by_role("button", name="Apply").click()

    expect(companies.locator(".chip")).to_have_text("Owner is Sally")


def test_marked_rows_are_deleted_and_brought_back(companies: Page):
    companies.get_by_role("checkbox", name="Select Company 00").check()
    companies.get_by_role("checkbox", name="Select Company 03").click(modifiers=["Shift"])
    expect(companies.get_by_text("4 selected")).to_be_visible()
    companies.get_by_role("toolbar", name="Selected rows").get_by_role("button", name="Delete").click()
    companies.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(companies.locator(".count").first).to_have_text("56")
    expect_first(companies, "Company 04")
    companies.get_by_role("button", name="Undo").click()
    expect(companies.locator(".count").first).to_have_text("60")
    expect_first(companies, "Company 00")


def test_cancelling_deletes_nothing(companies: Page):
    companies.get_by_role("checkbox", name="Select all on this page").check()
    companies.get_by_role("toolbar", name="Selected rows").get_by_role("button", name="Delete").click()
    companies.keyboard.press("Escape")

    expect(companies.get_by_role("dialog")).to_have_count(0)
    expect(companies.get_by_text("50 selected")).to_be_visible()


def test_the_keyboard_moves_marks_and_opens(companies: Page):
    for key in ("j", "j", "ArrowDown", "k", "x"):
        companies.keyboard.press(key)
    expect(companies.locator("#rows tr.at .title")).to_have_text("Company 01")
    expect(companies.get_by_text("1 selected")).to_be_visible()
    companies.keyboard.press("Escape")
    expect(companies.locator("#bulk-bar")).to_be_hidden()

    companies.keyboard.press("Enter")
    expect(companies.get_by_role("heading", name="Company 01")).to_be_visible()
    companies.wait_for_load_state("networkidle")


def test_question_mark_shows_the_keys(companies: Page):
    companies.keyboard.press("?")

    expect(companies.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_the_palette_finds_records_and_commands(companies: Page):
    companies.keyboard.press("/")
    companies.keyboard.type("company 42")
    expect(companies.get_by_role("option", name="Company 42")).to_be_visible()
    companies.keyboard.press("Escape")

    companies.keyboard.press("Control+k")
    companies.keyboard.type("deal")
    companies.get_by_role("option", name="Go to Deal").wait_for()
    companies.keyboard.press("Enter")
    expect(companies).to_have_url(f"{origin(companies)}/e/deal")


def test_chosen_columns_are_shown_and_remembered(companies: Page):
    companies.get_by_role("button", name="Columns").click()
    companies.get_by_role("checkbox", name="Code").uncheck()
    companies.get_by_role("checkbox", name="Staff").check()
    companies.get_by_role("button", name="Apply").click()
    expect(companies.get_by_role("columnheader", name="Staff")).to_be_visible()
    expect(companies.get_by_role("columnheader", name="Code")).to_have_count(0)

    companies.get_by_role("link", name="Deal").first.click()
    companies.get_by_role("link", name="Company").first.click()
    expect(companies.get_by_role("columnheader", name="Staff")).to_be_visible()
    companies.get_by_role("button", name="Columns").click()
    companies.get_by_role("button", name="Back to default").click()
    expect(companies.get_by_role("columnheader", name="Code")).to_be_visible()


def test_pages_turn_and_back_leads_back(companies: Page):
    companies.get_by_role("link", name="Next").click()
    expect_first(companies, "Company 50")
    companies.go_back()
    expect_first(companies, "Company 00")


def test_saved_lists_are_tabs_and_the_menu_marks_the_screen(companies: Page):
    companies.get_by_role("link", name="In Bonn").click()

    expect(companies.locator(".count").first).to_have_text("15")
    expect(companies.locator('.side-item[aria-current="page"]')).to_have_text("Company")
    expect(companies).to_have_title("Company · Formloom")


def test_theme_and_language_change_at_once_and_stay(companies: Page):
    companies.get_by_role("button", name="Menu of Boss").click()
    companies.get_by_role("button", name="Dark").click()
    expect(companies.locator("html")).to_have_attribute("data-bs-theme", "dark")
    companies.get_by_role("button", name="中文").click()

    expect(companies.get_by_role("link", name="新建公司")).to_be_visible()
    companies.reload()
    expect(companies.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_on_a_phone_rows_are_cards_and_the_menu_is_a_drawer(phone: Page, address: str):
    phone.goto(f"{address}/e/company")
    row = phone.locator("#rows tr").first

    expect(row).to_contain_text("Bonn")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(phone.locator(".side-item", has_text="Deal")).to_be_hidden()
    phone.get_by_role("button", name="Menu", exact=True).tap()
    phone.locator(".side-item", has_text="Deal").tap()
    expect(phone).to_have_url(f"{address}/e/deal")
    expect(phone.locator(".side-item", has_text="Deal")).to_be_hidden()


def test_on_a_phone_cards_are_marked_and_opened(phone: Page, address: str):
    phone.goto(f"{address}/e/company")
    phone.get_by_role("checkbox", name="Select Company 01").tap()
    expect(phone.get_by_text("1 selected")).to_be_visible()

    phone.get_by_role("link", name="Company 02").tap()
    expect(phone.get_by_role("heading", name="Company 02")).to_be_visible()
    phone.wait_for_load_state("networkidle")


def test_on_a_phone_a_filter_is_built(phone: Page, address: str):
    phone.goto(f"{address}/e/company?city=Bonn")
    phone.locator(".chip button").tap()
    phone.locator("#builder").get_by_label("Value").fill("Celle")
    phone.get_by_role("button", name="Apply").tap()

    expect(phone.locator(".chip")).to_have_text("City is Celle")


def test_a_refused_sign_in_keeps_the_name_and_says_why(page: Page, address: str):
    page.goto(f"{address}/login?next=/me")
    page.fill("[name=login]", "boss")
    page.fill("[name=password]", "wrong")
    page.click("button[type=submit]")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[name=login]")).to_have_value("boss")
    expect(page.locator("[name=next]")).to_have_value("/me")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
