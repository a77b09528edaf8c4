"""Pickers of several records and of trees, by keyboard and by hand; and a form that becomes another on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESKTOP, HAND
from tests.browser.live import all_records
from tests.prepared import copies_of, opened
from tests.runtime.world import furnish, put, site_of

pytestmark = pytest.mark.browser

KINDS = [{"key": key, "label": key.title()} for key in ("near", "far")]
FAR = {"field": "kind", "op": "eq", "value": "far"}
USUAL = ["name", "kind", "goal", "stops"]
DOCUMENTS = (
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
        "kind": "entity",
        "key": "trip",
        "label": "Trip",
        "title": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name", "required": True},
            {"key": "kind", "type": "select", "label": "Kind", "options": KINDS, "default": "near"},
            {"key": "goal", "type": "relation", "label": "Goal", "target": "place"},
            {"key": "stops", "type": "multi_relation", "label": "Stops", "target": "place"},
            {"key": "visa", "type": "text", "label": "Visa"},
        ],
    },
    {
        "kind": "form",
        "key": "trip.far",
        "entity": "trip",
        "label": "Far",
        "when": FAR,
        "position": 1,
        "sections": [{"key": "far", "label": "Far away", "fields": [*USUAL, "visa"]}],
    },
    {
        "kind": "form",
        "key": "trip.form",
        "entity": "trip",
        "label": "Trip",
        "position": 2,
        "sections": [{"key": "near", "label": "Nearby", "fields": USUAL}],
    },
)


def fill(url: str) -> None:
    """Make the world with trips, and places within places."""
    furnish(url)
    with opened(url) as database:
        put(database, *DOCUMENTS)
        with all_records(site_of(database, Path())) as records:
            europe = records.create("place", {"name": "Europe"})
            france = records.create("place", {"name": "France", "upper": europe})
            for name in ("Paris", "Lyon"):
                records.create("place", {"name": name, "upper": france})
            records.create("place", {"name": "Asia"})


database = copies_of(fill, ("sqlite",))


def box(page: Page, name: str) -> Locator:
    """The input one types into."""
    return page.locator(f'[id="in-{name}"]')


def hits(page: Page) -> Locator:
    """What the open picker offers."""
    return page.locator(".picker-hits:popover-open [role=option]")


def hit(page: Page, title: str) -> Locator:
    """One of it."""
    return hits(page).filter(has_text=title)


def chips(page: Page) -> Locator:
    """What was picked of several."""
    return page.locator(".picker-several > [data-id] .cut")


def walk_to(page: Page, title: str) -> None:
    """Press the arrow down until a hit is the chosen one."""
    for _ in range(hits(page).count() + 1):
        if hit(page, title).get_attribute("aria-selected") == "true":
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{title} is not reached")


def test_several_and_a_branch_are_picked_by_keyboard_and_a_form_becomes_another(
    window: Callable[..., Page], address: str
) -> None:
    page = window("boss", viewport=DESKTOP)
    page.goto(f"{address}/e/trip/new")
    page.fill("[name=name]", "Summer")
    # A branch is opened and walked into by the arrows.
    box(page, "goal").click()
    expect(hit(page, "Europe")).to_be_visible()
    for branch, within in (("Europe", "France"), ("France", "Paris")):
        walk_to(page, branch)
        page.keyboard.press("ArrowRight")
        expect(hit(page, within)).to_be_visible()
    walk_to(page, "Paris")
    page.keyboard.press("Enter")
    expect(box(page, "goal")).to_have_value("Paris")

    # Several are found by typing, moved, and taken off again.
    box(page, "stops").click()
    for name in ("Lyon", "Asia", "France"):
        page.keyboard.type(name)
        expect(page.locator(".picker-hits:popover-open [aria-selected=true]")).to_contain_text(name)
        page.keyboard.press("Enter")
    expect(chips(page)).to_have_text(["Lyon", "Asia", "France"])
    page.keyboard.press("Backspace")
    page.locator(".picker-several [data-id] button").nth(1).press("Alt+ArrowLeft")
    expect(chips(page)).to_have_text(["Asia", "Lyon"])

    # The kind asks for another form: everything typed is in it, nobody is asked, and leaving still asks.
    page.locator("[name=kind]").select_option("far")
    expect(page.get_by_text("Far away")).to_be_visible()
    expect(box(page, "name")).to_have_value("Summer")
    expect(box(page, "goal")).to_have_value("Paris")
    expect(chips(page)).to_have_text(["Asia", "Lyon"])
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.locator(".crumbs a").click()
    box(page, "visa").fill("X1")
    assert len(asked) == 1
    page.keyboard.press("Control+s")

    expect(page.locator("h1")).to_have_text("Summer")
    for text in ("Paris", "Asia", "Lyon", "X1"):
        expect(page.locator("#record")).to_contain_text(text)


def test_several_and_a_branch_are_picked_by_hand_on_a_phone(window: Callable[..., Page], address: str) -> None:
    page = window("boss", **HAND, locale="en-GB")
    page.goto(f"{address}/e/trip/new")
    page.fill("[name=name]", "Winter")
    box(page, "goal").tap()
    hit(page, "Europe").locator(".picker-opener").tap()
    hit(page, "France").locator(".picker-opener").tap()
    hit(page, "Lyon").tap()
    expect(box(page, "goal")).to_have_value("Lyon")

    for name in ("Asia", "Europe"):
        box(page, "stops").tap()
        hit(page, name).tap()
    expect(chips(page)).to_have_text(["Asia", "Europe"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".picker-several [data-id] button").first.tap()
    expect(chips(page)).to_have_text(["Europe"])
    page.get_by_role("button", name="Save", exact=True).tap()

    expect(page.locator("h1")).to_have_text("Winter")
    expect(page.locator("#record")).to_contain_text("Europe")
