"""Days of the calendar, without time and zone."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import DATE
from ..wording import say
from .moment import date_of

_FIRST_EXCEL_YEAR = 1901
_NEAR_DAYS = 7


def near(day: date, where: tzinfo, lang: str) -> str | None:
    """The day in words, `today`, `3 days ago`, when it is less than a week away; else None."""
    away = (day - datetime.now(where).date()).days
    if not -_NEAR_DAYS < away < _NEAR_DAYS:
        return None
    words = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if away in words:
        return say(f"day.{words[away]}", lang)
    return say("day.ahead" if away > 0 else "day.ago", lang, days=abs(away))


class Date(FieldType):
    """A day. Lists say days within a week in words, with the date as tool tip."""

    name = "date"
    label_words = (
        "日期",
        "生日",
        "年月日",
        "到期日",
        "交期",
        "截止日",
        "date",
        "birthday",
        "due date",
    )
    kind = "date"
    operators = DATE
    aggregates = ("min", "max", "count", "count_distinct")
    examples = Examples(
        valid=(
            ("2026-11-21", date(2026, 11, 21)),
            ("2026/3/5", date(2026, 3, 5)),
            ("2026.3.5", date(2026, 3, 5)),
            ("2026年3月5日", date(2026, 3, 5)),
            ("２０２６年３月５日 星期四", date(2026, 3, 5)),
            ("20260305", date(2026, 3, 5)),
            (20260305.0, date(2026, 3, 5)),
            (datetime(2026, 3, 5, 14, 30), date(2026, 3, 5)),
            ("2026-03-05T23:59:59Z", date(2026, 3, 5)),
            ("2024-02-29", date(2024, 2, 29)),
        ),
        invalid=(
            ("03/05/2026", "ambiguous_date"),
            ("5.3.26", "ambiguous_date"),
            ("2026-02-30", "impossible_date"),
            ("0000-00-00", "impossible_date"),
            ("2026-11-21T25:00", "impossible_time"),
            ("10000-01-01", "not_a_date"),
            ("2026-W47-6", "not_a_date"),
            ("2026-3/5", "not_a_date"),
            ("now()", "not_a_date"),
            (45000.5, "not_a_date"),
            (True, "not_a_date"),
        ),
        invalid_json=(20261121, "2026/11/21", "21.11.2026", "2026-11-21T00:00:00Z", ""),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return sa.Date()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10}

    def parse(self, field: Field, raw: Any) -> date | None:
        return date_of(raw)

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            text = value.isoformat()
            words = near(value, zone, lang)
            return f'<time datetime="{text}" title="{text}">{words or text}</time>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "date"})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat("yyyy-mm-dd", width=12)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        # Excel's calendar begins in 1900 and has a day in it that never was.
        return value if value is None or value.year >= _FIRST_EXCEL_YEAR else value.isoformat()
