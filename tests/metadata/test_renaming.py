"""Another key for a field or an entity: nothing moves, and whoever says the old key is understood."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import changesets, renaming
from formloom.metadata.catalog import build
from formloom.metadata.conditions import parse
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import MetadataError
from formloom.metadata.plan import plan
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems


def link(key: str = "account", target: str = "account", **more: Any) -> dict[str, Any]:
    return field(key, "relation", target=target, **more)


LIST = {
    "kind": "list",
    "key": "account.all",
    "entity": "account",
    "label": "All",
    "columns": ["name", "city"],
    "sort": ["-city"],
    "filter": {"field": "city", "op": "ne", "value": "x"},
}


def test_a_renamed_field_keeps_its_values_its_indexes_and_whatever_names_it(database: Database):
    upper = field("upper", "formula", formula="UPPER({city}) & city", result="text")
    applied(database, entity("account", field("city", unique=True, indexed=True), upper), LIST)
    add(database, "account", {"name": "A", "city": "b", "upper": "Bb"})

    town = field("town", unique=True, indexed=True, was=["city"])
    changed = applied(database, entity("account", town, upper))

    catalog = catalog_of(database)
    assert [step["step"] for step in changed.steps] == ["rename_column", "rename_indexes"]
    assert column(database, "account", "town") == ["b"]
    assert [shown.field for shown in catalog.lists["account.all"].columns] == ["name", "town"]
    assert catalog.lists["account.all"].sort == ("-town",)
    assert catalog.lists["account.all"].filter == {"field": "town", "op": "ne", "value": "x"}
    assert catalog.formulas["account", "upper"].text == "UPPER({town}) & town"
    assert parse({"field": "city", "op": "eq", "value": "b"}, catalog.entities["account"], catalog).path == "town"
    assert problems(database) == []

    changesets.revert(database, changed.number, "tester")
    assert column(database, "account", "city") == ["b"]
    assert catalog_of(database).entities["account"].fields["city"].was == ("town",)
    assert problems(database) == []


def test_a_renamed_entity_keeps_rows_keys_lines_and_roll_ups(database: Database):
    lines = field("lines", "subtable", target="line")
    total = field("total", "rollup", function="sum", of="lines.amount")
    count = field("people", "rollup", function="count", of="contact")
    applied(
        database,
        entity("account", field("no", unique=True), lines, total, count, link("boss")),
        entity("line", field("amount", "integer"), parent="account"),
        entity("contact", link(on_delete="cascade")),
        {**LIST, "columns": ["name"], "sort": [], "filter": {"some": "contact.account"}},
    )
    [one] = add(database, "account", {"name": "A", "no": "1", "total": 5, "people": 1})
    add(database, "line", {"name": "L", "account": one, "amount": 5})
    add(database, "contact", {"name": "C", "account": one})

    client = entity("client", field("no", unique=True), lines, total, count, link("boss"), was=["account"])
    edits = [Edit("delete", "entity", "account"), Edit.put(client)]
    changed = changesets.apply(database, edits, "tester")

    catalog = catalog_of(database)
    assert {step["step"] for step in changed.steps} == {"rename_table", "rename_column", "rename_indexes"}
    assert catalog.entity("account").key == "client"
    assert catalog.lists["account.all"].entity == "client"
    assert column(database, "client", "no") == ["1"]
    assert column(database, "line", "client") == column(database, "contact", "account") == [one]
    assert catalog.entities["client"].fields["people"].option("by") == "account"
    assert problems(database) == []
    more = {"no": "2", "boss": one, "total": 0, "people": 0}
    assert add(database, "client", {"name": "B", **more}) == [2]

    changesets.revert(database, changed.number, "tester")
    assert column(database, "line", "account") == [one]
    assert problems(database) == []


def test_a_field_may_be_renamed_and_get_another_type_at_once(database: Database):
    applied(database, entity("account", field("n")))
    add(database, "account", {"name": "A", "n": "12"}, {"name": "B", "n": "x"})

    with database.reading() as conn:
        edit = Edit.put(entity("account", field("m", "integer", was=["n"])))
        preview = changesets.preview(conn, [edit])
    changed = applied(database, edit.document, allow_destructive=True)  # type: ignore[arg-type]

    assert [(e.code, e.field, e.count) for e in preview.effects] == [
        ("values_lost", "m", 1),
        ("values_converted", "m", 1),
    ]
    assert column(database, "account", "m") == [12, None]
    changesets.revert(database, changed.number, "tester", allow_destructive=True)
    assert column(database, "account", "n") == ["12", "x"]
    assert problems(database) == []


def test_a_key_taken_away_before_a_rename_can_still_be_restored_after_it(database: Database):
    applied(database, entity("account", field("n"), field("m")))
    add(database, "account", {"name": "A", "n": "12"})
    gone = applied(database, entity("account", field("m")), allow_destructive=True)
    client = entity("client", field("m"), was=["account"])
    renamed = changesets.apply(database, [Edit("delete", "entity", "account"), Edit.put(client)], "tester")
    changesets.revert(database, renamed.number, "tester")

    changesets.revert(database, gone.number, "tester")

    assert column(database, "account", "n") == ["12"]
    assert problems(database) == []


def test_a_former_key_means_one_thing(database: Database):
    for wrong in (
        entity("account", field("a"), field("b", was=["a"])),
        entity("account", field("a", was=["c"]), field("b", was=["c"])),
    ):
        with pytest.raises(MetadataError) as error:
            applied(database, wrong)
        assert {finding.id for finding in error.value.findings} == {"M225"}


def test_two_fields_can_change_their_names_in_turn(database: Database):
    applied(database, entity("account", field("a"), field("b")))
    add(database, "account", {"name": "A", "a": "1", "b": "2"})
    applied(database, entity("account", field("c", was=["a"]), field("b")))
    applied(database, entity("account", field("c"), field("a", was=["b"])))

    assert column(database, "account", "c") == ["1"]
    assert column(database, "account", "a") == ["2"]
    assert problems(database) == []


def test_a_plan_without_renames_makes_no_other_catalog():
    found = plan(build([entity("account")]), build([entity("account", field("x"))]))

    assert not found.renames and found.renamed is None


REWRITTEN = [
    ("alone", "old", "new"),
    ("in braces", "{old} & old", "{new} & new"),
    ("behind a relation", "up.old & old.up", "up.new & old.up"),
    ("within words", '"old" & older', '"old" & older'),
    ("by label", "{Same} & old", "{Same} & new"),
    ("unreadable", "old +", "old +"),
]


@pytest.mark.parametrize(("text", "wanted"), [case[1:] for case in REWRITTEN], ids=[c[0] for c in REWRITTEN])
def test_formulas_say_the_present_keys(text: str, wanted: str):
    fields = [field("new", was=["old"]), link("up"), field("older"), {**field("same"), "label": "Same"}]
    document = entity("account", *fields, field("f", "formula", formula=text, result="text"))
    [found] = renaming.resolved([document])

    assert found["fields"][-1]["formula"] == wanted


@pytest.mark.parametrize(("text", "wanted"), [case[1:] for case in REWRITTEN], ids=[c[0] for c in REWRITTEN])
def test_what_a_rule_sets_says_the_present_keys(text: str, wanted: str):
    fields = [field("new", was=["old"]), link("up"), field("older"), {**field("same"), "label": "Same"}]
    rule = {
        "kind": "rule",
        "key": "r",
        "entity": "account",
        "label": "R",
        "when": {"field": "old", "op": "eq", "value": "x"},
        "effects": [{"type": "set", "field": "old", "formula": text}],
    }
    found = renaming.resolved([entity("account", *fields), rule])[1]

    assert found["when"]["field"] == "new"
    assert found["effects"] == [{"type": "set", "field": "new", "formula": wanted}]


def test_nothing_is_copied_where_nothing_was_renamed():
    documents = [entity("account", field("x")), LIST]

    assert all(a is b for a, b in zip(renaming.resolved(documents), documents, strict=True))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_constraints_are_called_after_the_new_key(database: Database):
    applied(database, entity("account", link("boss")))
    client = entity("client", link("chief", was=["boss"]), was=["account"])
    changesets.apply(database, [Edit("delete", "entity", "account"), Edit.put(client)], "tester")

    with database.reading() as conn:
        keys = {key["name"] for key in sa.inspect(conn).get_foreign_keys("r_client")}
    assert keys == {"fk_client_chief", "fk_client_owner", "fk_client_owner_department"}
    assert problems(database) == []
