"""The page of a dashboard: what it costs, says and leads to, and that nothing in it is markup by accident."""

import json
import re
from datetime import date
from html import unescape

import pytest

from formloom.runtime.dashboards.names import axis_name, bucket_name
from formloom.runtime.dashboards.numbers import change, short
from formloom.runtime.dashboards.period import buckets_between
from formloom.runtime.records import Records
from formloom.runtime.site import Site
from tests.runtime.dashboards.boards import acting, put, put_board, widget
from tests.runtime.views.pages import HTMX, Page, counted
from tests.runtime.world import Visitor

ROLE = {"kind": "role", "key": "seller", "label": "Seller", "home": "board"}
BY_CITY = [{"field": "city"}]
FILTERS = {"period": {"default": "all"}, "owner": True}


def visitor(site: Site, login: str) -> Visitor:
    return Visitor(site).sign_in(login)


def given(html: str) -> list[dict]:
    """What the charts of a page draw."""
    return [json.loads(unescape(raw)) for raw in re.findall(r'data-given="([^"]*)"', html)]


def test_a_page_takes_a_statement_for_each_card_and_one_for_who_asks(offices: Site):
    kinds = [widget(kind, group_by=BY_CITY) for kind in ("bar", "line", "pie", "funnel", "ranking")]
    figures = [
        widget("metric", date_field="founded", compare="previous"),
        widget("table", columns=["name", "owner"]),
    ]
    cards = [*kinds, *figures, *kinds, *figures, *kinds, figures[0]]
    put_board(offices, *cards, filters=FILTERS)
    boss = visitor(offices, "boss")
    boss.get("/d/board")

    for query, more in (("", 0), ("?period=this_month", 0), ("?owner=1&department=1", 2)):
        with counted(boss) as statements:
            assert boss.get(f"/d/board{query}").status_code == 200
        assert len(cards) == 20
        assert len(statements) == len(cards) + 1 + more, "\n".join(statements)


def test_every_kind_of_card_is_there_without_inline_styles_or_scripts(offices: Site):
    kinds = [widget(kind, group_by=BY_CITY) for kind in ("bar", "line", "pie", "funnel", "ranking")]
    kinds.append(widget("table", group_by=BY_CITY, measures=[{"op": "count"}]))
    put_board(offices, *kinds, widget("metric"), widget("table", columns=["name"]), filters=FILTERS)
    html = visitor(offices, "boss").get("/d/board").text

    assert Page(html).inline == []
    assert len(given(html)) == 4 and html.count("<section") == 8


@pytest.mark.parametrize(
    ("filters", "offered"),
    [
        ({}, []),
        ({"owner": True}, ["owner", "department"]),
        ({"owner": True, "department": False}, ["owner"]),
        ({"department": True}, ["department"]),
        ({"period": {"default": "this_year"}}, ["period-form"]),
    ],
)
def test_the_bar_offers_what_the_board_says(offices: Site, filters: dict, offered: list[str]):
    put_board(offices, widget("metric"), filters=filters)

    html = visitor(offices, "boss").get("/d/board").text

    named = {"owner": 'name="owner"', "department": 'name="department"', "period-form": "data-period-form"}
    assert [name for name, mark in named.items() if mark in html] == offered


def test_a_card_may_have_a_colour_of_its_own(offices: Site):
    put_board(offices, widget("bar", group_by=BY_CITY, color="teal"), widget("metric", color="red"))

    html = visitor(offices, "boss").get("/d/board").text

    assert given(html)[0]["color"] == "teal"
    assert re.findall(r'data-tint="(\w+)"', html) == ["teal", "red"]


def test_what_is_hidden_and_what_is_empty_are_told_apart(offices: Site):
    nobody = {"field": "name", "op": "eq", "value": "nobody"}
    put_board(offices, widget(entity="vault"), widget(filter=nobody, group_by=BY_CITY), filters=FILTERS)
    html = visitor(offices, "sally").get("/d/board").text

    assert html.count("No permission") == 1 and html.count("Nothing here yet") == 1


def test_names_of_records_are_text(offices: Site):
    name = '"><script>alert(1)</script>'
    with offices.database.writing() as conn:
        Records(acting(offices, conn, "boss")).create("company", {"name": name, "city": name})
    rows = widget("table", columns=["name"], sort="-id")
    put_board(offices, widget(group_by=BY_CITY), widget("ranking", group_by=BY_CITY), rows, filters=FILTERS)
    html = visitor(offices, "boss").get("/d/board").text

    assert "<script>alert" not in html
    assert name in [mark["label"] for mark in given(html)[0]["marks"]]


def test_the_bar_of_filters_holds_and_keeps_what_was_chosen(offices: Site):
    put_board(offices, widget(group_by=BY_CITY), filters=FILTERS)
    boss = visitor(offices, "boss")
    with offices.database.reading() as conn:
        sally = acting(offices, conn, "sally").actor
    html = boss.get(f"/d/board?period=this_month&owner={sally.id}&department={sally.department}").text

    assert f'name="owner" value="{sally.id}"' in html and 'value="Sally"' in html
    assert f'name="department" value="{sally.department}"' in html and 'value="Sales"' in html
    links = Page(html).links
    assert links["Last month"] == f"/d/board?period=last_month&owner={sally.id}&department={sally.department}"


def test_a_dashboard_says_which_filters_it_has(offices: Site):
    put_board(offices, widget())
    html = visitor(offices, "boss").get("/d/board").text

    assert "board-tools" not in html


def test_a_dashboard_is_home_for_whom_it_is_made(offices: Site):
    put_board(offices, widget(group_by=BY_CITY), filters=FILTERS)
    put(offices, ROLE)
    sally = visitor(offices, "sally")

    assert given(sally.get("/").text)[0]["marks"]
    part = sally.get("/", headers=HTMX).text
    assert "<!doctype" not in part and given(part)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/d/nothing", 404),
        ("/d/board?period=x", 422),
        ("/d/board?owner=x", 422),
        ("/d/board?owner=1&owner=2", 400),
    ],
)
def test_other_addresses_are_refused(offices: Site, address: str, status: int):
    put_board(offices, widget(), filters=FILTERS)

    assert visitor(offices, "boss").get(address).status_code == status


def test_an_unknown_default_period_is_all_time(offices: Site):
    put_board(offices, widget("metric", date_field="founded"), filters={"period": {"default": "some_day"}})
    html = visitor(offices, "boss").get("/d/board").text

    assert 'data-period="all"' in html


NUMBERS = (
    (0, "0", "0"),
    (12.5, "12.50", "12.50"),
    (1284, "1,284", "1,284"),
    (9999.6, "1万", "10K"),
    (9700, "9,700", "9,700"),
    (12_340, "1.2万", "12.3K"),
    (-12_340, "-1.2万", "-12.3K"),
    (999_960, "100万", "1M"),
    (1_234_567, "123.5万", "1.2M"),
    (99_999_999, "1亿", "100M"),
    (2_345_678_901, "23.5亿", "2.3B"),
)


@pytest.mark.parametrize(("value", "zh", "en"), NUMBERS, ids=str)
def test_large_numbers_are_short_in_the_units_of_the_language(value: float, zh: str, en: str):
    assert (short(value, "zh"), short(value, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [(150, 100, 50), (50, 100, -50), (1, 0, None), (1, None, None), (-50, -100, 50), (100, 100, 0)],
)
def test_a_change_is_in_per_cent_of_what_was(value: object, before: object, expected: int | None):
    assert change(value, before) == expected


NAMES = (
    ("day", date(2026, 11, 1), "2026年11月1日", "1 Nov 2026"),
    ("week", date(2026, 12, 28), "2026年第53周", "Week 53, 2026"),
    ("month", date(2026, 11, 1), "2026年11月", "Nov 2026"),
    ("quarter", date(2026, 10, 1), "2026年4季度", "Q4 2026"),
    ("year", date(2026, 1, 1), "2026年", "2026"),
)


@pytest.mark.parametrize(("bucket", "first", "zh", "en"), NAMES, ids=[name[0] for name in NAMES])
def test_buckets_are_named_in_the_language(bucket: str, first: date, zh: str, en: str):
    assert (bucket_name(first, bucket, "zh"), bucket_name(first, bucket, "en")) == (zh, en)


def test_on_an_axis_the_year_stands_where_it_begins():
    months = buckets_between(date(2026, 11, 1), date(2027, 2, 1), "month")
    names = [
        axis_name(month, "month", "en", before) for month, before in zip(months, [None, *months], strict=False)
    ]

    assert names == ["Nov\n2026", "Dec", "Jan\n2027", "Feb"]
    assert axis_name(date(2026, 11, 2), "day", "zh", None) == "11月2日"
    assert axis_name(date(2026, 11, 2), "week", "zh", date(2026, 10, 26)) == "45周"
