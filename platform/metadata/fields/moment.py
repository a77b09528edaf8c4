"""Days and instants as people and sheets write them.

`2026-11-21`, `2026/3/5`, `2026.3.5`, `2026年3月5日`, `20260305`, with a time after them where a time is wanted.
`03/05/2026` is two different days in two countries and is refused. A written day is never shifted by a time zone.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

from ..errors import ValueRefused
from ..fieldtype import zone
from .raw import narrow

_DAY = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"
    r"|\s*年\s*(?P<month2>[0-9]{1,2})\s*月\s*(?P<day2>[0-9]{1,2})\s*[日号]?"
    r"|(?P<month3>[0-9]{2})(?P<day3>[0-9]{2})(?![0-9]))"
    r"(?:\s*\(?(?:星期|周)[一二三四五六日天]\)?)?"
)
_TIME = re.compile(
    r"(?:T|\s)?\s*(?P<half>上午|下午|晚上|中午|凌晨)?\s*(?P<hour>[0-9]{1,2})(?::|时|点)"
    r"(?:(?P<minute>[0-9]{1,2})(?:(?::|分)(?:(?P<second>[0-9]{1,2})(?:[.,](?P<fraction>[0-9]{1,9}))?秒?)?)?)?"
    r"\s*(?P<offset>Z|[-+][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_AMBIGUOUS = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})(?:\D.*)?")
_DAY_LENGTH = 10
_LONGEST_OFFSET = timedelta(hours=14)
_AFTER_NOON = {"下午": 12, "晚上": 12, "中午": 12}


def date_of(raw: Any) -> date | None:
    """The day that is written; a time after it is left out. None for empty. Raises ValueRefused."""
    if isinstance(raw, datetime):
        return raw.astimezone(zone.get()).date() if raw.tzinfo else raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, str) and len(raw) == _DAY_LENGTH and raw[4] == raw[7] == "-" and raw.isascii():
        with suppress(ValueError):  # the reason is found below
            return date.fromisoformat(raw)
    text = _text(raw, "not_a_date")
    if text is None:
        return None
    day, rest = _split(text, "not_a_date")
    if rest:
        _clock(rest, "not_a_date")
    return day


def instant_of(raw: Any) -> datetime | None:
    """The instant that is written, aware UTC. Without an offset it is local time in `zone`; a bare day is its
    midnight. A time that the clocks skip is refused; of one that they repeat the earlier is taken.
    Raises ValueRefused.
    """
    if isinstance(raw, datetime):
        return _instant(raw, raw.tzinfo)
    if isinstance(raw, date):
        return _instant(datetime.combine(raw, time()), None)
    text = _text(raw, "not_a_datetime")
    if text is None:
        return None
    day, rest = _split(text, "not_a_datetime")
    clock, offset = _clock(rest, "not_a_datetime") if rest else (time(), None)
    return _instant(datetime.combine(day, clock), offset)


def written(value: datetime) -> str:
    """RFC 3339 in UTC, `2026-11-21T08:30:00Z`."""
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat().removesuffix("+00:00") + "Z"


def _text(raw: Any, code: str) -> str | None:
    if isinstance(raw, float) and raw.is_integer() and 1e7 <= raw < 1e8:
        raw = int(raw)  # 20260305 in a number cell
    if isinstance(raw, bool) or not isinstance(raw, str | int | None):
        raise ValueRefused(code)
    text = narrow(raw)
    if text is not None and len(text) > 60:
        raise ValueRefused(code)
    return text


def _split(text: str, code: str) -> tuple[date, str]:
    match = _DAY.match(text)
    if match is None:
        raise ValueRefused("ambiguous_date" if _AMBIGUOUS.fullmatch(text) else code)
    month = match["month"] or match["month2"] or match["month3"]
    day = match["day"] or match["day2"] or match["day3"]
    try:
        found = date(int(match["year"]), int(month), int(day))
    except ValueError:
        raise ValueRefused("impossible_date") from None
    return found, text[match.end() :]


def _clock(text: str, code: str) -> tuple[time, tzinfo | None]:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueRefused(code)
    hour = int(match["hour"])
    if hour < 12:
        hour += _AFTER_NOON.get(match["half"], 0)
    fraction = (match["fraction"] or "").ljust(6, "0")[:6]
    try:
        clock = time(hour, int(match["minute"] or 0), int(match["second"] or 0), int(fraction))
    except ValueError:
        raise ValueRefused("impossible_time") from None
    return clock, _offset(match["offset"])


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    if offset > _LONGEST_OFFSET or int(text[-2:]) > 59:
        raise ValueRefused("impossible_time")
    return timezone(-offset if text[0] == "-" else offset)


def _instant(moment: datetime, where: tzinfo | None) -> datetime:
    local = moment.replace(tzinfo=where or zone.get(), fold=0)
    try:
        instant = local.astimezone(UTC)
        if where is None and instant.astimezone(local.tzinfo).replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise ValueRefused("skipped_time")
    except OverflowError:
        raise ValueRefused("impossible_date") from None
    return instant
