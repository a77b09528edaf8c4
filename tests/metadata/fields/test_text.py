"""Text and what is stored as text: patterns, lengths, one spelling for equal things."""

import re
import time

import pytest

from formloom.metadata.errors import ValueRefused
from formloom.metadata.fields.pattern import LONGEST_MATCHED, pattern_is_safe
from formloom.metadata.model import Field


def field(kind: str, **options: object) -> Field:
    return Field("e", "x", kind, "X", options=options)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{6}",
        r"[0-9A-Z]{18}",
        r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}",
        r"[^@\s]+@[^@\s]+\.[a-z]{2,}",
        r"(?:\d{3}-){2,3}\d+",
        r"KH-.*",
        r".*a.*",
        r"^[一-龥]+$",
        "",
    ],
)
def test_usual_patterns_are_allowed(pattern: str):
    assert pattern_is_safe(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a*)*",
        r"(a|a)*b",
        r"(a|ab)+c",
        r"(.*)(.*)(.*)x",
        r"a*a*a*b",
        r"(a?){30}a{30}",
        "a?" * 30 + "a" * 30,
        r"(\w+\s?)*!",
        r"(a)\1",
        r"(?=a)a",
        r"(?<!a)b",
        r"(?i)a+A+a+",
        r"(?i:a)",
        r"(?P<n>a)(?(n)b|c)",
        "[",
        "(",
        "[[a]]",
        "a{99999999999}",
        "x" * 501,
    ],
)
def test_patterns_that_could_take_long_are_not(pattern: str):
    assert not pattern_is_safe(pattern)


@pytest.mark.parametrize(
    "pattern", [r".*a.*", r"[^@\s]+@[^@\s]+\.[a-z]{2,}", r"\d*1?2?3?\d*x", r"(?:ab|cd|ef)[a-f]*x"]
)
@pytest.mark.parametrize("text", ["a", "1", "ab", "@.", "a@a."])
def test_what_is_allowed_is_quick_on_any_text(pattern: str, text: str):
    assert pattern_is_safe(pattern)
    longest = (text * LONGEST_MATCHED)[:LONGEST_MATCHED]

    began = time.perf_counter()
    re.fullmatch(pattern, longest + "\n")

    assert time.perf_counter() - began < 0.5


def test_a_pattern_must_match_as_a_whole():
    coded = field("text", pattern="[a-z]+")

    assert coded.behaviour.parse(coded, "abc\n") == "abc"
    for raw in ("abc\ndef", "abc1", "a" * (LONGEST_MATCHED + 1)):
        with pytest.raises(ValueRefused):
            coded.behaviour.parse(coded, raw)


@pytest.mark.parametrize("raw", ["", "   ", "\u3000", "\u200b", "\u200b \ufeff", "\n", None])
def test_text_of_blanks_alone_is_empty(raw: str | None):
    for kind in ("text", "textarea", "phone", "email", "url", "select", "integer", "date", "boolean", "relation"):
        some = field(kind)
        assert some.behaviour.parse(some, raw) is None


def test_length_counts_code_points():
    short = field("text", max_length=2)

    assert short.behaviour.parse(short, "😀织") == "😀织"
    with pytest.raises(ValueRefused) as refused:
        short.behaviour.parse(short, "e\u0301e")
    assert refused.value.data == {"max": 2}


@pytest.mark.parametrize("raw", ["\ud800", "a\0b"])
def test_what_databases_cannot_hold_is_refused(raw: str):
    for kind in ("text", "textarea", "phone", "email", "url"):
        some = field(kind)
        with pytest.raises(ValueRefused):
            some.behaviour.parse(some, raw)


def test_other_odd_characters_are_kept_or_dropped_as_documented():
    line, lines = field("text"), field("textarea")

    assert line.behaviour.parse(line, "a\tb\x07c\u202ed") == "a bc\u202ed"
    assert lines.behaviour.parse(lines, "a\tb\x07\r\nc") == "a\tb\nc"


@pytest.mark.parametrize(
    "spelled",
    [
        "13976787301",
        "139 7678 7301",
        "139-7678-7301",
        "+8613976787301",
        "0086 139 7678 7301",
        13976787301,
        13976787301.0,
    ],
)
def test_one_mobile_number_has_one_spelling(spelled: object):
    phone = field("phone")

    assert phone.behaviour.parse(phone, spelled) == "13976787301"


@pytest.mark.parametrize(
    "spelled", ["0512-86626738", "(0512) 8662 6738", "0512 86626738", "051286626738", "+86 512 8662 6738"]
)
def test_one_landline_has_one_spelling(spelled: str):
    phone = field("phone")

    assert phone.behaviour.parse(phone, spelled) == "0512-86626738"


def test_what_a_phone_keeps_is_read_back_as_itself():
    phone = field("phone")
    for raw in ("021-55886677-801", "+14155552671", "95588", "86626738", "4008208820", "010-12345678"):
        kept = phone.behaviour.parse(phone, raw)
        assert phone.behaviour.parse(phone, kept) == kept
