"""Publishing: two administrators at once, records in the way, publications that take long."""

from __future__ import annotations

import pytest

from formloom.metadata import preparing
from formloom.runtime.jobs import Worker
from tests.runtime.views.test_design import COMPANY, FORM, GRADES, ask, keep, with_field
from tests.runtime.views.test_design_changes import apply, field_keys
from tests.runtime.world import Visitor


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """The administrator's browser."""
    return visitor.sign_in("boss")


# --- two at once ---


def test_sides_are_chosen_part_by_part(boss: Visitor):
    mine = {**GRADES, "label": "Mine", "options": [{"key": "a", "label": "A mine"}, GRADES["options"][1]]}
    theirs = {**GRADES, "label": "Theirs", "options": [{"key": "a", "label": "A theirs"}, GRADES["options"][1]]}
    keep(boss, mine, GRADES)
    apply(boss, theirs)

    (conflict,) = ask(boss, "publish", dry_run=True).json()["conflicts"]
    label, option = sorted((each["name"] for each in conflict["clashes"]), key=len)
    one = ask(boss, "publish", dry_run=True, choices={label: "theirs"}).json()
    done = ask(boss, "publish", choices={label: "theirs", option: "mine"})

    assert [each["mine"] for each in conflict["clashes"]] != [each["theirs"] for each in conflict["clashes"]]
    assert one["preview"] is None and sorted(str(e["choice"]) for e in one["conflicts"][0]["clashes"]) == [
        "None",
        "theirs",
    ]
    assert done.status_code == 200, done.text
    now = boss.api("GET", "/metadata/option_set/grade").json()
    assert (now["label"], now["options"][0]["label"]) == ("Theirs", "A mine")


def test_what_was_published_since_the_look_is_never_joined_silently(boss: Visitor):
    keep(boss, with_field(key="motto", type="text", label="Motto"), COMPANY)
    base = ask(boss, "publish", dry_run=True).json()["base"]
    apply(boss, with_field(key="slogan", type="text", label="Slogan"))

    answer = ask(boss, "publish", base=base)
    again = ask(boss, "publish", base=ask(boss, "publish", dry_run=True).json()["base"])

    assert answer.status_code == 409 and "meanwhile" in answer.json()["detail"]
    assert again.status_code == 200 and {"motto", "slogan"} <= set(field_keys(boss))


def test_what_others_publish_elsewhere_is_in_nobodys_way(boss: Visitor):
    keep(boss, with_field(key="motto", type="text", label="Motto"), COMPANY)
    base = ask(boss, "publish", dry_run=True).json()["base"]
    apply(boss, {**GRADES, "label": "Classes"})

    assert ask(boss, "publish", base=base).status_code == 200


def test_a_document_one_takes_away_and_the_other_changes_is_one_decision(boss: Visitor):
    apply(boss, FORM)
    keep(boss, None, FORM)
    apply(boss, {**FORM, "label": "Firm"})

    (conflict,) = ask(boss, "publish", dry_run=True).json()["conflicts"]
    done = ask(boss, "publish", choices={conflict["clashes"][0]["name"]: "theirs"})

    assert [each["mine"] for each in conflict["clashes"]] == [["removed"]]
    assert done.status_code == 200, done.text
    assert boss.api("GET", "/metadata/form/company.form").json()["label"] == "Firm"


# --- rows in the way ---


def test_rows_in_the_way_are_listed_with_a_list_that_shows_them(boss: Visitor):
    for name, city in (("Acme", "Berlin"), ("Bolt", None), ("Coil", None)):
        boss.api("POST", "/records/company", {"name": name, "city": city})
    wanted = {
        **COMPANY,
        "fields": [{**f, "required": True} if f["key"] == "city" else f for f in COMPANY["fields"]],
    }
    keep(boss, wanted, COMPANY)

    (effect,) = [
        e for e in ask(boss, "publish", dry_run=True).json()["preview"]["effects"] if e["level"] == "refuse"
    ]
    told = ask(boss, "rows", entity=effect["entity"], field=effect["field"], code=effect["code"]).json()

    assert [each["title"] for each in told["items"]] == ["Bolt", "Coil"] and "City" in effect["message"]
    page = boss.get(told["list"])
    assert "Bolt" in page.text and "Acme" not in page.text


# --- publications that take long ---


@pytest.fixture
def long(boss: Visitor, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A worker of a site where three records are many."""
    monkeypatch.setattr(preparing, "LONG", 2)
    for number in range(3):
        boss.api("POST", "/records/company", {"name": f"C{number}", "staff": number})
    boss.site.works = True
    return Worker(boss.site.database, boss.site.settings, site=boss.site)


def as_money() -> dict:
    """The company whose staff is money."""
    fields = [{**f, "type": "money"} if f["key"] == "staff" else f for f in COMPANY["fields"]]
    return {**COMPANY, "fields": fields}


def test_a_long_publication_is_a_job_that_is_found_again(boss: Visitor, long: Worker):
    keep(boss, as_money(), COMPANY)

    told = ask(boss, "publish", dry_run=True).json()
    begun = ask(boss, "publish", note="Money")
    found = begun.json()["publication"]
    home = boss.get("/admin/design").text
    second = ask(boss, "publish")
    while long.run_once():
        pass
    after = boss.get(f"/admin/design/publications/{found['id']}").json()

    assert told["long"] and begun.status_code == 202 and found["state"] == "queued"
    assert f'data-publication="{found["id"]}"' in home
    assert second.status_code == 409
    assert (after["state"], after["mine"]) == ("done", True) and after["number"]
    assert ask(boss, "publish", dry_run=True).json()["changes"] == []
    assert 'data-publication="' not in boss.get("/admin/design").text


def test_a_long_publication_that_was_overtaken_fails_and_leaves_the_draft(boss: Visitor, long: Worker):
    keep(boss, as_money(), COMPANY)
    found = ask(boss, "publish").json()["publication"]
    theirs = [{**f, "type": "decimal"} if f["key"] == "staff" else f for f in COMPANY["fields"]]
    apply(boss, {**COMPANY, "fields": theirs})
    while long.run_once():
        pass
    after = boss.get(f"/admin/design/publications/{found['id']}").json()

    assert after["state"] == "failed" and after["error"]
    assert after["error"] in boss.get("/admin/design").text
    (conflict,) = ask(boss, "publish", dry_run=True).json()["conflicts"]
    assert len(conflict["clashes"]) == 1


def test_work_done_while_a_publication_runs_stays(boss: Visitor, long: Worker):
    keep(boss, as_money(), COMPANY)
    ask(boss, "publish")
    more = as_money()
    more["fields"] = [*more["fields"], {"key": "motto", "type": "text", "label": "Motto"}]
    keep(boss, more, COMPANY)
    while long.run_once():
        pass

    told = ask(boss, "publish", dry_run=True).json()

    assert told["conflicts"] == [] and told["changes"][0]["details"] == [{"what": "new", "label": "Motto"}]


def test_a_publication_can_be_stopped_before_it_begins(boss: Visitor, long: Worker):
    keep(boss, as_money(), COMPANY)
    found = ask(boss, "publish").json()["publication"]

    assert ask(boss, f"publications/{found['id']}/stop").json()["state"] == "cancelled"
    assert long.run_once() is False
    assert len(ask(boss, "publish", dry_run=True).json()["changes"]) == 1
    assert boss.another().sign_in("sally").get(f"/admin/design/publications/{found['id']}").status_code == 403
