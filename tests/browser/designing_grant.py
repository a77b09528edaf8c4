"""A step of the walk through the designers: an entity is given to a role, without a word of JSON."""

from __future__ import annotations

from playwright.sync_api import Page, expect

ROLE = "外勤"


def give_to_role(page: Page) -> None:
    """A permission group for the role: its own records, all fields but one, and no right to delete."""
    page.locator(".d-tabs").get_by_text("权限").click()
    screen = page.frame_locator("#d-middle iframe").first
    expect(screen.locator(".d-empty")).to_contain_text("只有管理员")
    page.locator("[data-name=add-grant]").click()
    head = screen.locator("th[data-grant]")
    expect(head).to_have_count(1)

    settings = page.locator("#d-right")
    settings.locator(".d-row", has_text="名称").locator("input").first.fill("外勤人员")
    roles = settings.locator(".d-row", has_text="角色").locator("input")
    roles.fill(ROLE)
    page.locator("[role=option]", has_text=ROLE).first.click()
    expect(head).to_contain_text(ROLE)
    expect(head).to_contain_text("外勤人员")

    delete = settings.locator(".d-row", has_text="删除").locator("select").first
    delete.select_option("own")
    column = screen.locator("tbody tr", has=screen.locator("th", has_text="删除")).locator("td")
    expect(column).to_have_text("自己负责的")
    delete.select_option("")
    expect(column).to_have_text("–")
    expect(page.locator(".d-state")).to_have_text("草稿已保存")
    assert "{" not in page.locator("#designer").inner_text()
