"""A workbook becomes an application in a real browser: proposed, corrected in place, made, taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from formloom.runtime.app import build_app
from formloom.runtime.asgi import extensions
from formloom.runtime.site import Site
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.live import serving
from tests.importers.application.conftest import shop_book
from tests.importers.conftest import furnish_for_imports
from tests.prepared import copies_of

pytestmark = pytest.mark.browser

PATIENCE = 30_000


database = copies_of(furnish_for_imports, ("sqlite",))


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The application, with background jobs."""
    with serving(build_app(site, extensions(), job_threads=1)) as served:
        yield served


def fits(page: Page) -> bool:
    """Whether nothing of the screen stands over its right edge."""
    return bool(page.evaluate("document.getElementById('main').scrollWidth <= innerWidth"))


def saved(page: Page) -> object:
    """Waits until a change is kept."""
    return page.expect_response(lambda answer: answer.url.endswith("/change"))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_workbook_is_reviewed_made_used_and_taken_back(
    window: Callable[..., Page], address: str, tmp_path: Path, size: dict[str, int]
) -> None:
    page = window("boss", viewport=size, locale="en-US", patience=PATIENCE)

    page.goto(f"{address}/imports/new-app")
    page.set_input_files("input[type=file]", shop_book(tmp_path / "shops.xlsx"))
    assert fits(page)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#app-review")).to_be_visible()
    expect(page.locator("#app-bar")).to_contain_text("2 forms · 38 rows · 1 relations")
    assert fits(page)

    correct(page)
    page.reload()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Receipts")
    expect(page.locator("#c3-type")).to_have_value("money")

    page.locator("#app-bar").get_by_role("link", name="Next").click()
    expect(page.locator("#make-form")).to_contain_text("“shop” points at “Shops”", ignore_case=True)
    page.get_by_label("Seller", exact=True).select_option("edit")
    assert fits(page)
    page.get_by_role("button", name="Make 2 forms and import 38 rows").click()
    expect(page.locator(".app-made")).to_contain_text("Receipts")
    assert fits(page)

    page.goto(f"{address}/e/sale")
    expect(page.locator("#rows")).to_contain_text("Shop 3")
    page.goto(f"{address}/imports/new-app")
    page.get_by_role("link", name="shops.xlsx").click()
    page.get_by_role("button", name="Take all of it back").click()
    expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    assert page.goto(f"{address}/e/sale").status == 404  # type: ignore[union-attr]


def correct(page: Page) -> None:
    """Give the sales another name, make the amounts money, and let the unknown day stay empty."""
    page.locator("#app-sheets").get_by_role("link", name="Sales").click()
    expect(page.locator("#app-sheets [aria-current]")).to_contain_text("Sales")
    with saved(page):
        page.get_by_label("Name", exact=True).fill("Receipts")
        page.get_by_label("Name", exact=True).press("Tab")
    expect(page.locator("#app-sheets")).to_contain_text("Receipts")

    with saved(page):
        page.locator("#c3-type").select_option("date")
    expect(page.locator("#c3")).to_contain_text("30 do not fit")
    expect(page.locator("#app-bar")).to_contain_text("2 to decide")
    with saved(page):
        page.locator("#c3-type").select_option("money")
    expect(page.locator("#c3")).not_to_contain_text("do not fit")

    expect(page.locator("#c2")).to_contain_text("1 do not fit")
    page.locator("#c2").get_by_text("Details").click()
    expect(page.locator("#c2 .app-misfits")).to_contain_text("待定")
    with saved(page):
        page.locator("#c2").get_by_label("Leave them empty and take the row").check()
    expect(page.locator("#c2")).to_contain_text("1 left empty")
    expect(page.locator("#app-bar")).not_to_contain_text("to decide")
    page.locator(".app-form summary").click()
    expect(page.locator("#app-preview fieldset")).to_be_visible()
    expect(page.locator("#app-preview .preview tbody tr")).to_have_count(6)
    assert fits(page)
