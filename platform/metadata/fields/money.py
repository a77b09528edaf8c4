"""Amounts of money in the system's currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..fieldtype import CellRenderer, Examples
from ..model import Field
from .decimal import SCALE_SCHEMA
from .number import LIMITS_SCHEMA, Number


class Money(Number):
    """An amount with two places unless told, thousands grouped."""

    name = "money"
    label_words = (
        "金额",
        "价格",
        "单价",
        "总价",
        "费用",
        "成本",
        "预算",
        "收入",
        "支出",
        "工资",
        "回款",
        "报价",
        "应收",
        "应付",
        "货款",
        "定金",
        "amount",
        "price",
        "cost",
        "fee",
        "budget",
        "revenue",
        "salary",
        "total amount",
        "价",
        "费",
        "款",
        "薪",
        "营业额",
        "总额",
        "资本",
        "税额",
        "货值",
        "freight",
        "payment",
        "total",
        "turnover",
        "capital",
    )
    options_schema = {"scale": SCALE_SCHEMA, **LIMITS_SCHEMA}
    default_scale = 2
    examples = Examples(
        valid=(
            ("￥1,234.50", Decimal("1234.50")),
            ("¥ -12", Decimal("-12.00")),
            ("1234.565元", Decimal("1234.57")),
            ("3亿", Decimal("300000000.00")),
            ("2.5万元", Decimal("25000.00")),
            ("（1,200.00）", Decimal("-1200.00")),
            (1234.5, Decimal("1234.50")),
            (7, Decimal("7.00")),
            (".5", Decimal("0.50")),
        ),
        invalid=(
            ("面议", "not_a_number"),
            ("1234567890123456", "out_of_range"),
            ("12345678901234.56", "out_of_range"),
            ("--5", "not_a_number"),
            ("1.2.3", "not_a_number"),
            (False, "not_a_number"),
        ),
        invalid_json=(12, 12.5, "￥12", "1,234.50", " 12", "12\n3"),
    )

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else f"{value:,f}"

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: "" if value is None else f"{value:,f}"
