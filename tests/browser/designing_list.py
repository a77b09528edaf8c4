"""The part of the walk that designs a list: numbers below it, colours, what it shows; seen where it is used."""

from __future__ import annotations

from playwright.sync_api import FrameLocator, Locator, Page, expect


def screen(page: Page) -> FrameLocator:
    """What is designed, as members would see it."""
    return page.frame_locator("#d-middle iframe").first


def condition(page: Page, field: str, operator: str = "", value: str = "") -> None:
    """Build a condition of one line in the builder that is open, and apply it."""
    line = page.locator(".builder-line").first
    line.get_by_label("字段").fill(field)
    page.locator(".picker-hit[role=option]", has_text=field).first.click()
    if operator:
        line.get_by_label("比较方式").select_option(label=operator)
    if value:
        line.get_by_label("值", exact=True).fill(value)
    page.locator(".builder").get_by_role("button", name="应用").click()


def row(page: Page, name: str) -> Locator:
    """A row of the settings."""
    return page.locator("#d-right .d-row", has_text=name)


def design_looks(page: Page) -> None:
    """What the list adds up, colours, keeps in sight, always shows and offers to filter by."""
    screen(page).locator("h1").click()
    expect(page.locator("#d-right .d-right-head")).to_contain_text("列表设置")
    page.locator("#d-right [data-total=cost]").select_option("sum")
    expect(screen(page).locator("tfoot")).to_be_attached()
    page.locator("#d-right [data-name=add-color]").click()
    condition(page, "费用金额", "大于等于", "100")
    expect(page.locator("#d-right [data-tint]")).to_contain_text("费用金额 大于等于 100")
    page.locator("#d-right [data-name=condition]").first.click()
    condition(page, "需要跟进")
    expect(row(page, "只显示").locator(".d-sentence")).to_contain_text("需要跟进")
    # Numbers of a board lead to no list that leaves rows out of them: this one shows all again.
    row(page, "只显示").locator("[aria-label=移除]").click()
    expect(row(page, "只显示").locator(".d-sentence")).to_have_text("没有条件")
    offered = row(page, "快速筛选").locator(".picker input")
    offered.click()
    offered.fill("方式")
    page.locator(".picker-hit[role=option]", has_text="方式").first.click()
    expect(screen(page).locator("[data-quick=way]")).to_be_visible()
    row(page, "冻结列数").get_by_role("button", name="2").click()
    expect(screen(page).locator(".list-screen")).to_have_attribute("data-frozen", "2")
    expect(page.locator(".d-state")).to_have_text("草稿已保存")


def see_list(page: Page, address: str) -> None:
    """The list as it was designed, with what was entered meanwhile; a cell of it is changed where it stands."""
    page.goto(f"{address}/e/visit")
    first = page.locator("#rows tr").first
    expect(first).to_have_attribute("data-color", "red")
    expect(page.locator("tfoot")).to_contain_text("120")
    expect(page.get_by_role("button", name="方式")).to_be_visible()
    cost = first.locator("td").nth(2)
    cost.dblclick()
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    expect(page.locator("tfoot")).to_contain_text("90")
    expect(page.locator("#rows tr[data-color]")).to_have_count(0)
    expect(first).to_contain_text("30")
    page.keyboard.press("Control+z")
    expect(first).to_have_attribute("data-color", "red")
    expect(page.locator("tfoot")).to_contain_text("120")
