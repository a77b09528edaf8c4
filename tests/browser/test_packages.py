"""Packages in a real browser: uploaded, previewed, conflicts decided, upgraded, one place reset, uninstalled."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from tests.browser.conftest import DESKTOP, PHONE
from tests.metadata.sample import entity, field
from tests.prepared import copies_of
from tests.runtime.world import furnish

pytestmark = pytest.mark.browser

PATIENCE = 30_000


database = copies_of(furnish, ("sqlite",))


def zipped(folder: Path, version: str, *documents: dict[str, Any]) -> Path:
    file = folder / f"shop-{version}.zip"
    manifest = {"key": "shop", "label": {"zh": "商店", "en": "Shop"}, "version": version}
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("formloom.json", json.dumps(manifest))
        archive.writestr("all.json", json.dumps(documents))
    return file


def item(size: str, weight: str, *more: dict[str, Any]) -> dict[str, Any]:
    return entity("item", field("size") | {"label": size}, field("weight") | {"label": weight}, *more)


def fits(page: Page) -> bool:
    """Whether nothing sticks out of the window's sides."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def upload(page: Page, address: str, file: Path) -> None:
    page.goto(f"{address}/admin/packages")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Upload and check").click()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_package_comes_is_upgraded_and_goes(
    window: Callable[..., Page], address: str, database: Database, tmp_path: Path, size: dict[str, int]
) -> None:
    page = window("boss", viewport=size, locale="en-US", patience=PATIENCE)

    # What is wrong is said, and nothing is offered.
    upload(page, address, zipped(tmp_path, "0.1", {"kind": "spell", "key": "x"}))
    expect(page.get_by_text("There is no kind of document called “spell”.")).to_be_visible()
    expect(page.get_by_role("button", name="Install")).to_have_count(0)

    upload(page, address, zipped(tmp_path, "1.0", item("Size", "Weight")))
    expect(page.get_by_text("Install version 1.0")).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Install").click()
    expect(page.get_by_text("Everything is as the package ships it.")).to_be_visible()

    ours = item("Our size", "Our weight", field("own"))
    changesets.apply(database, [Edit.put(ours)], "boss")
    upload(page, address, zipped(tmp_path, "1.1", item("Their size", "Their weight", field("fresh"))))
    expect(page.get_by_text("Conflicts: 2")).to_be_visible()
    expect(page.get_by_text("2 to decide")).to_be_visible()
    assert fits(page)

    # Undecided, nothing happens; decided, it is shown what comes of it, then done.
    page.get_by_role("button", name="Upgrade").click()
    expect(page.get_by_role("alert")).to_contain_text("decide each of them")
    first = page.locator(".conflict", has_text="Their size")
    first.get_by_text("Take theirs").click()
    page.get_by_role("button", name="Preview with these choices").click()
    expect(page.get_by_text("1 to decide")).to_be_visible()
    expect(page.locator(".conflict", has_text="Their size").get_by_label("Take theirs")).to_be_checked()
    page.locator(".conflict", has_text="Their weight").get_by_text("Keep mine").click()
    page.get_by_role("button", name="Upgrade").click()

    # What the site changed is marked; one place of it goes back.
    expect(page.get_by_text("Changed here: 1")).to_be_visible()
    place = page.locator(".difference", has_text="Our weight")
    expect(place).to_contain_text("Their weight")
    expect(page.locator(".difference", has_text="Their size")).to_have_count(0)
    assert fits(page)
    place.get_by_role("button", name="Reset").click()
    expect(page.locator(".difference", has_text="Our weight")).to_have_count(0)
    expect(page.locator(".difference", has_text="Own")).to_have_count(1)

    page.get_by_role("link", name="See what would happen").click()
    expect(page.get_by_text("0 records go out of sight.")).to_be_visible()
    assert fits(page)
    page.get_by_label("Type “shop” to confirm").fill("shop")
    page.get_by_role("button", name="Uninstall").click()
    expect(page.get_by_text("No packages yet").or_(page.get_by_text("Available")).first).to_be_visible()
    with database.reading() as conn:
        assert ("entity", "item") not in changesets.store.effective(changesets.store.read_rows(conn))
