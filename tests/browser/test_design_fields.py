"""Settings of fields walked in a browser: a mask, choices that hang together, another key, bringing back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from formloom.runtime.app import build_app
from formloom.runtime.settings import Settings
from formloom.runtime.site import open_site
from tests.browser.live import serving, sign_in
from tests.runtime.world import found


def options(*keys: str) -> list[dict[str, str]]:
    """Options called like their keys."""
    return [{"key": key.lower(), "label": key} for key in keys]


PLACE = {
    "kind": "entity",
    "key": "place",
    "label": "Place",
    "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True},
        {"key": "phone", "type": "phone", "label": "Telephone"},
        {"key": "province", "type": "select", "label": "Province", "options": options("Guangdong", "Jiangsu")},
        {"key": "city", "type": "select", "label": "City", "options": options("Shenzhen", "Nanjing", "Other")},
        {"key": "remark", "type": "text", "label": "Remark"},
    ],
}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A small business with places, one of them entered, served."""
    site = open_site(Settings(data_dir=tmp_path / "var"))
    found(site.database)
    changesets.apply(site.database, [Edit.put(PLACE)], actor="test")
    with serving(build_app(site)) as served:
        yield served
    site.close()


def part(page: Page, key: str) -> Locator:
    """A field on the designer's screen."""
    return page.frame_locator("#d-middle iframe").first.locator(f'[data-node="field:{key}"]')


def choose(page: Page, key: str, label: str) -> None:
    """Select a field, with all its settings in sight."""
    part(page, key).click()
    expect(page.locator("#d-right .d-right-head strong")).to_have_text(label)
    rare = page.locator("#d-right details.d-folded")
    if not rare.evaluate("details => details.open"):
        rare.locator("summary").click()


def setting(page: Page, name: str) -> Locator:
    """The controls of a setting."""
    return page.locator(f'#d-right [data-setting="{name}"]')


def dialog(page: Page) -> Locator:
    """The dialog on top."""
    return page.locator("dialog[open]").last


def publish(page: Page, *, agreed: bool = False) -> None:
    """Publish the draft and go on from it."""
    page.locator("[data-name=publish]").click()
    if agreed:
        page.locator(".d-consent input").check()
    page.locator("[data-name=publish-now]").click()
    expect(page.locator(".d-state")).to_have_text("No unpublished changes")


def test_masks_choices_keys_and_what_was_removed(page: Page, address: str):
    sign_in(page, address, "boss")
    page.goto(f"{address}/e/place/new")
    page.fill("[name=name]", "Plant")
    page.fill("[name=phone]", "13812345678")
    page.fill("[name=remark]", "Keep me")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Plant")).to_be_visible()

    page.goto(f"{address}/admin/design/entity/place")
    mask_and_rename(page)
    hang_together(page)
    publish(page)
    remove_and_bring_back(page)

    look_as_a_member_would(page, address)


def mask_and_rename(page: Page) -> None:
    """A mask, refused at its control where it cannot be; another key."""
    choose(page, "name", "Name")
    setting(page, "mask").locator("select").select_option("name")
    expect(setting(page, "mask").get_by_role("alert")).to_contain_text("cannot be masked")
    setting(page, "mask").locator("select").select_option("")
    expect(page.locator(".d-complains")).to_have_count(0)
    choose(page, "phone", "Telephone")
    setting(page, "mask").locator("select").select_option("phone")
    page.locator("[data-name=rename]").click()
    dialog(page).get_by_label("New key").fill("Mobile")
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("alert").last).to_contain_text("small letter")
    dialog(page).get_by_label("New key").fill("mobile")
    page.keyboard.press("Enter")
    expect(setting(page, "key")).to_contain_text("Still works: phone")
    expect(part(page, "mobile")).to_be_visible()


def hang_together(page: Page) -> None:
    """Cities of provinces."""
    choose(page, "city", "City")
    setting(page, "depends").locator("select").select_option("province")
    page.locator("[data-name=depends]").click()
    for cell in ("guangdong/shenzhen", "jiangsu/nanjing"):
        page.locator(f'[data-cell="{cell}"]').check()
    dialog(page).get_by_role("button", name="Done").click()
    expect(setting(page, "depends")).to_contain_text("2 of 3")


def remove_and_bring_back(page: Page) -> None:
    """A field goes, is listed with its values, and comes back where it was."""
    part(page, "remark").click()
    page.get_by_role("button", name="Delete the field").click()
    expect(part(page, "remark")).to_have_count(0)
    publish(page, agreed=True)
    page.get_by_role("button", name="Removed fields").click()
    expect(page.locator("[data-removed=remark]")).to_contain_text("Text · 1 values · boss")
    page.locator("[data-name=back-remark]").click()
    sure = page.get_by_role("dialog", name="Bring “Remark” back?")
    sure.get_by_role("button", name="Bring back").click()
    expect(part(page, "remark")).to_contain_text("Keep me")


def look_as_a_member_would(page: Page, address: str) -> None:
    """The number is masked, and a province offers its cities."""
    page.goto(f"{address}/e/place")
    expect(page.locator("#rows")).to_contain_text("138****5678")
    page.goto(f"{address}/e/place/new")
    page.select_option("[name=province]", "guangdong")
    expect(
        page.locator("[name=city] option:not([hidden]):not([disabled])").filter(has_text="Nanjing")
    ).to_have_count(0)
    page.select_option("[name=city]", "shenzhen")
