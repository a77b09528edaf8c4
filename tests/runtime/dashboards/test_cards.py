"""Cards: what each reader is told, what he is not, and that no address says more than he may read."""

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from formloom.metadata.errors import InvalidInput, NotFound
from formloom.rbac import accounts
from formloom.runtime.dashboards.cards import DENIED, EMPTY, OK
from formloom.runtime.records import Records
from formloom.runtime.site import Site
from tests.runtime.dashboards.boards import (
    acting,
    agrees,
    behind,
    card,
    cards,
    counted,
    marks,
    put,
    put_board,
    shown,
    widget,
)

BONN = {"field": "city", "op": "eq", "value": "Bonn"}
COSTLY = {"field": "cost", "op": "gt", "value": "30"}
CREDIT = [{"op": "sum", "field": "credit"}]
BY_CITY = [{"field": "city"}]
BY_MONTH = [{"field": "founded", "bucket": "month"}]
ALL = {"kind": "list", "key": "company.all", "entity": "company", "label": "All", "columns": ["name"]}


def company_list(key: str, condition: object) -> dict:
    return {**ALL, "key": f"company.{key}", "label": key, "filter": condition, "position": 9}


def query(address: str) -> dict[str, object]:
    """The list and the filter that an address names."""
    found = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return {**found, **({"filter": json.loads(found["filter"])} if "filter" in found else {})}


# --- the state of an address ---


@pytest.mark.parametrize(
    "given",
    [
        {"period": "nonsense"},
        {"period": "2026-02-30..2026-03-01"},
        {"owner": "x"},
        {"owner": "-1"},
        {"owner": "999999"},
        {"owner": "1" * 30},
        {"department": "１"},
        {"department": "999999"},
    ],
    ids=str,
)
def test_an_address_that_means_nothing_is_refused(offices: Site, given: dict[str, str]):
    put_board(offices, widget())
    with offices.database.reading() as conn, pytest.raises(InvalidInput):
        cards(acting(offices, conn, "boss"), **given)


@pytest.mark.parametrize(("board", "login"), [("nothing", "boss"), ("board", "sally")])
def test_a_dashboard_of_which_one_may_see_nothing_does_not_exist(offices: Site, board: str, login: str):
    put_board(offices, widget(entity="vault"))
    with offices.database.reading() as conn, pytest.raises(NotFound):
        cards(acting(offices, conn, login), board)


# --- denied, empty, there ---

HIDDEN = {
    "entity": widget(entity="vault"),
    "measure": widget("metric", measures=[{"op": "sum", "field": "cost"}]),
    "second measure": widget(group_by=BY_CITY, measures=[{"op": "count"}, {"op": "max", "field": "cost"}]),
    "dimension": widget(group_by=[{"field": "cost"}]),
    "second dimension": widget(group_by=[{"field": "city"}, {"field": "cost"}]),
    "all columns": widget("table", columns=["cost"]),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_a_card_on_something_hidden_says_so_and_shows_nothing(offices: Site, what: str):
    put_board(offices, HIDDEN[what], widget())
    with offices.database.reading() as conn:
        denied, other = cards(acting(offices, conn, "sally"))
        boss = cards(acting(offices, conn, "boss"))

    assert denied.state == DENIED
    assert (denied.href, denied.marks, denied.value, denied.rows, denied.measures) == ("", (), None, (), ())
    assert other.state != DENIED
    assert [each.state for each in boss if each.state == DENIED] == []


def test_a_hidden_column_is_left_out_of_a_table(offices: Site):
    found = card(offices, "sally", widget("table", columns=["name", "cost", {"field": "city", "width": 90}]))

    assert [column.field for column in found.columns] == ["name", "city"]
    assert len(found.rows) == 6 and not any("cost" in row for row in found.rows)


def test_a_table_is_cut_and_says_that_there_is_more(offices: Site):
    found = card(offices, "boss", widget("table", columns=["name"], sort="-name", limit=3))

    assert [row["name"] for row in found.rows] == ["Company 9", "Company 8", "Company 7"]
    assert found.more


@pytest.mark.parametrize("kind", ["bar", "line", "pie", "funnel", "ranking", "table"])
def test_nothing_found_is_not_the_same_as_nothing_allowed(offices: Site, kind: str):
    nobody = {"field": "name", "op": "eq", "value": "nobody"}
    more = {"columns": ["name"]} if kind == "table" else {"group_by": BY_CITY}

    assert card(offices, "sally", widget(kind, filter=nobody, **more)).state == EMPTY


def test_a_figure_of_no_rows_is_zero_where_it_adds_up_and_empty_where_it_does_not(offices: Site):
    nobody = {"field": "name", "op": "eq", "value": "nobody"}

    total = card(offices, "boss", widget("metric", filter=nobody, measures=CREDIT))
    average = card(offices, "boss", widget("metric", filter=nobody, measures=[{"op": "avg", "field": "credit"}]))

    assert (total.state, str(total.value)) == (OK, "0.00")
    assert (average.state, average.value) == (EMPTY, None)


# --- each reader's own rows ---


@pytest.mark.parametrize(
    ("login", "total"), [("boss", "4500.00"), ("sally", "2100.00"), ("simon", "2400.00"), ("clara", "4500.00")]
)
def test_each_reader_gets_the_sum_of_what_he_sees(offices: Site, login: str, total: str):
    assert str(card(offices, login, widget("metric", measures=CREDIT)).value) == total


def test_values_masked_in_others_rows_are_in_no_sum_and_the_rows_bear_it_out(offices: Site):
    with offices.database.writing() as conn:
        clara = accounts.find(conn, "clara")
        Records(acting(offices, conn, "boss")).update("company", 1, {"owner": clara})
    cost = widget("metric", measures=[{"op": "sum", "field": "cost"}])
    found = card(offices, "clara", cost)

    assert str(found.value) == "10.00"
    with offices.database.reading() as conn:
        assert agrees(acting(offices, conn, "clara"), found, (found.value,), found.href) == []


def test_masked_keys_are_one_group_of_their_own(offices: Site):
    with offices.database.writing() as conn:
        clara = accounts.find(conn, "clara")
        Records(acting(offices, conn, "boss")).update("company", 1, {"owner": clara})
    found = card(offices, "clara", widget(group_by=[{"field": "cost"}]))

    assert marks(found) == {"(empty)": 9, "10.00": 1}
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, "clara")
        assert [wrong for pair in shown(found) for wrong in agrees(ctx, found, *pair)] == []


def test_records_a_reader_may_not_see_have_no_name_but_stay_apart(offices: Site):
    found = card(
        offices,
        "sally",
        widget(entity="deal", group_by=[{"field": "company"}], measures=[{"op": "sum", "field": "amount"}]),
    )

    assert [(mark.label, int(mark.values[0])) for mark in found.marks] == [("Company 0", 4), ("—", 2), ("—", 1)]
    assert [mark.category for mark in found.marks] == [0, 1, 2] and len(found.categories) == 3


# --- gaps, order, time ---


def test_months_nothing_fell_into_are_zeros(offices: Site):
    found = card(
        offices, "boss", widget("line", group_by=BY_MONTH, filter={"field": "staff", "op": "lt", "value": 9})
    )

    assert marks(found) == {"Aug 2026": 1, "Sep 2026": 1, "Oct 2026": 1, "Nov 2026": 4, "(empty)": 1}
    gaps = card(
        offices, "boss", widget("line", group_by=BY_MONTH, filter={"field": "staff", "op": "gt", "value": 7})
    )
    assert [mark.values[0] for mark in gaps.marks] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert behind_all(offices, gaps) == []


def behind_all(site: Site, found) -> list[str]:
    with site.database.reading() as conn:
        ctx = acting(site, conn, "boss")
        return [wrong for pair in shown(found) for wrong in agrees(ctx, found, *pair)]


def test_days_of_the_period_that_are_still_to_come_have_a_place_but_no_mark(offices: Site):
    by_day = widget("line", group_by=[{"field": "founded", "bucket": "day"}], date_field="founded")
    found = card(offices, "boss", by_day, period="this_month")

    assert len(found.categories) == 30 and len(found.marks) == 21
    assert [category.begun for category in found.categories] == [True] * 21 + [False] * 9
    assert found.marks[-1].label == "21 Nov 2026" and found.marks[-1].values == (1,)
    assert sum(mark.values[0] for mark in found.marks) == 5


def test_what_is_dated_in_the_future_is_drawn(offices: Site):
    early = datetime(2026, 11, 5, 8, tzinfo=UTC)
    by_day = widget("line", group_by=[{"field": "founded", "bucket": "day"}], date_field="founded")
    found = card(offices, "boss", by_day, early, period="this_month")

    assert marks(found)["20 Nov 2026"] == 1
    assert sum(mark.values[0] for mark in found.marks) == 5


def test_buckets_too_many_to_draw_stay_as_they_are(offices: Site):
    far = {"name": "Old", "founded": date(1990, 1, 1)}
    with offices.database.writing() as conn:
        Records(acting(offices, conn, "boss")).create("company", far)
    found = card(offices, "boss", widget("line", group_by=[{"field": "founded", "bucket": "day"}]))

    assert sum(mark.values[0] for mark in found.marks) == 11
    assert found.marks[0].label == "1 Jan 1990"


def test_stacks_go_by_their_sum_and_series_as_their_options_are_listed(offices: Site):
    found = card(offices, "boss", widget(group_by=[{"field": "city"}, {"field": "grade"}], sort="-value"))

    assert [category.label for category in found.categories] == ["Bonn", "Celle", "Aachen", "(empty)"]
    assert [series.label for series in found.series] == ["A", "B", "(empty)"]


def test_a_ranking_begins_with_the_largest(offices: Site):
    found = card(offices, "boss", widget("ranking", group_by=BY_CITY, measures=CREDIT, limit=2))

    assert [mark.label for mark in found.marks] == ["Celle", "Bonn"] and found.more


def test_a_period_is_compared_with_the_one_before_it_in_one_statement(offices: Site):
    figure = widget("metric", date_field="founded", compare="previous", measures=CREDIT)
    put_board(offices, figure)
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, "boss")
        with counted(conn) as statements:
            found = cards(ctx, period="this_month")[0]
        never = cards(ctx)[0]

    assert (str(found.value), str(found.before), len(statements)) == ("1300.00", "400.00", 1)
    assert len(found.spark) == 21
    assert (str(never.value), never.before) == ("4500.00", None)


def test_what_does_not_add_up_is_compared_in_two_statements(offices: Site):
    figure = widget(
        "metric", date_field="founded", compare="previous", measures=[{"op": "avg", "field": "credit"}]
    )
    put_board(offices, figure)
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, "boss")
        with counted(conn) as statements:
            found = cards(ctx, period="this_month")[0]

    assert (float(found.value), float(found.before), len(statements)) == (325.0, 400.0, 2)


@pytest.mark.parametrize(("login", "month"), [("boss", "Nov 2026"), ("lara", "Oct 2026")])
def test_a_moment_falls_into_the_day_it_has_where_the_reader_is(offices: Site, login: str, month: str):
    seen = {"field": "seen", "op": "is_not_empty"}
    found = card(offices, login, widget(group_by=[{"field": "seen", "bucket": "month"}], filter=seen))

    assert marks(found) == {month: 1}
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, login)
        assert behind(ctx, found.marks[0].href, None)[0] == 1
    of_november = card(offices, login, widget("metric", date_field="seen"), period="this_month")
    assert of_november.value == (1 if login == "boss" else 0)


# --- people ---


def test_the_owner_and_the_department_narrow_and_the_address_says_so(offices: Site):
    with offices.database.reading() as conn:
        simon = str(accounts.find(conn, "simon"))
        department = str(acting(offices, conn, "simon").actor.department)
    found = card(offices, "boss", widget(group_by=BY_CITY), owner=simon, department=department)

    assert sum(mark.values[0] for mark in found.marks) == 4
    assert behind_all(offices, found) == []
    assert simon in found.href and "owner_department" in found.href


def test_figures_of_all_do_not_pass_for_somebodys(offices: Site):
    with offices.database.reading() as conn:
        simon = str(accounts.find(conn, "simon"))
    by_maker = widget("metric", owner_field="created_by")

    assert card(offices, "boss", by_maker, owner=simon).value == 0
    hidden = widget("metric", date_field="founded")
    put(
        offices,
        {
            "kind": "grant",
            "key": "company.seller",
            "entity": "company",
            "label": "Sellers",
            "members": [{"role": "seller"}],
            "operations": {"view": "own"},
            "fields": {"*": "view", "founded": "none"},
        },
    )
    assert card(offices, "sally", hidden, period="this_month").state == DENIED
    assert card(offices, "sally", hidden).state == OK
