"""Cells of a list changed where they stand: their inputs, what is saved, what is refused and told."""

import re
from html import unescape

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views.pages import add_companies, counted
from tests.runtime.views.shop import inputs
from tests.runtime.world import Visitor

RULES = (
    {
        "kind": "rule",
        "key": "company.staff",
        "entity": "company",
        "label": "Staff",
        "when": {"field": "city", "op": "eq", "value": "Rome"},
        "effects": [{"type": "lock", "fields": ["staff"]}],
    },
    {
        "kind": "rule",
        "key": "company.much",
        "entity": "company",
        "label": "Much",
        "when": {"field": "credit", "op": "gt", "value": "1000"},
        "effects": [{"type": "refuse", "message": "That is much", "fields": ["credit"], "severity": "warning"}],
    },
)
LAYOUT = {
    "kind": "list",
    "key": "company.tinted",
    "entity": "company",
    "label": "Tinted",
    "columns": ["name", "city", "credit"],
    "colors": [{"when": {"field": "city", "op": "eq", "value": "Rome"}, "color": "red"}],
    "filter": {"field": "city", "op": "ne", "value": "Rome"},
}


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    changesets.apply(visitor.site.database, [Edit.put(each) for each in (*RULES, LAYOUT)], actor="test")
    return visitor.sign_in("sally")


def company(visitor: Visitor, **values: object) -> int:
    return add_companies(visitor, [{"name": "Able", "city": "Bonn", **values}])[0]


def opened(visitor: Visitor, number: int, key: str, query: str = ""):
    return visitor.get(f"/e/company/{number}/cell/{key}{query}")


def save(visitor: Visitor, number: int, key: str, rev: int = 1, query: str = "", **values: str):
    return visitor.post(f"/e/company/{number}/cell/{key}{query}", {"_rev": str(rev), **values})


def held(visitor: Visitor, number: int) -> dict:
    return visitor.api("GET", f"/records/company/{number}").json()


def heads(visitor: Visitor, query: str = "") -> dict[str, bool]:
    html = visitor.get(f"/e/company{query}").text
    marks = re.findall(r'<th scope="col"([^>]*)>.*?data-resize="([\w.]+)"', html, re.S)
    return {key: " data-edit" in attributes for attributes, key in marks}


def test_heads_say_which_columns_the_reader_may_change(sally: Visitor):
    company(sally)
    clara = sally.another().sign_in("clara")

    found = heads(sally, "?columns=name,city,rating,created_at")

    assert found == {"name": True, "city": True, "rating": False, "created_at": False}
    assert not any(heads(clara, "?columns=name,city").values())


def test_a_cell_opens_with_the_forms_own_input(sally: Visitor):
    number = company(sally, grade="b", founded="2026-11-05")

    assert inputs(opened(sally, number, "city").text) == {"_rev": "1", "city": "Bonn"}
    assert 'value="b" selected' in opened(sally, number, "grade").text
    assert 'type="date"' in opened(sally, number, "founded").text
    assert (
        "<textarea" in opened(sally, number, "notes").text and "cell-large" in opened(sally, number, "notes").text
    )


def test_saving_a_cell_answers_with_the_row_as_the_list_shows_it(sally: Visitor):
    number = company(sally, credit="5")

    answer = save(sally, number, "city", query="?list=company.tinted", city="Rome")

    assert answer.status_code == 200 and answer.headers["etag"] == '"2"'
    assert re.search(rf'<tr data-id="{number}" data-color="red">', answer.text), answer.text
    assert re.findall(r"<td[^>]*>([^<]*)</td>", answer.text) == ["Rome", "5.00", ""]
    assert held(sally, number)["city"] == "Rome"
    [entry, _] = sally.api("GET", f"/records/company/{number}/changes").json()["items"]
    assert entry["cause"] == "web" and [each["field"] for each in entry["fields"]] == ["city"]


def test_what_cannot_be_is_told_in_the_cell_with_what_was_typed(sally: Visitor):
    number = company(sally)

    answer = save(sally, number, "staff", staff="many")

    assert answer.status_code == 422
    assert inputs(answer.text)["staff"] == "many" and 'id="err-staff"' in answer.text


def test_only_the_cells_own_field_is_taken(sally: Visitor):
    number = company(sally)

    for name in ("notes", "cost", "nothing"):
        assert save(sally, number, "city", city="Rome", **{name: "x"}).json()["code"] == "unknown_field"
    assert held(sally, number)["city"] == "Bonn"


def test_another_field_changed_meanwhile_stays_and_the_same_one_is_told(sally: Visitor):
    number = company(sally)
    save(sally, number, "staff", staff="7")

    assert save(sally, number, "city", rev=1, city="Rome").status_code == 200
    answer = save(sally, number, "city", rev=1, city="Oslo")

    assert answer.status_code == 409 and "Rome" in answer.text
    assert inputs(answer.text) == {"_rev": "3", "city": "Oslo"}
    assert save(sally, number, "city", rev=3, city="Oslo").status_code == 200
    assert {key: held(sally, number)[key] for key in ("city", "staff")} == {"city": "Oslo", "staff": 7}


def test_a_rule_that_warns_is_told_and_may_be_passed(sally: Visitor):
    number = company(sally)

    answer = save(sally, number, "credit", credit="5000")

    assert answer.status_code == 409 and "That is much" in answer.text and "Save anyway" in answer.text
    confirm = unescape(re.search(r'name="_confirm" value="([^"]+)"', answer.text)[1])
    assert save(sally, number, "credit", credit="5000", _confirm=confirm).status_code == 200
    assert held(sally, number)["credit"] == "5000.00"


def test_a_cell_that_a_rule_keeps_says_so(sally: Visitor):
    number = company(sally, city="Rome")

    assert "data-kept" in opened(sally, number, "staff").text
    assert save(sally, number, "staff", staff="4").status_code == 422


@pytest.mark.parametrize("key", ["rating", "id", "created_at"])
def test_what_may_not_be_changed_is_denied(sally: Visitor, key: str):
    number = company(sally)

    assert opened(sally, number, key).status_code == 403
    assert save(sally, number, key, **{key: "1"}).status_code == 403


def test_hidden_fields_and_foreign_rows_do_not_exist(sally: Visitor):
    number = company(sally)
    simon = sally.another().sign_in("simon")

    def told(answer) -> tuple:
        return answer.status_code, {k: v for k, v in answer.json().items() if k != "request_id"}

    hidden, unknown = (str(told(opened(sally, number, key))).replace(key, "*") for key in ("cost", "nope"))
    assert hidden == unknown and "422" in hidden
    assert told(opened(simon, number, "city")) == told(opened(simon, 987654, "city"))
    assert opened(simon, number, "city").status_code == 404
    assert save(simon, number, "city", city="x").status_code == 404
    assert simon.get(f"/e/company/{number}/row").status_code == 404


def test_a_row_that_leaves_its_reader_is_answered_with_nothing(sally: Visitor):
    boss = sally.another().sign_in("boss")
    number = company(boss)

    answer = save(boss, number, "owner", owner=str(boss.api("GET", "/me").json()["id"]))

    assert answer.status_code == 200 and f'data-id="{number}"' in answer.text
    assert sally.get(f"/e/company/{number}/row?list=company.tinted").status_code == 404


def test_a_cell_costs_little(visitor: Visitor):
    visitor.sign_in("sally")
    number = company(visitor)
    opened(visitor, number, "city")

    with counted(visitor) as reading:
        opened(visitor, number, "city")
    with counted(visitor) as writing:
        save(visitor, number, "city", city="Rome")

    assert len(reading) <= 2 and len(writing) <= 5, (reading, writing)
