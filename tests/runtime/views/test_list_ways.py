"""Lists as boards, months and galleries: what stands where, for whom, at what cost."""

import re
from collections.abc import Iterator

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views.pages import add_companies, counted
from tests.runtime.world import Visitor

LAYOUT = {
    "kind": "list",
    "key": "company.ways",
    "entity": "company",
    "label": "Ways",
    "columns": ["name", "grade"],
    "sort": ["name"],
    "view": "kanban",
    "kanban": {"by": "grade", "fields": ["city", "cost"], "total": "credit"},
    "calendar": {"start": "founded", "color": "grade"},
    "gallery": {"fields": ["city"]},
}
HIDDEN = {
    **LAYOUT,
    "key": "company.hidden_ways",
    "kanban": {"by": "grade", "total": "cost", "fields": ["cost"]},
    "default": False,
}
ROWS = [
    {"name": "Able", "grade": "b", "city": "Rome", "credit": "100", "cost": "7000", "founded": "2026-11-05"},
    {"name": "Baker", "grade": "a", "city": "Oslo", "credit": "200", "founded": "2026-11-30"},
    {"name": "Charlie", "credit": "300", "founded": "2026-12-06"},
    {"name": "Dog", "grade": "b", "credit": "400", "founded": "2026-12-07"},
]


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    changesets.apply(visitor.site.database, [Edit.put(LAYOUT), Edit.put(HIDDEN)], actor="test")
    visitor.sign_in("boss")
    add_companies(visitor, [{**row, "owner": 2} for row in ROWS])
    return visitor


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def lanes(visitor: Visitor, query: str = "list=company.ways&view=kanban") -> dict[str, str]:
    html = visitor.get(f"/e/company?{query}").text
    found = re.findall(r'<section class="lane" data-lane="(\w*)".*?>(.*?)</section>', html, re.S)
    return {key: words(inside) for key, inside in found}


def days(visitor: Visitor, month: str) -> dict[str, str]:
    html = visitor.get(f"/e/company?list=company.ways&view=calendar&month={month}").text
    found = re.findall(r'data-day="([\d-]+)".*?<div class="day-entries">(.*?)</div>', html, re.S)
    return {day: words(inside) for day, inside in found if words(inside)}


def test_a_board_has_a_lane_for_each_option_with_count_sum_and_cards(boss: Visitor):
    assert lanes(boss) == {
        "": "Empty 1 300.00 Charlie",
        "a": "A 1 200.00 Baker City Oslo",
        "b": "B 2 500.00 Able City Rome Cost 7,000.00 Dog",
    }


def test_a_list_opens_as_its_layout_says(boss: Visitor):
    assert 'class="board-frame"' in boss.get("/e/company?list=company.ways").text
    assert 'id="rows"' in boss.get("/e/company?list=company.ways&view=table").text


def test_a_board_is_filtered_and_searched_like_the_table(boss: Visitor):
    assert lanes(boss, "list=company.ways&city=Oslo") == {
        "a": "A 1 200.00 Baker City Oslo",
        "b": "B 0",
    }
    found = lanes(boss, "list=company.ways&q=Able")
    assert found == {"a": "A 0", "b": "B 1 100.00 Able City Rome Cost 7,000.00"}


def test_a_lane_shows_its_first_cards_and_leads_to_the_rest(boss: Visitor):
    add_companies(boss, [{"name": f"More {n:03}", "grade": "a"} for n in range(40)])

    lane = lanes(boss)["a"]

    assert lane.startswith("A 41") and lane.count("More") == 24 and lane.endswith("16 more")


def test_cards_say_nothing_of_what_a_reader_does_not_see(boss: Visitor):
    sally = boss.another().sign_in("sally")

    found = lanes(sally, "list=company.hidden_ways")
    html = sally.get("/e/company?list=company.hidden_ways").text

    assert found == {"": "Empty 1 Charlie", "a": "A 1 Baker", "b": "B 2 Able Dog"}
    assert "Cost" not in html and "7,000" not in html and "7000" not in html


def test_whoever_may_not_change_cannot_move(boss: Visitor):
    clara = boss.another().sign_in("clara")

    assert "data-movable" in boss.get("/e/company?list=company.ways").text
    assert "data-movable" not in clara.get("/e/company?list=company.ways").text


def test_a_month_has_six_weeks_from_monday_and_records_on_their_days(boss: Visitor):
    assert days(boss, "2026-11") == {"2026-11-05": "Able", "2026-11-30": "Baker", "2026-12-06": "Charlie"}
    assert days(boss, "2026-12") == {"2026-11-30": "Baker", "2026-12-06": "Charlie", "2026-12-07": "Dog"}
    html = boss.get("/e/company?list=company.ways&view=calendar&month=2026-11").text
    assert html.count('data-day="') == 42 and 'data-day="2026-10-26"' in html


@pytest.mark.parametrize("month", ["2026", "2026-13", "x", "2026-11-01"])
def test_a_month_that_is_none_is_refused(boss: Visitor, month: str):
    answer = boss.get(f"/e/company?list=company.ways&view=calendar&month={month}")

    assert answer.status_code == 422


def test_a_gallery_has_cards_and_pages(boss: Visitor):
    add_companies(boss, [{"name": f"More {n:03}", "city": "Bern"} for n in range(60)])

    html = boss.get("/e/company?list=company.ways&view=gallery").text

    assert html.count("gallery-card") == 50 and "after=" in html and "Bern" in words(html)


@pytest.mark.parametrize("query", ["view=kanban", "list=company.ways&view=nothing"])
def test_a_way_a_list_cannot_be_shown_is_refused(boss: Visitor, query: str):
    other = "" if "list=" in query else "list=company.plain&"
    plain = {k: v for k, v in LAYOUT.items() if k not in ("view", "kanban", "calendar", "gallery")}
    changesets.apply(boss.site.database, [Edit.put({**plain, "key": "company.plain"})], actor="test")

    assert boss.get(f"/e/company?{other}{query}").status_code == 422


def test_boards_and_months_take_few_statements(boss: Visitor):
    def cost(view: str) -> Iterator[int]:
        for _ in range(2):
            with counted(boss) as statements:
                boss.get(f"/e/company?list=company.ways&view={view}")
            yield len(statements)

    assert {view: list(cost(view))[-1] for view in ("kanban", "calendar", "gallery")} == {
        "kanban": 3,
        "calendar": 2,
        "gallery": 2,
    }


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("kanban", {"by": "city"}),
        ("kanban", {"by": "nothing"}),
        ("kanban", {"by": "grade", "total": "name"}),
        ("kanban", {"by": "grade", "fields": ["nothing"]}),
        ("calendar", {"start": "name"}),
        ("calendar", {"start": "founded", "end": "city"}),
        ("gallery", {"cover": "nothing"}),
        ("view", "gantt"),
    ],
)
def test_a_way_that_means_nothing_is_refused(boss: Visitor, part: str, wrong: object):
    with boss.site.database.reading() as conn:
        found = changesets.preview(conn, [Edit.put({**LAYOUT, part: wrong})])

    assert found.refused


def test_a_list_that_opens_as_what_is_not_described_is_refused(boss: Visitor):
    plain = {key: value for key, value in LAYOUT.items() if key not in ("kanban", "calendar", "gallery")}
    with boss.site.database.reading() as conn:
        found = changesets.preview(conn, [Edit.put(plain)])

    assert [finding.id for finding in found.findings] == ["M322"]
