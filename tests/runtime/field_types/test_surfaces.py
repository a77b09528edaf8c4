"""The field types on every surface a record has: API, filters, order, groups, lists, pages, forms, history."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from formloom.metadata.database import Database
from formloom.rbac import accounts
from tests.prepared import copies_of
from tests.runtime.field_types.places import DUMPED, FIELDS, prepare_places
from tests.runtime.world import Visitor, site_of

world = copies_of(prepare_places)


@pytest.fixture
def seller(world: Database, tmp_path: Path) -> Visitor:
    """A seller's browser, in a world with outings."""
    return Visitor(site_of(world, tmp_path)).sign_in("sally")


def people(visitor: Visitor, *logins: str) -> list[int]:
    """Ids of users."""
    with visitor.site.database.reading() as conn:
        return [accounts.find(conn, login) for login in logins]


def made(visitor: Visitor, **values: Any) -> dict[str, Any]:
    """A new visit."""
    answer = visitor.api("POST", "/records/outing", values)
    assert answer.status_code == 201, answer.text
    return answer.json()


def names(visitor: Visitor, filter: Any = None, **query: str) -> list[str]:
    """Names of the visits under a filter."""
    params = {**query, **({"filter": json.dumps(filter)} if filter else {})}
    answer = visitor.api("GET", "/records/outing", params=params)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


def test_the_api_gives_back_what_it_was_given(seller: Visitor):
    team = people(seller, "simon", "boss")

    record = made(seller, **DUMPED, team=team)

    assert {key: record[key] for key in DUMPED} == DUMPED
    assert record["team"] == team
    again = seller.api("GET", f"/records/outing/{record['id']}").json()
    assert {key: again[key] for key in (*DUMPED, "team")} == {**DUMPED, "team": team}


def test_the_api_is_strict_and_names_each_field(seller: Visitor):
    wrong = {
        "region": "火星",
        "point": "31,120",
        "stars": 9,
        "color": "red",
        "role": "nobody",
        "team": [999],
        "credit": "91350100M000100Y44",
        "tags": ["a|b"],
        "extra": "text",
    }

    answer = seller.api("POST", "/records/outing", {"name": "x", **wrong})

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == set(wrong)


FILTERS = [
    ({"field": "region", "op": "in", "value": ["320000"]}, ["Suzhou", "Nanjing"]),
    ({"field": "region", "op": "in", "value": ["320500", "110000"]}, ["Suzhou", "Beijing"]),
    ({"field": "region", "op": "not_in", "value": ["320000"]}, ["Beijing", "Empty"]),
    ({"field": "place", "op": "contains", "value": "观前街"}, ["Suzhou"]),
    ({"field": "place", "op": "starts_with", "value": "江苏省苏州市"}, ["Suzhou"]),
    ({"field": "point", "op": "near", "value": {"point": "31.3, 120.6", "km": 5}}, ["Suzhou"]),
    (
        {"field": "point", "op": "near", "value": {"point": {"lat": 31.3, "lng": 120.6}, "km": "300"}},
        ["Suzhou", "Nanjing"],
    ),
    ({"field": "starts", "op": "gte", "value": "12:00"}, ["Suzhou"]),
    ({"field": "spent", "op": "between", "value": ["1h", "2小时"]}, ["Suzhou"]),
    ({"field": "tags", "op": "in", "value": ["重点"]}, ["Suzhou", "Nanjing"]),
    ({"field": "tags", "op": "contains_all", "value": ["重点", "展会"]}, ["Suzhou"]),
    ({"field": "tags", "op": "not_in", "value": ["重点"]}, ["Beijing", "Empty"]),
    ({"field": "tags", "op": "contains", "value": "会"}, ["Suzhou"]),
    ({"field": "stars", "op": "gte", "value": 4}, ["Suzhou"]),
    ({"field": "color", "op": "eq", "value": "蓝"}, ["Nanjing"]),
    ({"field": "role", "op": "in", "value": ["seller"]}, ["Suzhou"]),
    ({"field": "report", "op": "contains", "value": "价格"}, ["Suzhou"]),
    ({"field": "report", "op": "contains", "value": "h2"}, []),
    ({"field": "extra", "op": "contains", "value": '"b"'}, ["Suzhou"]),
    ({"field": "team", "op": "is_me"}, ["Nanjing"]),
    ({"field": "team", "op": "contains", "value": {"me": True}}, ["Nanjing"]),
    ({"field": "team", "op": "in_my_department"}, ["Suzhou", "Nanjing"]),
    ({"field": "team", "op": "is_empty"}, ["Beijing", "Empty"]),
]


@pytest.fixture
def visits(seller: Visitor) -> Visitor:
    """A seller's browser where there are four visits."""
    simon, sally = people(seller, "simon", "sally")
    made(seller, **{**DUMPED, "name": "Suzhou"}, team=[simon])
    more = {"point": {"lat": 32.06, "lng": 118.79}, "color": "#0091ff", "starts": "09:15", "spent": 600}
    made(seller, name="Nanjing", region="320100", tags=["重点"], stars=2, team=[sally, simon], **more)
    made(seller, name="Beijing", region="110105", stars=3)
    made(seller, name="Empty")
    return seller


def test_filters_find_what_they_say(visits: Visitor):
    found = [(raw, names(visits, raw, sort="id")) for raw, _ in FILTERS]

    assert found == FILTERS


def test_searching_looks_into_addresses_tags_and_texts_without_their_markup(visits: Visitor):
    found = {text: names(visits, search=text) for text in ("观前街", "展", "谈了 价格", "<b>", "strong", "215005")}

    assert found == {
        "观前街": ["Suzhou"],
        "展": ["Suzhou"],
        "谈了 价格": ["Suzhou"],
        "<b>": [],
        "strong": [],
        "215005": ["Suzhou"],
    }


def test_sorting_and_grouping_follow_the_values(visits: Visitor):
    assert names(visits, sort="-starts,name")[:2] == ["Suzhou", "Nanjing"]
    assert names(visits, sort="-stars,name")[:3] == ["Suzhou", "Beijing", "Nanjing"]
    assert names(visits, sort="-region") == ["Suzhou", "Nanjing", "Beijing", "Empty"]
    asked = {"group_by": [{"field": "region"}], "measures": [{"op": "avg", "field": "stars"}], "sort": "key"}
    rows = visits.api("POST", "/records/outing/aggregate", asked).json()["rows"]
    assert {row["keys"][0]: row["labels"][0] for row in rows} == {
        None: None,
        "110105": "北京市 朝阳区",
        "320100": "江苏省 南京市",
        "320506": "江苏省 苏州市 吴中区",
    }
    total = {"measures": [{"op": "sum", "field": "spent"}, {"op": "max", "field": "starts"}]}
    assert visits.api("POST", "/records/outing/aggregate", total).json()["rows"][0]["values"] == [6000, "14:30"]


def test_lists_pages_and_forms_show_them(visits: Visitor):
    columns = ",".join(each["key"] for each in FIELDS)
    page = visits.get(f"/e/outing?columns={columns}").text
    for shown in (
        "江苏省 苏州市 吴中区",
        "江苏省苏州市姑苏区观前街1号 215005",
        "1h 30m",
        'class="tag">展会<',
        "★★★★",
        "#1e90ff",
    ):
        assert shown in page, shown
    assert "Simon" in page and "Seller" in page and "谈了 价格" in page
    assert "<b>价格</b>" not in page and "https://maps.example/?q=31.2989,120.5853" in page
    number = visits.api("GET", "/records/outing", params={"search": "观前街"}).json()["items"][0]["id"]
    record = visits.get(f"/e/outing/{number}").text
    for shown in ("<b>价格</b>", 'class="symbol symbol-bars"', '<pre class="mono">', "&lt;i&gt;", "Simon"):
        assert shown in record, shown
    form = visits.get(f"/e/outing/{number}/edit").text
    for held in (
        'value="1h 30m"',
        'value="江苏省 苏州市 吴中区"',
        'value="重点, 展会"',
        'data-widget="richtext"',
        'data-widget="json"',
    ):
        assert held in form, held
    assert re.search(r'name="stars" value="4"[^>]* checked', form)


def test_a_form_that_is_sent_back_as_it_is_changes_nothing(visits: Visitor):
    number = visits.api("GET", "/records/outing", params={"search": "观前街"}).json()["items"][0]["id"]
    before = visits.api("GET", f"/records/outing/{number}").json()
    form = visits.get(f"/e/outing/{number}/edit").text

    sent = {
        **{key: json.dumps(DUMPED[key]) for key in ("place", "extra")},
        **{key: str(DUMPED[key]) for key in ("starts", "stars", "color", "role", "serial", "credit", "card")},
        "name": before["name"],
        "region": "江苏省 苏州市 吴中区",
        "point": "31.2989, 120.5853",
        "spent": "1h 30m",
        "tags": "重点, 展会",
        "report": DUMPED["report"],
        "team": ["", "", *map(str, before["team"])],
        "_rev": str(before["rev"]),
    }
    assert all(f'name="{key}"' in form for key in sent)
    answer = visits.post(f"/e/outing/{number}", sent)

    assert answer.status_code in (204, 303), answer.text
    after = visits.api("GET", f"/records/outing/{number}").json()
    assert {key: after[key] for key in (*DUMPED, "team")} == {key: before[key] for key in (*DUMPED, "team")}


def test_history_tells_them_in_words(visits: Visitor):
    number = visits.api("GET", "/records/outing", params={"search": "观前街"}).json()["items"][0]["id"]
    (sally,) = people(visits, "sally")

    changed = {"rev": 1, "region": "320100", "spent": 60, "tags": ["新"], "report": "<p>new</p>", "team": [sally]}
    assert visits.api("PATCH", f"/records/outing/{number}", changed).status_code == 200

    told = visits.api("GET", f"/records/outing/{number}/changes").json()["items"][0]["fields"]
    texts = {one["field"]: (one["old_text"], one["new_text"]) for one in told}
    assert texts["region"] == ("江苏省 苏州市 吴中区", "江苏省 南京市")
    assert texts["spent"] == ("1h 30m", "1m")
    assert texts["report"] == ("纪要\n谈了 价格", "new")
    assert texts["team"] == ("Simon", "Sally")


def test_a_person_who_left_stays_where_he_was_and_is_not_added_anew(visits: Visitor):
    number = visits.api("GET", "/records/outing", params={"search": "观前街"}).json()["items"][0]["id"]
    simon, clara = people(visits, "simon", "clara")
    with visits.site.database.writing() as conn:
        accounts.disable(conn, simon, visits.site.catalog(conn))

    kept = visits.api("PATCH", f"/records/outing/{number}", {"rev": 1, "team": [simon, clara]})
    refused = visits.api("POST", "/records/outing", {"name": "new", "team": [simon]})

    assert (kept.status_code, kept.json()["team"]) == (200, [simon, clara])
    assert refused.status_code == 422
    assert "Simon" in visits.get(f"/e/outing/{number}").text


def test_words_are_suggested_from_records_the_reader_sees(visits: Visitor, world: Database):
    def suggested(visitor: Visitor, **query: str) -> Any:
        return visitor.get("/pick/words/outing/tags", params=query).json()

    assert suggested(visits)["items"] == ["重点", "展会"]
    assert suggested(visits, q="展")["items"] == ["展会"]
    assert suggested(visits, q="no such word")["items"] == []
    other, none = (visits.get(f"/pick/words/outing/{key}").status_code for key in ("name", "nothing"))
    assert other == none
    clara = visits.another().sign_in("clara")
    assert clara.get("/pick/words/outing/tags").status_code == 404


def test_regions_are_the_same_for_everybody_and_kept_by_the_browser(seller: Visitor):
    answer = seller.get("/regions")

    assert "320506吴中区" in answer.json()["regions"]
    assert "max-age" in answer.headers["cache-control"]
    assert seller.another().get("/regions").status_code != 200
