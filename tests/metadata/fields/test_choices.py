"""Options, computed fields and numbers given by the system."""

from datetime import date

import pytest

from formloom.metadata.errors import ValueRefused
from formloom.metadata.fields.autonumber import number, scope_of
from formloom.metadata.model import Field, Option

OPTIONS = (
    Option("s1", {"zh": "一级, 重要", "en": "First"}, aliases=("A",)),
    Option("s2", {"zh": "二级", "en": "Second"}),
    Option("old", "二级", retired=True),
    Option("a", "Letter"),
)


def field(kind: str) -> Field:
    return Field("e", "x", kind, "X", choices=OPTIONS)


@pytest.mark.parametrize(
    ("raw", "key"), [("s2", "s2"), ("二级", "s2"), ("ＳＥＣＯＮＤ", "s2"), ("a", "a"), ("A", "a"), ("letter", "a")]
)
def test_an_option_is_found_by_any_of_its_words_and_keys_come_first(raw: str, key: str):
    some = field("select")

    assert some.behaviour.parse(some, raw) == key


def test_a_retired_option_is_shown_but_not_taken():
    some = field("select")

    with pytest.raises(ValueRefused):
        some.behaviour.parse(some, "old")
    assert some.behaviour.plain(some, "old", "zh") == "二级"
    assert "二级" in some.behaviour.cell(some, "zh", None)("old", None)
    assert some.behaviour.operand(some, "old") == "old"
    assert some.behaviour.excel(some).choices("zh") == ("一级, 重要", "二级", "Letter")


def test_an_option_that_is_gone_is_shown_by_its_key():
    some = field("multiselect")

    assert some.behaviour.plain(some, ("gone", "s2"), "en") == "gone, Second"
    assert "gone" in some.behaviour.cell(some, "en", None)(("gone",), None)


def test_several_options_are_split_unless_a_label_holds_the_comma():
    some = field("multiselect")

    assert some.behaviour.parse(some, "一级, 重要") == ("s1",)
    assert some.behaviour.parse(some, "二级，letter") == ("s2", "a")


def test_a_computed_field_behaves_as_its_result_but_is_not_entered():
    computed = Field("e", "x", "formula", "X", options={"formula": "1", "result": "money"})
    plain = Field("e", "x", "money", "X")

    assert computed.behaviour.computed and not plain.behaviour.computed
    assert computed.behaviour.operators is plain.behaviour.operators
    assert computed.behaviour.aggregates == plain.behaviour.aggregates
    assert computed.behaviour.numeric and computed.behaviour.widget(computed).kind == "readonly"
    assert type(computed.behaviour.column(computed)) is type(plain.behaviour.column(plain))


def test_numbers_count_within_the_rendered_date():
    pattern = "HT{YYYY}{MM}-{seq:4}"
    november, december = scope_of(pattern, date(2026, 11, 30)), scope_of(pattern, date(2026, 12, 1))

    assert november != december
    assert scope_of(pattern, date(2026, 11, 1)) == november
    assert [number(november, n) for n in (1, 42, 12345)] == ["HT202611-0001", "HT202611-0042", "HT202611-12345"]
    assert number(scope_of("{YY}/{DD}/{seq:2}", date(2026, 11, 5)), 3) == "26/05/03"
