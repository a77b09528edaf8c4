"""Changesets: one transaction, one version, one log row; previewed, refused with reasons, taken back."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from formloom.metadata import changesets, store
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import Conflict, FormloomError, InvalidInput, MetadataError, NotFound, PlanError
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems


def refused(code: str, database: Database, *documents: dict[str, Any], **options: Any) -> PlanError:
    with pytest.raises(PlanError) as error:
        applied(database, *documents, **options)
    assert error.value.code == code
    assert problems(database) == []
    return error.value


def test_a_changeset_makes_tables_documents_and_a_version(database: Database):
    first = applied(database, entity("account", field("city")), note="start")
    second = applied(database, entity("contact", field("account", "relation", target="account")))

    with database.reading() as conn:
        log = changesets.history(conn)
        assert store.current_version(conn) == 2
        assert [d["key"] for d in store.load(conn)] == ["account", "contact"]
    assert (first.number, second.number) == (1, 2)
    assert [(entry.number, entry.actor, entry.note) for entry in log] == [
        (2, "tester", ""),
        (1, "tester", "start"),
    ]
    assert log[1].changes[0].after is not None and log[1].changes[0].before is None
    assert problems(database) == []


def test_a_changeset_that_changes_nothing_is_not_logged(database: Database):
    applied(database, entity("account"))
    again = applied(database, entity("account"))

    assert again.empty and again.number == 1
    with database.reading() as conn:
        assert len(changesets.history(conn)) == 1


def test_documents_that_contradict_each_other_are_refused_with_all_findings(database: Database):
    wrong = entity("account", field("a", "relation", target="gone"), field("b", "select", options="gone"))

    with pytest.raises(MetadataError) as error:
        applied(database, wrong)

    assert [finding.id for finding in error.value.findings] == ["M301", "M303"]
    with database.reading() as conn:
        assert store.current_version(conn) == 0


def test_a_changeset_made_on_an_old_version_is_refused(database: Database):
    applied(database, entity("account"))

    with pytest.raises(Conflict) as error:
        applied(database, entity("account", field("city")), expected_version=0)

    assert (error.value.code, error.value.status) == ("conflict_schema", 409)


def test_of_two_changesets_at_once_one_wins(database: Database):
    applied(database, entity("account"))
    outcomes: list[str] = []

    def change(name: str) -> None:
        try:
            applied(database, entity("account", field(name)), expected_version=1)
            outcomes.append("applied")
        except FormloomError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=change, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["applied", "conflict_schema"]
    assert problems(database) == []


def test_removing_values_needs_a_yes_and_can_be_taken_back(database: Database):
    applied(database, entity("account", field("city", indexed=True), field("note")))
    ids = add(database, "account", {"name": "A", "city": "上海", "note": "x"}, {"name": "B", "city": None})

    error = refused("plan.destructive", database, entity("account"))
    assert {(e["code"], e["field"], e["count"]) for e in error.data["effects"]} == {
        ("values_removed", "city", 1),
        ("values_removed", "note", 1),
    }
    gone = applied(database, entity("account"), allow_destructive=True)
    assert "city" not in catalog_of(database).tables["account"].c
    assert problems(database) == []
    add(database, "account", {"name": "C"})
    changesets.revert(database, gone.number, "tester")

    assert column(database, "account", "city") == ["上海", None, None]
    assert column(database, "account", "note") == ["x", None, None]
    assert len(ids) == 2 and problems(database) == []


def test_an_empty_field_goes_without_a_question(database: Database):
    applied(database, entity("account", field("city")))
    add(database, "account", {"name": "A"})

    assert applied(database, entity("account")).number == 2


def test_a_removed_entity_comes_back_with_its_rows_keys_and_indexes(database: Database):
    link = field("account", "relation", target="account", on_delete="cascade")
    applied(database, entity("account", field("no", unique=True)), entity("contact", link))
    [one] = add(database, "account", {"name": "A", "no": "1"})
    add(database, "contact", {"name": "C", "account": one})

    edits = [Edit("delete", "entity", "contact"), Edit("delete", "entity", "account")]
    with pytest.raises(PlanError):
        changesets.apply(database, edits, "tester")
    gone = changesets.apply(database, edits, "tester", allow_destructive=True)
    assert problems(database) == []
    applied(database, entity("other"))
    changesets.revert(database, gone.number, "tester")

    assert problems(database) == []
    assert column(database, "account", "name") == ["A"]
    assert column(database, "contact", "account") == [one]


def test_entities_that_point_at_each_other_go_and_come_back_together(database: Database):
    left = entity("left_one", field("other", "relation", target="right_one"))
    applied(database, left, entity("right_one", field("other", "relation", target="left_one", unique=True)))
    [one] = add(database, "left_one", {"name": "L"})
    [two] = add(database, "right_one", {"name": "R", "other": one})

    edits = [Edit("delete", "entity", key) for key in ("left_one", "right_one")]
    gone = changesets.apply(database, edits, "tester", allow_destructive=True)
    assert problems(database) == []
    changesets.revert(database, gone.number, "tester")

    assert column(database, "right_one", "other") == [one] and two == 1
    assert problems(database) == []


def test_a_removed_entity_leaves_its_name_free(database: Database):
    applied(database, entity("account", field("no", unique=True)))
    add(database, "account", {"name": "old", "no": "1"})
    gone = changesets.apply(database, [Edit("delete", "entity", "account")], "tester", allow_destructive=True)
    made = applied(database, entity("account", field("no", unique=True)))
    add(database, "account", {"name": "new", "no": "1"})

    with pytest.raises(Conflict) as error:
        changesets.revert(database, gone.number, "tester")
    assert error.value.code == "changeset.overtaken"
    changesets.revert(database, made.number, "tester", allow_destructive=True)
    changesets.revert(database, gone.number, "tester")

    assert column(database, "account", "name") == ["old"]
    assert problems(database) == []


def test_reverting_twice_leads_back_and_forth(database: Database):
    applied(database, entity("account", field("n")))
    add(database, "account", {"name": "A", "n": "7"})
    gone = applied(database, entity("account"), allow_destructive=True)

    back = changesets.revert(database, gone.number, "tester")
    forth = changesets.revert(database, back.number, "tester", allow_destructive=True)
    changesets.revert(database, forth.number, "tester")

    assert column(database, "account", "n") == ["7"]
    assert problems(database) == []


def test_reverting_keeps_what_was_changed_elsewhere_since(database: Database):
    applied(database, entity("account"))
    second = applied(database, entity("account", field("city")))
    applied(database, entity("account", field("city"), field("zip")))

    changesets.revert(database, second.number, "tester")

    assert list(catalog_of(database).entities["account"].fields) == ["name", "zip"]


def test_a_change_somebody_built_upon_cannot_be_reverted_alone(database: Database):
    applied(database, entity("account"))
    second = applied(database, entity("account", field("city", max_length=10)))
    applied(database, entity("account", field("city", max_length=20)))

    with pytest.raises(Conflict) as error:
        changesets.revert(database, second.number, "tester")
    assert "entity/account" in error.value.message("en")
    with pytest.raises(NotFound):
        changesets.revert(database, 99, "tester")


def test_a_field_cannot_become_required_while_rows_are_empty(database: Database):
    applied(database, entity("account", field("city")))
    add(database, "account", {"name": "A"}, {"name": "B", "city": "x"})

    error = refused("plan.refused", database, entity("account", field("city", required=True)))
    assert error.data["effects"][0]["count"] == 1
    applied(database, entity("account", field("city", required=True, default="nowhere")))

    assert column(database, "account", "city") == ["nowhere", "x"]


def test_a_new_required_field_needs_a_default_where_rows_exist(database: Database):
    applied(database, entity("account"))
    applied(database, entity("contact", field("no", required=True)))
    add(database, "account", {"name": "A"})

    refused("plan.refused", database, entity("account", field("n", "integer", required=True)))
    applied(database, entity("account", field("n", "integer", required=True, default=4)))

    assert column(database, "account", "n") == [4]


def test_a_field_cannot_become_unique_while_values_repeat(database: Database):
    applied(database, entity("account", field("no")))
    add(database, "account", *({"name": "A", "no": no} for no in ("1", "1", "2", None, None)))

    error = refused("plan.refused", database, entity("account", field("no", unique=True)))

    [effect] = error.data["effects"]
    assert (effect["code"], effect["count"], effect["samples"]) == ("duplicates", 2, [{"id": 1, "value": "1"}])


def test_duplicates_that_only_a_conversion_makes_undo_everything(database: Database):
    applied(database, entity("account", field("no")))
    add(database, "account", {"name": "A", "no": "1"}, {"name": "B", "no": "01"})

    refused("plan.duplicates", database, entity("account", field("no", "integer", unique=True)))

    assert column(database, "account", "no") == ["1", "01"]


def test_stricter_settings_are_refused_where_values_would_break_them(database: Database):
    options = [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]
    full = [field("code", max_length=5), field("kind", "multiselect", options=options)]
    applied(database, entity("account", *full))
    add(database, "account", {"name": "A", "code": "12345", "kind": ("a", "b")}, {"name": "B", "code": "1"})

    shorter = refused("plan.refused", database, entity("account", field("code", max_length=3), full[1]))
    fewer = refused(
        "plan.refused",
        database,
        entity("account", full[0], field("kind", "multiselect", options=options[:1])),
    )

    assert shorter.data["effects"][0]["samples"] == [{"id": 1, "value": "12345"}]
    assert fewer.data["effects"][0]["count"] == 1


def test_a_preview_tells_everything_and_changes_nothing(database: Database):
    layout = {"kind": "list", "key": "account.all", "entity": "account", "label": "All", "columns": ["name", "n"]}
    applied(database, entity("account", field("n")), layout)
    add(database, "account", {"name": "A", "n": "12"}, {"name": "B", "n": "twelve"})

    with database.reading() as conn:
        preview = changesets.preview(conn, [Edit.put(entity("account", field("n", "integer")))])
        removal = changesets.preview(conn, [Edit.put(entity("account"))])

    assert [(e.level, e.code, e.count) for e in preview.effects] == [
        ("confirm", "values_lost", 1),
        ("info", "values_converted", 1),
    ]
    assert preview.effects[0].samples == ((2, "twelve"),)
    assert [(p.document, p.path, p.target) for p in preview.places] == [
        (("list", "account.all"), "/columns/1", "account.n")
    ]
    assert preview.destructive and not preview.refused
    assert [finding.id for finding in removal.findings] == ["M302"] and removal.refused
    assert removal.places == preview.places
    assert preview.dump("en")["steps"][0]["message"].startswith("Convert the field")
    assert catalog_of(database).version == 1


def test_edits_are_read_strictly():
    for raw in (None, {}, {"op": "drop"}, {"op": "put"}, {"op": "put", "document": {"kind": "list"}}):
        with pytest.raises(InvalidInput):
            Edit.load(raw)
    assert Edit.load({"op": "put", "document": {"kind": "list", "key": "x"}}).key == "x"
    assert Edit.load({"op": "delete", "kind": "list", "key": "x"}).document is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_deleting_what_is_not_there_is_nothing(database: Database):
    assert changesets.apply(database, [Edit("delete", "list", "x")], "tester").empty
