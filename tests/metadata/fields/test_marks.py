"""Codes, check digits, colours, stars."""

import re

import pytest

from formloom.metadata.errors import ValueRefused
from formloom.metadata.fields.credit_code import check_sign
from formloom.metadata.fields.id_card import check_digit
from formloom.metadata.fields.symbols import bar_code, qr_code
from formloom.metadata.model import Field


def field(kind: str, **options: object) -> Field:
    return Field("e", "x", kind, "X", options=options)


@pytest.mark.parametrize("kind, good", [("credit_code", "91350100M000100Y43"), ("id_card", "11010519491231002X")])
def test_a_check_digit_finds_every_single_wrong_sign(kind: str, good: str):
    one = field(kind)
    signs = "0123456789" if kind == "id_card" else "0123456789ABCDEFGHJKLMNPQRTUWXY"
    taken = []
    for place in range(17):
        for sign in signs:
            wrong = good[:place] + sign + good[place + 1 :]
            if sign != good[place]:
                try:
                    one.behaviour.parse(one, wrong)
                    taken.append(wrong)
                except ValueRefused:
                    pass

    assert taken == []


def test_check_digits_of_known_numbers():
    # Published examples of GB 32100 and GB 11643.
    assert check_sign("91350100M000100Y4") == "3"
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


def test_a_bar_code_is_as_wide_as_the_standard_says():
    # Start, five pairs, check, stop: eleven modules each but the stop, which has thirteen; quiet zones of ten.
    assert width(bar_code("1234567890")) == 10 + 11 * 7 + 13 + 10
    assert width(bar_code("ABC")) == 10 + 11 * 5 + 13 + 10


def test_a_bar_code_of_known_text_has_the_bars_of_the_standard():
    drawn = [(int(at), int(wide)) for at, wide in re.findall(r"M(\d+) 0h(\d+)", bar_code("A"))]

    # Start B 211214, A 111323, check 34 = 131123, stop 2331112: the bars among these widths, where they begin.
    assert drawn == bars("211214" + "111323" + "131123" + "2331112")


def bars(widths: str) -> list[tuple[int, int]]:
    """(where, how wide) of the bars, which alternate with gaps."""
    found, at = [], 10
    for place, wide in enumerate(map(int, widths)):
        if place % 2 == 0:
            found.append((at, wide))
        at += wide
    return found


def width(svg: str) -> int:
    match = re.search(r'viewBox="0 0 (\d+) ', svg)
    assert match
    return int(match[1])


def test_a_qr_code_grows_with_its_text_and_holds_nothing_but_drawing():
    small, large = qr_code("a"), qr_code("织" * 160)

    assert width(small) < width(large)
    assert set(re.findall(r"<(\w+)", large)) == {"svg", "rect", "path"}


def test_a_label_is_drawn_where_there_is_room_and_text_elsewhere():
    code = field("code", symbol="code128")

    assert "<svg" in code.behaviour.large(code, "en", None)("SN-<1>", None)
    assert "<svg" not in code.behaviour.cell(code, "en", None)("SN-<1>", None)
    assert "<1>" not in code.behaviour.large(code, "en", None)("SN-<1>", None)


def test_a_value_that_is_no_colour_draws_nothing():
    color = field("color")

    assert color.behaviour.cell(color, "en", None)('"><script>', None) == ""


def test_ten_stars_where_a_field_says_so():
    ten = field("rating", stars=10)

    assert ten.behaviour.parse(ten, "9") == 9
    assert ten.behaviour.cell(ten, "en", None)(9, None).count("★") == 10
    assert ten.behaviour.json_schema(ten)["maximum"] == 10
