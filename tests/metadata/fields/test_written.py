"""Lengths of time, tags, rich text, data, and the types that labels suggest."""

from typing import Any

import pytest

from formloom.metadata.errors import ValueRefused
from formloom.metadata.fields.duration import in_words
from formloom.metadata.fields.richtext import clean, plain_of
from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.guess import OTHER_WORDS, guess_type, speaks_of
from formloom.metadata.model import Field


def field(kind: str, **options: Any) -> Field:
    return Field("e", "x", kind, "X", options=options)


def parsed(kind: str, raw: Any, **options: Any) -> Any:
    one = field(kind, **options)
    return one.behaviour.parse(one, raw)


@pytest.mark.parametrize("seconds", [0, 45, 60, 5_400, 86_399, 86_400, 93_784, 3_155_760])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_length_of_time_is_read_back_as_it_is_shown(seconds: int, lang: str):
    assert parsed("duration", in_words(seconds, lang)) == seconds


@pytest.mark.parametrize(
    ("unit", "raw", "seconds"),
    [
        ("minutes", "90", 5400),
        ("hours", 1.5, 5400),
        ("days", "2", 172_800),
        ("seconds", "90", 90),
        ("hours", 60, 60),
    ],
)
def test_a_bare_number_counts_in_the_field_s_unit_and_json_in_seconds(unit: str, raw: Any, seconds: int):
    assert parsed("duration", raw, unit=unit) == seconds


def test_tags_are_the_same_in_any_case_and_width():
    assert parsed("tags", "VIP，ｖｉｐ, Vip；重点") == ("VIP", "重点")


@pytest.mark.parametrize(
    "evil",
    [
        '<img src=x onerror="alert(1)">',
        '<p onmouseover="alert(1)">x</p>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        "<svg><script>alert(1)</script></svg>",
        '<p style="position:fixed">x</p>',
        "<iframe src='//evil.example'></iframe>",
        "<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>",
        "<p>x<!-- <script>alert(1)</script> --></p>",
        '<form action="/logout" method="post"><button>x</button></form>',
    ],
)
def test_rich_text_keeps_nothing_that_runs_or_asks(evil: str):
    kept = parsed("richtext", f"<p>text</p>{evil}")

    for word in ("script", "on", "style", "src", "javascript", "data:", "iframe", "form", "<!--", "svg", "img"):
        assert f"{word}=" not in kept and f"<{word}" not in kept and f"{word}:" not in kept
    assert clean(kept) == kept


@pytest.mark.parametrize("text", ["a < b & c > d", "1 <2", "<3", "<notatag>x"])
def test_plain_text_that_looks_like_markup_stays_text(text: str):
    assert plain_of(parsed("richtext", text)) == text


def test_rich_text_reads_as_lines():
    html = "<h2>Title</h2><ul><li>one</li><li>two <b>bold</b></li></ul><p>a&amp;b<br>c</p>"

    assert plain_of(parsed("richtext", html)) == "Title\none\ntwo bold\na&b\nc"


@pytest.mark.parametrize("raw", ['{"a": 1} x', "{'a': 1}", '{"a": Infinity}', "{" * 40, '"x"', "null"])
def test_what_is_no_json_object_or_list_is_refused(raw: str):
    with pytest.raises(ValueRefused):
        parsed("json", raw)


def test_data_is_kept_in_one_spelling_with_its_order_and_digits():
    assert (
        parsed("json", ' {"b" :12345678901234567890, "a":"é\\u4e2d"} ') == '{"b":12345678901234567890,"a":"é中"}'
    )


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("联系电话", "phone"),
        ("合同金额（万元）", "money"),
        ("客户地址", "address"),
        ("邮箱地址", "email"),
        ("是否付款", "boolean"),
        ("付款日期", "date"),
        ("所在地区", "region"),
        ("参与人", "multi_user"),
        ("统一社会信用代码", "credit_code"),
        ("身份证号", "id_card"),
        ("工时", "duration"),
        ("满意度", "rating"),
        ("Customer phone", "phone"),
        ("Order date", "date"),
        ("Update", "text"),
        ("客户名称", "text"),
        ("", "text"),
        ("（元）", "text"),
    ],
)
def test_a_label_suggests_a_type(label: str, kind: str):
    assert guess_type(label) == kind


@pytest.mark.parametrize(
    ("label", "name", "speaks"),
    [
        ("UnitPrice", "money", True),
        ("运费", "money", True),
        ("is_active", "boolean", True),
        ("Island", "boolean", False),
        ("Order no", "name_of_one", True),
        ("合同编号", "name_of_one", True),
        ("Number of boxes", "name_of_one", False),
        ("Notes", "name_of_one", False),
        ("Ship Postal Code", "postcode", True),
        ("款式", "money", False),
    ],
)
def test_a_label_speaks_of_a_type_where_no_longer_word_says_otherwise(label: str, name: str, speaks: bool):
    assert speaks_of(label, name) is speaks


def test_no_word_of_a_label_means_two_types():
    lists = [*(kind.label_words for kind in FIELD_TYPES.values()), *OTHER_WORDS.values()]
    words = [word for each in lists for word in each]

    assert sorted({word for word in words if words.count(word) > 1}) == []
