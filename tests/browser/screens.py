"""The screens that are photographed: who looks, where, and what is done there first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Page

SALES, MANAGER, FINANCE, ADMIN, NEWCOMER = "luoqiuhong", "wangjianguo", "zhengyun", "admin", "newcomer"
DESIGNER = "designer"
"""A second administrator, who left something undone."""
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


def selected(node: str, *presses: str, pane: str = "right") -> Callable[[Page], None]:
    """Select a part of what is designed, then press what is named, each if it is there; show a pane on a phone."""

    def select(page: Page) -> None:
        part = page.frame_locator("#d-middle iframe").first.locator(f'[data-node="{node}"]').first
        part.wait_for(state="attached")
        part.evaluate("part => part.scrollIntoView({ block: 'center' })")
        # A phone shows no heads of columns; what is out of sight is selected by the keyboard.
        part.click(position={"x": 8, "y": 8}) if part.is_visible() else part.focus()
        show_pane(page, pane)
        for each in presses:
            press(each)(page)

    return select


def show_pane(page: Page, pane: str) -> None:
    """On a phone, go to a pane of the designer."""
    press(f"#d-switch button[value={pane}]")(page)


def publishing(page: Page) -> None:
    """Ask what publishing would do."""
    press("[data-name=publish]")(page)
    page.wait_for_selector(".d-changes")


def removed_ones(page: Page) -> None:
    """List the fields that were removed."""
    show_pane(page, "right")
    press("#d-right > .btn:has([href*=restore])")(page)
    page.wait_for_selector(".d-dialog li")


def first_rule(page: Page) -> None:
    """Select the first rule."""
    part = page.frame_locator("#d-middle iframe").first.locator("[data-rule]").first
    part.click(position={"x": 8, "y": 8})
    show_pane(page, "right")


def a_chart(page: Page) -> None:
    """Select the first card with bars."""
    part = page.frame_locator("#d-middle iframe").first.locator(".d-slot.kind-bar").first
    part.evaluate("part => part.scrollIntoView({ block: 'center' })")
    part.click(position={"x": 8, "y": 8})
    show_pane(page, "right")


def an_option(page: Page) -> None:
    """What one option of a set is."""
    show_pane(page, "right")
    press("#d-right .d-option-rows li button:has([href*=dots])")(page)


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
    Screen("package-offer", ADMIN, "{offer}"),
    Screen("sheet-upload", ADMIN, "/imports/new-app"),
    Screen("sheet-proposal", ADMIN, "{proposal}"),
    Screen("design", ADMIN, "/admin/design"),
    Screen("design-fields", ADMIN, "/admin/design/entity/account"),
    Screen("design-fields-one", ADMIN, "/admin/design/entity/opportunity", selected("field:stage")),
    Screen(
        "design-formula",
        ADMIN,
        "/admin/design/entity/opportunity",
        selected("field:weighted_amount", "#d-right [data-name=formula]"),
    ),
    Screen("design-removed", ADMIN, "/admin/design/entity/product", removed_ones),
    Screen("design-publish", DESIGNER, "/admin/design/entity/contact", publishing),
    Screen("design-form", ADMIN, "/admin/design/form/account.form"),
    Screen("design-form-field", ADMIN, "/admin/design/form/account.form", selected("field:grade")),
    Screen("design-grants", ADMIN, "/admin/design/grants/account"),
    Screen("design-rules", ADMIN, "/admin/design/rules/account"),
    Screen("design-rules-one", ADMIN, "/admin/design/rules/opportunity", first_rule),
    Screen("design-list", ADMIN, "/admin/design/list/account.all"),
    Screen("design-list-column", ADMIN, "/admin/design/list/account.all", selected("column:grade")),
    Screen("design-record", ADMIN, "/admin/design/detail/account.detail"),
    Screen("design-menu", ADMIN, "/admin/design/menu/main"),
    Screen("design-menu-entry", ADMIN, "/admin/design/menu/main", selected("item:1.0")),
    Screen("design-options", ADMIN, "/admin/design/option_set/industry"),
    Screen("design-options-one", ADMIN, "/admin/design/option_set/opp_stage", an_option),
    Screen("design-dashboard", ADMIN, "/admin/design/dashboard/home_manager"),
    Screen("design-dashboard-card", ADMIN, "/admin/design/dashboard/home_manager", a_chart),
    Screen("design-dashboard-filters", ADMIN, "/admin/design/dashboard/home_manager", selected("filters")),
    Screen("console", ADMIN, "/console/"),
    Screen("console-list", ADMIN, "/console/user/list"),
    Screen("not-found", SALES, "/e/account/999999"),
    Screen("not-allowed", SALES, "/admin/users"),
)
