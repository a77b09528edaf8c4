"""Instants: kept in UTC, read and shown in the user's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.types import TypeEngine

from ..columns import UtcDateTime
from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget, zone
from ..model import Field
from ..operators import MOMENT
from .date import near
from .moment import instant_of, written

_FIRST_EXCEL_YEAR = 1901
_RFC_3339 = "^[0-9-]{10}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[-+][0-9]{2}:[0-9]{2})$"


class DateTime(FieldType):
    """An instant, to the microsecond."""

    name = "datetime"
    label_words = (
        "时间",
        "日期时间",
        "开始时间",
        "结束时间",
        "时间戳",
        "time",
        "date and time",
        "datetime",
        "timestamp",
    )
    kind = "datetime"
    operators = MOMENT
    aggregates = ("min", "max", "count", "count_distinct")
    examples = Examples(
        valid=(
            ("2026-11-21 16:30", datetime(2026, 11, 21, 8, 30, tzinfo=UTC)),
            ("2026-11-21T08:30:00Z", datetime(2026, 11, 21, 8, 30, tzinfo=UTC)),
            ("2026-11-21T16:30:15.5+08:00", datetime(2026, 11, 21, 8, 30, 15, 500_000, tzinfo=UTC)),
            ("2026年3月5日 下午2:05", datetime(2026, 3, 5, 6, 5, tzinfo=UTC)),
            ("2026/3/5 9:05:07", datetime(2026, 3, 5, 1, 5, 7, tzinfo=UTC)),
            ("2026-11-21", datetime(2026, 11, 20, 16, tzinfo=UTC)),
            (datetime(2026, 11, 21, 16, 30), datetime(2026, 11, 21, 8, 30, tzinfo=UTC)),
            (date(2026, 11, 21), datetime(2026, 11, 20, 16, tzinfo=UTC)),
        ),
        invalid=(
            ("2026-11-21T25:00", "impossible_time"),
            ("2026-11-21T10:60", "impossible_time"),
            ("2016-12-31T23:59:60Z", "impossible_time"),
            ("2026-11-21T10:00+15:00", "impossible_time"),
            ("03/05/2026 10:00", "ambiguous_date"),
            ("2026-02-30 10:00", "impossible_date"),
            ("0001-01-01", "impossible_date"),
            ("10:00", "not_a_datetime"),
            ("now()", "not_a_datetime"),
            (1764000000, "not_a_datetime"),
        ),
        invalid_json=(1764000000, "2026-11-21", "2026-11-21 16:30", "2026-11-21T16:30:00"),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return UtcDateTime()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "pattern": _RFC_3339, "maxLength": 40}

    def parse(self, field: Field, raw: Any) -> datetime | None:
        return instant_of(raw)

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else written(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else f"{value.astimezone(zone.get()):%Y-%m-%d %H:%M}"

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            local = value.astimezone(zone)
            text = local.isoformat(" ", "minutes")[:16]
            words = near(local.date(), zone, lang)
            shown = f"{words} {text[11:]}" if words else text
            return f'<time datetime="{written(value)}" title="{text}">{shown}</time>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "datetime-local"})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat("yyyy-mm-dd hh:mm", width=18)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        if value is None:
            return None
        local = value.astimezone(zone.get()).replace(tzinfo=None)
        return local if local.year >= _FIRST_EXCEL_YEAR else local.isoformat(" ")
