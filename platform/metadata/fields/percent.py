"""Percentages: 13 means 13 %."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..fieldtype import Examples, ExcelFormat, InputWidget
from ..model import Field
from .decimal import SCALE_SCHEMA
from .number import LIMITS_SCHEMA, Number, without_trailing_zeros


class Percent(Number):
    """A percentage with two places unless told. A spreadsheet cell shown as 13% holds 0.13 and is read as 0.13."""

    name = "percent"
    label_words = (
        "比例",
        "折扣率",
        "税率",
        "毛利率",
        "占比",
        "百分比",
        "率",
        "percent",
        "percentage",
        "rate",
        "ratio",
        "margin",
    )
    options_schema = {"scale": SCALE_SCHEMA, **LIMITS_SCHEMA}
    default_scale = 2
    accepts_percent = True
    examples = Examples(
        valid=(
            ("13%", Decimal("13.00")),
            ("１２.５％", Decimal("12.50")),
            (13, Decimal("13.00")),
            ("0", Decimal("0.00")),
        ),
        invalid=(("many", "not_a_number"), ("101", "too_large"), ("-0.01", "too_small"), (True, "not_a_number")),
        invalid_json=(13, "13%", "x"),
        options={"min": 0, "max": 100},
    )

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else without_trailing_zeros(value) + "%"

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "text", "inputmode": "decimal", "autocomplete": "off", "suffix": "%"})

    def excel(self, field: Field) -> ExcelFormat:
        places = self.scale(field)
        return ExcelFormat("0" + ("." + "0" * places if places else "") + '"%"', width=10)
