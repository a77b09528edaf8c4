"""What a Condition may say, and what is refused instead of being left out."""

from typing import Any

import pytest

from formloom.metadata import conditions
from formloom.metadata.conditions import All, Children, Comparison, Not
from formloom.metadata.errors import BadFilter, UnknownField
from formloom.metadata.wording import LANGUAGES
from tests.metadata import kitchen

CATALOG = kitchen.build()
ENTITY = CATALOG.entities["kitchen"]
NAME = {"field": "a_text", "op": "eq", "value": "x"}


def parse(raw: Any, **more: Any) -> conditions.Condition:
    return conditions.parse(raw, ENTITY, CATALOG, **more)


def nested(depth: int) -> dict[str, Any]:
    return NAME if depth == 1 else {"all": [nested(depth - 1)]}


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {},
        "a_text",
        {"field": "a_text"},
        {"field": "a_text", "op": "eq", "value": "x", "also": 1},
        {"field": ["a_text"], "op": "eq", "value": "x"},
        {"field": "a_text", "op": ["eq"], "value": "x"},
        {"field": "a_text", "op": "EQ", "value": "x"},
        {"field": "a_date", "op": "contains", "value": "2026"},
        {"field": "a_money", "op": "gte", "value": "abc"},
        {"field": "a_money", "op": "between", "value": ["1"]},
        {"field": "a_money", "op": "between", "value": [None, None]},
        {"field": "a_select", "op": "eq", "value": "小型"},
        {"field": "a_select", "op": "in", "value": ["small", "nothing"]},
        {"field": "a_date", "op": "within", "value": {"unit": "month", "from": 1, "to": 0}},
        {"field": "a_date", "op": "within", "value": {"unit": "month", "from": 0.5, "to": 1}},
        {"field": "a_date", "op": "within", "value": {"unit": "fortnight", "from": 0, "to": 1}},
        {"field": "a_date", "op": "within", "value": {"unit": "year", "from": 0, "to": 10**9}},
        {"field": "a_text", "op": "is_empty", "value": "yes"},
        {"field": "a_text", "op": "contains", "value": ""},
        {"field": "a_text", "op": "eq", "value": {"me": True}},
        {"field": "a_relation", "op": "eq", "value": {"from": "a_relation"}},
        {"all": NAME},
        {"all": [NAME], "any": [NAME]},
        {"every": [NAME]},
        {"not": {"all": []}},
        {"not": []},
        {"some": "a_subtable", "where": {}},
        {"some": "a_subtable", "none": "a_subtable"},
        nested(9),
        nested(90),
        {"all": [NAME] * 200},
        {"field": "a_integer", "op": "in", "value": [1] * 1001},
    ],
    ids=lambda raw: str(raw)[:60],
)
def test_what_means_nothing_is_refused_with_a_reason(raw: Any):
    with pytest.raises(BadFilter) as refused:
        parse(raw)

    assert refused.value.code == "bad_filter"
    assert all("{" not in refused.value.message(lang) for lang in LANGUAGES)


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "a_text.x",
        "a_relation.nothing",
        "a_user.name",
        "__class__",
        "A_TEXT",
        "",
        "a_subtable",
        "a_relation.",
    ],
)
def test_a_field_that_is_not_there_is_unknown_by_its_whole_path(path: str):
    with pytest.raises(UnknownField) as refused:
        parse({"field": path, "op": "is_empty"})

    assert refused.value.data == {"name": path}


def test_a_path_passes_at_most_four_relations():
    assert parse({"field": "a_relation.up.up.up.a_text", "op": "is_empty"})
    with pytest.raises(BadFilter):
        parse({"field": "a_relation.up.up.up.up.a_text", "op": "is_empty"})


def test_groups_may_be_eight_deep_and_may_be_empty():
    assert isinstance(parse(nested(8)), All)
    assert parse({"all": []}) == All()
    assert parse({"any": []}).parts == ()


@pytest.mark.parametrize("name", ["nothing", "a_text", "line", "line.a_text", "maker.up", "a_relation", "kitchen"])
def test_children_that_are_not_there_are_unknown(name: str):
    with pytest.raises(UnknownField):
        parse({"some": name})


def test_children_are_rows_of_a_sub_table_or_records_pointing_here():
    rows, others = (
        parse({"none": "a_subtable", "where": {"field": "a_text", "op": "is_empty"}}),
        parse({"some": "line.kitchen"}),
    )

    assert isinstance(rows, Children) and (rows.some, rows.entity, rows.by) == (False, "line", "kitchen")
    assert isinstance(others, Children) and (others.some, others.entity, others.by) == (True, "line", "kitchen")


def test_paths_are_all_that_a_condition_reads():
    condition = parse(
        {
            "any": [
                {"not": {"field": "a_relation.a_text", "op": "is_empty"}},
                {"some": "a_subtable", "where": {"field": "a_date", "op": "is_empty"}},
                NAME,
            ]
        }
    )

    assert conditions.paths(condition) == {"a_relation.a_text", "a_subtable", "a_subtable.a_date", "a_text"}


def test_the_filter_of_a_relation_takes_values_from_its_form():
    raw = {"all": [{"field": "up", "op": "eq", "value": {"from": "a_relation"}}]}
    condition = conditions.parse(raw, CATALOG.entities["maker"], CATALOG, form=ENTITY)

    bound = conditions.bind(condition, {"a_relation": 7})
    free = conditions.bind(condition, {"a_relation": None})

    assert conditions.matches(bound, {"up": 7}, kitchen.ENV) and not conditions.matches(
        bound, {"up": 8}, kitchen.ENV
    )
    assert conditions.matches(free, {"up": 8}, kitchen.ENV)
    with pytest.raises(BadFilter):
        conditions.matches(condition, {"up": 7}, kitchen.ENV)
    with pytest.raises(UnknownField):
        conditions.parse(
            {"field": "up", "value": {"from": "nothing"}}, CATALOG.entities["maker"], CATALOG, form=ENTITY
        )


def test_shorthand_is_read_as_a_condition():
    raw = conditions.shorthand(
        [
            ("a_text", "上海"),
            ("a_money__gte", "10"),
            ("a_select__in", "small,big"),
            ("a_user__is_me", ""),
            ("a_date__is_empty", ""),
        ]
    )

    read = parse(raw)

    assert isinstance(read, All)
    tests = [part for part in read.parts if isinstance(part, Comparison)]
    assert [(t.path, t.operator.name) for t in tests] == [
        ("a_text", "eq"),
        ("a_money", "gte"),
        ("a_select", "in"),
        ("a_user", "is_me"),
        ("a_date", "is_empty"),
    ]


def test_limits_of_a_field_do_not_limit_what_it_is_compared_with():
    assert parse({"field": "a_percent", "op": "lt", "value": "1000"})
    assert parse({"field": "a_select", "op": "eq", "value": "gone"})
    assert isinstance(parse({"not": NAME}), Not)


@pytest.mark.parametrize(
    ("raw", "chinese", "english"),
    [
        (NAME, "字段text 等于 x", "Text is x"),
        (
            {"field": "a_select", "op": "in", "value": ["small", None]},
            "字段select 是其中之一： 小型、空",
            "Select is one of Small, empty",
        ),
        (
            {"field": "a_date", "op": "within", "value": {"unit": "month", "from": -1, "to": 0}},
            "字段date 在 上月 至 本月",
            "Date is within last month and this month",
        ),
        (
            {"field": "a_datetime", "op": "before", "value": {"unit": "day", "offset": -3}},
            "字段datetime 早于 3 天前",
            None,
        ),
        (
            {"field": "a_relation.a_money", "op": "gt", "value": "1000"},
            "字段relation的Own money 大于 1,000",
            None,
        ),
        ({"field": "a_stage", "op": "category_is", "value": "won"}, "字段stage 属于 赢单", "Stage is among won"),
        ({"field": "a_user", "op": "eq", "value": {"me": True}}, "字段user 等于 我", "User is me"),
        ({"field": "a_money", "op": "between", "value": [None, "5"]}, "字段money 介于 不晚于或不大于 5", None),
        ({"not": {"any": [NAME, NAME]}}, "并非（字段text 等于 x 或 字段text 等于 x）", None),
        ({"none": "a_subtable"}, "没有Line", "there are no Line"),
    ],
)
def test_conditions_are_said_as_people_would(raw: Any, chinese: str, english: str | None):
    condition = parse(raw)

    assert conditions.sentence(condition, ENTITY, CATALOG, "zh") == [chinese]
    if english:
        assert conditions.sentence(condition, ENTITY, CATALOG, "en") == [english]
