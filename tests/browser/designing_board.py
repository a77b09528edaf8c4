"""The part of the walk that designs a dashboard: three charts over what was just built, seen by who is outside."""

from __future__ import annotations

from playwright.sync_api import FrameLocator, Locator, Page, expect


def screen(page: Page) -> FrameLocator:
    """What is designed, as members would see it."""
    return page.frame_locator("#d-middle iframe").first


def card(page: Page, key: str) -> Locator:
    """A card of the board."""
    return screen(page).locator(f'[data-node="widget:{key}"]')


def spot(page: Page, key: str) -> dict[str, float]:
    """Where it lies."""
    found = card(page, key).bounding_box()
    assert found
    return dict(found)


def of_setting(page: Page, name: str) -> Locator:
    """The control of a row of the settings."""
    return page.locator("#d-right .d-row", has_text=name).locator("select, input").first


def design_board(page: Page, address: str) -> None:
    """A number, bars by month and slices over the visits; laid out by pointer and keyboard; published."""
    page.goto(f"{address}/admin/design")
    page.locator("[data-do=new-document][data-kind=dashboard]").click()
    page.locator(".d-dialog input").fill("拜访分析")
    page.locator(".d-dialog button[type=submit]").click()
    page.locator("[data-add=metric]").click()
    expect(card(page, "metric_1")).to_contain_text("拜访数")
    build_number(page)
    build_bars(page)
    build_slices(page)
    lay_out(page)
    offer_filters(page)
    page.locator("[data-name=publish]").click()
    page.locator("[data-name=publish-now]").click()
    expect(page.locator(".toast-line")).to_contain_text("已发布")
    assert "{" not in page.locator("#designer").inner_text()


def build_number(page: Page) -> None:
    """What the visits cost; its title follows what it counts."""
    number, of = (page.locator("#d-right [data-measure='0'] select").nth(place) for place in (0, 1))
    number.select_option("sum")
    of.focus()
    of.select_option("cost")
    expect(card(page, "metric_1")).to_contain_text("费用金额合计")
    # Settings stay in the keyboard's hands though they are drawn anew.
    expect(of).to_be_focused()


def build_bars(page: Page) -> None:
    """Bars out of another kind of card, by month of the visit."""
    page.locator("[data-add=line]").click()
    page.locator("#d-right [data-kind=bar]").click()
    of_setting(page, "按什么分组").select_option("visited_on")
    expect(card(page, "line_1")).to_contain_text("拜访数 · 按月")
    page.locator("#d-right .d-segments button[value=year]").click()
    expect(card(page, "line_1")).to_contain_text("拜访数 · 按年")
    page.keyboard.press("Control+z")
    expect(card(page, "line_1")).to_contain_text("拜访数 · 按月")


def build_slices(page: Page) -> None:
    """Slices by the way, of those that want following up; a name of its own stays what it is."""
    page.locator("[data-add=pie]").click()
    expect(card(page, "pie_1")).to_contain_text("按方式")
    page.locator("#d-right [data-name=condition]").click()
    line = page.locator(".builder-line").first
    line.get_by_label("字段").fill("需要跟进")
    page.locator("[role=option]", has_text="需要跟进").click()
    page.locator(".builder").get_by_role("button", name="应用").click()
    expect(page.locator("#d-right .d-sentence")).to_contain_text("需要跟进")
    of_setting(page, "名称").fill("跟进方式")
    expect(card(page, "pie_1")).to_contain_text("跟进方式")


def lay_out(page: Page) -> None:
    """The slices are dragged beside the number, made narrower by keyboard, copied and the copy taken back."""
    head, target = card(page, "pie_1").locator("h2"), spot(page, "metric_1")
    head.scroll_into_view_if_needed()
    here = head.bounding_box()
    assert here
    page.mouse.move(here["x"] + 30, here["y"] + 8)
    page.mouse.down()
    page.mouse.move(here["x"] + 50, here["y"] + 20, steps=3)
    page.mouse.move(target["x"] + target["width"] + 60, target["y"] + 15, steps=8)
    page.mouse.up()
    expect(page.locator(".d-ghost")).to_have_count(0)
    card(page, "pie_1").press("Shift+ArrowLeft")
    card(page, "pie_1").press("Control+d")
    expect(card(page, "pie_2")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(card(page, "pie_2")).to_have_count(0)
    pie, number = spot(page, "pie_1"), spot(page, "metric_1")
    assert pie["x"] > number["x"] + number["width"] - 1 and abs(pie["y"] - number["y"]) < 2


def offer_filters(page: Page) -> None:
    """Members choose the time; the board stands in the menu."""
    page.locator("[data-name=board-filters]").click()
    page.locator("#d-right .d-toggle", has_text="时间筛选").click()
    of_setting(page, "打开时看").select_option("this_year")
    expect(screen(page).locator(".board-tools")).to_contain_text("今年")
    screen(page).locator(".page-head").click()
    page.locator("#d-right .d-toggle", has_text="放进菜单").click()
    expect(page.locator(".d-state")).to_have_text("草稿已保存")


def see_board(page: Page, address: str) -> None:
    """The outside worker's numbers on his phone; each leads to the rows behind it."""
    page.goto(f"{address}/")
    page.locator("[data-do=open-drawer]").click()
    page.locator("#sidebar").get_by_text("拜访分析").click()
    board = page.locator("#dashboard")
    expect(board.locator(".board-card")).to_have_count(3)
    expect(board.locator(".kind-metric .figure")).to_have_text("120")
    expect(board.locator(".chart canvas")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    board.locator(".kind-metric .figure").click()
    expect(page.locator("#rows")).to_contain_text("第一次拜访")
