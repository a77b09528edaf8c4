"""What steps do to rows: nothing is lost that was not given up."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import apply, changesets, shadows
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import PlanError
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems

OPTIONS = [{"key": "a", "label": {"zh": "甲", "en": "A"}}, {"key": "b", "label": {"zh": "乙", "en": "B"}}]

CONVERSIONS: list[tuple[str, dict[str, Any], list[Any], dict[str, Any], list[Any]]] = [
    ("text to integer", field("v"), ["12", "1,234", "x", None], field("v", "integer"), [12, 1234, None, None]),
    ("integer to text", field("v", "integer"), [12, None], field("v"), ["12", None]),
    (
        "text to money",
        field("v"),
        ["￥1,234.50", "2万"],
        field("v", "money"),
        [Decimal("1234.50"), Decimal("20000.00")],
    ),
    ("text to options", field("v"), ["甲", "b", "c"], field("v", "select", options=OPTIONS), ["a", "b", None]),
    ("options to text", field("v", "select", options=OPTIONS), ["a", "b"], field("v"), ["甲", "乙"]),
    (
        "one option to several",
        field("v", "select", options=OPTIONS),
        ["a", None],
        field("v", "multiselect", options=OPTIONS),
        [("a",), None],
    ),
    ("text to boolean", field("v"), ["是", "no"], field("v", "boolean"), [True, False]),
    (
        "more places",
        field("v", "decimal", scale=2),
        [Decimal("1.25")],
        field("v", "decimal", scale=4),
        [Decimal("1.2500")],
    ),
    (
        "money to integer",
        field("v", "money"),
        [Decimal("3.00"), Decimal("3.50")],
        field("v", "integer"),
        [3, None],
    ),
]


@pytest.mark.parametrize(
    ("before", "values", "after", "wanted"),
    [case[1:] for case in CONVERSIONS],
    ids=[case[0] for case in CONVERSIONS],
)
def test_a_type_change_converts_and_its_revert_brings_the_exact_values_back(
    database: Database, before: dict[str, Any], values: list[Any], after: dict[str, Any], wanted: list[Any]
):
    applied(database, entity("account", before))
    add(database, "account", *({"name": "A", "v": value} for value in values))

    changed = applied(database, entity("account", after), allow_destructive=True)
    converted = column(database, "account", "v")
    changesets.revert(database, changed.number, "tester", allow_destructive=True)

    assert converted == wanted
    assert column(database, "account", "v") == values
    assert problems(database) == []


def test_rows_edited_after_a_conversion_keep_the_edit_when_it_is_reverted(database: Database):
    applied(database, entity("account", field("v")))
    add(database, "account", {"name": "A", "v": "1,000"}, {"name": "B", "v": "2"}, {"name": "C", "v": "many"})
    changed = applied(database, entity("account", field("v", "integer")), allow_destructive=True)
    table = catalog_of(database).tables["account"]
    with database.writing() as conn:
        conn.execute(sa.update(table).where(table.c.id == 2).values(v=22))
    add(database, "account", {"name": "D", "v": 4})

    changesets.revert(database, changed.number, "tester")

    assert column(database, "account", "v") == ["1,000", "22", "many", "4"]


def test_a_reference_only_takes_records_that_exist(database: Database):
    applied(database, entity("account"), entity("contact", field("account")))
    [one] = add(database, "account", {"name": "A"})
    add(database, "contact", {"name": "B", "account": str(one)}, {"name": "C", "account": "77"})
    link = field("account", "relation", target="account")

    applied(database, entity("contact", link), allow_destructive=True)

    assert column(database, "contact", "account") == [one, None]
    assert problems(database) == []


def test_keys_of_another_table_are_never_kept(database: Database):
    link = field("owned_by", "relation", target="one")
    applied(database, entity("one"), entity("two"), entity("item", link))
    add(database, "two", {"name": "unrelated"})
    [one] = add(database, "one", {"name": "A"})
    add(database, "item", {"name": "B", "owned_by": one})
    other = entity("item", {**link, "target": "two"})

    with pytest.raises(PlanError):
        applied(database, other)
    changed = applied(database, other, allow_destructive=True)
    assert column(database, "item", "owned_by") == [None]
    changesets.revert(database, changed.number, "tester")

    assert column(database, "item", "owned_by") == [one]
    assert problems(database) == []


def test_a_table_is_copied_without_losing_what_points_at_it(database: Database):
    """On SQLite the parent is dropped and made anew; with foreign keys on, that would delete the children."""
    link = field("boss", "relation", target="account", on_delete="cascade")
    applied(database, entity("account", link, field("no", unique=True)))
    applied(database, entity("contact", field("account", "relation", target="account", on_delete="cascade")))
    [one] = add(database, "account", {"name": "A", "no": "1"})
    add(database, "account", {"name": "B", "no": "2", "boss": one})
    add(database, "contact", {"name": "C", "account": one}, {"name": "D", "account": one})

    gone = applied(database, entity("account", field("no", unique=True)), allow_destructive=True)

    assert column(database, "contact", "account") == [one, one]
    assert problems(database) == []
    changesets.revert(database, gone.number, "tester")
    assert column(database, "account", "boss") == [None, one]
    assert problems(database) == []
    table = catalog_of(database).tables["account"]
    with database.writing() as conn:
        conn.execute(sa.delete(table).where(table.c.id == one))
    assert column(database, "contact", "id") == column(database, "account", "id") == []


def test_ids_are_not_given_twice_after_a_copy(database: Database):
    applied(database, entity("account", field("boss", "relation", target="account")))
    add(database, "account", {"name": "A"}, {"name": "B"})
    table = catalog_of(database).tables["account"]
    with database.writing() as conn:
        conn.execute(sa.delete(table).where(table.c.id == 2))

    applied(database, entity("account"))

    assert add(database, "account", {"name": "C"}) == [3]


def test_a_reference_restored_after_its_target_went_is_emptied(database: Database):
    applied(database, entity("account"), entity("contact", field("account", "relation", target="account")))
    ids = add(database, "account", {"name": "A"}, {"name": "B"})
    add(database, "contact", *({"name": "C", "account": account} for account in ids))
    gone = applied(database, entity("contact"), allow_destructive=True)
    table = catalog_of(database).tables["account"]
    with database.writing() as conn:
        conn.execute(sa.delete(table).where(table.c.id == ids[0]))

    changesets.revert(database, gone.number, "tester")

    assert column(database, "contact", "account") == [None, ids[1]]
    assert problems(database) == []


def test_computed_fields_are_computed_by_whoever_registered(database: Database, monkeypatch: pytest.MonkeyPatch):
    seen: list[tuple[str, tuple[str, ...]]] = []
    monkeypatch.setattr(apply, "_recompute", [lambda conn, catalog, entity, fields: seen.append((entity, fields))])
    applied(database, entity("account"), entity("contact", field("account", "relation", target="account")))
    count = field("contacts", "rollup", function="count", of="contact", by="account")
    again = field("doubled", "rollup", function="max", of="contact.age", by="account")

    applied(database, entity("account", count))
    assert seen == []
    add(database, "account", {"name": "A"})
    applied(
        database,
        entity("account", count, again),
        entity("contact", field("account", "relation", target="account"), field("age", "integer")),
    )
    assert seen == [("account", ("doubled",))]
    changesets.apply(
        database, [Edit.put(entity("account", {**count, "function": "max", "of": "contact.age"}, again))], "t"
    )

    assert seen[1:] == [("account", ("contacts",))]


DEFAULTS = [
    ("text", {}, "it's “x” -- $$", "it's “x” -- $$"),
    ("integer", {}, 3, 3),
    ("money", {}, "1.50", Decimal("1.50")),
    ("boolean", {}, False, False),
    ("date", {}, "2026-11-21", date(2026, 11, 21)),
    ("datetime", {}, "2026-11-21T08:00:00Z", datetime(2026, 11, 21, 8, tzinfo=UTC)),
    ("select", {"options": OPTIONS}, "b", "b"),
    ("multiselect", {"options": OPTIONS}, ["a", "b"], ("a", "b")),
]


@pytest.mark.parametrize(("kind", "options", "default", "value"), DEFAULTS, ids=[case[0] for case in DEFAULTS])
def test_rows_get_the_default_of_an_added_field(
    database: Database, kind: str, options: dict[str, Any], default: Any, value: Any
):
    applied(database, entity("account"))
    add(database, "account", {"name": "A"})

    applied(database, entity("account", field("x", kind, default=default, **options)))

    assert column(database, "account", "x") == [value]
    add(database, "account", {"name": "B", "x": None})
    assert column(database, "account", "x") == [value, None]
    assert problems(database) == []


def test_an_entity_becomes_a_sub_entity_and_stops_being_one(database: Database):
    applied(database, entity("account"), entity("line"))

    joined = applied(database, entity("line", parent="account"))
    [one] = add(database, "account", {"name": "A"})
    add(database, "line", {"name": "L", "account": one})
    assert column(database, "line", "position") == [0]
    assert problems(database) == []
    applied(database, entity("line"), allow_destructive=True)
    changesets.revert(database, joined.number + 1, "tester")

    assert column(database, "line", "account") == [one]
    assert problems(database) == []


def test_what_was_put_aside_is_purged_by_an_explicit_step(database: Database):
    applied(database, entity("account", field("n")), entity("other", field("x")))
    add(database, "account", {"name": "A", "n": "7"})
    add(database, "other", {"name": "A", "x": "7"})
    edits = [Edit.put(entity("account")), Edit("delete", "entity", "other")]
    gone = changesets.apply(database, edits, "tester", allow_destructive=True)

    assert shadows.purge(database, gone.number) == 2
    assert shadows.purge(database, gone.number) == 0
    assert problems(database) == []
    changesets.revert(database, gone.number, "tester")

    assert column(database, "account", "n") == [None]
    assert column(database, "other", "x") == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_failing_step_leaves_nothing_behind_even_when_tables_came_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    """Out of the box the driver would keep a table made by the first statement of a transaction."""
    monkeypatch.setattr(apply, "crash_point", lambda name: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        applied(database, entity("account"))

    with database.reading() as conn:
        assert "r_account" not in sa.inspect(conn).get_table_names()
    assert problems(database) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_leaves_everything_as_it_was(database: Database):
    applied(database, entity("account", field("n")))
    add(database, "account", *({"name": "A", "n": str(n) * 500} for n in range(50)))
    with database.engine.connect() as conn:
        driver = conn.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute(f"PRAGMA max_page_count={pages + 4}")

    with pytest.raises(sa.exc.OperationalError):
        applied(database, entity("account", field("n", "textarea")))

    assert catalog_of(database).version == 1
    assert problems(database) == []
