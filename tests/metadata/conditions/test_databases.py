"""Conditions over relations, children and in any nesting: SQL on both databases against Python."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom.metadata import conditions
from formloom.metadata.database import Database
from formloom.metadata.errors import BadFilter
from tests.contracts.test_conditions import CASES, CATALOG, ENTITY, chosen, decided, operands, readable
from tests.metadata import kitchen

SIMPLE = [
    {"field": field.key, "op": operator.name, "value": raw}
    for field, operator in CASES
    for raw in operands(field, operator)
]
MAKER = [
    {"field": "a_text", "op": "contains", "value": "A"},
    {"field": "a_text", "op": "is_empty"},
    {"field": "a_money", "op": "ne", "value": "7"},
    {"field": "up", "op": "not_in", "value": [7, None]},
]
LINES = [
    {"field": "a_decimal", "op": "lte", "value": "1"},
    {"field": "a_boolean", "op": "eq", "value": True},
    {"field": "kitchen.a_relation.a_text", "op": "is_not_empty"},
    {"not": {"field": "a_date", "op": "gt", "value": "2026-03-05"}},
]
RELATED = [
    *({**test, "field": f"a_relation.{test['field']}"} for test in MAKER),
    {"field": "a_relation.up.a_text", "op": "is_empty"},
    {"field": "a_relation.up.owner", "op": "is_me"},
    *({some: "a_subtable", "where": where} for some in ("some", "none") for where in LINES),
    {"some": "line.kitchen"},
    {"none": "a_subtable", "where": {"not": {"all": LINES[:2]}}},
]


def conditions_of(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=6,
    )


def test_conditions_over_other_records_agree(database: Database):
    rows = kitchen.filled(database, CATALOG)

    with database.reading() as conn:
        for raw in RELATED:
            for whole in (raw, {"not": raw}):
                condition = conditions.parse(whole, ENTITY, CATALOG)
                found = chosen(conn, CATALOG, "kitchen", condition)
                assert found == decided(rows, "kitchen", condition), whole


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_condition_agrees(database: Database, data: st.DataObject):
    if not sa.inspect(database.engine).has_table("r_kitchen"):
        kitchen.filled(database, CATALOG)
    rows = kitchen.records(CATALOG)
    condition = readable(data.draw(conditions_of(st.sampled_from([*SIMPLE, *RELATED]))))

    if condition is not None:
        with database.reading() as conn:
            assert chosen(conn, CATALOG, "kitchen", condition) == decided(rows, "kitchen", condition)


def wrapped(raw: dict[str, Any], *wrappers: str) -> dict[str, Any]:
    for wrapper in wrappers:
        inner = raw
        raw = {
            "not": {"not": inner},
            "all": {"all": [inner, inner]},
            "any": {"any": [inner, {"not": inner}]},
            "some": {"some": "maker.up", "where": inner},
            "none": {"none": "maker.up", "where": inner},
        }[wrapper]
    return raw


@pytest.mark.parametrize(
    "wrappers",
    [("not",), ("all",) * 5, ("any",) * 3, ("some",) * 4, ("none",) * 4, ("any", "none", "all", "some", "any")],
    ids="-".join,
)
def test_conditions_nested_as_deep_as_allowed_run_on_both_databases(database: Database, wrappers: tuple[str, ...]):
    rows = kitchen.filled(database, CATALOG)
    raw = {"field": "up.up.up.up.a_text", "op": "not_contains", "value": "x"}
    if "some" in wrappers or "none" in wrappers:
        raw = {"field": "a_text", "op": "not_contains", "value": "x"}
    condition = conditions.parse(wrapped(raw, *wrappers), CATALOG.entities["maker"], CATALOG)

    with database.reading() as conn:
        assert chosen(conn, CATALOG, "maker", condition) == decided(rows, "maker", condition)


def test_more_than_a_database_could_parse_is_refused():
    for wrappers in (("some",) * 5, ("none",) * 7):
        with pytest.raises(BadFilter):
            conditions.parse(
                wrapped({"field": "up.a_text", "op": "is_empty"}, *wrappers), CATALOG.entities["maker"], CATALOG
            )


@pytest.mark.parametrize("part", ["50%", "_", "\\", "[a]", "*", "'", "％"])
def test_contains_takes_every_character_literally(database: Database, part: str):
    kitchen.filled(database, CATALOG)
    table = CATALOG.tables["maker"]
    texts = ["50% off", "5000", "a_b", "a\\b", "[a]x", "a*", "it's", "Ä", "％"]
    with database.writing() as conn:
        for number, text in enumerate(texts, 100):
            conn.execute(
                sa.insert(table).values(id=number, a_text=text, created_at=kitchen.NOW, updated_at=kitchen.NOW)
            )
        condition = conditions.parse(
            {"field": "a_text", "op": "contains", "value": part}, CATALOG.entities["maker"], CATALOG
        )
        found = chosen(conn, CATALOG, "maker", condition)

    assert found == [number for number, text in enumerate(texts, 100) if part in text]


def test_a_condition_that_looks_elsewhere_needs_to_be_told_how():
    condition = conditions.parse({"field": "a_relation.a_text", "op": "is_empty"}, ENTITY, CATALOG)

    assert conditions.matches(condition, {"a_relation.a_text": None}, kitchen.ENV)
    assert conditions.matches(condition, {}, kitchen.ENV)
    with pytest.raises(LookupError):
        conditions.matches(condition, {"a_relation": 7}, kitchen.ENV)
