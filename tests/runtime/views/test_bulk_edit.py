"""One field of many rows changed at once: what may be, what is refused, and taking it back."""

import re

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views.pages import add_companies
from tests.runtime.world import Visitor

WARNS = {
    "kind": "rule",
    "key": "company.much",
    "entity": "company",
    "label": "Much",
    "when": {"field": "credit", "op": "gt", "value": "1000"},
    "effects": [{"type": "refuse", "message": "That is much", "fields": ["credit"], "severity": "warning"}],
}


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    changesets.apply(visitor.site.database, [Edit.put(WARNS)], actor="test")
    return visitor.sign_in("sally")


def rows(visitor: Visitor) -> list[int]:
    return add_companies(visitor, [{"name": f"Company {n}", "city": "ABC"[n], "grade": "a"} for n in range(3)])


def change(visitor: Visitor, ids: list[int], key: str, **values: str):
    return visitor.post(f"/e/company/bulk/edit/{key}", {"_ids": ",".join(map(str, ids)), **values})


def take_back(visitor: Visitor, key: str, given: object):
    headers = {"x-csrf-token": visitor.csrf, "sec-fetch-site": "same-origin"}
    return visitor.http.post(f"/e/company/bulk/back/{key}", json={"rows": given}, headers=headers)


def column(visitor: Visitor, key: str) -> list[object]:
    return [item[key] for item in visitor.api("GET", "/records/company?sort=id").json()["items"]]


def test_the_dialog_offers_what_can_be_the_same_in_many_rows(sally: Visitor):
    offered = re.findall(r'<option value="(\w+)"', sally.get("/e/company/bulk/edit").text)

    assert {"name", "city", "grade", "notes"} <= set(offered)
    assert not {"code", "rating", "cost", "id"} & set(offered)
    assert 'name="grade"' in sally.get("/e/company/bulk/edit?field=grade").text


def test_rows_take_a_value_together_and_get_theirs_back(sally: Visitor):
    ids = rows(sally)

    answer = change(sally, ids, "city", city="Bonn")

    assert column(sally, "city") == ["Bonn"] * 3 and answer.json()["changed"] == 3
    assert take_back(sally, "city", answer.json()["back"]).json() == {"changed": 3}
    assert column(sally, "city") == ["A", "B", "C"]


def test_left_empty_it_empties(sally: Visitor):
    ids = rows(sally)

    assert change(sally, ids[:2], "grade", grade="").json()["changed"] == 2
    assert column(sally, "grade") == [None, None, "a"]


def test_one_refused_row_saves_none_and_is_named(sally: Visitor):
    ids = rows(sally)

    answer = change(sally, ids, "name", name="")

    assert answer.status_code == 422
    assert "Company 0" in answer.text and "3 rows cannot" in answer.text
    assert column(sally, "name") == ["Company 0", "Company 1", "Company 2"]


def test_a_warning_is_told_once_and_may_be_passed(sally: Visitor):
    ids = rows(sally)

    answer = change(sally, ids, "credit", credit="2000")

    assert answer.status_code == 409 and answer.text.count("That is much") == 1
    assert change(sally, ids, "credit", credit="2000", _confirm="company.much").json()["changed"] == 3


def test_what_was_changed_again_is_not_taken_back(sally: Visitor):
    ids = rows(sally)
    back = change(sally, ids, "city", city="Bonn").json()["back"]
    sally.api("PATCH", f"/records/company/{ids[0]}", {"rev": back[0][1], "city": "Rome"})

    assert take_back(sally, "city", back).status_code in (409, 422)
    assert column(sally, "city") == ["Rome", "Bonn", "Bonn"]


def test_rows_of_others_and_closed_fields_stay(sally: Visitor):
    ids = rows(sally)
    simon, clara = sally.another().sign_in("simon"), sally.another().sign_in("clara")

    assert change(simon, ids, "city", city="x").status_code == 404
    assert change(clara, ids, "city", city="x").status_code == 403
    assert clara.get("/e/company/bulk/edit").status_code == 403
    assert change(sally, ids, "rating", rating="1").status_code == 403
    assert change(sally, ids, "city", city="x", notes="x").json()["code"] == "unknown_field"
    assert take_back(simon, "city", [[ids[0], 1, "x"]]).status_code == 404
    assert column(sally, "city") == ["A", "B", "C"]


@pytest.mark.parametrize("ids", ["", "x", "1,1", ",".join(map(str, range(1, 502)))])
def test_what_is_no_choice_of_rows_is_refused(sally: Visitor, ids: str):
    assert sally.post("/e/company/bulk/edit/city", {"_ids": ids, "city": "x"}).status_code == 422
