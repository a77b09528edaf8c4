"""Designing, walked in a real browser as an administrator would: from nothing to a form filled in on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from formloom.rbac import accounts, organisation
from formloom.rbac.accounts import NewUser
from formloom.runtime.app import build_app
from formloom.runtime.settings import Settings
from formloom.runtime.site import Site, open_site
from tests.browser.conftest import DESKTOP, PHONE, watched
from tests.browser.designing_board import design_board, see_board
from tests.browser.designing_grant import give_to_role
from tests.browser.designing_list import design_looks, see_list
from tests.browser.live import serving, sign_in
from tests.runtime.world import PASSWORD

CHOSEN = (("select", "方式", "way"), ("textarea", "小结", "summary"), ("boolean", "需要跟进", "follow"))
ROLES = (
    {"kind": "role", "key": "admin", "label": "管理员", "administrator": True},
    {"kind": "role", "key": "visitor", "label": "外勤"},
    {"kind": "menu", "key": "main", "label": "菜单", "items": []},
)
QUICK = (
    ("拜访日期", "date", "visited_on"),
    ("联系电话", "phone", "phone"),
    ("费用金额", "money", "cost"),
    ("人数", "integer", "people"),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An installation with two people and nothing else."""
    opened = open_site(Settings(data_dir=tmp_path / "var"))
    changesets.apply(opened.database, [Edit.put(document) for document in ROLES], actor="test")
    with opened.database.writing() as conn:
        catalog = opened.catalog(conn)
        organisation.add(conn, "head", {"zh": "总部", "en": "Head office"})
        accounts.create(conn, NewUser(login="boss", name="老板", password=PASSWORD, roles=("admin",)), catalog)
        outside = NewUser(login="wai", name="小外", password=PASSWORD, roles=("visitor",), department="head")
        accounts.create(conn, outside, catalog)
    yield opened
    opened.close()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The installation, served."""
    with serving(build_app(site)) as served:
        yield served


@pytest.fixture
def boss(browser: Browser, address: str) -> Iterator[Page]:
    """The administrator's window."""
    opened = browser.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    opened.set_default_timeout(15_000)
    breaches = watched(opened)
    yield sign_in(opened.new_page(), address, "boss")
    opened.close()
    assert breaches == []


def screen(page: Page) -> FrameLocator:
    """What is designed, as members would see it."""
    return page.frame_locator("#d-middle iframe").first


def part(page: Page, node: str) -> Locator:
    """A part of it."""
    return screen(page).locator(f'[data-node="{node}"]')


def kept(page: Page) -> None:
    """Wait until the draft is kept."""
    expect(page.locator(".d-state")).to_have_text("草稿已保存")


def setting(page: Page, name: str) -> Locator:
    """A control of the settings pane."""
    return page.locator("#d-right .d-row", has_text=name).locator("input, select, textarea").first


def new_entity(page: Page, address: str) -> None:
    """Begin the entity."""
    page.goto(f"{address}/admin/design")
    page.get_by_role("button", name="新建表").click()
    page.get_by_label("表的名称").fill("拜访")
    page.locator(".d-dialog").get_by_label("标识").fill("visit")
    page.locator(".d-dialog").get_by_role("button", name="创建").click()
    expect(part(page, "field:name")).to_be_visible()


def add_fields(page: Page) -> None:
    """Fields of eight kinds, of which four are guessed from their labels; a formula; lines."""
    for label, kind, key in QUICK:
        typed = page.get_by_label("新字段")
        typed.fill(label)
        expect(page.locator(".d-guess")).to_contain_text("猜测类型")
        typed.press("Enter")
        selected(page, label)
        set_key(page, key)
        expect(part(page, f"field:{key}").locator(f"[data-type={kind}]").first).to_be_attached()
    for kind, label, key in (
        ("select", "方式", "way"),
        ("textarea", "小结", "summary"),
        ("boolean", "需要跟进", "follow"),
    ):
        add_kind(page, kind)
        rename(page, label)
        set_key(page, key)
    name_options(page)
    add_formula(page)
    page.get_by_text("关联", exact=True).click()
    add_kind(page, "subtable")
    rename(page, "物料")
    set_key(page, "items")
    kept(page)


def selected(page: Page, label: str) -> None:
    """Wait until the settings are those of a part called so."""
    expect(page.locator("#d-right .d-right-head strong")).to_have_text(label)


def add_kind(page: Page, kind: str) -> None:
    """Add a field of a kind out of the shelf."""
    shelf = page.locator(f"#d-left [data-type={kind}]")
    label = shelf.inner_text()
    shelf.click()
    selected(page, label)


def rename(page: Page, label: str) -> None:
    """Give the selected field another label."""
    setting(page, "名称").fill(label)


def set_key(page: Page, key: str) -> None:
    """Give the selected, new field a key."""
    control = setting(page, "标识")
    control.fill(key)
    control.press("Enter")
    expect(part(page, f"field:{key}")).to_be_visible()


def name_options(page: Page) -> None:
    """Options out of a sheet."""
    part(page, "field:way").click()
    page.locator("#d-right .d-option-rows [aria-label=删除]").first.click()
    page.locator("#d-right .d-option-rows [aria-label=删除]").first.click()
    page.get_by_role("button", name="从 Excel 粘贴").click()
    page.locator(".d-dialog textarea").fill("上门\n电话\n展会")
    page.locator(".d-dialog button[type=submit]").click()
    expect(page.locator("#d-right .d-option-rows li")).to_have_count(3)


def add_formula(page: Page) -> None:
    """What each person cost, with a mistake on the way."""
    page.locator("#d-left summary", has_text="计算").click()
    add_kind(page, "formula")
    rename(page, "人均费用")
    set_key(page, "cost_each")
    page.locator("#d-right [data-name=formula]").first.click()
    area = page.locator(".d-dialog textarea")
    area.fill("ROUND(cost / nobody, 2)")
    expect(page.locator(".d-complaint mark")).to_have_text("nobody")
    area.fill("ROUND(cost / peo")
    area.press("End")
    page.keyboard.type("p")
    expect(page.locator(".d-hits li").first).to_contain_text("人数")
    page.keyboard.press("Enter")
    page.keyboard.type(", 2)")
    expect(page.locator(".d-good")).to_be_visible()
    page.locator(".d-dialog button[type=submit]").click()
    expect(page.locator(".d-dialog")).to_have_count(0)


def design_form(page: Page) -> None:
    """Two sections, two tabs; fields are dragged between them, moved by keyboard, taken off and put back."""
    page.locator(".d-tabs").get_by_text("表单").click()
    expect(part(page, "section:main")).to_be_visible()
    page.locator("[data-name=add-section]").click()
    expect(part(page, "section:section_2")).to_be_visible()
    setting(page, "名称").fill("费用")
    drag(page, part(page, "field:cost"), part(page, "section:section_2"))
    expect(part(page, "section:section_2").locator('[data-node="field:cost"]')).to_be_visible()
    drag(page, part(page, "field:people"), part(page, "field:cost"))
    first = part(page, "section:section_2").locator("[data-node^=field]").first
    expect(first).to_have_attribute("data-node", "field:people")
    part(page, "field:people").press("ArrowRight")
    expect(first).to_have_attribute("data-node", "field:cost")
    part(page, "field:summary").press("Delete")
    expect(part(page, "field:summary")).to_have_count(0)
    expect(page.locator("[data-unplaced=summary]")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(part(page, "field:summary")).to_be_visible()
    design_tabs(page)
    kept(page)


def design_tabs(page: Page) -> None:
    """A second tab: a section and a field are dragged onto its head; tabs move by keyboard, go and come back."""
    page.locator("[data-name=add-tab]").click()
    expect(part(page, "tab:tab_2")).to_have_attribute("aria-selected", "true")
    selected(page, "新标签页")
    setting(page, "名称").fill("跟进")
    expect(part(page, "tab:tab_2")).to_have_text("跟进")
    expect(part(page, "section:main")).to_be_hidden()
    part(page, "tab:tab_1").click()
    drag(page, part(page, "section:section_2"), part(page, "tab:tab_2"))
    expect(part(page, "tab:tab_2")).to_have_attribute("aria-selected", "true")
    expect(part(page, "section:section_2")).to_be_visible()
    part(page, "tab:tab_1").click()
    # Held over a head, what is dragged opens the tab, and goes to a place in it.
    drag(page, part(page, "field:summary"), part(page, "field:cost"), by=part(page, "tab:tab_2"))
    expect(part(page, "section:section_2").locator('[data-node="field:summary"]')).to_be_visible()
    part(page, "tab:tab_2").press("ArrowLeft")
    heads = screen(page).locator("[data-tab]")
    expect(heads.first).to_have_text("跟进")
    page.keyboard.press("Control+z")
    expect(heads.first).to_have_text("基本信息")
    part(page, "tab:tab_2").press("Delete")
    expect(heads).to_have_count(0)
    expect(part(page, "section:section_2")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(heads).to_have_count(2)
    part(page, "tab:tab_2").click()
    part(page, "section:section_3").press("Delete")
    expect(part(page, "section:section_3")).to_have_count(0)


def drag(page: Page, what: Locator, to: Locator, by: Locator | None = None) -> None:
    """Drag a part of the screen to the left half of another, resting on a third until that one shows."""
    what.scroll_into_view_if_needed()
    here = what.bounding_box()
    assert here
    page.mouse.move(here["x"] + 20, here["y"] + 10)
    page.mouse.down()
    page.mouse.move(here["x"] + 40, here["y"] + 30, steps=3)
    if by is not None:
        stop = by.bounding_box()
        assert stop
        page.mouse.move(stop["x"] + stop["width"] / 2, stop["y"] + stop["height"] / 2, steps=5)
        expect(to).to_be_visible()
    there = to.bounding_box()
    assert there
    page.mouse.move(there["x"] + there["width"] * 0.2, there["y"] + there["height"] * 0.6, steps=8)
    page.mouse.up()


def add_rule(page: Page) -> None:
    """What needs following up needs a summary."""
    page.locator(".d-tabs").get_by_text("规则").click()
    page.locator("[data-name=add-rule]").click()
    page.locator("#d-right [data-name=condition]").first.click()
    line = page.locator(".builder-line").first
    line.get_by_label("字段").fill("需要跟进")
    page.get_by_role("option", name="需要跟进").click()
    page.locator(".builder").get_by_role("button", name="应用").click()
    effect = page.locator(".d-effect").first
    effect.locator(".picked button").first.click()
    effect.locator(".picker input").click()
    page.get_by_role("option", name="小结").click()
    expect(screen(page).locator(".d-rule")).to_contain_text("必须填写 小结")
    expect(screen(page).locator(".d-rule")).to_contain_text("需要跟进")


def design_list(page: Page) -> None:
    """A column dragged to the front, another added, an order."""
    page.locator(".d-tabs").get_by_text("列表").click()
    expect(part(page, "column:name")).to_be_visible()
    drag(page, part(page, "column:cost"), part(page, "column:visited_on"))
    expect(screen(page).locator("th[data-node]").nth(1)).to_have_attribute("data-node", "column:cost")
    page.locator("#d-left [data-add=created_at]").click()
    expect(part(page, "column:created_at")).to_be_visible()
    setting(page, "排序").select_option("desc")
    kept(page)


def publish(page: Page) -> None:
    """Publish everything."""
    page.locator("[data-name=publish]").click()
    now = page.locator("[data-name=publish-now]")
    expect(now).to_be_enabled()
    expect(page.locator(".d-changes")).to_contain_text("拜访")
    now.click()
    expect(page.locator(".toast-line")).to_contain_text("已发布")


def test_an_application_is_built_from_nothing_and_used_on_a_phone(
    browser: Browser, address: str, boss: Page
) -> None:
    new_entity(boss, address)
    add_fields(boss)
    design_form(boss)
    add_rule(boss)
    design_list(boss)
    design_looks(boss)
    assert "{" not in boss.locator("#designer").inner_text()
    publish(boss)
    give_to_role(boss)
    publish(boss)
    design_board(boss, address)

    page = enter_a_visit(browser, address)

    expect(page.locator("#record")).to_contain_text("40")
    see_list(boss, address)
    see_board(page, address)
    page.context.close()


def enter_a_visit(browser: Browser, address: str) -> Page:
    """The role's own entry, on a phone: first without the summary the rule asks for, then with it."""
    opened = browser.new_context(viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True)
    opened.set_default_timeout(15_000)
    page = sign_in(opened.new_page(), address, "wai")
    page.goto(f"{address}/e/visit/new")
    base, follow_up = page.get_by_role("tab", name="基本信息"), page.get_by_role("tab", name="跟进")
    page.fill("[name=name]", "第一次拜访")
    page.locator("[data-field=follow] .switch").click()
    base.press("ArrowRight")
    expect(follow_up).to_be_focused()
    assert page.url.endswith("/e/visit/new?_tab=tab_2")
    page.fill("[name=cost]", "120")
    page.fill("[name=people]", "3")
    base.click()
    page.get_by_role("button", name="保存", exact=True).click()
    # What is missing stands in the other tab: it is open and marked, and the summary leads there from any.
    expect(page.locator("[data-field=summary] .input-error")).to_be_visible()
    expect(follow_up.locator(".tab-bad")).to_be_visible()
    base.click()
    page.locator("#form-problem [data-jump=summary]").click()
    expect(page.locator("[name=summary]")).to_be_focused()
    page.fill("[name=summary]", "客户有兴趣")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#record h1")).to_contain_text("第一次拜访")
    expect(page.get_by_role("tab", name="跟进")).to_have_attribute("aria-selected", "true")
    return page
