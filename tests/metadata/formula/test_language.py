"""What formulas give, one example each; and what is refused when a formula is saved."""

from datetime import UTC, date, datetime
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest

from formloom.metadata import catalog, formula
from formloom.metadata.errors import FormulaError
from formloom.metadata.wording import LANGUAGES
from tests.metadata import kitchen

CATALOG = kitchen.build()
ENTITY = CATALOG.entities["kitchen"]
RECORD: dict[str, Any] = {
    "a_integer": 7,
    "a_money": Decimal("1234.50"),
    "a_decimal": None,
    "a_text": "Abc 织表",
    "a_date": date(2026, 1, 31),
    "a_datetime": datetime(2026, 11, 21, 20, tzinfo=UTC),
    "a_boolean": None,
    "a_select": "small",
    "a_user": 7,
    "a_relation.a_text": "上级",
    "a_subtable.a_decimal": [Decimal("1.5"), None, Decimal("2")],
    "a_subtable.a_integer": [],
    "a_subtable.a_date": [date(2026, 1, 1), date(2025, 1, 1)],
    "a_subtable.id": [1, 2, 3],
}

GIVES: list[tuple[str, Any]] = [
    ("1+2*3^2", 19),
    ("(1+2)*3", 9),
    ("-2^2", 4),
    ("50%", Decimal("0.50")),
    ("10/4", Decimal("2.5")),
    ("1/3*3=1", True),
    ("INT(1/3*3)", 1),
    ("0.1+0.2=0.3", True),
    ("1/0", None),
    ("a_decimal+1", None),
    ("2^0.0", 1),
    ("ROUND(2.5)", 3),
    ("ROUND(-2.5)", -3),
    ("ROUND(1234.567,2)", Decimal("1234.57")),
    ("ROUND(1234.567,-2)", 1200),
    ("ROUNDUP(1.001,2)", Decimal("1.01")),
    ("ROUNDUP(-1.001,2)", Decimal("-1.01")),
    ("ROUNDDOWN(-1.019,2)", Decimal("-1.01")),
    ("ABS(-3)", 3),
    ("INT(-1.5)", -2),
    ("MOD(-7,3)", 2),
    ("MOD(7,-3)", -2),
    ("MOD(7,0)", None),
    ("MIN(a_integer, a_decimal, 3)", 3),
    ("MAX(a_date, TODAY())", date(2026, 11, 21)),
    ("SUM(a_integer, a_decimal)", 7),
    ("SUM(a_subtable.a_decimal)", Decimal("3.5")),
    ("SUM(a_subtable.a_integer)", 0),
    ("AVG(a_subtable.a_decimal)", Decimal("1.75")),
    ("AVG(a_subtable.a_integer)", None),
    ("COUNT(a_subtable)", 3),
    ("COUNT(a_subtable.a_decimal)", 2),
    ("MIN(a_subtable.a_date)", date(2025, 1, 1)),
    ("MAX(a_subtable.a_decimal)", 2),
    ('a_text & "-" & a_integer & a_decimal', "Abc 织表-7"),
    ('a_money & ""', "1234.5"),
    ('"" & ""', None),
    ('CONCAT("say ""hi""", “中”)', 'say "hi"中'),
    ("LEFT(a_text, 3) & RIGHT(a_text, 2)", "Abc织表"),
    ("MID(a_text, 5, 1)", "织"),
    ("LEN(a_text)", 6),
    ("LEN(a_decimal)", 0),
    ('UPPER("aä") & LOWER("BÄ")', "AäbÄ"),
    ('TRIM("  x ")', "x"),
    ('TEXT(a_money, "#,##0.00")', "1,234.50"),
    ('TEXT(0.125, "0.0%")', "12.5%"),
    ('TEXT(0-0.001, "0.00")', "0.00"),
    ('TEXT(a_date, "yyyy年mm月dd日")', "2026年01月31日"),
    ('TEXT(a_datetime, "yyyy-mm-dd hh:mm")', "2026-11-22 04:00"),
    ("a_date & a_datetime", "2026-01-312026-11-22 04:00"),
    ("TODAY()", date(2026, 11, 21)),
    ("NOW()", kitchen.NOW),
    ("DATE(2026, 14, 0)", date(2027, 1, 31)),
    ("YEAR(a_datetime)*10000 + MONTH(a_datetime)*100 + DAY(a_datetime)", 20261122),
    ("WEEKDAY(DATE(2026,11,22))", 1),
    ("WEEKDAY(DATE(2026,11,22), 2)", 7),
    ("DAYS(TODAY(), a_date)", 294),
    ("TODAY() - a_date", 294),
    ("a_date + 1", date(2026, 2, 1)),
    ("HOURS(a_datetime, NOW())", Decimal("11.5")),
    ("a_datetime - NOW() > 0.4", True),
    ("EDATE(a_date, 1)", date(2026, 2, 28)),
    ("EOMONTH(a_date, 1)", date(2026, 2, 28)),
    ('DATEDIF(a_date, TODAY(), "m")', 9),
    ('DATEDIF(a_date, DATE(2028,1,31), "Y")', 2),
    ('DATEDIF(TODAY(), a_date, "D")', None),
    ("DATE(9999,12,31)", None),
    ("a_date + 9999999", None),
    ("IF(a_decimal > 1, 1, 2)", 2),
    ("IF(a_boolean, 1)", None),
    ("IFS(a_integer > 9, 1, a_integer > 5, 2)", 2),
    ('SWITCH(a_select, "big", 1, "小型", 2, 3)', 2),
    ("SWITCH(a_integer, 1, TRUE)", None),
    ("AND(a_boolean, TRUE)", False),
    ("OR(a_boolean, a_integer=7)", True),
    ("NOT(a_boolean)", True),
    ("COALESCE(a_decimal, a_integer, 0)", 7),
    ("ISBLANK(a_decimal)", True),
    ("a_decimal = NULL", True),
    ('a_text <> ""', True),
    ("a_decimal <> 0", True),
    ("a_decimal < 0", False),
    ('"b" > "a"', True),
    ("a_datetime > a_date", True),
    ("ME() = a_user", True),
    ("MY_DEPARTMENT()", 1),
    ("{字段integer} * {字段relation}.a_money", None),
    ("字段integer ＋ 1", 8),
    ("IF（a_integer ≥ 7，1，0）", 1),
    ("a_relation.a_text", "上级"),
]
REFUSED = [
    "",
    " ",
    "=",
    "1 +",
    "(1",
    "1)",
    '"open',
    "{open",
    "1,2",
    "a_integer b",
    "nothing",
    "Nothing(1)",
    "__import__('os')",
    "''.__class__",
    "a_text.__class__",
    "'%999999999s' % 1",
    "9**9**9",
    "a_text * 2",
    '"a" + 1',
    "-a_text",
    "IF(1, 2, 3)",
    'IF(TRUE, 1, "x")',
    "IF(TRUE)",
    "IF(TRUE, 1, 2, 3)",
    "TODAY(1)",
    "IFS(TRUE, 1, FALSE)",
    "a_integer AND TRUE",
    "AND(1)",
    "a_boolean > TRUE",
    "a_user < a_user",
    "a_user + 1",
    "a_date + a_date",
    "1 - a_date",
    "a_date * 2",
    "HOURS(a_date, a_date)",
    "2 ^ 0.5",
    "2 ^ 200%",
    "2 ^ a_money",
    "2 ^ 101",
    "ROUND(1, a_integer)",
    "ROUND(1, 99)",
    'TEXT(1, "General")',
    'TEXT(a_date, "whatever")',
    "TEXT(1, a_text)",
    'DATEDIF(a_date, a_date, "week")',
    "WEEKDAY(a_date, 3)",
    "a_subtable",
    "a_subtable.a_decimal",
    "SUM(a_subtable)",
    "SUM(a_subtable.a_text)",
    "COUNT(a_integer)",
    "AVG(a_integer)",
    "a_multiselect",
    "a_relation.nothing",
    "a_text.a_text",
    "a_relation.up.up.up.up.a_text",
    'a_select = "中型"',
    "(" * 2000,
    "1" * 2001,
    "x" * 100_000,
    "-" * 60 + "1",
    "NOT(" * 51 + "TRUE" + ")" * 51,
    "+".join(["1"] * 60),
    "*".join(["(a_integer^99)"] * 20),
    "((9^99)^99)^99",
    "CONCAT(" + ",".join(["1"] * 61) + ")",
]


@pytest.mark.parametrize(("text", "value"), GIVES)
def test_formulas_give(text: str, value: Any):
    compiled = formula.compile(text, ENTITY, CATALOG)

    found = compiled.python(RECORD, kitchen.ENV)

    assert found == value
    assert isinstance(value, bool) == isinstance(found, bool)


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_what_cannot_be_computed_is_refused_at_once(text: str):
    began = perf_counter()
    with pytest.raises(FormulaError) as refused:
        formula.compile(text, ENTITY, CATALOG)

    assert perf_counter() - began < 0.5
    assert all("{" not in refused.value.message(lang).replace(text, "") for lang in LANGUAGES)


def test_a_refusal_says_where():
    with pytest.raises(FormulaError) as refused:
        formula.compile("a_integer + nothing", ENTITY, CATALOG)

    assert refused.value.data["position"] == 13
    assert "13" in refused.value.message("zh")


def test_reads_are_paths_by_key():
    compiled = formula.compile(
        "{字段relation}.a_text & SUM(a_subtable.a_decimal) & COUNT(a_subtable)", ENTITY, CATALOG
    )

    assert compiled.reads == {"a_relation.a_text", "a_subtable.a_decimal", "a_subtable.id"}
    assert (compiled.volatile, compiled.personal) == (False, False)


def computed(**formulas: str) -> list[dict[str, Any]]:
    fields = [
        {"key": key, "type": "formula", "label": key, "formula": text, "result": "decimal"}
        for key, text in formulas.items()
    ]
    other = {"key": "b", "type": "relation", "target": "t", "label": "B"}
    rollup = {"key": "r", "type": "rollup", "label": "R", "function": "sum", "of": "t.x", "by": "b"}
    return [{"kind": "entity", "key": "t", "label": "T", "title": "x", "fields": [*fields, other, rollup]}]


@pytest.mark.parametrize(
    "formulas",
    [{"x": "x"}, {"x": "y+1", "y": "x"}, {"x": "b.x"}, {"x": "r"}, {"x": "y", "y": "b.z", "z": "r"}],
    ids=str,
)
def test_fields_may_not_compute_each_other(formulas: dict[str, str]):
    with pytest.raises(FormulaError) as refused:
        catalog.build(computed(**formulas))

    assert refused.value.data["entity"] == "t" and "→" in refused.value.message("zh")


def test_what_reads_the_clock_is_volatile_all_the_way():
    built = catalog.build(computed(x="TODAY() - TODAY()", y="x + 1", z="b.y", w="1"))

    assert {key for (_, key), one in built.formulas.items() if one.volatile} == {"x", "y", "z"}
    assert set(built.tables["t"].c.keys()) & {"w", "x", "y", "z"} == {"w"}


def test_a_stored_formula_may_not_ask_who_looks():
    with pytest.raises(FormulaError):
        catalog.build(computed(x="IF(ME() = owner, 1, 2)"))


def test_defaults_fit_their_field():
    documents = kitchen.documents()
    defaults = {
        "a_user": "ME()",
        "a_money": "10/3",
        "a_select": 'IF(TRUE, "small", "big")',
        "a_date": "NOW()",
        "a_integer": "7/2",
    }
    for field in documents[0]["fields"]:
        if field["key"] in defaults:
            field["default_formula"] = defaults[field["key"]]
    built = catalog.build(documents)

    found = {
        key: formula.compile_default(built.entities["kitchen"].fields[key], built).python({}, kitchen.ENV)
        for key in defaults
    }

    assert found == {
        "a_user": 7,
        "a_money": Decimal("3.33"),
        "a_select": "small",
        "a_date": date(2026, 11, 21),
        "a_integer": 4,
    }


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('"x"', "money"),
        ("1", "date"),
        ("a_date", "datetime"),
        ('"medium"', "select"),
        ("a_text", "select"),
        ("1", "boolean"),
    ],
)
def test_a_result_of_another_kind_is_refused(text: str, result: str):
    field = {"key": "f", "type": "formula", "label": "F", "formula": text, "result": result}
    field["options"] = [{"key": "small", "label": "Small"}]
    documents = kitchen.documents()
    documents[0]["fields"].append(field)

    with pytest.raises(FormulaError) as refused:
        catalog.build(documents)

    assert (refused.value.data["entity"], refused.value.data["field"]) == ("kitchen", "f")
