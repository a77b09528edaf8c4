"""The import wizard in a real browser: a messy sheet is matched, mended, imported and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from formloom.metadata.database import Database
from formloom.runtime.app import build_app
from formloom.runtime.asgi import extensions
from tests.browser.conftest import DESKTOP, PHONE, watched
from tests.browser.live import serving, sign_in
from tests.importers.conftest import furnish_for_imports
from tests.prepared import opened
from tests.runtime.world import site_of

pytestmark = pytest.mark.browser

PATIENCE = 30_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database in which sellers may import companies."""
    url = f"sqlite:///{tmp_path / 'wizard.db'}"
    furnish_for_imports(url)
    with opened(url) as made:
        yield made


@pytest.fixture
def address(database: Database, tmp_path: Path) -> Iterator[str]:
    """The application, with background jobs."""
    with serving(build_app(site_of(database, tmp_path), extensions(), job_threads=1)) as served:
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
    browser: Browser, address: str, sheet: Path, size: dict[str, int]
) -> None:
    opened_window = browser.new_context(viewport=size, locale="en-US")  # type: ignore[arg-type]
    opened_window.set_default_timeout(PATIENCE)
    breaches = watched(opened_window)
    page = sign_in(opened_window.new_page(), address, "sally")

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
    assert breaches == []


def fits(page: Page) -> bool:
    """Whether nothing of the screen stands over its right edge."""
    return bool(page.evaluate("document.getElementById('main').scrollWidth <= innerWidth"))
