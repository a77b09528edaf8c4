"""What the screens of designers and packages show besides the CRM: work left undone, and a next version of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Page

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from formloom.rbac import accounts
from formloom.rbac.accounts import NewUser
from formloom.runtime.design import drafts
from formloom.runtime.packaging import offers
from formloom.runtime.site import Site
from tests.browser.screens import DESIGNER

ROOT = Path(__file__).parents[2]
CRM = ROOT / "templates_crm"
BOOK = ROOT / "tests" / "workbooks" / "northwind.xlsx"
PASSWORD = "demo1234"
NEXT = "9.0"


def work_left_undone(site: Site) -> None:
    """Make the site's own changes, a field that was removed, and a second administrator's draft."""
    with site.database.writing() as conn:
        catalog = site.catalog(conn)
        made = NewUser(login=DESIGNER, name="设计师", password=PASSWORD, roles=("admin",))
        designer = accounts.create(conn, made, catalog)
    _customise(site)
    _remove_a_field(site)
    _leave_a_draft(site, designer)


def _document(site: Site, key: str) -> dict[str, Any]:
    with site.database.reading() as conn:
        return deepcopy(dict(site.catalog(conn).documents["entity", key]))


def _customise(site: Site) -> None:
    prices = _document(site, "price_list")
    _field(prices, "member_level")["label"] = {"zh": "适用会员", "en": "For members of level"}
    _field(prices, "remark")["label"] = {"zh": "内部备注", "en": "Internal remarks"}
    changesets.apply(site.database, [Edit.put(prices)], "admin", note="按销售部的叫法")


def _remove_a_field(site: Site) -> None:
    products = _document(site, "product")
    shelf = {"key": "shelf", "type": "text", "label": {"zh": "货架号", "en": "Shelf"}}
    products["fields"].append(shelf)
    changesets.apply(site.database, [Edit.put(products)], "admin")
    with site.database.writing() as conn:
        table = site.catalog(conn).tables["product"]
        conn.execute(sa.update(table).values(shelf="A-" + sa.cast(table.c.id, sa.Text)))
    products["fields"].remove(shelf)
    changesets.apply(site.database, [Edit.put(products)], "admin", allow_destructive=True)


def _leave_a_draft(site: Site, designer: int) -> None:
    """A text becomes a number, another field is to be filled in always."""
    before = _document(site, "contact")
    after = deepcopy(before)
    interests = _field(after, "interests")
    interests["type"] = "integer"
    del interests["max_length"]
    _field(after, "birthday")["required"] = True
    with site.database.writing() as conn:
        drafts.put(conn, designer, ("entity", "contact"), after, before)


def _field(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    return next(field for field in document["fields"] if field["key"] == key)


def next_version(site: Site) -> str:
    """The address of a next version of the CRM on offer, of which two places were changed here too."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in _next_files():
            archive.writestr(name, text)
    return f"/admin/packages/offers/{offers.keep(site.settings.data_dir, content.getvalue())}"


def _next_files() -> Iterator[tuple[str, str]]:
    for file in sorted(CRM.rglob("*.json")):
        name = file.relative_to(CRM).as_posix()
        if name.startswith("demo/"):
            continue
        read = json.loads(file.read_text(encoding="utf-8"))
        if name == "formloom.json":
            read = {**read, "version": NEXT}
        if name == "entities/price_list.json":
            entity = next(each for each in read if each["kind"] == "entity")
            _field(entity, "member_level")["label"] = {"zh": "会员等级要求", "en": "Member level required"}
            _field(entity, "remark")["label"] = {"zh": "说明", "en": "Notes"}
            entity["fields"].append({"key": "currency", "type": "text", "label": {"zh": "币种", "en": "Currency"}})
        yield name, json.dumps(read, ensure_ascii=False)


def proposal(page: Page, address: str) -> str:
    """The address of a workbook that is proposed as an application."""
    page.goto(f"{address}/imports/new-app")
    page.set_input_files("input[type=file]", BOOK)
    page.locator("form button[type=submit]").locator("visible=true").first.click()
    page.wait_for_selector("#app-review")
    return page.url.removeprefix(address).partition("?")[0]
