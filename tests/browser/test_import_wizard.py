"""The import wizard in a real browser: a messy sheet is matched, mended, imported and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from formloom.runtime.app import build_app
from formloom.runtime.asgi import extensions
from formloom.runtime.site import Site
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.live import serving
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


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Thirty companies below a title, a third of them with 待定 where a date belongs."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["Companies of 2026"])
    page.append(["Name*", "Founded", "Grade", "Remarks"])
    for number in range(30):
        page.append([f"Company {number}", "待定" if number % 3 else "2026.3.5", "A" if number else "AA", "x"])
    book.save(tmp_path / "companies.xlsx")
    return tmp_path / "companies.xlsx"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_messy_sheet_is_mended_and_imported(
    window: Callable[..., Page], address: str, sheet: Path, size: dict[str, int]
) -> None:
    page = window("sally", viewport=size, locale="en-US", patience=PATIENCE)

    page.goto(f"{address}/imports/new?entity=company")
    page.set_input_files("input[type=file]", sheet)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("Header in row 2, 30 rows of data")).to_be_visible()
    assert fits(page)

    # Another field for a column is read at once, and the keyboard stays where it was.
    page.get_by_label("Remarks").select_option("notes")
    expect(page.locator("tr", has_text="Remarks").get_by_text("Chosen")).to_be_visible()
    expect(page.get_by_label("Remarks")).to_be_focused()

    page.get_by_role("button", name="Check 30 rows").click()
    problem = page.locator(".equal", has_text="待定")
    expect(problem).to_contain_text("×20")
    assert fits(page)
    problem.get_by_role("button", name="Make empty").click()
    expect(page.locator(".equal")).to_have_count(1)
    page.locator(".equal").get_by_role("button", name="Change to A").click()
    expect(page.locator(".equal")).to_have_count(0)

    expect(page.locator(".preview tbody tr")).to_have_count(30)
    assert fits(page)
    page.get_by_role("button", name="Import 30 rows").click()
    expect(page.get_by_text("The import is done")).to_be_visible()
    page.goto(f"{address}/imports")
    page.get_by_role("link", name="companies.xlsx").click()
    page.get_by_role("button", name="Take this import back").click()
    expect(page.locator(".count-card", has_text="30")).to_have_count(2)


def fits(page: Page) -> bool:
    """Whether nothing of the screen stands over its right edge."""
    return bool(page.evaluate("document.getElementById('main').scrollWidth <= innerWidth"))
