"""The screens that are photographed: who looks, where, and what is done there first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Page

SALES, MANAGER, FINANCE, ADMIN, NEWCOMER = "luoqiuhong", "wangjianguo", "zhengyun", "admin", "newcomer"
NOBODY = ""


def filtered(*lines: dict[str, object]) -> str:
    """The query part for a filter of these conditions."""
    return "filter=" + quote(json.dumps({"all": list(lines)}, ensure_ascii=False))


WANTED_CUSTOMERS = filtered(
    {"field": "grade", "op": "in", "value": ["A", "B"]}, {"field": "name", "op": "contains", "value": "公司"}
)


@dataclass(frozen=True)
class Screen:
    """A photograph: `who` looks at `path`, after `then`. In `path`, {…} is an address the stage has prepared."""

    name: str
    who: str
    path: str
    then: Callable[[Page], None] | None = None
    image: bool = False


def press(selector: str) -> Callable[[Page], None]:
    """Click on the first of what is chosen, if it is on this screen."""

    def pressed(page: Page) -> None:
        wanted = page.locator(selector).locator("visible=true").first
        if wanted.count():
            wanted.click()

    return pressed


def search_for(text: str) -> Callable[[Page], None]:
    """Open the palette and type."""

    def searched(page: Page) -> None:
        press("[data-do=open-palette]")(page)
        if text:
            with page.expect_response(lambda answer: "/search?" in answer.url):
                page.fill("#palette-input", text)

    return searched


def choose_rows(page: Page) -> None:
    """Tick the first three rows, where rows can be ticked."""
    for box in page.locator("#rows input[type=checkbox]").all()[:3]:
        box.check(force=True)


def send_nothing(page: Page) -> None:
    """Save a form as it came, so that it says what is missing."""
    page.locator("form button[type=submit]").locator("visible=true").first.click()
    page.wait_for_selector("[aria-invalid=true]", state="attached")


def wrong_password(page: Page) -> None:
    """Try to sign in with a password that is not right."""
    page.fill("[name=login]", SALES)
    page.fill("[name=password]", "…")
    page.click("button[type=submit]")
    page.wait_for_selector(".notice-bad")


SCREENS = (
    Screen("login", NOBODY, "/login"),
    Screen("login-refused", NOBODY, "/login", wrong_password),
    Screen("home-salesperson", SALES, "/"),
    Screen("home-manager", MANAGER, "/", image=True),
    Screen("home-finance", FINANCE, "/"),
    Screen("home-newcomer", NEWCOMER, "/"),
    Screen("dashboard-opportunities", MANAGER, "/d/opportunity_analysis"),
    Screen("dashboard-receipts", FINANCE, "/d/receipt_analysis"),
    Screen("list", MANAGER, "/e/account", image=True),
    Screen("list-opportunities", SALES, "/e/opportunity"),
    Screen("list-filtered", MANAGER, f"/e/account?{WANTED_CUSTOMERS}"),
    Screen("list-builder", MANAGER, f"/e/account?{WANTED_CUSTOMERS}", press("[data-do=open-builder]")),
    Screen("list-quick-filter", MANAGER, "/e/account", press("[data-do=open-choices]")),
    Screen("list-columns", MANAGER, "/e/account", press("[data-do=open-columns]")),
    Screen("list-chosen", MANAGER, "/e/account", choose_rows),
    Screen("list-empty", NEWCOMER, "/e/account"),
    Screen("list-nothing-found", MANAGER, f"/e/account?q=zzzz&{WANTED_CUSTOMERS}"),
    Screen("record", MANAGER, "{account}", image=True),
    Screen("record-lines", SALES, "{opportunity}"),
    Screen(
        "record-section", SALES, "{opportunity}", press("[data-do=edit-section], .section-head a[hx-get*=section]")
    ),
    Screen("form-new", SALES, "/e/account/new"),
    Screen("form-edit", SALES, "{opportunity}/edit"),
    Screen("form-errors", SALES, "/e/contact/new", send_nothing),
    Screen("import-1-upload", SALES, "/imports/new?entity=account"),
    Screen("import-2-match", SALES, "{matched}"),
    Screen("import-3-check", SALES, "{checked}", image=True),
    Screen("import-4-done", SALES, "{imported}"),
    Screen("palette", MANAGER, "/e/account", search_for("")),
    Screen("palette-found", MANAGER, "/e/account", search_for("广")),
    Screen("menu-create", MANAGER, "/e/account", press("[popovertarget=create-menu]")),
    Screen("menu-me", MANAGER, "/e/account", press("[popovertarget=me-menu]")),
    Screen("menu-drawer", SALES, "/e/account", press("[data-do=open-drawer]")),
    Screen("help", MANAGER, "/e/account", press("[data-do=open-help]")),
    Screen("settings", ADMIN, "/me"),
    Screen("users", ADMIN, "/admin/users"),
    Screen("user", ADMIN, "/admin/users/5"),
    Screen("user-new", ADMIN, "/admin/users/new"),
    Screen("departments", ADMIN, "/admin/departments"),
    Screen("department", ADMIN, "/admin/departments/sales_1"),
    Screen("packages", ADMIN, "/admin/packages"),
    Screen("package", ADMIN, "/admin/packages/installed/crm"),
    Screen("package-export", ADMIN, "/admin/packages/export"),
    Screen("package-uninstall", ADMIN, "/admin/packages/installed/crm/uninstall"),
    Screen("design", ADMIN, "/admin/design"),
    Screen("design-fields", ADMIN, "/admin/design/entity/account"),
    Screen("design-form", ADMIN, "/admin/design/form/account.form"),
    Screen("design-rules", ADMIN, "/admin/design/rules/account"),
    Screen("design-list", ADMIN, "/admin/design/list/account.all"),
    Screen("design-record", ADMIN, "/admin/design/detail/account.detail"),
    Screen("design-menu", ADMIN, "/admin/design/menu/main"),
    Screen("design-options", ADMIN, "/admin/design/option_set/industry"),
    Screen("design-dashboard", ADMIN, "/admin/design/dashboard/home_manager"),
    Screen("console", ADMIN, "/console/"),
    Screen("console-list", ADMIN, "/console/user/list"),
    Screen("not-found", SALES, "/e/account/999999"),
    Screen("not-allowed", SALES, "/admin/users"),
)
