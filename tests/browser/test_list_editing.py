"""Lists that are worked in: cells changed in place, records beside their list, branches, many rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.runtime.app import build_app
from formloom.runtime.context import Context
from formloom.runtime.records import Records
from tests.browser.conftest import DESKTOP, PHONE, watched
from tests.browser.live import serving, sign_in
from tests.runtime.conftest import furnish
from tests.runtime.world import site_of

pytestmark = pytest.mark.browser

DOCUMENTS = (
    {
        "kind": "list",
        "key": "company.all",
        "entity": "company",
        "label": "All",
        "columns": ["name", "city", "grade", "credit", "founded", "active", "notes", "owner", "rating"],
        "sort": ["name"],
        "colors": [{"when": {"field": "credit", "op": "gt", "value": "5000"}, "color": "red"}],
        "totals": [{"field": "credit", "op": "sum"}],
        "default": True,
    },
    {
        "kind": "rule",
        "key": "company.much",
        "entity": "company",
        "label": "Much",
        "when": {"field": "credit", "op": "gt", "value": "9000"},
        "effects": [{"type": "refuse", "message": "That is much", "fields": ["credit"], "severity": "warning"}],
    },
    {
        "kind": "entity",
        "key": "place",
        "label": "Place",
        "title": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name", "required": True, "searchable": True},
            {"key": "upper", "type": "tree", "label": "Part of"},
        ],
    },
    {
        "kind": "list",
        "key": "place.tree",
        "entity": "place",
        "label": "Tree",
        "columns": ["name"],
        "sort": ["name"],
        "tree": True,
    },
)
TREE = (("World", None), ("Moon", None), ("Asia", "World"), ("Europe", "World"), ("France", "Europe"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served site with twelve companies and a few places. Each test has companies of its own."""
    folder: Path = tmp_path_factory.mktemp("editing")
    url = f"sqlite:///{folder / 'formloom.db'}"
    furnish(url)
    database = Database(url)
    changesets.apply(database, [Edit.put(document) for document in DOCUMENTS], actor="test")
    site = site_of(database, folder)
    with database.writing() as conn:
        records = Records(Context.system(conn, site.catalog(conn), "rows for a test"))
        for n in range(12):
            credit = str(n * 100)
            records.create("company", {"name": f"Company {n:02}", "city": "Bonn", "grade": "a", "credit": credit})
        known: dict[str | None, int | None] = {None: None}
        for name, upper in TREE:
            known[name] = records.create("place", {"name": name, "upper": known[upper]})
    with serving(build_app(site)) as where:
        yield where
    database.close()


@pytest.fixture(scope="module")
def desk(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A window in which the administrator has signed in."""
    opened = browser.new_context(viewport=DESKTOP, locale="en-GB", timezone_id="Europe/Berlin")
    opened.set_default_timeout(10_000)
    breaches = watched(opened)
    sign_in(opened.new_page(), address, "boss")
    yield opened
    opened.close()
    assert breaches == []


@pytest.fixture
def companies(desk: BrowserContext, address: str) -> Page:
    """The list of companies."""
    page = desk.new_page()
    page.goto(f"{address}/e/company")
    page.locator("#rows tr").first.wait_for()
    return page


def row(page: Page, number: int) -> Locator:
    """A company's row."""
    return page.locator("#rows tr", has_text=f"Company {number:02}")


def cell(page: Page, number: int, name: str) -> Locator:
    """One of its cells, by what stands above it."""
    heads = [head.inner_text().strip() for head in page.locator("thead th").all()]
    return row(page, number).locator("td").nth(heads.index(name))


def at(page: Page) -> str:
    """What has the focus."""
    return page.evaluate("document.activeElement.innerText.trim()")


def is_open(page: Page, label: str) -> None:
    """Wait until that cell can be typed into."""
    expect(page.get_by_role("dialog", name=f"Change {label}")).to_be_visible()


def closed(page: Page) -> None:
    """Wait until no cell can."""
    expect(page.locator(".cell-editor")).to_have_count(0)


def test_cells_are_changed_by_keyboard_as_in_a_grid(companies: Page):
    page = companies
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    assert at(page) == "Bonn"
    page.keyboard.press("Enter")
    is_open(page, "City")
    page.keyboard.type("Rome")
    page.keyboard.press("Tab")
    is_open(page, "Grade")
    expect(cell(page, 0, "City")).to_have_text("Rome")
    page.locator(".cell-editor select").select_option(label="B")
    page.keyboard.press("Shift+Tab")
    is_open(page, "City")
    expect(cell(page, 0, "Grade")).to_have_text("B")
    page.keyboard.press("Escape")
    closed(page)
    assert at(page) == "Rome"
    page.keyboard.press("Enter")
    page.keyboard.type("Oslo")
    page.keyboard.press("Enter")
    closed(page)
    expect(cell(page, 0, "City")).to_have_text("Oslo")
    # As in a grid, Enter goes on below.
    assert row(page, 1).evaluate("row => row.contains(document.activeElement)")
    page.keyboard.press("Control+z")
    expect(cell(page, 0, "City")).to_have_text("Rome")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("F2")
    is_open(page, "Name")
    page.keyboard.press("Escape")


def test_what_cannot_be_is_told_in_the_cell_and_kept(companies: Page):
    page = companies
    cell(page, 2, "Credit").dblclick()
    page.keyboard.type("plenty")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-editor .input-error")).to_be_visible()
    expect(page.locator(".cell-editor input[name=credit]")).to_have_value("plenty")
    # Nor does a click elsewhere lose it.
    page.locator("#table-frame").click(position={"x": 600, "y": 700})
    expect(page.locator(".cell-editor .input-error")).to_be_visible()
    page.locator(".cell-editor input[name=credit]").fill("9500")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-editor")).to_contain_text("That is much")
    page.get_by_role("button", name="Save anyway").click()
    closed(page)
    # The row as the server has it: the colour follows, and so do the numbers below.
    expect(row(page, 2)).to_have_attribute("data-color", "red")
    expect(page.locator("tfoot")).to_contain_text("15,900.00")
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, 2, "Credit")).to_have_text("200.00")
    expect(page.locator("tfoot")).to_contain_text("6,600.00")


LATE = """(what) => {
  const usual = window.fetch;
  window.fetch = async (address, ...more) => {
    if (String(address).includes(what)) await new Promise((done) => setTimeout(done, 300));
    return usual(address, ...more);
  };
}"""
"""Lets what is asked for come late."""


def test_every_kind_of_input_opens_over_its_cell(companies: Page):
    page = companies
    cell(page, 3, "Owner").dblclick()
    is_open(page, "Owner")
    page.keyboard.type("sal")
    page.get_by_role("option", name="Sally").click()
    closed(page)
    expect(cell(page, 3, "Owner")).to_contain_text("Sally")
    cell(page, 3, "Active").dblclick()
    page.locator(".cell-editor .switch").click()
    closed(page)
    expect(cell(page, 3, "Active")).not_to_have_text("")
    # What is typed before the input has come is in it, with its lines.
    page.evaluate(LATE, "/cell/notes")
    cell(page, 3, "Notes").dblclick()
    page.keyboard.type("One")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Two")
    expect(page.locator(".cell-editor textarea")).to_have_value("One\nTwo")
    page.get_by_role("button", name="Save", exact=True).click()
    closed(page)
    expect(cell(page, 3, "Notes")).to_contain_text("One")
    cell(page, 3, "Founded").dblclick()
    page.locator(".cell-editor input[name=founded]").fill("2026-01-31")
    page.keyboard.press("Enter")
    closed(page)
    expect(cell(page, 3, "Founded")).to_contain_text("31")


def test_a_record_opens_beside_its_list_and_the_address_says_so(companies: Page):
    page = companies
    base = page.url
    for _ in range(5):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    beside = page.locator(".record-drawer")
    expect(beside.get_by_role("heading", name="Company 04")).to_be_visible()
    assert "open=" in page.url
    beside.get_by_role("link", name="Next").wait_for()
    page.keyboard.press("j")
    expect(beside.get_by_role("heading", name="Company 05")).to_be_visible()
    expect(page).to_have_title("Company 05 · Formloom")

    page.go_back()
    expect(beside).to_have_count(0)
    expect(page).to_have_url(base)
    assert at(page) == "Company 05"
    page.go_forward()
    expect(beside.get_by_role("heading", name="Company 05")).to_be_visible()
    page.reload()
    expect(beside.get_by_role("heading", name="Company 05")).to_be_visible()
    page.keyboard.press("Escape")
    expect(beside).to_have_count(0)
    expect(page).to_have_url(base)


def test_what_is_changed_beside_the_list_shows_in_its_row(companies: Page):
    page = companies
    row(page, 6).hover()
    row(page, 6).get_by_role("button", name="Open beside the list").click()
    beside = page.locator(".record-drawer")
    beside.locator(".section-edit").first.click()
    beside.locator("[name=city]").fill("Turin")
    beside.get_by_role("button", name="Save", exact=True).click()
    expect(cell(page, 6, "City")).to_have_text("Turin")
    expect(beside.locator(".facts").first).to_contain_text("Turin")
    beside.locator(".section-edit").first.click()
    beside.locator("[name=city]").press("Escape")
    expect(beside.locator(".section-editing")).to_have_count(0)
    expect(beside).to_be_visible()

    beside.get_by_role("link", name="Edit", exact=True).click()
    page.fill("[name=city]", "Genoa")
    page.keyboard.press("Control+s")
    expect(beside.locator(".facts").first).to_contain_text("Genoa")
    expect(cell(page, 6, "City")).to_have_text("Genoa")

    beside.focus()
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#main > #record")).to_be_visible()
    expect(beside).to_have_count(0)


def test_a_field_of_many_rows_is_changed_and_taken_back(companies: Page):
    page = companies
    for number in (7, 8):
        page.get_by_role("checkbox", name=f"Select Company {number:02}").check()
    page.get_by_role("toolbar", name="Selected rows").get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Field").select_option(label="City")
    dialog.get_by_label("City").fill("Pisa")
    dialog.get_by_label("City").press("Enter")
    expect(cell(page, 7, "City")).to_have_text("Pisa")
    expect(cell(page, 8, "City")).to_have_text("Pisa")
    page.get_by_role("button", name="Undo").click()
    expect(cell(page, 7, "City")).to_have_text("Bonn")


def test_branches_of_a_tree_open_by_keyboard_and_mouse(companies: Page, address: str):
    desk = companies
    desk.goto(f"{address}/e/place")
    titles = desk.locator("#rows tr:visible .title")
    expect(titles).to_have_text(["Moon", "World"])
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    desk.keyboard.press("ArrowRight")
    expect(titles).to_have_text(["Moon", "World", "Asia", "Europe"])
    desk.get_by_role("button", name="Open or close Europe").click()
    expect(titles).to_have_text(["Moon", "World", "Asia", "Europe", "France"])
    desk.locator("#rows .title", has_text="France").focus()
    desk.keyboard.press("ArrowLeft")
    assert at(desk) == "Europe"
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("ArrowLeft")
    expect(titles).to_have_text(["Moon", "World"])
    desk.keyboard.press("ArrowRight")
    # As it was left: Europe was closed.
    expect(titles).to_have_text(["Moon", "World", "Asia", "Europe"])
    desk.goto(f"{address}/e/place?q=france")
    expect(desk.locator("#rows td.first").first).to_contain_text("World / Europe")


def test_a_phone_opens_pages_and_changes_nothing_in_lists(browser: Browser, address: str):
    opened = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, locale="en-GB")
    breaches = watched(opened)
    phone = sign_in(opened.new_page(), address, "boss")
    phone.goto(f"{address}/e/company")
    number = phone.locator("#rows tr").first.get_attribute("data-id")
    phone.goto(f"{address}/e/company?open={number}")
    expect(phone).to_have_url(f"{address}/e/company/{number}")
    expect(phone.locator("#main > #record")).to_be_visible()
    phone.goto(f"{address}/e/place")
    phone.get_by_role("button", name="Open or close World").tap()
    expect(phone.locator("#rows tr:visible .title")).to_have_text(["Moon", "World", "Asia", "Europe"])
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.wait_for_load_state("networkidle")
    opened.close()
    assert breaches == []
