"""A dashboard's numbers by API: the caller's own rows, and nothing of what he may not see."""

import pytest

from tests.runtime.world import Program, Visitor

BOARD = {
    "kind": "dashboard",
    "key": "overview",
    "label": "Overview",
    "widgets": [
        {
            "key": "credit",
            "type": "metric",
            "label": "Credit",
            "entity": "company",
            "measures": [{"op": "sum", "field": "credit"}],
        },
        {
            "key": "cities",
            "type": "bar",
            "label": "Cities",
            "entity": "company",
            "measures": [{"op": "count"}],
            "group_by": [{"field": "city"}],
        },
        {
            "key": "cost",
            "type": "metric",
            "label": "Cost",
            "entity": "company",
            "measures": [{"op": "sum", "field": "cost"}],
        },
        {"key": "vault", "type": "metric", "label": "Vault", "entity": "vault", "measures": [{"op": "count"}]},
    ],
}


@pytest.fixture
def visitor_with_board(visitor: Visitor) -> Visitor:
    boss = Program(visitor, "boss")
    assert boss.call("PUT", "/metadata/dashboard/overview", BOARD).status_code == 200
    for login, credit in (("sally", "10.50"), ("simon", "5.00")):
        values = {"name": "A", "city": "X", "credit": credit}
        made = Program(visitor, login).call("POST", "/records/company", values)
        assert made.status_code == 201
    return visitor


def widgets(visitor: Visitor, login: str) -> dict[str, dict]:
    answer = Program(visitor, login).call("GET", "/dashboards/overview/data")
    assert answer.status_code == 200, answer.text
    return {widget["key"]: widget for widget in answer.json()["widgets"]}


def test_each_reader_gets_the_numbers_of_his_rows(visitor_with_board: Visitor):
    sally, boss = widgets(visitor_with_board, "sally"), widgets(visitor_with_board, "boss")

    assert (sally["credit"]["value"], boss["credit"]["value"]) == ("10.50", "15.50")
    assert [(mark["label"], mark["values"]) for mark in sally["cities"]["marks"]] == [("X", [1])]


def test_what_he_may_not_see_says_so_and_nothing_else(visitor_with_board: Visitor):
    sally = widgets(visitor_with_board, "sally")

    for key in ("cost", "vault"):
        assert sally[key]["state"] == "denied"
        assert not sally[key].keys() & {"value", "before", "spark", "marks", "rows", "href"}


@pytest.mark.parametrize(
    ("query", "status"),
    [("?period=nonsense", 422), ("?owner=x", 422), ("?entity=vault", 422), ("?period=a&period=b", 400)],
)
def test_odd_filters_are_refused(visitor_with_board: Visitor, query: str, status: int):
    answer = Program(visitor_with_board, "sally").call("GET", f"/dashboards/overview/data{query}")

    assert answer.status_code == status


def test_an_unknown_dashboard_is_absent(visitor_with_board: Visitor):
    assert Program(visitor_with_board, "sally").call("GET", "/dashboards/nothing/data").status_code == 404


SHAPES = {
    "metric": {"href", "measures", "value", "before", "spark"},
    "bar": {"href", "measures", "categories", "series", "marks", "more"},
    "table": {"href", "measures", "columns", "rows", "more"},
}


def test_each_kind_of_widget_has_its_shape(visitor: Visitor):
    base = {"label": "x", "entity": "company", "measures": [{"op": "count"}, {"op": "sum", "field": "credit"}]}
    month = {"field": "founded", "bucket": "month"}
    given = (
        {**base, "key": "figure", "type": "metric", "date_field": "founded", "compare": "previous"},
        {**base, "key": "bars", "type": "bar", "group_by": [month, {"field": "grade"}]},
        {**base, "key": "rows", "type": "table", "columns": ["name", "founded", "credit"], "measures": []},
    )
    boss = Program(visitor, "boss")
    board = {"kind": "dashboard", "key": "shapes", "label": "Shapes", "widgets": list(given)}
    assert boss.call("PUT", "/metadata/dashboard/shapes", board).status_code == 200
    values = {"name": "A", "grade": "a", "credit": "10.50", "founded": "2026-02-03"}
    assert boss.call("POST", "/records/company", values).status_code == 201

    answer = boss.call("GET", "/dashboards/shapes/data?period=2026-01-01..2026-03-31").json()
    figure, bars, rows = answer["widgets"]

    assert answer["key"] == "shapes"
    assert answer["period"] == {"text": "2026-01-01..2026-03-31", "from": "2026-01-01", "to": "2026-03-31"}
    for widget in (figure, bars, rows):
        assert widget.keys() == {"key", "type", "label", "state"} | SHAPES[widget["type"]]
    assert (figure["value"], figure["before"]) == (1, 0)
    assert bars["categories"] == [{"label": "Feb 2026", "short": "Feb\n2026", "begun": True}]
    assert [each["label"] for each in bars["series"]] == ["A"]
    assert bars["marks"] == [
        {
            "label": "Feb 2026",
            "series": "A",
            "values": [1, "10.50"],
            "color": bars["series"][0]["color"],
            "href": bars["marks"][0]["href"],
            "category": 0,
            "row": 0,
        }
    ]
    assert [(row["name"], row["founded"], row["credit"]) for row in rows["rows"]] == [("A", "2026-02-03", "10.50")]
    assert rows["more"] is False


def test_a_card_without_rows_says_that_it_is_empty(visitor_with_board: Visitor):
    clara = widgets(visitor_with_board, "clara")
    assert clara["cities"]["state"] == "ok"

    answer = Program(visitor_with_board, "boss").call("GET", "/dashboards/overview/data?owner=1").json()
    cities = next(widget for widget in answer["widgets"] if widget["key"] == "cities")
    assert (cities["state"], cities["marks"], cities["categories"]) == ("empty", [], [])
