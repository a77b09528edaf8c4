"""The CRM with its sample business, served for the camera: people signed in, a workbook half imported."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from formloom.metadata import packages
from formloom.rbac import accounts
from formloom.rbac.accounts import NewUser
from formloom.rbac.tables import users
from formloom.runtime import samples
from formloom.runtime.app import build_app
from formloom.runtime.asgi import extensions
from formloom.runtime.extension import extended
from formloom.runtime.settings import Settings
from formloom.runtime.site import Site, open_site
from tests.browser import backstage
from tests.browser.live import serving, sign_in
from tests.browser.screens import ADMIN, NEWCOMER, NOBODY, SALES

ROOT = Path(__file__).parents[2]
WORKBOOK = ROOT / "tests" / "workbooks" / "customers_zh.xlsx"
SMALL_SHEET = "客户名称,手机\n佛山市南海恒达五金制品有限公司,13812345678\n中山市小榄镇华艺灯饰厂,13912345678\n"
PASSWORD = "demo1234"
NEWCOMERS_PASSWORD = "never seen this before"
PATIENCE = 60_000
BIGGEST_DEAL = "/e/opportunity?sort=-amount"
BIGGEST_DEBTOR = "/e/account?sort=-receivable_amount"


@dataclass
class Stage:
    """A served site. `addresses` are what screens call {account}, {opportunity} and so on."""

    site: Site
    address: str
    browser: Browser
    addresses: dict[str, str] = field(default_factory=dict)
    signed_in: dict[str, Any] = field(default_factory=dict)

    def window(self, who: str, **look: Any) -> Page:
        """A blank page of a window in which `who` has signed in."""
        if who not in self.signed_in and who != NOBODY:
            opened = self.browser.new_context()
            sign_in(opened.new_page(), self.address, who, NEWCOMERS_PASSWORD if who == NEWCOMER else PASSWORD)
            self.signed_in[who] = opened.storage_state()
            opened.close()
        window = self.browser.new_context(storage_state=self.signed_in.get(who), **look)
        window.set_default_timeout(PATIENCE)
        return window.new_page()

    def speak(self, lang: str) -> None:
        """Everybody has chosen this language."""
        with self.site.database.writing() as conn:
            for user in conn.scalars(sa.select(users.c.id)).all():
                accounts.update(conn, user, {"lang": lang}, self.site.catalog(conn))

    def resolved(self, path: str) -> str:
        """The address of a screen."""
        return self.address + path.format_map(_Kept(self.addresses))


class _Kept(dict[str, str]):
    """Leaves braces alone that name nothing prepared."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@contextmanager
def staged(browser: Browser, paths: Collection[str]) -> Iterator[Stage]:
    """The stage, gone afterwards; only what these paths of screens name is imported and offered."""
    added = extensions()
    extended(added)
    with tempfile.TemporaryDirectory(prefix="formloom-shots-") as folder:
        site = open_site(Settings(data_dir=Path(folder)))
        try:
            _furnish(site)
            with serving(build_app(site, added, job_threads=1)) as address:
                stage = Stage(site, address, browser)
                stage.addresses |= _found(stage)
                stage.addresses |= _prepared(stage, Path(folder), paths)
                yield stage
        finally:
            site.close()


def _furnish(site: Site) -> None:
    package = packages.locate(str(ROOT / "templates_crm"))
    packages.install(site.database, package, "shots")
    assert package.demo is not None
    samples.load(site, package.demo)
    newcomer = NewUser(
        login=NEWCOMER, name="新同事", password=NEWCOMERS_PASSWORD, department="sales_1", roles=("salesperson",)
    )
    with site.database.writing() as conn:
        accounts.create(conn, newcomer, site.catalog(conn))
    backstage.work_left_undone(site)


def _found(stage: Stage) -> Mapping[str, str]:
    """The records that are shown: her customer who owes most and her biggest opportunity."""
    page = stage.window(SALES)
    found = {}
    for name, path in (("account", BIGGEST_DEBTOR), ("opportunity", BIGGEST_DEAL)):
        page.goto(stage.address + path)
        found[name] = page.locator("#rows a").first.get_attribute("href") or ""
    page.context.close()
    return {name: href.partition("?")[0] for name, href in found.items()}


def _prepared(stage: Stage, folder: Path, paths: Collection[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    if not {"{matched}", "{checked}", "{imported}"}.isdisjoint(paths):
        found |= _imported(stage, folder)
    if "{offer}" in paths:
        found["offer"] = backstage.next_version(stage.site)
    if "{proposal}" in paths:
        page = stage.window(ADMIN)
        found["proposal"] = backstage.proposal(page, stage.address)
        page.context.close()
    return found


def _imported(stage: Stage, folder: Path) -> Mapping[str, str]:
    """Three imports: matched, checked, done."""
    small = folder / "新客户.csv"
    small.write_text(SMALL_SHEET, encoding="utf-8")
    page = stage.window(SALES)
    matched = _upload(page, stage.address, WORKBOOK)
    checked = _upload(page, stage.address, WORKBOOK)
    _advance(page, "form#match-form button[value=check]", "form[action$='/start']")
    imported = _upload(page, stage.address, small)
    _advance(page, "form#match-form button[value=check]", "form[action$='/start']")
    _advance(page, "form[action$='/start'] button", "form[action$='/undo']")
    page.context.close()
    return {"matched": matched, "checked": checked, "imported": imported}


def _upload(page: Page, address: str, file: Path) -> str:
    page.goto(f"{address}/imports/new?entity=account")
    page.set_input_files("input[type=file]", file)
    page.click("form.upload button[type=submit]")
    page.wait_for_selector("#match-form")
    return page.url.removeprefix(address).partition("?")[0]


def _advance(page: Page, button: str, until: str) -> None:
    page.click(button)
    page.wait_for_selector(until, state="attached")
