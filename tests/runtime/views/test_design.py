"""The designers' pages and what their scripts ask: drafts, the screen they make, formulas, publishing, rights."""

from __future__ import annotations

import copy
import json
import re
from html import unescape

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.world import DOCUMENTS, Visitor

COMPANY = next(each for each in DOCUMENTS if each.get("key") == "company" and each["kind"] == "entity")
FORM = {
    "kind": "form",
    "key": "company.form",
    "entity": "company",
    "label": "Company",
    "sections": [{"key": "main", "label": "General", "fields": ["name", "city"]}],
}
LIST = {"kind": "list", "key": "company.all", "entity": "company", "label": "All", "columns": ["name", "staff"]}
DETAIL = {
    "kind": "detail",
    "key": "company.detail",
    "entity": "company",
    "label": "Company",
    "highlights": ["city"],
}
MENU = {
    "kind": "menu",
    "key": "main",
    "label": "Menu",
    "items": [{"label": "Work", "items": [{"entity": "company"}]}],
}
NUMBER = {
    "key": "number",
    "type": "metric",
    "label": "Companies",
    "entity": "company",
    "measures": [{"op": "count"}],
}
BOARD = {"kind": "dashboard", "key": "board", "label": "Board", "widgets": [{**NUMBER, "w": 3, "h": 2}]}
RULE = {
    "kind": "rule",
    "key": "company.rule_1",
    "entity": "company",
    "label": "Big ones",
    "when": {"field": "staff", "op": "gt", "value": 100},
    "effects": [{"type": "require", "fields": ["city"]}],
}
GRADES = next(each for each in DOCUMENTS if each["kind"] == "option_set")
DESIGNER = {
    "kind": "grant",
    "key": "company.designer",
    "entity": "company",
    "label": "Designers",
    "members": [{"role": "clerk"}],
    "operations": {"view": "all", "design": True},
    "fields": {"*": "view"},
}


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """The administrator's browser."""
    return visitor.sign_in("boss")


def ask(visitor: Visitor, address: str, /, **body: object):
    """What a designer's script asks."""
    headers = {"x-csrf-token": visitor.csrf, "sec-fetch-site": "same-origin"}
    return visitor.http.post(f"/admin/design/{address}", json=body, headers=headers)


def keep(visitor: Visitor, document: dict | None, base: dict | None = None, show: dict | None = None) -> dict:
    """Keep one document in the draft; what came back."""
    named = document or base or {}
    put = [{"id": f"{named['kind']}:{named['key']}", "document": document, "base": base}]
    shown = show or {"kind": named["kind"], "key": named["key"], "lang": "en"}
    answer = ask(visitor, "work", put=put, show=shown)
    assert answer.status_code == 200, answer.text
    return answer.json()


def with_field(**field: object) -> dict:
    """The company with one field more."""
    company = copy.deepcopy(COMPANY)
    company["fields"].append(field)
    return company


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (with_field(key="motto", type="text", label="Motto"), "Motto"),
        (FORM, "General"),
        (LIST, "Staff"),
        (DETAIL, "City"),
        (MENU, "Work"),
        (BOARD, "Companies"),
        ({**GRADES, "label": "Classes"}, "Classes"),
    ],
    ids=lambda each: each["kind"] if isinstance(each, dict) else "",
)
def test_a_draft_is_shown_as_it_would_be(boss: Visitor, document: dict, shown: str):
    base = next(
        (each for each in DOCUMENTS if (each["kind"], each["key"]) == (document["kind"], document["key"])), None
    )

    answer = keep(boss, document, base)

    assert shown in answer["html"] and answer["findings"] == []
    assert [draft["id"] for draft in answer["drafts"]] == [f"{document['kind']}:{document['key']}"]
    page = boss.get(f"/admin/design/{document['kind']}/{document['key']}")
    assert page.status_code == 200 and shown in unescape(page.text)


def test_a_board_opens_with_its_menu_its_periods_and_what_cards_are_called(boss: Visitor):
    changesets.apply(boss.site.database, [Edit.put(BOARD), Edit.put(MENU)], actor="test")

    page = boss.get("/admin/design/dashboard/board").text

    given = json.loads(unescape(re.search(r'data-given="([^"]*)"', page)[1]))
    assert f"menu:{MENU['key']}" in given["documents"]
    assert ["this_month", "This month"] in given["periods"]
    assert given["titles"]["zh"]["sum"] == "{field}合计"
    assert given["names"]["en"]["company"]["staff"] == "Staff"


def test_a_draft_of_a_board_shows_its_filters_and_empty_board_says_what_to_do(boss: Visitor):
    empty = keep(boss, {**BOARD, "widgets": []})["html"]
    filters = {"period": {"default": "last_90_days"}, "department": True}
    filtered = keep(boss, {**BOARD, "filters": filters})["html"]

    assert "No filter bar" in empty and "first card" in empty
    assert "board-tools" in filtered and 'name="department"' in filtered and 'name="owner"' not in filtered


def test_rules_are_shown_as_sentences(boss: Visitor):
    answer = keep(boss, RULE, show={"kind": "rules", "key": "company", "lang": "en"})

    assert "Big ones" in answer["html"] and "City must be filled in" in answer["html"]


def test_nobody_else_sees_a_draft(boss: Visitor):
    keep(boss, with_field(key="motto", type="text", label="Motto"), COMPANY)
    other = boss.another().sign_in("sally")

    assert "Motto" not in other.get("/e/company/new").text
    assert "Motto" not in boss.get("/e/company/new").text


def test_what_is_as_it_was_is_no_draft(boss: Visitor):
    keep(boss, with_field(key="motto", type="text", label="Motto"), COMPANY)

    assert keep(boss, COMPANY, COMPANY)["drafts"] == []


def test_what_is_wrong_is_told_and_not_shown(boss: Visitor):
    broken = with_field(key="worth", type="formula", label="Worth", formula="nothing + 1", result="money")

    answer = keep(boss, broken, COMPANY)

    assert answer["html"] is None
    assert ["error"] == [finding["severity"] for finding in answer["findings"]]


def test_publishing_makes_one_changeset_and_ends_the_draft(boss: Visitor):
    keep(boss, with_field(key="motto", type="text", label="Motto"), COMPANY)
    keep(boss, FORM)

    told = ask(boss, "publish", dry_run=True, choices={}).json()
    done = ask(boss, "publish", choices={}, note="A motto", allow_destructive=False)

    assert [each["what"] for each in told["changes"]] == ["changed", "new"]
    assert told["changes"][0]["details"] == [{"what": "new", "label": "Motto"}]
    assert told["conflicts"] == [] and not told["preview"]["refused"]
    assert done.status_code == 200, done.text
    assert ask(boss, "publish", dry_run=True).json()["changes"] == []
    with boss.site.database.reading() as conn:
        last = changesets.history(conn, 1)[0]
    assert (last.number, last.note, len(last.changes)) == (done.json()["number"], "A motto", 2)


def test_what_takes_values_away_must_be_confirmed(boss: Visitor):
    assert boss.api("POST", "/records/company", {"name": "Acme", "city": "Berlin"}).status_code == 201
    without = {**COMPANY, "fields": [field for field in COMPANY["fields"] if field["key"] != "city"]}
    keep(boss, without, COMPANY)

    assert ask(boss, "publish", dry_run=True).json()["preview"]["destructive"]
    assert ask(boss, "publish").status_code == 409
    assert ask(boss, "publish", allow_destructive=True).status_code == 200


def test_changes_of_two_that_fit_together_are_joined(boss: Visitor):
    keep(boss, with_field(key="motto", type="text", label="Motto"), COMPANY)
    theirs = with_field(key="slogan", type="text", label="Slogan")
    changesets.apply(boss.site.database, [Edit.put(theirs)], actor="somebody")

    told = ask(boss, "publish", dry_run=True).json()
    done = ask(boss, "publish")

    assert [(one["by"], one["clashes"]) for one in told["conflicts"]] == [("somebody", [])]
    assert done.status_code == 200
    keys = boss.api("GET", "/metadata/entity/company").json()
    assert {"motto", "slogan"} <= {field["key"] for field in keys["fields"]}


@pytest.mark.parametrize(("choice", "label"), [("mine", "Mine"), ("theirs", "Theirs")])
def test_where_two_changed_the_same_one_side_is_chosen(boss: Visitor, choice: str, label: str):
    keep(boss, {**GRADES, "label": "Mine"}, GRADES)
    changesets.apply(boss.site.database, [Edit.put({**GRADES, "label": "Theirs"})], actor="somebody")

    told = ask(boss, "publish", dry_run=True).json()
    assert told["preview"] is None and len(told["conflicts"][0]["clashes"]) == 1
    assert ask(boss, "publish").status_code == 409
    done = ask(boss, "publish", choices={"option_set:grade": choice})

    assert done.status_code == 200, done.text
    assert boss.api("GET", "/metadata/option_set/grade").json()["label"] == label


def test_a_field_is_taken_out_of_what_shows_it(boss: Visitor):
    keep(boss, FORM)
    keep(boss, LIST)

    answer = ask(boss, "uses", entity="company", field="city").json()

    assert {"Form: Company": 1} == {use["label"]: use["count"] for use in answer["uses"]}
    assert answer["documents"][0]["document"]["sections"][0]["fields"] == ["name"]


@pytest.mark.parametrize(
    ("label", "what", "key"),
    [
        ("客户名称", "field", "ke_hu_ming_cheng"),
        ("Visit date", "field", "visit_date"),
        ("Order", "entity", "order_entity"),
        ("owner", "field", "owner_field"),
        ("🙂", "field", "field"),
        ("2nd", "field", "field_2nd"),
        ("Company", "entity", "company_2"),
    ],
)
def test_keys_are_made_of_labels(boss: Visitor, label: str, what: str, key: str):
    assert ask(boss, "guess", label=label, taken=[], what=what).json()["key"] == key


@pytest.mark.parametrize(("label", "kind"), [("联系电话", "phone"), ("Signing date", "date"), ("什么", "text")])
def test_labels_tell_the_kind_of_field(boss: Visitor, label: str, kind: str):
    assert ask(boss, "guess", label=label, taken=[], what="field").json()["type"] == kind


def test_a_formula_is_tried_on_records_before_it_is_kept(boss: Visitor):
    boss.api("POST", "/records/company", {"name": "Acme", "staff": 12})

    good = ask(boss, "formula", entity="company", text="staff * 2").json()
    bad = ask(boss, "formula", entity="company", text="staff * nobody").json()

    assert [(each["title"], each["value"]) for each in good["samples"]] == [("Acme", "24")]
    assert bad["position"] == 9 and "nobody" in bad["error"]


def test_a_value_is_traced_to_what_it_was_made_of(boss: Visitor):
    worth = {"key": "worth", "type": "formula", "label": "Worth", "formula": "credit * staff", "result": "money"}
    changesets.apply(boss.site.database, [Edit.put(with_field(**worth))], actor="test")
    made = boss.api("POST", "/records/company", {"name": "Acme", "staff": 3, "credit": "2.50"}).json()

    told = boss.get(f"/admin/design/trace/company/{made['id']}/worth").json()

    assert (told["value"], told["formula"]) == ("7.50", "credit * staff")
    assert {term["label"]: term["value"] for term in told["terms"]} == {"Credit": "2.50", "Staff": "3"}


def test_a_new_entity_begins_with_a_name(boss: Visitor):
    answer = ask(boss, "make", label="拜访", key="visit", icon="map-pin", parent=None).json()

    assert answer["href"] == "/admin/design/entity/visit"
    assert "Examples" in keep(boss, answer["document"], None)["html"]
    assert ask(boss, "make", label="拜访", key="visit", icon=None, parent=None).status_code == 422


@pytest.mark.parametrize(
    ("screen", "designer"),
    [
        ("/e/company", "list/company.all"),
        ("/e/company/new", "form/company.form"),
        ("/e/company/7", "detail/company.detail"),
        ("/d/board", "dashboard/board"),
        ("/search?q=x", ""),
    ],
)
def test_design_this_screen_opens_the_designer_of_what_is_shown(boss: Visitor, screen: str, designer: str):
    changesets.apply(boss.site.database, [Edit.put(BOARD), Edit.put(LIST)], actor="test")

    answer = boss.get("/admin/design/at", params={"screen": screen})

    assert answer.headers["location"] == f"/admin/design/{designer}".rstrip("/")


def test_members_design_nothing(visitor: Visitor):
    sally = visitor.sign_in("sally")

    assert sally.get("/admin/design").status_code == 403
    assert sally.get("/admin/design/entity/company").status_code == 403
    assert ask(sally, "work", put=[], show=None).status_code == 403
    assert "/admin/design" not in sally.get("/e/company").text


def test_who_may_design_one_entity_designs_that_one_only(visitor: Visitor):
    changesets.apply(visitor.site.database, [Edit.put(DESIGNER)], actor="test")
    clara = visitor.sign_in("clara")
    grant = {**DESIGNER, "operations": {"view": "all", "design": True, "delete": "all"}}

    assert clara.get("/admin/design/form/company.form").status_code == 200
    assert clara.get("/admin/design/entity/deal").status_code == 403
    assert keep(clara, FORM)["html"]
    put = [{"id": "grant:company.designer", "document": grant, "base": DESIGNER}]
    assert ask(clara, "work", put=put, show=None).status_code == 403
    assert ask(clara, "publish").status_code == 200


def test_a_page_says_what_its_script_needs_and_no_more_than_the_reader_may_know(visitor: Visitor):
    changesets.apply(visitor.site.database, [Edit.put(DESIGNER)], actor="test")
    page = visitor.sign_in("clara").get("/admin/design/entity/company").text

    given = json.loads(unescape(page.split('data-given="')[1].split('"')[0]))

    assert "company" in {entity["key"] for entity in given["entities"]}
    assert "vault" not in {entity["key"] for entity in given["entities"]}


def test_a_formula_that_would_read_itself_says_by_which_way(boss: Visitor):
    worth = {"key": "worth", "type": "formula", "label": "Worth", "formula": "credit * 2", "result": "money"}
    twice = {"key": "twice", "type": "formula", "label": "Twice", "formula": "worth * 2", "result": "money"}
    company = with_field(**worth)
    company["fields"].append(twice)
    changesets.apply(boss.site.database, [Edit.put(company)], actor="test")

    told = ask(boss, "formula", entity="company", text="twice + 1", field="worth").json()

    assert "Company · Worth → Company · Twice → Company · Worth" in told["error"]
    assert "error" not in ask(boss, "formula", entity="company", text="twice + 1", field="").json()


def test_who_designs_is_told_on_the_records_page_why_a_value_is_what_it_is(visitor: Visitor):
    worth = {"key": "worth", "type": "formula", "label": "Worth", "formula": "credit * staff", "result": "money"}
    company = with_field(**worth)
    changesets.apply(visitor.site.database, [Edit.put(company)], actor="test")
    boss, sally = visitor.sign_in("boss"), visitor.another().sign_in("sally")
    made = boss.api("POST", "/records/company", {"name": "Acme", "staff": 3, "credit": "2.50"}).json()
    mine = sally.api("POST", "/records/company", {"name": "Bolt", "staff": 3}).json()

    why = f"/admin/design/why/company/{made['id']}/worth"
    told = boss.get(why)

    assert f'hx-get="{why}"' in boss.get(f"/e/company/{made['id']}").text
    assert "7.50" in told.text and "credit * staff" in told.text and "Staff" in told.text
    assert "/admin/design/why" not in sally.get(f"/e/company/{mine['id']}").text
    assert sally.get(f"/admin/design/why/company/{mine['id']}/worth").status_code == 403


def test_a_default_is_read_as_its_field_reads_it(boss: Visitor):
    length = {"key": "length", "type": "duration", "label": "Length"}
    keep(boss, with_field(**length), COMPANY)

    good = ask(boss, "value", entity="company", field="credit", text="1,200.5").json()
    bad = ask(boss, "value", entity="company", field="founded", text="someday")

    assert (good["value"], good["shown"]) == ("1200.50", "1,200.50")
    assert bad.status_code == 422 and "cannot be read" in bad.json()["detail"]
    assert ask(boss, "value", entity="company", field="length", text="90 min").json()["value"]
