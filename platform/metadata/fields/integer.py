"""Whole numbers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from ..columns import SIGNIFICANT_DIGITS
from ..errors import ValueRefused
from ..fieldtype import Examples, ExcelFormat, InputWidget
from ..model import Field
from .number import LIMITS_SCHEMA, Number, decimal_of, within_limits

_EXACT_IN_JSON = 2**53
_GROUPED_FROM = 10_000
_CEILING = 10**SIGNIFICANT_DIGITS


class Integer(Number):
    """A whole number of at most 15 digits. Grouped from 10,000 on, so that years and small counts stay plain."""

    name = "integer"
    label_words = (
        "数量",
        "次数",
        "人数",
        "年龄",
        "件数",
        "台数",
        "序号",
        "天数",
        "年份",
        "count",
        "quantity",
        "qty",
        "number of",
        "age",
        "year",
    )
    options_schema = {**LIMITS_SCHEMA}
    examples = Examples(
        valid=(("1,234", 1234), (12.0, 12), ("１２", 12), ("3万", 30000), ("-0", 0), (" ", None), ("7.0", 7)),
        invalid=(
            ("12.5", "not_an_integer"),
            (12.5, "not_an_integer"),
            (True, "not_a_number"),
            (2**63, "out_of_range"),
            (10**15, "out_of_range"),
            ("十", "not_a_number"),
            (1_000_001, "too_large"),
        ),
        invalid_json=(12.5, True, "12", [], 2**63),
        options={"max": 1_000_000},
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return sa.BigInteger().with_variant(sa.Integer(), "sqlite")

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1 - 10**SIGNIFICANT_DIGITS, "maximum": 10**SIGNIFICANT_DIGITS - 1}

    def parse(self, field: Field, raw: Any) -> Any:
        number = self.operand(field, raw)
        return int(within_limits(field, number)) if number is not None and field.options else number

    def operand(self, field: Field, raw: Any) -> Any:
        if type(raw) is float and raw.is_integer() and abs(raw) < _CEILING:
            return int(raw)
        number = raw if type(raw) is int else decimal_of(raw)
        if number is None:
            return None
        if not -_CEILING < number < _CEILING:
            raise ValueRefused("out_of_range")
        if number != int(number):
            raise ValueRefused("not_an_integer")
        return int(number)

    def dump(self, field: Field, value: Any) -> Any:
        return value if value is None or abs(value) <= _EXACT_IN_JSON else str(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        if value is None:
            return ""
        return f"{value:,}" if abs(value) >= _GROUPED_FROM else str(value)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "text", "inputmode": "numeric", "autocomplete": "off"})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat("0", width=12)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        return value
