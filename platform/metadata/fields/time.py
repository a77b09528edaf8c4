"""Times of day, without day and zone."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from ..errors import ValueRefused
from ..fieldtype import Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import COMPARE
from .raw import narrow

_DAY = 86_400
_WRITTEN = re.compile(
    r"(?P<half>上午|下午|晚上|中午|凌晨|早上)?\s*(?P<hour>[0-9]{1,2})"
    r"(?:[:时点](?P<minute>[0-9]{1,2}|半)?(?:[:分](?P<second>[0-9]{1,2})?秒?)?)?\s*(?P<half2>[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_AFTER_NOON = ("下午", "晚上", "中午", "pm")


class Time(FieldType):
    """A time of day, to the second. `14:30`, `下午2点半` and a day's fraction of a spreadsheet are read."""

    name = "time"
    read_as = "clock"
    operators = COMPARE
    aggregates = ("min", "max", "count", "count_distinct")
    label_words = ("时间点", "时刻", "几点", "营业时间", "time of day", "opening time", "closing time")
    examples = Examples(
        valid=(
            ("14:30", dt.time(14, 30)),
            ("9:05:30", dt.time(9, 5, 30)),
            ("下午2:30", dt.time(14, 30)),
            ("下午 2点30分", dt.time(14, 30)),
            ("上午9点", dt.time(9)),
            ("8点半", dt.time(8, 30)),
            ("2:30 pm", dt.time(14, 30)),
            ("１４：３０", dt.time(14, 30)),
            (dt.time(0, 0), dt.time(0)),
            (0.5, dt.time(12)),
            (dt.datetime(2026, 3, 5, 14, 30), dt.time(14, 30)),
            ("", None),
        ),
        invalid=(
            ("25:00", "impossible_time"),
            ("12:60", "impossible_time"),
            ("noon", "not_a_time"),
            ("14", "not_a_time"),
            ("2026-03-05", "not_a_time"),
            (1430, "not_a_time"),
            (1.5, "not_a_time"),
            (True, "not_a_time"),
            ([], "not_a_time"),
        ),
        invalid_json=("9:00", "25:00", "14:30Z", 0.5, 14),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return sa.Time()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$", "maxLength": 8}

    def parse(self, field: Field, raw: Any) -> dt.time | None:
        if isinstance(raw, dt.datetime):
            raw = raw.time()
        if isinstance(raw, dt.time):
            return raw.replace(microsecond=0, tzinfo=None)
        if isinstance(raw, float) and 0 <= raw < 1:
            return _of_day(raw)
        if not isinstance(raw, str | None):
            raise ValueRefused("not_a_time")
        text = narrow(raw)
        return None if text is None else _clock(text)

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else _written(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else _written(value)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "time", "step": 60})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat("hh:mm:ss", width=10)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        return value


def _clock(text: str) -> dt.time:
    match = _WRITTEN.fullmatch(text) if len(text) <= 20 else None
    half = match and (match["half"] or (match["half2"] or "").lower().replace(".", ""))
    if match is None or (text.isdigit() and not half):
        raise ValueRefused("not_a_time")
    hour = int(match["hour"])
    if half in _AFTER_NOON and hour < 12:
        hour += 0 if half == "中午" and hour > 10 else 12
    elif half in ("am", "凌晨") and hour == 12:
        hour = 0
    minute = 30 if match["minute"] == "半" else int(match["minute"] or 0)
    try:
        return dt.time(hour, minute, int(match["second"] or 0))
    except ValueError:
        raise ValueRefused("impossible_time") from None


def _written(value: dt.time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _of_day(part: float) -> dt.time:
    """The time at which that part of the day has passed, as spreadsheets keep times."""
    seconds = min(round(part * _DAY), _DAY - 1)
    return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60)
