"""Where marks lead: to exactly their rows, by addresses that say no more than their reader may know."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from formloom.runtime.site import Site
from tests.runtime.dashboards.boards import (
    acting,
    agrees,
    card,
    marks,
    put,
    shown,
    widget,
)

BONN = {"field": "city", "op": "eq", "value": "Bonn"}
COSTLY = {"field": "cost", "op": "gt", "value": "30"}
CREDIT = [{"op": "sum", "field": "credit"}]
BY_CITY = [{"field": "city"}]
ALL = {"kind": "list", "key": "company.all", "entity": "company", "label": "All", "columns": ["name"]}


def company_list(key: str, condition: object) -> dict:
    return {**ALL, "key": f"company.{key}", "label": key, "filter": condition, "position": 9}


def query(address: str) -> dict[str, object]:
    """The list and the filter that an address names."""
    found = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    return {**found, **({"filter": json.loads(found["filter"])} if "filter" in found else {})}


# --- conditions of the document that name what the reader may not see ---


def test_a_hidden_condition_holds_but_no_address_names_it(offices: Site):
    put(offices, ALL)
    found = card(offices, "sally", widget(filter=COSTLY, group_by=BY_CITY))

    assert marks(found) == {"Aachen": 2, "(empty)": 1}
    assert found.href == "" and {mark.href for mark in found.marks} == {""}


def test_a_list_with_the_hidden_condition_is_offered_in_its_place(offices: Site):
    put(offices, ALL, company_list("costly", COSTLY))
    found = card(offices, "sally", widget(filter=COSTLY, group_by=BY_CITY))

    assert query(found.href) == {"list": "company.costly"}
    assert all('cost"' not in mark.href and query(mark.href)["list"] == "company.costly" for mark in found.marks)
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, "sally")
        assert [wrong for pair in shown(found) for wrong in agrees(ctx, found, *pair)] == []


def test_a_hidden_condition_is_told_apart_from_those_beside_it(offices: Site):
    put(offices, ALL, company_list("costly", COSTLY))
    both = {"all": [BONN, {"all": [COSTLY]}]}
    found = card(offices, "sally", widget("metric", filter=both, list="company.all"))

    assert query(found.href) == {"list": "company.costly", "filter": BONN}
    assert found.value == 0


def test_who_may_see_the_field_gets_it_as_a_filter(offices: Site):
    put(offices, ALL)

    assert query(card(offices, "boss", widget("metric", filter=COSTLY)).href)["filter"] == COSTLY


def test_the_widgets_own_list_is_used_as_far_as_it_has_no_other_conditions(offices: Site):
    active = {"field": "active", "op": "eq", "value": True}
    put(offices, ALL, company_list("bonn", BONN), company_list("active", active))
    with_own = widget("metric", filter={"all": [BONN, active]}, list="company.bonn")
    with_other = widget("metric", filter=active, list="company.bonn")

    assert query(card(offices, "boss", with_own).href) == {"list": "company.bonn", "filter": active}
    assert query(card(offices, "boss", with_other).href) == {"list": "company.all", "filter": active}


def test_rows_no_saved_list_shows_are_shown_without_one(offices: Site):
    """Without a key the first list would open, and its condition would hide some of them."""
    put(offices, company_list("bonn", BONN))
    found = card(offices, "boss", widget("metric"))

    assert query(found.href) == {"list": "-"}
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, "boss")
        assert [wrong for pair in shown(found) for wrong in agrees(ctx, found, *pair)] == []
    assert query(card(offices, "boss", widget("metric", filter=BONN)).href) == {"list": "company.bonn"}


GROUPS = (
    *({"field": key} for key in ("city", "grade", "staff", "credit", "founded", "seen", "active", "owner")),
    *({"field": "founded", "bucket": bucket} for bucket in ("day", "week", "month", "quarter", "year")),
    {"field": "seen", "bucket": "day"},
    {"field": "created_at"},
    {"field": "owner_department"},
)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: "-".join(group.values()))
def test_a_mark_leads_to_its_rows_whatever_it_is_grouped_by(offices: Site, group: dict[str, str]):
    found = card(offices, "boss", widget(group_by=[group], measures=[{"op": "count"}, *CREDIT]))
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, "boss")
        assert [wrong for pair in shown(found) for wrong in agrees(ctx, found, *pair)] == []

    assert sum(mark.values[0] for mark in found.marks) == 10


def test_a_mark_of_two_dimensions_leads_to_its_rows(offices: Site):
    found = card(
        offices, "boss", widget(group_by=[{"field": "city"}, {"field": "grade"}], filter=BONN, sort="-value")
    )
    with offices.database.reading() as conn:
        ctx = acting(offices, conn, "boss")
        assert [wrong for pair in shown(found) for wrong in agrees(ctx, found, *pair)] == []

    assert [(mark.label, mark.series, mark.values) for mark in found.marks] == [
        ("Bonn", "A", (2,)),
        ("Bonn", "B", (2,)),
    ]
