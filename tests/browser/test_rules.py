"""Rules as people meet them: what a form shows, asks for, fills in, locks and warns of while it is filled in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.runtime.app import build_app
from formloom.runtime.context import Context
from formloom.runtime.records import Records
from formloom.runtime.site import Site
from tests.browser.conftest import PHONE, watched
from tests.browser.live import serving, sign_in
from tests.browser.test_form import box, pick
from tests.runtime.world import furnish, site_of

pytestmark = pytest.mark.browser


def field(key: str, kind: str = "text", **options: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": key.title(), **options}


def rule(key: str, when: Any, *effects: dict[str, Any], entity: str = "visit") -> dict[str, Any]:
    return {"kind": "rule", "key": key, "label": key, "entity": entity, "when": when, "effects": [*effects]}


def choices(*keys: str, **when: list[str]) -> list[dict[str, Any]]:
    return [{"key": k, "label": k.title(), **({"when": when[k]} if k in when else {})} for k in keys]


def asks(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value}


SECTIONS = [
    {
        "key": "main",
        "label": "Main",
        "fields": ["name", "kind", "reason", "city", "part", "client", "place", "note"],
    },
    {
        "key": "cost",
        "label": "Cost",
        "fields": ["cost", "bill", {"field": "lines", "columns": ["what", "n", "why", "maker", "kin"]}],
    },
    {"key": "late", "label": "Complaint", "fields": ["complaint"]},
]
DOCUMENTS = [
    {
        "kind": "entity",
        "key": "client",
        "label": "Client",
        "title": "name",
        "fields": [
            field("name", required=True),
            field("town"),
            field("phone", "phone", mask="phone"),
            field("things", "subtable", target="thing"),
        ],
    },
    {
        "kind": "entity",
        "key": "thing",
        "label": "Thing",
        "title": "what",
        "parent": "client",
        "fields": [field("what"), field("n", "integer"), field("tel", "phone", mask="phone")],
    },
    {
        "kind": "entity",
        "key": "visit",
        "label": "Visit",
        "title": "name",
        "fields": [
            field("name", required=True),
            field("kind", "select", options=choices("sale", "complaint", "private"), default="sale"),
            field("reason"),
            field("city", "select", options=choices("north", "south")),
            field(
                "part",
                "select",
                options=choices("hill", "beach", "moor", hill=["north"], beach=["south"]),
                depends="city",
                other=True,
            ),
            field(
                "client",
                "relation",
                target="client",
                fill=[
                    {"from": "town", "to": "place", "when": "always"},
                    {
                        "from": "things",
                        "to": "lines",
                        "when": "always",
                        "map": [{"from": "what", "to": "what"}, {"from": "n", "to": "n"}],
                    },
                ],
            ),
            field("place"),
            field("note"),
            field("cost", "money"),
            field("bill", "money"),
            field("lines", "subtable", target="line"),
            field("complaint", "textarea", required=True),
        ],
    },
    {
        "kind": "entity",
        "key": "line",
        "label": "Line",
        "title": "what",
        "parent": "visit",
        "fields": [
            field("what"),
            field("n", "integer"),
            field("why"),
            field("maker", "relation", target="client", fill=[{"from": "town", "to": "why", "when": "always"}]),
            field(
                "kin",
                "relation",
                target="visit",
                filter={"field": "client", "op": "eq", "value": {"from": "maker"}},
            ),
        ],
    },
    {"kind": "form", "key": "visit.form", "label": "Visit", "entity": "visit", "sections": SECTIONS},
    rule("v.complaint", asks("kind", "eq", "complaint"), {"type": "show", "sections": ["late"]}),
    rule(
        "v.private",
        asks("kind", "eq", "private"),
        {"type": "require", "fields": ["reason"]},
        {"type": "lock", "fields": ["cost"]},
        {"type": "hide", "fields": ["city"]},
    ),
    rule("v.bill", asks("cost", "gt", "0"), {"type": "set", "field": "bill", "formula": "cost * 2"}),
    rule(
        "v.limit",
        asks("cost", "gt", "1000"),
        {"type": "refuse", "message": "Far too dear", "fields": ["cost"]},
    ),
    rule(
        "v.dear",
        {"all": [asks("cost", "gt", "500"), asks("cost", "lte", "1000")]},
        {"type": "refuse", "severity": "warning", "message": "Rather dear", "fields": ["cost"]},
    ),
    rule("l.why", asks("n", "gt", 10), {"type": "require", "fields": ["why"]}, entity="line"),
    rule(
        "l.none", asks("n", "gt", 100), {"type": "refuse", "message": "Too many", "fields": ["n"]}, entity="line"
    ),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with visits and a client."""
    file = tmp_path_factory.mktemp("rules") / "formloom.db"
    furnish(f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    changesets.apply(database, [Edit.put(document) for document in DOCUMENTS], actor="test")
    site = site_of(database, file.parent)
    with database.writing() as conn:
        records = Records(Context.system(conn, site.catalog(conn), "rows for a test"))
        things = [{"what": "Oak", "n": "2", "tel": "13912345678"}, {"what": "Elm", "n": "3"}]
        acme = records.create("client", {"name": "Acme", "town": "York", "phone": "13812345678", "things": things})
        for name, client in (("Of Acme", acme), ("Of nobody", None)):
            records.create("visit", {"name": name, "client": client, "complaint": "none"})
    database.close()
    return file


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copyfile(prepared, tmp_path / "formloom.db")
    database = Database(f"sqlite:///{tmp_path / 'formloom.db'}")
    yield site_of(database, tmp_path)
    database.close()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(build_app(site)) as where:
        yield where


@pytest.fixture
def boss(page: Page, address: str) -> Page:
    """A window in which the administrator has signed in."""
    return sign_in(page, address, "boss")


def place(page: Page, name: str):
    """The block of an input."""
    return page.locator(f'.input[data-field="{name}"]')


def test_what_is_chosen_decides_what_is_shown_asked_for_and_locked(boss: Page, address: str):
    boss.goto(f"{address}/e/visit/new")
    expect(boss.locator("#section-late")).to_be_hidden()
    box(boss, "kind").select_option("complaint")
    expect(boss.locator("#section-late")).to_be_visible()
    box(boss, "complaint").fill("Rude")
    box(boss, "kind").select_option("sale")
    expect(boss.locator("#section-late")).to_be_hidden()
    box(boss, "kind").select_option("complaint")
    expect(box(boss, "complaint")).to_have_value("Rude")

    box(boss, "cost").fill("20")
    expect(box(boss, "bill")).to_have_value("40")
    expect(box(boss, "bill")).to_be_disabled()
    box(boss, "kind").select_option("private")
    expect(box(boss, "cost")).to_be_disabled()
    expect(box(boss, "cost")).to_have_value("")
    expect(place(boss, "city")).to_be_hidden()
    expect(place(boss, "reason").locator(".required")).to_be_visible()
    box(boss, "kind").select_option("sale")
    expect(box(boss, "cost")).to_be_enabled()
    expect(box(boss, "cost")).to_have_value("20")
    expect(place(boss, "reason").locator(".required")).to_have_count(0)
    box(boss, "name").fill("First")
    boss.keyboard.press("Control+s")
    expect(boss.locator("h1")).to_have_text("First")
    expect(boss.locator("#section-late")).to_have_count(0)


def test_a_refusal_shows_as_one_types_and_a_warning_is_confirmed(boss: Page, address: str):
    boss.goto(f"{address}/e/visit/new")
    box(boss, "name").fill("Dear")
    box(boss, "cost").fill("2000")
    expect(place(boss, "cost").locator(".input-error")).to_have_text("Far too dear")
    boss.keyboard.press("Control+s")
    expect(boss.locator("#form-problem")).to_contain_text("Far too dear")
    box(boss, "cost").fill("700")
    expect(place(boss, "cost").locator(".input-warning")).to_have_text("Rather dear")
    boss.keyboard.press("Control+s")
    expect(boss.locator("#rule-warnings")).to_contain_text("Rather dear")
    boss.locator("#rule-warnings [data-closes]").click()
    expect(box(boss, "cost")).to_have_value("700")
    boss.keyboard.press("Control+s")
    boss.locator("#rule-warnings button[name=_confirm]").click()
    expect(boss.locator("h1")).to_have_text("Dear")


def test_rules_hold_within_lines(boss: Page, address: str):
    boss.goto(f"{address}/e/visit/new")
    box(boss, "lines[0].n").fill("101")
    cell = boss.locator('.subtable tbody tr:first-child td[data-col="n"]')
    expect(cell.locator(".input-error")).to_have_text("Too many")
    box(boss, "lines[0].n").fill("11")
    expect(cell.locator(".input-error")).to_have_count(0)
    box(boss, "name").fill("Lines")
    boss.keyboard.press("Control+s")
    expect(boss.locator('[id="err-lines[0].why"]')).to_be_visible()


def test_a_choice_narrows_another_and_something_else_is_written(boss: Page, address: str):
    boss.goto(f"{address}/e/visit/new")
    beach = box(boss, "part").locator("option[value=beach]")
    expect(beach).to_have_attribute("hidden", "")
    box(boss, "city").select_option("south")
    box(boss, "part").select_option("beach")
    box(boss, "city").select_option("north")
    expect(box(boss, "part")).to_have_value("")
    box(boss, "part").select_option("other:")
    boss.locator('[name="_other.part"]').fill("Old mill")
    box(boss, "name").fill("Mill")
    boss.keyboard.press("Control+s")
    expect(boss.locator("h1")).to_have_text("Mill")
    expect(boss.locator(".fact", has_text="Part")).to_contain_text("Old mill")


def test_a_picked_record_brings_values_and_rows(boss: Page, address: str):
    boss.goto(f"{address}/e/visit/new")
    box(boss, "place").fill("typed before")
    pick(boss, "client", "Acme")
    expect(box(boss, "place")).to_have_value("York")
    expect(boss.locator(".subtable tbody tr")).to_have_count(2)
    expect(box(boss, "lines[1].what")).to_have_value("Elm")
    # A picker in a row fills its own row, and another one in it offers what fits that row.
    pick(boss, "lines[1].maker", "Acme")
    expect(box(boss, "lines[1].why")).to_have_value("York")
    expect(box(boss, "lines[0].why")).to_have_value("")
    boss.locator('[name="_text.lines[1].kin"]').click()
    offered = boss.locator(".picker-hits:popover-open [role=option]")
    expect(offered).to_have_text(["Of Acme"])
    offered.click()
    box(boss, "name").fill("Filled")
    boss.keyboard.press("Control+s")
    expect(boss.locator(".lines tbody tr")).to_have_count(2)
    expect(boss.locator(".lines tbody tr").nth(1)).to_contain_text("Of Acme")


def test_a_masked_value_is_looked_at_and_the_look_is_told(boss: Page, address: str):
    boss.goto(f"{address}/e/client/1")
    phone = boss.locator(".fact", has_text="Phone")
    expect(phone).to_contain_text("138****5678")
    phone.locator("[data-do=reveal]").click()
    expect(phone).to_contain_text("13812345678")
    boss.goto(f"{address}/e/client/1/edit")
    expect(box(boss, "phone")).to_have_value("138****5678")
    box(boss, "town").fill("Leeds")
    boss.keyboard.press("Control+s")
    expect(boss.locator(".timeline-reveal")).to_contain_text("Phone")
    boss.locator(".fact", has_text="Phone").locator("[data-do=reveal]").click()
    expect(boss.locator(".fact", has_text="Phone")).to_contain_text("13812345678")
    line = boss.locator(".lines tbody tr").first
    expect(line).to_contain_text("139****5678")
    line.locator("[data-do=reveal]").click()
    expect(line).to_contain_text("13912345678")
    boss.goto(f"{address}/e/client")
    cell = boss.locator("#rows td", has_text="138****5678")
    cell.hover()
    cell.locator("[data-do=reveal]").click()
    expect(boss.locator("#rows")).to_contain_text("13812345678")


def test_rules_show_on_a_phone(browser: Browser, address: str):
    window = browser.new_context(viewport=PHONE, locale="zh-CN")
    breaches = watched(window)
    page = sign_in(window.new_page(), address, "boss")
    page.goto(f"{address}/e/visit/new")
    box(page, "kind").select_option("private")
    expect(place(page, "reason").locator(".required")).to_be_visible()
    box(page, "name").fill("Phone")
    box(page, "kind").select_option("sale")
    box(page, "cost").fill("700")
    expect(place(page, "cost").locator(".input-warning")).to_have_text("Rather dear")
    page.locator(".page-head button.btn-primary").click()
    expect(page.locator("#rule-warnings")).to_be_visible()
    page.locator("#rule-warnings button[name=_confirm]").click()
    expect(page.locator("h1")).to_have_text("Phone")
    window.close()
    assert breaches == []
