"""Random formulas over random records: Python, SQLite and PostgreSQL give the same values."""

import time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom.metadata import conditions, formula
from formloom.metadata.conditions import TableSource
from formloom.metadata.database import Database
from formloom.metadata.errors import FormulaError
from formloom.metadata.fieldtype import FIELD_TYPES
from tests.metadata import kitchen
from tests.metadata.formula import test_structured
from tests.metadata.formula.test_language import GIVES

CATALOG = kitchen.build()
ENTITY = CATALOG.entities["kitchen"]
REFUSALS = ("formula.at", "formula.too_long", "formula.too_many_digits", "formula.too_nested", "formula.too_large")
RESULTS = FIELD_TYPES["formula"].options_schema["result"]["enum"]


def written(function: str, *arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*arguments).map(lambda texts: f"{function}({', '.join(texts)})")


def between(left: st.SearchStrategy[str], sign: str, right: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(left, right).map(lambda texts: f"({texts[0]} {sign} {texts[1]})")


def one(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


numbers = st.deferred(lambda: st.one_of(*_numbers()))
texts = st.deferred(lambda: st.one_of(*_texts()))
dates = st.deferred(lambda: st.one_of(*_dates()))
moments = one("a_datetime", "NOW()", "created_at") | between(
    one("a_datetime", "NOW()"), "+", one("1", "0.25", "-a_decimal", "a_duration", "HOURS(NOW(), a_datetime)")
)
booleans = st.deferred(lambda: st.one_of(*_booleans()))
places = st.integers(-2, 4).map(str)


def _numbers() -> list[st.SearchStrategy[str]]:
    simple = one("a_integer", "a_decimal", "a_money", "a_percent", "a_relation.a_money", "a_rollup", "id", "NULL")
    lines = one("SUM", "AVG", "MIN", "MAX", "COUNT")
    return [
        simple,
        simple,
        st.integers(-20, 2000).map(str),
        st.decimals(-100, 100, places=3).map(lambda d: format(d, "f")),
        *(between(numbers, sign, numbers) for sign in "+-*/"),
        between(one("a_decimal", "1.05", "-2", "a_integer"), "^", one("0", "2", "3", "COUNT(a_subtable)")),
        numbers.map(lambda text: f"(-{text})"),
        numbers.map(lambda text: f"({text})%"),
        *(written(name, numbers, places) for name in ("ROUND", "ROUNDUP", "ROUNDDOWN")),
        *(written(name, numbers) for name in ("ABS", "INT")),
        *(written(name, numbers, numbers) for name in ("MOD", "MIN", "MAX", "SUM", "COALESCE")),
        st.tuples(lines, one("a_decimal", "a_integer")).map(lambda t: f"{t[0]}(a_subtable.{t[1]})"),
        written("LEN", texts),
        *(written(name, dates) for name in ("YEAR", "MONTH", "DAY", "WEEKDAY")),
        written("WEEKDAY", dates, st.just("2")),
        written("DAYS", dates, moments),
        between(dates, "-", dates),
        between(moments, "-", moments),
        written("HOURS", moments, moments),
        written("DATEDIF", dates, dates, one('"D"', '"M"', '"Y"')),
        written("IF", booleans, numbers, numbers),
        written("SWITCH", numbers, numbers, numbers, numbers),
        written("COUNT", one("a_tags", "a_multiselect", "a_multi_user", "a_multi_relation", "a_file")),
        one("a_duration", "LATITUDE(a_geo)", "DISTANCE(a_geo, 31.2, 121.5)", "a_rating", "HOUR(a_time)"),
        one("MINUTE(a_datetime)", 'HOURS(a_time, "08:15:30")', "DISTANCE(a_geo, a_geo)", "LONGITUDE(a_geo)"),
        written("VALUE", texts),
    ]


def _texts() -> list[st.SearchStrategy[str]]:
    return [
        one("a_text", "a_phone", "a_select", "a_relation.a_text", "NULL", '""', '"x"', '" 织 "', '"Zz"'),
        between(texts, "&", texts | numbers | dates | moments | booleans),
        *(written(name, texts, numbers) for name in ("LEFT", "RIGHT")),
        written("MID", texts, one("1", "3", "-1", "a_integer"), numbers),
        *(written(name, texts) for name in ("LOWER", "UPPER", "TRIM")),
        written("TEXT", one("a_money", "a_integer", "1/3"), one('"0"', '"#,##0.00"', '"0.0%"')),
        written("TEXT", dates, one('"yyyy-mm"', '"yyyy年mm月dd日"')),
        written("TEXT", moments, one('"hh:mm"', '"mm/dd hh:mm:ss"')),
        written("IF", booleans, texts, texts),
        written("COALESCE", texts, texts),
        *(written(name, one("a_address", "a_region")) for name in ("PROVINCE", "CITY", "DISTRICT")),
        one(
            "a_address",
            "a_region",
            "a_geo",
            "a_richtext",
            "a_time",
            "a_color",
            "a_code",
            "a_role",
            "POSTCODE(a_address)",
        ),
        one(
            "JOIN(a_tags)",
            'JOIN(a_multiselect, "")',
            'JSON(a_json, "a[0]")',
            'JSON(a_json, "a[2]")',
            'JSON(a_json, "x")',
        ),
    ]


def _dates() -> list[st.SearchStrategy[str]]:
    return [
        one("a_date", "TODAY()", "a_relation.a_date", "MIN(a_subtable.a_date)", "MAX(a_subtable.a_date)"),
        written("DATE", one("2026", "a_integer", "20001"), one("2", "14", "-3"), one("1", "31", "400")),
        between(dates, "+", numbers),
        between(dates, "+", one("a_duration", "a_duration * 30")),
        between(dates, "-", one("1", "400.9", "3000000", "a_integer")),
        *(written(name, dates, one("1", "-1", "25", "a_integer")) for name in ("EDATE", "EOMONTH")),
        *(written(name, dates, dates) for name in ("MIN", "MAX", "COALESCE")),
        written("IF", booleans, dates, moments),
    ]


def _booleans() -> list[st.SearchStrategy[str]]:
    signs = ("=", "<>", "<", "<=", ">", ">=")
    return [
        one("a_boolean", "TRUE", "FALSE", "a_user = owner", 'a_select = "小型"', "ISBLANK(a_relation)"),
        *(between(kind, sign, kind) for sign in signs for kind in (numbers, texts, dates)),
        *(between(moments, sign, moments | dates) for sign in signs),
        *(written(name, booleans, booleans) for name in ("AND", "OR")),
        written("NOT", booleans),
        written("CONTAINS", texts, texts),
        written("HAS", one("a_tags"), texts),
        written("HAS", one("a_multi_user"), one("a_user", "ME()", "owner")),
        one('HAS(a_multiselect, "小型")', "HAS(a_multi_relation, a_relation)", "ISBLANK(a_json)"),
        written("ISBLANK", texts | dates),
        written("COALESCE", booleans, booleans),
    ]


def inputs(rows: kitchen.Rows, record: dict[str, Any]) -> dict[str, Any]:
    """The record with what its formulas read of others."""
    lines = sorted(rows.children("line", "kitchen", record["id"]), key=lambda line: line["id"])
    behind = rows.related("maker", record["a_relation"]) if record["a_relation"] else None
    found = {**record}
    for key in ("a_text", "a_money", "a_date", "id"):
        found[f"a_relation.{key}"] = behind[key] if behind else None
    for key in ("a_decimal", "a_integer", "a_date", "id"):
        found[f"a_subtable.{key}"] = [line[key] for line in lines]
    return found


def selected(conn: sa.Connection, compiled: formula.Formula) -> list[Any]:
    source = TableSource(CATALOG, "kitchen", env=kitchen.ENV)
    select = sa.select(compiled.sql(source, kitchen.ENV)).select_from(source.from_)
    return list(conn.scalars(select.order_by(source.column("id"))))


def check(conn: sa.Connection, rows: kitchen.Rows, text: str) -> None:
    compiled = formula.compile(text, ENTITY, CATALOG)
    expected = [compiled.python(inputs(rows, record), kitchen.ENV) for record in rows.records["kitchen"]]

    assert [alike(value) for value in selected(conn, compiled)] == [alike(value) for value in expected], text


def alike(value: Any) -> Any:
    # Numbers differ in zeros at the end before they are fitted to a field.
    return value.normalize() if isinstance(value, Decimal) else value


def test_every_example_gives_the_same_everywhere(database: Database):
    rows = kitchen.filled(database, CATALOG)

    with database.reading() as conn:
        for text, _ in [*GIVES, *test_structured.GIVES]:
            check(conn, rows, text)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.one_of(numbers, texts, dates, moments, booleans))
def test_any_formula_gives_the_same_everywhere(database: Database, text: str):
    if not sa.inspect(database.engine).has_table("r_kitchen"):
        kitchen.filled(database, CATALOG)
    rows = kitchen.records(CATALOG)

    with database.reading() as conn:
        try:
            check(conn, rows, text)
        except FormulaError as refused:
            assert refused.data["reason"].key in REFUSALS, text


def test_fields_that_read_the_clock_can_be_filtered_and_sorted(database: Database):
    documents = kitchen.documents()
    clock = {"key": "age", "type": "formula", "label": "Age", "formula": "TODAY() - a_date", "result": "integer"}
    above = {"key": "older", "type": "formula", "label": "Older", "formula": "up.age + 1", "result": "money"}
    for document in documents[:2]:
        document["fields"].append(clock)
    documents[1]["fields"].append(above)
    built = kitchen.catalog.build(documents)
    rows = kitchen.filled(database, built)
    ages = {
        r["id"]: (kitchen.ENV.today - r["a_date"]).days if r["a_date"] else None for r in rows.records["kitchen"]
    }

    with database.reading() as conn:
        source = TableSource(built, "kitchen", env=kitchen.ENV)
        raw = {
            "all": [
                {"field": "age", "op": "gte", "value": 100},
                {"field": "a_relation.older", "op": "ne", "value": "1"},
            ]
        }
        condition = conditions.parse(raw, built.entities["kitchen"], built)
        select = sa.select(source.column("id"), source.column("age")).select_from(source.from_)
        found = conn.execute(select.where(conditions.clause(condition, source, kitchen.ENV))).all()

    assert "age" not in built.tables["kitchen"].c and "older" not in built.tables["maker"].c
    # The one above maker 12 is of today, so its age and one is 1.
    below = {r["id"] for r in rows.records["kitchen"] if r["a_relation"] == 12}
    assert dict(found) == {k: age for k, age in ages.items() if age is not None and age >= 100 and k not in below}
    assert below & {key for key, age in ages.items() if age is not None and age >= 100}


def test_a_formula_of_any_size_allowed_is_quick(database: Database):
    rows = kitchen.filled(database, CATALOG)
    nested = "IF(a_integer = {}, {}, " * 30
    heavy = [
        "a_money^99",
        "ROUNDUP(" * 8 + "a_money" + ")" * 8,
        "CONCAT(" + ",".join(["a_text"] * 60) + ")",
        "&".join(["a_text"] * 48),
        "+".join(["a_decimal"] * 48),
        "a_integer" + " - a_decimal + 1" * 24,
        nested.format(*range(60)) + "0" + ")" * 30,
        "MOD(" * 9 + "7" + ",a_integer)" * 9,
        "NOT(" * 9 + "a_relation.a_text > a_text" + ")" * 9,
    ]

    with database.reading() as conn:
        for text in heavy:
            began = time.perf_counter()
            check(conn, rows, text)
            assert time.perf_counter() - began < 1, text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a_money * a_money", "money"),
        ("a_money / 7 - a_decimal", "decimal"),
        ("a_integer / 2", "integer"),
        ("a_integer * 1000000000000", "integer"),
        ("a_text & a_text", "text"),
        ("a_datetime", "date"),
        ("a_datetime + 0.5", "datetime"),
        ("a_money > 10", "boolean"),
        ('IF(a_money > 10, "big", "small")', "select"),
        ("a_percent / 3", "percent"),
        ("a_datetime - NOW() + a_duration", "duration"),
        ("a_address", "text"),
        ("HAS(a_tags, a_text)", "boolean"),
    ],
)
def test_results_fit_their_field_everywhere(database: Database, text: str, result: str):
    field = {"key": "f", "type": "formula", "label": "F", "formula": text, "result": result}
    field |= {"options": [{"key": "small", "label": "Small"}, {"key": "big", "label": "Big"}]}
    documents = kitchen.documents()
    documents[0]["fields"].append(field)
    built = kitchen.catalog.build(documents)
    rows, compiled = kitchen.filled(database, built), built.formulas["kitchen", "f"]

    with database.reading() as conn:
        found = selected(conn, compiled)

    expected = [compiled.python(inputs(rows, record), kitchen.ENV) for record in rows.records["kitchen"]]
    assert found == expected
    assert {type(value) for value in found} == {type(value) for value in expected}
    assert result in RESULTS
