"""The main job, walked in a real browser: a salesperson moves her messy sheet in and works with it all day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from formloom.runtime.app import build_app
from formloom.runtime.asgi import extensions
from formloom.runtime.site import Site
from tests.browser.conftest import DESKTOP, watched
from tests.browser.live import serving, sign_in
from tests.prepared import copies_of
from tests.templates_crm.installed import settle

SHEET = Path(__file__).parents[1] / "workbooks" / "customers_zh.xlsx"
PASSWORD = "demo1234"
RIGHT, WRONG = 1615, 385
CUSTOMER = "烟台瑞丰化工(集团)有限公司"
PATIENCE = 60_000


database = copies_of(settle, ("sqlite",))


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The CRM with its sample data, served with background jobs."""
    with serving(build_app(site, extensions(), job_threads=1)) as served:
        yield served


def window(browser: Browser, address: str, login: str) -> tuple[Page, list[str]]:
    """A window of his own in which somebody has signed in, and what no page may do."""
    opened = browser.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    opened.set_default_timeout(PATIENCE)
    breaches = watched(opened)
    return sign_in(opened.new_page(), address, login, PASSWORD), breaches


def test_a_salesperson_moves_her_sheet_in_and_uses_it(browser: Browser, address: str, tmp_path: Path) -> None:
    page, breaches = window(browser, address, "luoqiuhong")
    pipeline = figure(page, address, "在谈商机金额")

    report = import_sheet(page, address, SHEET, tmp_path, new=RIGHT, refused=WRONG)
    import_sheet(page, address, mended(report), tmp_path, new=WRONG, refused=0)

    customer = find_customer(page, address, CUSTOMER)
    add_follow_up(page)
    opportunity = create_opportunity(page, address)
    assert figure(page, address, "在谈商机金额") == pipeline + 24_000

    others_see_nothing(browser, address, customer, opportunity)
    the_manager_sees_all(browser, address, customer, opportunity)
    assert breaches == []


def figure(page: Page, address: str, label: str) -> float:
    """The exact number on a card of the home dashboard."""
    page.goto(address)
    card = page.locator(".board-card", has=page.get_by_role("heading", name=label, exact=True))
    return float((card.locator(".figure").get_attribute("title") or "nan").replace(",", ""))


def import_sheet(page: Page, address: str, sheet: Path, folder: Path, *, new: int, refused: int) -> Path:
    """Import a workbook into customers through the wizard; its report."""
    page.goto(f"{address}/e/account")
    page.get_by_role("button", name="更多").first.click()
    page.get_by_role("link", name="导入", exact=True).click()
    page.set_input_files("input[type=file]", sheet)
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_text("标题在第 3 行，共 2,000 行数据，忽略 1 行合计")).to_be_visible()
    expect(page.locator(".match-table .unmatched")).to_have_count(0 if refused else 1)
    page.get_by_role("button", name="检查 2000 行").click()
    expect(count(page, "新增")).to_have_text(f"{new:,}", timeout=PATIENCE)
    if refused:
        expect(count(page, "有问题")).to_have_text(f"{refused:,}")
        expect(page.get_by_text("这不是日期时间").first).to_be_visible()
    page.get_by_role("button", name=f"导入 {new:,} 行").click()
    expect(page.get_by_text("导入完成")).to_be_visible(timeout=PATIENCE)
    expect(count(page, "新增")).to_have_text(f"{new:,}")
    if not refused:
        return sheet
    with page.expect_download() as started:
        page.get_by_role("link", name="下载报告").click()
    target = folder / "report.xlsx"
    started.value.save_as(target)
    return target


def count(page: Page, label: str):  # type: ignore[no-untyped-def]
    """The number on one of the wizard's cards."""
    return page.locator(".count-card", has_text=label).locator("strong")


def mended(report: Path) -> Path:
    """The report with its refused cells corrected, as its owner would in Excel."""
    book = openpyxl.load_workbook(report)
    sheet = book.worksheets[0]
    refused = [cell for row in sheet.iter_rows() for cell in row if cell.comment is not None]
    assert len(refused) == WRONG
    for cell in refused:
        assert cell.value == "待定"
        cell.value = "2026年12月1日"
    book.save(report)
    return report


def find_customer(page: Page, address: str, name: str) -> str:
    """The path of a customer found by searching the list."""
    page.goto(f"{address}/e/account")
    expect(page.locator(".page-head .count")).to_contain_text("2,0")
    page.get_by_role("searchbox").fill(name[:6])
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name=name).first.click()
    expect(page.locator("h1")).to_contain_text(name)
    return page.url.removeprefix(address)


def add_follow_up(page: Page) -> None:
    """A follow-up on the shown customer, through its related list; back on the customer afterwards."""
    page.locator("#related").get_by_role("link", name="新建").first.click()
    expect(page.locator(".composer")).to_have_count(0)
    page.locator("[name=method]").select_option(label="电话")
    page.locator("[name=content]").fill("电话沟通了年度采购计划，约下周拜访。")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#related .related-panel").first).to_contain_text("电话沟通了年度采购计划")


def create_opportunity(page: Page, address: str) -> str:
    """The path of a new opportunity of 24,000 with one line."""
    page.goto(f"{address}/e/opportunity/new")
    page.locator("[name=name]").fill("年度采购")
    pick(page, "account", CUSTOMER[:6], CUSTOMER)
    page.locator("[name=amount]").fill("24,000")
    page.locator("[name=expected_close]").fill("2026-12-31")
    pick(page, "lines[0].product", "", None)
    page.locator("[name='lines[0].qty']").fill("2")
    page.locator("[name='lines[0].price']").fill("12000")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("h1")).to_contain_text("年度采购")
    expect(page.locator(".lines tfoot")).to_contain_text("24,000.00")
    return page.url.removeprefix(address)


def pick(page: Page, name: str, text: str, title: str | None) -> None:
    """Choose a reference in its picker: the hit of this title, or the first."""
    field = page.locator(".picker", has=page.locator(f"[name='{name}']")).locator("input:not([type=hidden])")
    field.click()
    if text:
        field.fill(text)
    options = page.locator(".picker-hits:popover-open [role=option]")
    (options.filter(has_text=title) if title else options).first.click()
    expect(page.locator(f"[name='{name}']")).not_to_have_value("")


def others_see_nothing(browser: Browser, address: str, customer: str, opportunity: str) -> None:
    """Another salesperson finds neither the customers nor what was made of them, by whatever way."""
    page, _ = window(browser, address, "zhangwei")
    page.goto(f"{address}/e/account?q={CUSTOMER[:6]}")
    expect(page.locator("#rows tr")).to_have_count(0)
    page.goto(f"{address}/e/account")
    assert not re.search(r"KH0\d{4}[^\d].*烟台瑞丰", page.content())
    for path in (customer, opportunity, customer + "/edit"):
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 404


def the_manager_sees_all(browser: Browser, address: str, customer: str, opportunity: str) -> None:
    """The manager of the sales centre finds all of it."""
    page, breaches = window(browser, address, "wangjianguo")
    page.goto(f"{address}/e/account?q={CUSTOMER[:6]}")
    expect(page.get_by_role("link", name=CUSTOMER).first).to_be_visible()
    page.goto(f"{address}/e/account")
    expect(page.locator(".page-head .count")).to_contain_text("2,1")
    for path in (customer, opportunity):
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 200
    assert breaches == []
