"""Exact numbers with places: quantities, rates, hours."""

from __future__ import annotations

from decimal import Decimal

from ..fieldtype import Examples
from .number import LIMITS_SCHEMA, Number

SCALE_SCHEMA = {"type": "integer", "minimum": 0, "maximum": 9}


class DecimalNumber(Number):
    """A number with `scale` places, 4 unless told."""

    name = "decimal"
    label_words = (
        "重量",
        "面积",
        "体积",
        "长度",
        "宽度",
        "高度",
        "汇率",
        "系数",
        "weight",
        "area",
        "volume",
        "length",
        "width",
        "height",
        "exchange rate",
    )
    options_schema = {"scale": SCALE_SCHEMA, **LIMITS_SCHEMA}
    examples = Examples(
        valid=(
            ("1,234.5", Decimal("1234.5000")),
            ("１２．５", Decimal("12.5000")),
            ("1.2万", Decimal("12000.0000")),
            ("(12)", Decimal("-12.0000")),
            (0.1 + 0.2, Decimal("0.3000")),
            ("1.00005", Decimal("1.0001")),
            (-0.0, Decimal("0.0000")),
            ("", None),
        ),
        invalid=(
            ("abc", "not_a_number"),
            ("1,23", "not_a_number"),
            ("1e5", "not_a_number"),
            ("NaN", "not_a_number"),
            (float("nan"), "not_a_number"),
            (float("inf"), "not_a_number"),
            (True, "not_a_number"),
            ([1], "not_a_number"),
            ("12%", "not_a_number"),
            ("123456789012.3456", "out_of_range"),
            (10**50, "out_of_range"),
            ("-1000001", "too_small"),
        ),
        invalid_json=(1.5, True, "abc", "1e5", "NaN", ""),
        options={"min": -1_000_000},
    )
