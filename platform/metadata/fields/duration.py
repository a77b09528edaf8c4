"""Lengths of time, in seconds."""

from __future__ import annotations

import re
from datetime import time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from ..errors import ValueRefused
from ..fieldtype import Examples, ExcelFormat, InputWidget
from ..model import Field
from .number import Number
from .raw import narrow

DAY = 86_400
LONGEST = 36_500 * DAY
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": DAY}

_WORDS = {
    "d": ("d", "day", "days", "天", "日"),
    "h": ("h", "hr", "hrs", "hour", "hours", "小时", "个小时", "时", "钟头"),
    "m": ("m", "min", "mins", "minute", "minutes", "分钟", "分"),
    "s": ("s", "sec", "secs", "second", "seconds", "秒钟", "秒"),
}
_SECONDS = {"d": DAY, "h": 3600, "m": 60, "s": 1}
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?|半"


def _part_of(key: str) -> str:
    """How a number with a unit, `3小时半`, is written."""
    units = "|".join(sorted(_WORDS[key], key=len, reverse=True))
    return rf"(?:(?P<{key}>{_NUMBER})\s*(?:{units})(?P<{key}half>半)?)?"


_PARTS = re.compile(r"\s*".join(map(_part_of, _WORDS)), re.IGNORECASE)
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,6}):(?P<minutes>[0-5]?[0-9])(?::(?P<seconds>[0-5]?[0-9]))?")
_BARE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")


class Duration(Number):
    """Seconds. Typed as `1:30` (hours and minutes), `90m`, `1h30m`, `2天`, `1小时半`; a number without unit counts
    in the field's `unit`, usually minutes. In JSON it is always seconds.
    """

    name = "duration"
    unit = 1
    label_words = (
        "时长",
        "耗时",
        "用时",
        "工时",
        "历时",
        "持续时间",
        "duration",
        "time spent",
        "elapsed",
        "lead time",
    )
    options_schema = {"unit": {"enum": list(UNITS)}}
    examples = Examples(
        valid=(
            ("1:30", 5400),
            ("0:00:45", 45),
            ("90m", 5400),
            ("90", 5400),
            ("1h30m", 5400),
            ("1h 30min", 5400),
            ("1.5 小时", 5400),
            ("1小时半", 5400),
            ("半天", 43_200),
            ("2天", 172_800),
            ("2天3小时", 183_600),
            ("1d 2h 3m 4s", 93_784),
            ("４５秒", 45),
            (90.0, 5400),
            (5400, 5400),
            (timedelta(hours=30), 108_000),
            (0, 0),
            (" ", None),
        ),
        invalid=(
            ("soon", "not_a_duration"),
            ("-5m", "not_a_duration"),
            ("1:90", "not_a_duration"),
            ("30m 1h", "not_a_duration"),
            (True, "not_a_duration"),
            (-5, "not_a_duration"),
            ({}, "not_a_duration"),
            ("40000 days", "too_long_a_time"),
            (float("nan"), "not_a_duration"),
        ),
        invalid_json=("1:30", 1.5, True, -1),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return sa.BigInteger().with_variant(sa.Integer(), "sqlite")

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "integer", "minimum": 0, "maximum": LONGEST}

    def parse(self, field: Field, raw: Any) -> Any:
        seconds = self._seconds(field, raw)
        if seconds is not None and seconds > LONGEST:
            raise ValueRefused("too_long_a_time")
        return seconds

    def _seconds(self, field: Field, raw: Any) -> int | None:
        if isinstance(raw, timedelta):
            raw = round(raw.total_seconds())
        if isinstance(raw, time):  # an empty format shows hours as a time of day
            return raw.hour * 3600 + raw.minute * 60 + raw.second
        if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal | None):
            raise ValueRefused("not_a_duration")
        if isinstance(raw, int):
            return raw if raw >= 0 else _refuse()
        if isinstance(raw, float | Decimal):
            return self._of_unit(field, str(raw))
        text = narrow(raw)
        if text is None:
            return None
        return self._of_unit(field, text) if _BARE.fullmatch(text) else written_seconds(text)

    def _of_unit(self, field: Field, number: str) -> int:
        try:
            amount = Decimal(number)
        except InvalidOperation:
            _refuse()
        if not (amount.is_finite() and amount >= 0):
            _refuse()
        return min(round(amount * UNITS[field.option("unit", "minutes")]), LONGEST + 1)

    def operand(self, field: Field, raw: Any) -> Any:
        return self.parse(field, raw)

    def dump(self, field: Field, value: Any) -> Any:
        return value

    def entry(self, field: Field, value: Any, lang: str) -> Any:
        return in_words(value, lang)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else in_words(round(value), lang)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("duration", {"type": "text", "autocomplete": "off", "maxlength": 40})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat("[h]:mm:ss", width=12)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        return None if value is None else timedelta(seconds=int(value))


def written_seconds(text: str) -> int:
    """The seconds that `1:30`, `1h30m` or `2天` say. Raises ValueRefused."""
    clock = _CLOCK.fullmatch(text)
    if clock:
        return int(clock["hours"]) * 3600 + int(clock["minutes"]) * 60 + int(clock["seconds"] or 0)
    match = _PARTS.fullmatch(text) if len(text) <= 40 else None
    if match is None or not any(match.groupdict().values()):
        _refuse()
    return min(round(sum(_part(match, key) for key in _SECONDS)), LONGEST + 1)


def _part(match: re.Match[str], key: str) -> Decimal:
    written = match[key]
    if written is None:
        return Decimal(0)
    amount = Decimal("0.5") if written == "半" else Decimal(written)
    return (amount + (Decimal("0.5") if match[f"{key}half"] else 0)) * _SECONDS[key]


def _refuse() -> NoReturn:
    raise ValueRefused("not_a_duration")


_SHOWN = {"zh": ("天", "小时", "分钟", "秒"), "en": ("d", "h", "m", "s")}


def in_words(seconds: int, lang: str) -> str:
    """`2天3小时`, `1h 30m`: read back as the same seconds."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    words = _SHOWN.get(lang, _SHOWN["en"])
    said = [f"{n}{word}" for n, word in zip((days, hours, minutes, rest), words, strict=True) if n]
    return ("" if lang == "zh" else " ").join(said) or f"0{words[2]}"
