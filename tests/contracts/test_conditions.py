"""Every operator of every field type, in SQL on both databases and in Python: they agree on every row."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import conditions
from formloom.metadata.catalog import Catalog
from formloom.metadata.database import Database
from formloom.metadata.errors import BadFilter, UnknownField
from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.model import Field
from formloom.metadata.operators import Operator
from formloom.metadata.wording import LANGUAGES
from tests.metadata import kitchen

CATALOG = kitchen.build()
ENTITY = CATALOG.entities["kitchen"]
FIELDS = [field for field in ENTITY.all_fields.values() if field.behaviour.operators]
CASES = [(field, operator) for field in FIELDS for operator in field.behaviour.operators]
WORDS = {"category": ["won", "lost"], "none": [None], "text": ["a", "A%", "_", "\\", "织", "1", "'"]}
WINDOWS = [
    {"unit": unit, "from": start, "to": end}
    for unit in ("day", "week", "month", "quarter", "year")
    for start, end in ((0, 0), (-1, 0), (1, 3))
]
OFFSETS = [{"unit": unit, "offset": offset} for unit in ("day", "month") for offset in (-1, 0)]
RUBBISH: list[Any] = [
    {"x": 1},
    [[1]],
    "\0",
    "no such thing",
    True,
    1.5,
    [1, 2, 3],
    {"unit": "month", "offset": "1"},
]


def operands(field: Field, operator: Operator) -> Iterator[Any]:
    """Raw operands of the kind the operator takes, made of the field's own examples."""
    dumped = [field.behaviour.dump(field, value) for value in kitchen.values(field)]
    if operator.operand in WORDS:
        yield from WORDS[operator.operand]
    elif operator.operand == "window":
        yield from WINDOWS
    elif operator.operand == "circle":
        yield from ({"point": point, "km": km} for point in dumped if point for km in (0.5, "800"))
    elif operator.operand == "many":
        yield from ([], dumped[:2], dumped[-2:], dumped)
    elif operator.operand == "two":
        yield from ([dumped[0], dumped[-2]], [None, dumped[0]], [dumped[0], None], [dumped[0], dumped[0]])
    else:
        yield from dumped
        yield from OFFSETS if operator.operand == "moment" else ()
        yield from [{"me": True}] if "user" in (field.behaviour.target, field.behaviour.several) else ()


def chosen(conn: sa.Connection, catalog: Catalog, entity: str, condition: conditions.Condition) -> list[int]:
    source = conditions.TableSource(catalog, entity)
    select = sa.select(source.column("id")).select_from(source.from_)
    clause = conditions.clause(condition, source, kitchen.ENV)
    return list(conn.scalars(select.where(clause).order_by(source.column("id"))))


def decided(rows: kitchen.Rows, entity: str, condition: conditions.Condition) -> list[int]:
    records = rows.records[entity]
    return sorted(r["id"] for r in records if conditions.matches(condition, r, kitchen.ENV, rows))


def readable(raw: dict[str, Any]) -> conditions.Condition | None:
    try:
        return conditions.parse(raw, ENTITY, CATALOG)
    except BadFilter:
        return None


def test_every_operator_agrees_in_sql_and_python(database: Database):
    rows = kitchen.filled(database, CATALOG)
    used: dict[str, set[str]] = {}

    with database.reading() as conn:
        for field, operator in CASES:
            for raw in operands(field, operator):
                test = {"field": field.key, "op": operator.name, "value": raw}
                for whole in (test, {"not": test}):
                    condition = readable(whole)
                    if condition is None:
                        continue
                    used.setdefault(field.key, set()).add(operator.name)
                    assert chosen(conn, CATALOG, "kitchen", condition) == decided(rows, "kitchen", condition), (
                        whole
                    )

    assert used == {field.key: {o.name for o in field.behaviour.operators} for field in FIELDS}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_operands_that_mean_nothing_are_refused_by_name(field: Field):
    for operator in field.behaviour.operators:
        if operator.operand in ("none", "many", "two", "window", "category"):
            with pytest.raises(BadFilter):
                parsed(field, operator, "no such thing")
        if operator.operand in ("many", "two", "window", "category") and operator.name not in ("eq", "ne"):
            with pytest.raises(BadFilter):
                parsed(field, operator, None)
        for raw in RUBBISH:
            try:
                parsed(field, operator, raw)
            except BadFilter as refused:
                assert all(refused.message(lang) for lang in LANGUAGES)
    with pytest.raises(BadFilter):
        conditions.parse({"field": field.key, "op": "like", "value": "x"}, ENTITY, CATALOG)


def parsed(field: Field, operator: Operator, raw: Any) -> conditions.Condition:
    return conditions.parse({"field": field.key, "op": operator.name, "value": raw}, ENTITY, CATALOG)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.key)
def test_every_condition_can_be_said_in_both_languages(field: Field):
    for operator in field.behaviour.operators:
        for raw in operands(field, operator):
            condition = readable({"field": field.key, "op": operator.name, "value": raw})
            if condition is not None:
                for lang in LANGUAGES:
                    (said,) = conditions.sentence(condition, ENTITY, CATALOG, lang)
                    assert said.startswith(field.text(lang)) and "{" not in said.replace(field.text(lang), "")


def test_types_without_operators_cannot_be_asked_about():
    without = [name for name in FIELD_TYPES if kitchen.key(name) not in {field.key for field in FIELDS}]

    assert without == ["subtable"]
    with pytest.raises(UnknownField):
        conditions.parse({"field": "a_subtable", "op": "is_empty"}, ENTITY, CATALOG)
