"""Numbers: how they are written, rounded, limited and shown."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.metadata.errors import ValueRefused
from formloom.metadata.model import Field


def field(kind: str, **options: object) -> Field:
    return Field("e", "x", kind, "X", options=options)


@pytest.mark.parametrize(
    ("options", "raw", "code"),
    [
        ({"min": 0}, "-0.01", "too_small"),
        ({"max": "99.5"}, "99.51", "too_large"),
        ({"exclusive_min": 0}, 0, "not_above"),
        ({"exclusive_max": 1}, "1.00", "not_below"),
    ],
)
def test_limits_are_kept_and_named(options: dict[str, Any], raw: Any, code: str):
    money = field("money", **options)

    with pytest.raises(ValueRefused) as refused:
        money.behaviour.parse(money, raw)

    assert refused.value.code == code
    assert str(next(iter(options.values()))) in refused.value.at("x").message("en")


@pytest.mark.parametrize(
    ("raw", "value"), [("1.005", "1.01"), ("-1.005", "-1.01"), ("1.0049999", "1.00"), (1.005, "1.01")]
)
def test_places_beyond_the_scale_are_rounded_half_up(raw: Any, value: str):
    money = field("money")

    assert money.behaviour.parse(money, raw) == Decimal(value)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_any_amount_survives_every_way_of_writing_it(amount: Decimal):
    money = field("money")
    ways = [
        str(amount),
        f"￥{amount:,}",
        f"{amount:,}元",
        money.behaviour.dump(money, amount),
        money.behaviour.plain(money, amount, "zh"),
    ]
    ways += [
        money.behaviour.to_excel(money, amount, "zh"),
        amount,
        f"({-amount:,})" if amount < 0 else f"+{amount}",
    ]

    assert {money.behaviour.parse(money, way) for way in ways} == {amount}


@given(st.text(alphabet="0123456789.,-+¥￥%元万亿() eE", max_size=12))
def test_what_looks_like_a_number_is_read_or_refused(raw: str):
    for kind in ("integer", "decimal", "money", "percent"):
        some = field(kind)
        try:
            value = some.behaviour.parse(some, raw)
        except ValueRefused as refused:
            assert refused.code in ("not_a_number", "not_an_integer", "out_of_range")
        else:
            assert value is None or some.behaviour.parse(some, some.behaviour.dump(some, value)) == value


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("integer", 2026, "2026"),
        ("integer", 12345, "12,345"),
        ("decimal", Decimal("1234.5000"), "1,234.5"),
        ("decimal", Decimal("100.0000"), "100"),
        ("money", Decimal("1234.50"), "1,234.50"),
        ("percent", Decimal("12.50"), "12.5%"),
    ],
)
def test_numbers_are_shown_as_people_read_them(kind: str, value: Any, shown: str):
    some = field(kind)

    assert some.behaviour.plain(some, value, "zh") == shown
    assert some.behaviour.cell(some, "zh", None)(value, None) == shown


def test_a_filter_may_compare_with_what_the_field_could_not_hold():
    percent = field("percent", max=100)

    assert percent.behaviour.operand(percent, "1000.123") == Decimal("1000.123")
    with pytest.raises(ValueRefused):
        percent.behaviour.operand(percent, "1" * 16)
