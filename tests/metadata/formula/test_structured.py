"""What formulas make of values that have parts: addresses, points, sets, JSON, times; and what they refuse."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from formloom.metadata import catalog, formula
from formloom.metadata.errors import FormulaError
from formloom.metadata.fields.address import Place
from formloom.metadata.fields.geo import Point
from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.formula.compiler import FUNCTIONS, OVER_CHILDREN
from formloom.metadata.formula.structured import READ_AS
from formloom.metadata.wording import LANGUAGES, texts
from tests.metadata import kitchen
from tests.metadata.formula import test_language as language

CATALOG = kitchen.build()
ENTITY = CATALOG.entities["kitchen"]
RECORD: dict[str, Any] = {
    **language.RECORD,
    "a_address": Place("江苏省", "苏州市", "吴中区", "独墅湖大道1号", "215123"),
    "a_region": "110105",
    "a_geo": Point(31.2989, 120.5853),
    "a_tags": ("重点", "VIP"),
    "a_multiselect": ("small",),
    "a_multi_user": (12, 7),
    "a_multi_relation": (12, 7),
    "a_json": '{"a":[1,{"b":"x"}],"n":2.5}',
    "a_richtext": "<p>一段</p><p><b>二段</b></p>",
    "a_time": time(14, 30),
    "a_color": "#ffffff",
    "a_duration": 5400,
    "a_code": "A-1",
}

GIVES: list[tuple[str, Any]] = [
    ("PROVINCE(a_address) & CITY(a_address) & DISTRICT(a_address)", "江苏省苏州市吴中区"),
    ('STREET(a_address) & "," & POSTCODE(a_address)', "独墅湖大道1号,215123"),
    ("LEFT(a_address, 3)", "江苏省"),
    ("a_address", "江苏省苏州市吴中区独墅湖大道1号 215123"),
    ('a_address = "x"', False),
    ("PROVINCE(a_region)", "北京市"),
    ("CITY(a_region)", "北京市"),
    ("DISTRICT(a_region)", "朝阳区"),
    ('a_region & ""', "北京市 朝阳区"),
    ("LATITUDE(a_geo) + LONGITUDE(a_geo)", Decimal("151.8842")),
    ('a_geo & ""', "31.2989, 120.5853"),
    ("DISTANCE(a_geo, a_geo)", 0),
    ("DISTANCE(a_geo, 31.2304, 121.4737)", 84783),
    ("COUNT(a_tags)", 2),
    ("COUNT(a_multi_user)", 2),
    ("COUNT(a_file)", 0),
    ('HAS(a_tags, "VIP")', True),
    ('CONTAINS(a_tags, "IP")', False),
    ('HAS(a_multiselect, "小型")', True),
    ("HAS(a_multi_user, ME())", True),
    ("HAS(a_multi_user, a_user)", True),
    ("HAS(a_multi_relation, a_relation)", False),
    ('JOIN(a_tags) & JOIN(a_tags, "")', "重点、VIP重点VIP"),
    ('CONTAINS(a_text, "ABC")', True),
    ('CONTAINS(a_text, "")', False),
    ('JSON(a_json, "a[1].b")', "x"),
    ('VALUE(JSON(a_json, "n")) * 2', 5),
    ('JSON(a_json, "a")', None),
    ('VALUE("12a")', None),
    ('VALUE(" -1.50 ")', Decimal("-1.5")),
    ('a_richtext & "."', "一段\n二段."),
    ("a_time", "14:30"),
    ('a_time > "09:00"', True),
    ("HOUR(a_time) * 100 + MINUTE(a_time)", 1430),
    ("HOUR(a_datetime)", 4),
    ('HOURS(a_time, "09:00")', Decimal("5.5")),
    ('a_color = "#ffffff"', True),
    ("a_duration", 5400),
    ("a_duration * 2 / 3600", 3),
    ("a_datetime + a_duration", datetime(2026, 11, 21, 21, 30, tzinfo=UTC)),
    ("a_datetime - a_duration * 2 - a_datetime", Decimal("-0.125")),
    ("TODAY() + 48 * a_duration", date(2026, 11, 24)),
    ("a_datetime - NOW() > a_duration", True),
    ("HOURS(a_datetime, NOW()) + a_duration", 46800),
    ("ISBLANK(a_json)", False),
    ("ISBLANK(a_image)", True),
    ("a_code & a_credit_code", "A-1"),
]
REFUSED = [
    "a_tags & a_text",
    "IF(TRUE, a_tags, a_tags)",
    "a_tags = a_tags",
    "a_multi_user",
    "a_multi_relation & 1",
    "a_file",
    "a_json",
    'JSON(a_text, "a")',
    "JSON(a_json, a_text)",
    'JSON(a_json, "a b")',
    'JSON(a_json, "-1")',
    "HAS(a_text, 1)",
    'HAS(a_multi_user, "U7")',
    'HAS(a_multiselect, "中型")',
    "JOIN(a_multi_user)",
    "JOIN(a_tags, a_text)",
    "PROVINCE(a_text)",
    "STREET(a_region)",
    "LATITUDE(a_text)",
    "DISTANCE(a_geo, 91, 0)",
    "DISTANCE(a_geo, a_integer, 0)",
    'a_user = "U7"',
    "a_time + 1",
    "ROUNDUP(" * 12 + "1" + ")" * 12,
    "(((a_integer^99)^99)^99)",
]


@pytest.mark.parametrize(("text", "value"), GIVES)
def test_formulas_give(text: str, value: Any):
    found = formula.compile(text, ENTITY, CATALOG).python(RECORD, kitchen.ENV)

    assert found == value
    assert isinstance(value, bool) == isinstance(found, bool)


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_taken_is_refused_in_words(text: str):
    with pytest.raises(FormulaError) as refused:
        formula.compile(text, ENTITY, CATALOG)

    for lang in LANGUAGES:
        assert not refused.value.message(lang).replace(text, "").startswith("formula.")


def test_formulas_take_every_type_or_say_what_to_do_instead():
    silent = {
        name
        for name, kind in FIELD_TYPES.items()
        if kind.kind is None and kind.read_as is None and not kind.computed
    }

    assert silent == {"subtable"}
    assert {kind.read_as for kind in FIELD_TYPES.values()} - {None} <= set(READ_AS)
    for lang in LANGUAGES:
        known = texts(lang)
        assert all(f"design.function.{name}{end}" in known for name in FUNCTIONS for end in ("", ".use"))
        assert all(f"design.function.{name}" in known for name in OVER_CHILDREN)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("a_datetime - NOW()", 41400),
        ("HOURS(a_datetime, NOW())", 41400),
        ("TODAY() - a_date", 294 * 86400),
        ("a_duration + 60", 5460),
        ("a_duration * 2", 10800),
        ("SUM(a_duration, a_datetime - NOW())", 46800),
        ("IF(TRUE, a_duration, 0)", 5400),
    ],
)
def test_a_length_of_time_takes_differences_in_whatever_unit_they_are(text: str, seconds: int):
    field = {"key": "f", "type": "formula", "label": "F", "formula": text, "result": "duration"}
    documents = kitchen.documents()
    documents[0]["fields"].append(field)
    built = catalog.build(documents)

    assert built.formulas["kitchen", "f"].python(RECORD, kitchen.ENV) == seconds
