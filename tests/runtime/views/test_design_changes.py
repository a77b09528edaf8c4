"""Changes that reach further: new keys, what was removed and comes back, what packages ship."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from formloom.metadata import changesets, packages
from formloom.metadata.drafts import Edit
from tests.runtime.views.test_design import COMPANY, FORM, GRADES, LIST, ask, keep, with_field
from tests.runtime.world import Visitor

CITY = next(field for field in COMPANY["fields"] if field["key"] == "city")
BOARD = {
    "kind": "dashboard",
    "key": "board",
    "label": "Board",
    "widgets": [
        {
            "key": "n",
            "type": "metric",
            "label": "N",
            "entity": "deal",
            "measures": [{"op": "count"}],
            "w": 3,
            "h": 2,
        }
    ],
}


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """The administrator's browser."""
    return visitor.sign_in("boss")


def apply(boss: Visitor, *documents: dict, actor: str = "somebody") -> int:
    """What somebody else publishes."""
    return changesets.apply(boss.site.database, [Edit.put(each) for each in documents], actor=actor).number


def without(key: str) -> dict:
    """The company with one field less."""
    return {**COMPANY, "fields": [field for field in COMPANY["fields"] if field["key"] != key]}


def renamed(key: str, new: str) -> dict:
    """The company with a field under a new key."""
    company = copy.deepcopy(COMPANY)
    field = next(each for each in company["fields"] if each["key"] == key)
    field |= {"key": new, "was": [key]}
    return company


def field_keys(boss: Visitor) -> list[str]:
    """The fields of the company in force."""
    return [field["key"] for field in boss.api("GET", "/metadata/entity/company").json()["fields"]]


# --- keys ---


def test_what_names_a_field_follows_its_new_key_in_the_draft(boss: Visitor):
    apply(boss, FORM, LIST)

    shown = keep(boss, renamed("city", "town"), COMPANY, {"kind": "form", "key": "company.form", "lang": "en"})
    told = ask(boss, "publish", dry_run=True).json()

    assert shown["findings"] == [] and 'data-field="town"' in shown["html"]
    assert shown["followed"]["form:company.form"]["sections"][0]["fields"] == ["name", "town"]
    assert told["changes"][0]["details"] == [{"what": "renamed", "label": "City: city → town"}]
    assert not told["preview"]["destructive"] and not told["preview"]["refused"]


def test_a_field_keeps_its_values_and_answers_to_its_former_key(boss: Visitor):
    apply(boss, FORM)
    made = boss.api("POST", "/records/company", {"name": "Acme", "city": "Berlin"}).json()
    keep(boss, renamed("city", "town"), COMPANY)

    assert ask(boss, "publish").status_code == 200

    assert boss.api("GET", f"/records/company/{made['id']}").json()["town"] == "Berlin"
    assert [each["id"] for each in boss.api("GET", "/records/company?city=Berlin").json()["items"]] == [made["id"]]
    assert boss.api("GET", "/metadata/form/company.form").json()["sections"][0]["fields"] == ["name", "town"]


def test_an_entity_gets_another_key_and_takes_all_with_it(boss: Visitor):
    apply(boss, FORM, LIST)
    made = boss.api("POST", "/records/company", {"name": "Acme"}).json()

    answer = ask(boss, "rename", entity="company", key="firm")
    page = boss.get("/admin/design/form/company.form")
    told = ask(boss, "publish", dry_run=True).json()
    done = ask(boss, "publish")

    assert answer.json()["href"] == "/admin/design/entity/firm" and page.status_code == 200
    assert [(each["id"], each["details"][0]["what"]) for each in told["changes"]] == [("entity:firm", "renamed")]
    assert done.status_code == 200, done.text
    assert boss.api("GET", f"/records/firm/{made['id']}").json()["name"] == "Acme"
    assert boss.api("GET", f"/records/company/{made['id']}").json()["name"] == "Acme"


@pytest.mark.parametrize("key", ["deal", "Firm", "order", "company"])
def test_a_key_that_cannot_be_is_refused_at_once(boss: Visitor, key: str):
    assert ask(boss, "rename", entity="company", key=key).status_code == 422
    assert ask(boss, "publish", dry_run=True).json()["changes"] == []


def test_leaving_a_new_key_out_leaves_both_documents_as_they_were(boss: Visitor):
    ask(boss, "rename", entity="company", key="firm")

    assert ask(boss, "drop", ids=["entity:firm"]).json()["drafts"] == []


def test_an_entity_nobody_has_published_simply_gets_the_other_key(boss: Visitor):
    ask(boss, "make", label="Visit", key="visit", icon=None, parent=None)
    form = {
        **FORM,
        "key": "visit.form",
        "entity": "visit",
        "sections": [{**FORM["sections"][0], "fields": ["name"]}],
    }
    keep(boss, form)

    ask(boss, "rename", entity="visit", key="call")
    done = ask(boss, "publish")

    assert done.status_code == 200, done.text
    assert "was" not in boss.api("GET", "/metadata/entity/call").json()
    assert boss.api("GET", "/metadata/form/visit.form").json()["entity"] == "call"


def test_changes_made_meanwhile_to_an_entity_under_its_old_key_are_joined(boss: Visitor):
    ask(boss, "rename", entity="company", key="firm")
    apply(boss, with_field(key="slogan", type="text", label="Slogan"))

    told = ask(boss, "publish", dry_run=True).json()
    done = ask(boss, "publish")

    assert [(one["by"], one["clashes"]) for one in told["conflicts"]] == [("somebody", [])]
    assert done.status_code == 200, done.text
    assert "slogan" in [f["key"] for f in boss.api("GET", "/metadata/entity/firm").json()["fields"]]


# --- what was removed ---


def test_one_removed_field_comes_back_with_its_values(boss: Visitor):
    made = boss.api("POST", "/records/company", {"name": "Acme", "city": "Berlin", "notes": "x"}).json()
    edits = [Edit.put({**COMPANY, "fields": [f for f in COMPANY["fields"] if f["key"] not in ("city", "notes")]})]
    changesets.apply(boss.site.database, edits, actor="boss", allow_destructive=True)

    listed = boss.get("/admin/design/removed?entity=company").json()
    city = next(each for each in listed["items"] if each["key"] == "city")
    told = ask(boss, f"removed/{city['id']}/restore", dry_run=True).json()
    done = ask(boss, f"removed/{city['id']}/restore")

    assert (city["label"], city["type"], city["by"], city["rows"]) == ("City", "Text", "boss", 1)
    assert [each["what"] for each in told["documents"]] == ["changed"] and not told["refused"]
    assert done.status_code == 200, done.text
    assert boss.api("GET", f"/records/company/{made['id']}").json()["city"] == "Berlin"
    assert field_keys(boss)[:4] == ["name", "code", "city", "grade"]
    assert [each["key"] for each in boss.get("/admin/design/removed?entity=company").json()["items"]] == ["notes"]


def test_the_draft_goes_on_from_a_field_that_came_back(boss: Visitor):
    changesets.apply(boss.site.database, [Edit.put(without("city"))], actor="boss", allow_destructive=True)
    motto = {"key": "motto", "type": "text", "label": "Motto"}
    base = without("city")
    keep(boss, {**base, "fields": [*base["fields"], motto]}, base)
    (kept,) = boss.get("/admin/design/removed?entity=company").json()["items"]

    ask(boss, f"removed/{kept['id']}/restore")
    told = ask(boss, "publish", dry_run=True).json()

    assert told["conflicts"] == [] and told["changes"][0]["details"] == [{"what": "new", "label": "Motto"}]
    assert ask(boss, "publish").status_code == 200
    assert {"city", "motto"} <= set(field_keys(boss))


def test_purging_asks_for_the_key_and_is_for_good(boss: Visitor):
    boss.api("POST", "/records/company", {"name": "Acme", "city": "Berlin"})
    changesets.apply(boss.site.database, [Edit.put(without("city"))], actor="boss", allow_destructive=True)
    (kept,) = boss.get("/admin/design/removed?entity=company").json()["items"]

    wrong = ask(boss, f"removed/{kept['id']}/purge", confirm="town")
    right = ask(boss, f"removed/{kept['id']}/purge", confirm="city")

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert boss.get("/admin/design/removed?entity=company").json()["items"] == []
    assert ask(boss, f"removed/{kept['id']}/restore").status_code == 404


def test_an_entity_says_what_keeps_it_and_what_goes_with_it(boss: Visitor):
    apply(boss, BOARD, FORM)

    company = ask(boss, "entity-uses", entity="company").json()
    deal = ask(boss, "entity-uses", entity="deal").json()

    assert company["blocks"] == [{"label": "Deal · Company", "href": "/admin/design/entity/deal"}]
    going = {each["id"] for each in deal["documents"] if each["document"] is None}
    assert going == {"entity:deal", "entity:deal_line", "grant:deal.seller"}
    assert deal["blocks"] == [] and [use["label"] for use in deal["uses"]] == ["Dashboard: Board"]
    assert next(each for each in deal["documents"] if each["document"])["document"]["widgets"] == []


def test_a_removed_entity_comes_back_with_its_screens_its_lines_and_its_rows(boss: Visitor):
    made = boss.api("POST", "/records/deal", {"name": "One", "lines": [{"product": "Pump"}]}).json()
    put = [
        {"id": each["id"], "document": each["document"], "base": each["base"]}
        for each in ask(boss, "entity-uses", entity="deal").json()["documents"]
    ]
    ask(boss, "work", put=put, show=None)
    gone = ask(boss, "publish", allow_destructive=True)
    items = boss.get("/admin/design/removed").json()["items"]
    deal = next(each for each in items if each["key"] == "deal")

    told = ask(boss, f"removed/{deal['id']}/restore", dry_run=True).json()
    done = ask(boss, f"removed/{deal['id']}/restore", allow_destructive=told["destructive"])

    assert gone.status_code == 200, gone.text
    assert {each["what"] for each in told["documents"]} == {"new"} and len(told["documents"]) == 3
    assert done.status_code == 200, done.text
    assert boss.api("GET", f"/records/deal/{made['id']}").json()["lines"][0]["product"] == "Pump"


def test_what_was_removed_is_for_who_may_design_it(visitor: Visitor):
    changesets.apply(visitor.site.database, [Edit.put(without("city"))], actor="x", allow_destructive=True)
    number = visitor.sign_in("boss").get("/admin/design/removed?entity=company").json()["items"][0]["id"]
    sally = visitor.another().sign_in("sally")

    assert sally.get("/admin/design/removed?entity=company").status_code == 403
    assert ask(sally, f"removed/{number}/restore").status_code == 403
    assert ask(sally, f"removed/{number}/purge", confirm="city").status_code == 403


# --- what packages ship ---


def test_what_the_site_changed_of_a_package_is_marked_and_goes_back(boss: Visitor, tmp_path: Path):
    (tmp_path / "formloom.json").write_text(json.dumps({"key": "trade", "label": "Trade", "version": "1.0.0"}))
    shipped = {**FORM, "label": "Firm"}
    (tmp_path / "form.json").write_text(json.dumps([shipped, {**GRADES, "key": "ranks", "label": "Ranks"}]))
    packages.install(boss.site.database, packages.read(tmp_path), "boss")
    plain = boss.get("/admin/design").text
    apply(boss, {**shipped, "label": "Ours"}, {**GRADES, "key": "ranks", "label": "Ours"})

    marked = boss.get("/admin/design").text
    (item,) = boss.get("/admin/design/customised?entity=company").json()["items"]
    (ranks,) = boss.get("/admin/design/customised?document=option_set:ranks").json()["items"]
    told = ask(boss, "reset", kind="form", key="company.form", paths=[], dry_run=True).json()
    done = ask(boss, "reset", kind="form", key="company.form", paths=[item["differences"][0]["path"]])

    assert "show-customised" not in plain and marked.count('data-do="show-customised"') == 2
    assert [(d["before"], d["after"]) for d in item["differences"]] == [(["Firm"], ["Ours"])]
    assert (item["kind_label"], ranks["label"], told["refused"]) == ("Form", "Ours", False)
    assert done.status_code == 200, done.text
    assert boss.api("GET", "/metadata/form/company.form").json()["label"] == "Firm"
    assert boss.another().sign_in("sally").get("/admin/design/customised?entity=company").status_code == 403
