"""Types changed between many pairs at once on 100,000 rows and taken back: all is as it was, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import changesets, shadows
from formloom.metadata.catalog import build
from formloom.metadata.conversion import Conversion, becomes
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.fieldtype import FIELD_TYPES
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems

ROWS = 100_000
SEED = 1_000

OPTIONS = [{"key": key, "label": {"zh": zh, "en": key.upper()}} for key, zh in zip("abc", "甲乙丙", strict=True)]
MORE = [*OPTIONS, {"key": "d", "label": "丁"}]
DAY, MOMENT = date(2020, 1, 1), datetime(2020, 1, 1, 3, 4, 5, tzinfo=UTC)

Values = Callable[[int], Any]

PAIRS: list[tuple[str, dict[str, Any], Values, str, dict[str, Any]]] = [
    ("text", {}, lambda n: f"{n:,}" if n % 3 else f"n{n}", "integer", {}),
    ("text", {}, lambda n: f"￥{n}.50" if n % 4 else "free", "money", {}),
    ("text", {}, lambda n: f"{n}%" if n % 5 else "half", "percent", {}),
    ("text", {}, lambda n: f"2026-01-{n % 40:02}", "date", {}),
    ("text", {}, lambda n: f"2026-01-02 {n % 30:02}:15", "datetime", {}),
    ("text", {}, lambda n: ("是", "no", "maybe")[n % 3], "boolean", {}),
    ("text", {}, lambda n: ("甲", "b", "?")[n % 3], "select", {"options": OPTIONS}),
    ("text", {}, lambda n: ("甲、乙", "丙", "c;x")[n % 3], "multiselect", {"options": OPTIONS}),
    ("text", {}, lambda n: f"p{n}@example.com" if n % 6 else "nobody", "email", {}),
    ("text", {}, lambda n: f"1380000{n:04}" if n % 7 else "none", "phone", {}),
    ("text", {}, lambda n: f"long {n}", "textarea", {}),
    ("integer", {}, lambda n: n - 500, "text", {}),
    ("integer", {}, lambda n: n % 3, "boolean", {}),
    ("integer", {}, lambda n: n * 1_000, "money", {}),
    ("decimal", {"scale": 4}, lambda n: Decimal(n) / 16, "decimal", {"scale": 2}),
    ("money", {}, lambda n: Decimal(n) / 2, "integer", {}),
    ("money", {}, lambda n: Decimal(n) / 100, "text", {}),
    ("boolean", {}, lambda n: n % 2 == 0, "text", {}),
    ("boolean", {}, lambda n: n % 2 == 0, "integer", {}),
    ("date", {}, lambda n: DAY + timedelta(n), "datetime", {}),
    ("date", {}, lambda n: DAY + timedelta(n), "text", {}),
    ("datetime", {}, lambda n: MOMENT + timedelta(minutes=n), "date", {}),
    ("select", {"options": OPTIONS}, lambda n: "abc"[n % 3], "text", {}),
    ("select", {"options": OPTIONS}, lambda n: "abc"[n % 3], "multiselect", {"options": OPTIONS}),
    ("multiselect", {"options": OPTIONS}, lambda n: ("a",) if n % 2 else ("a", "b"), "select", {"options": MORE}),
]  # fmt: skip


def keys() -> list[str]:
    return [f"f{number}" for number in range(len(PAIRS))]


def before() -> dict[str, Any]:
    pairs = zip(keys(), PAIRS, strict=True)
    return entity("thing", *(field(key, kind, **options) for key, (kind, options, *_) in pairs))


def after() -> dict[str, Any]:
    pairs = zip(keys(), PAIRS, strict=True)
    return entity("thing", *(field(key, kind, **options) for key, (*_, kind, options) in pairs))


def filled(database: Database) -> None:
    """Rows by the hundred thousand: some by us, then each half again from what is there."""
    rows = [
        {key: None if n % 11 == at % 11 else values(n) for at, (key, (_, _, values, *_)) in enumerate(made)}
        for n in range(SEED)
        for made in [list(zip(keys(), PAIRS, strict=True))]
    ]
    table = catalog_of(database).tables["thing"]
    now = datetime(2026, 1, 2, tzinfo=UTC)
    with database.writing() as conn:
        conn.execute(sa.insert(table), [{"created_at": now, "updated_at": now, **row} for row in rows])
        names = [c.name for c in table.columns if c.name not in ("id", "rev", "owner", "owner_department")]
        there = SEED
        while there < ROWS:
            more = sa.select(*(table.c[name] for name in names)).order_by(table.c.id).limit(ROWS - there)
            conn.execute(sa.insert(table).from_select(names, more))
            there = min(2 * there, ROWS)
        conn.execute(sa.update(table).values(f10=sa.literal("long ") + sa.cast(table.c.id, sa.Text)))
        conn.exec_driver_sql("CREATE TABLE witness AS SELECT * FROM r_thing")


def differing(database: Database) -> int:
    """Rows in which any value is stored otherwise than it was."""
    kind = "typeof" if database.is_sqlite else "pg_typeof"
    tests = [
        f"t.{key} IS DISTINCT FROM w.{key} OR {kind}(t.{key}) IS DISTINCT FROM {kind}(w.{key})" for key in keys()
    ]
    query = f"SELECT count(*) FROM r_thing t JOIN witness w ON w.id = t.id WHERE {' OR '.join(tests)}"
    with database.reading() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM r_thing").scalar() == ROWS
        return int(conn.exec_driver_sql(query).scalar_one())


def test_every_pair_converts_as_foretold_and_comes_back_bit_for_bit(database: Database):
    applied(database, before())
    filled(database)

    with database.reading() as conn:
        preview = changesets.preview(conn, [Edit.put(after())])
    changed = applied(database, after(), allow_destructive=True)

    foretold = {(effect.field, effect.code): effect.count for effect in preview.effects}
    happened = {step["field"]: step for step in changed.steps if step["step"] == "convert_column"}
    assert len(happened) == len(PAIRS) >= 20
    table, old = catalog_of(database).tables["thing"], sa.table("witness", *(sa.column(key) for key in keys()))
    with database.reading() as conn:
        query = sa.select(*(sa.func.count(source.c[key]) for source in (old, table) for key in keys()))
        counts = conn.execute(query.select_from(old.join(table, sa.text("witness.id = r_thing.id")))).one()
    for number, key in enumerate(keys()):
        lost, converted = (foretold.get((key, code), 0) for code in ("values_lost", "values_converted"))
        assert (happened[key]["lost"], happened[key]["converted"]) == (lost, converted), PAIRS[number]
        assert counts[number] == lost + converted and counts[len(PAIRS) + number] == converted, PAIRS[number]
        assert converted, PAIRS[number]
    assert sum(foretold.get((key, "values_lost"), 0) > 0 for key in keys()) >= 10

    changesets.revert(database, changed.number, "tester", allow_destructive=True)

    assert differing(database) == 0


def test_edits_since_stay_where_they_convert_back_and_are_named_where_not(database: Database):
    applied(database, entity("thing", field("n", "integer"), field("t")))
    add(database, "thing", *({"name": "A", "n": n, "t": str(n)} for n in range(1, 7)))
    changed = applied(database, entity("thing", field("n"), field("t", "integer")))
    table = catalog_of(database).tables["thing"]
    with database.writing() as conn:
        for key, value in {1: "11", 2: "many", 3: None}.items():
            conn.execute(sa.update(table).where(table.c.id == key).values(n=value))

    with database.reading() as conn:
        preview = changesets.preview_revert(conn, changed.number)
    assert {(e.code, e.field, e.count) for e in preview.effects} == {
        ("edits_lost", "n", 1),
        ("edits_kept", "n", 2),
    }
    assert next(e for e in preview.effects if e.code == "edits_lost").samples == ((2, "many"),)
    back = changesets.revert(database, changed.number, "tester", allow_destructive=True)

    assert column(database, "thing", "n") == [11, 2, None, 4, 5, 6]
    [step] = [step for step in back.steps if step.get("field") == "n"]
    assert (step["edits_kept"], step["edits_lost"]) == (2, 1)
    assert problems(database) == []


def test_what_points_at_a_record_becomes_its_title_and_back(database: Database):
    link = field("boss", "relation", target="thing")
    applied(database, entity("thing", link))
    [one] = add(database, "thing", {"name": "Ann"})
    add(database, "thing", {"name": "Bob", "boss": one}, {"name": "Bob"})

    applied(database, entity("thing", field("boss")), allow_destructive=True)
    assert column(database, "thing", "boss") == [None, "Ann", None]
    with database.writing() as conn:
        table = catalog_of(database).tables["thing"]
        conn.execute(sa.update(table).where(table.c.id == 3).values(boss="Bob"))
    applied(database, entity("thing", link), allow_destructive=True)

    assert column(database, "thing", "boss") == [None, one, None], "two are called Bob"
    assert problems(database) == []


def test_a_type_that_would_read_sense_into_others_takes_none_of_them():
    fields = build([entity("thing", field("day", "date"), field("tel", "phone"))]).entities["thing"].fields

    assert Conversion(fields["day"], fields["tel"]).values(None, [DAY]) == ([None], [True])  # type: ignore[arg-type]
    assert "phone" not in becomes(fields["day"]) and becomes(fields["day"])["text"] == "all"


@pytest.mark.parametrize("name", sorted(FIELD_TYPES))
def test_every_type_says_what_it_may_become(name: str):
    kind = FIELD_TYPES[name]
    if kind.computed or kind.target is not None or kind.needed:
        return
    one = field("x", name, **kind.examples.options)
    found = becomes(build([entity("thing", one)]).entities["thing"].fields["x"])

    assert name not in found and set(found.values()) <= {"all", "some"}


def test_values_kept_after_a_change_of_type_are_listed_with_their_size(database: Database):
    applied(database, entity("thing", field("n")))
    add(database, "thing", {"name": "A", "n": "1"}, {"name": "B", "n": None})
    changed = applied(database, entity("thing", field("n", "integer")))

    with database.reading() as conn:
        [kept] = shadows.measured(conn)
    assert (kept.shadow.changeset, kept.shadow.entity, kept.shadow.field) == (changed.number, "thing", "n")
    assert kept.rows == 1 and kept.bytes > 0
