"""Spans of time in conditions: a day, an instant, this month, from last week to next.

A span is read without knowing the day. Resolved for days it is (first, last); for instants (start, end) with the
end not included, cut at local midnights.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from ..errors import ValueRefused
from ..fieldtype import FIELD_TYPES
from .operator import refusal

if TYPE_CHECKING:
    from ..conditions.source import Env
    from ..model import Field

_FARTHEST = {"day": 36_600, "week": 5_200, "month": 1_200, "quarter": 400, "year": 100}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_BARE_DAY = 10
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Days:
    """From one calendar day to another, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Instant:
    """One instant, aware UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end` whole units from the current one, both included: month -1 to 0 is last month and
    this.
    """

    unit: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Between:
    """From the beginning of one span to the end of another; one of them may be open."""

    low: Span | None
    high: Span | None


Span = Days | Instant | Window | Between


def read_day(field: Field, raw: Any) -> Span:
    """A day, or `{"unit": "month", "offset": -1}`: the whole unit that is so far from the current one."""
    if isinstance(raw, dict):
        return _read_window(field, raw, {"unit", "offset"}, "offset", "offset")
    day = FIELD_TYPES["date"].parse(field, raw)
    if day is None:
        raise refusal("needs_value", field=field.key)
    return Days(day, day)


def read_moment(field: Field, raw: Any) -> Span:
    """As `read_day`, or an instant when a time is written."""
    if isinstance(raw, dict) or (isinstance(raw, date) and not isinstance(raw, datetime)):
        return read_day(field, raw)
    if isinstance(raw, str) and len(raw.strip()) <= _BARE_DAY:
        return read_day(field, raw)
    instant = field.behaviour.parse(field, raw)
    if instant is None:
        raise refusal("needs_value", field=field.key)
    return Instant(instant)


def read_window(field: Field, raw: Any) -> Span:
    """`{"unit": "week", "from": -1, "to": 0}`."""
    if not isinstance(raw, dict):
        raise refusal("bad_window", field=field.key)
    return _read_window(field, raw, {"unit", "from", "to"}, "from", "to")


def _read_window(field: Field, raw: dict[str, Any], keys: set[str], start: str, end: str) -> Window:
    farthest = _FARTHEST.get(str(raw.get("unit")))
    numbers = [raw.get(start), raw.get(end)]
    if set(raw) != keys or farthest is None or not all(type(number) is int for number in numbers):
        raise refusal("bad_window", field=field.key)
    first, last = (int(number or 0) for number in numbers)
    if first > last or max(abs(first), abs(last)) > farthest:
        raise refusal("bad_window", field=field.key)
    return Window(raw["unit"], first, last)


def resolve_days(span: Any, env: Env) -> tuple[date, date] | None:
    """(first, last) day of a span; None for None."""
    match span:
        case None:
            return None
        case Days(first, last):
            return first, last
        case Window(unit, start, end):
            return _first_day(unit, start, env.today), _first_day(unit, end + 1, env.today) - timedelta(days=1)
        case Between(low, high):
            ends = resolve_days(low, env), resolve_days(high, env)
            return ends[0][0] if ends[0] else date.min, ends[1][1] if ends[1] else date.max
    raise TypeError(span)


def resolve_instants(span: Any, env: Env) -> tuple[datetime, datetime] | None:
    """(start, end) of a span of instants, the end not included; None for None. Raises ValueRefused."""
    if span is None:
        return None
    if isinstance(span, Instant):
        return span.at, span.at + _MOMENT
    if isinstance(span, Between):
        ends = resolve_instants(span.low, env), resolve_instants(span.high, env)
        return ends[0][0] if ends[0] else _EARLIEST, ends[1][1] if ends[1] else _LATEST
    first, last = resolve_days(span, env) or (date.min, date.max)
    try:
        return _midnight(first, env.zone), _midnight(last + timedelta(days=1), env.zone)
    except OverflowError:
        raise ValueRefused("impossible_date") from None


_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first_day(unit: str, offset: int, today: date) -> date:
    """The first day of the unit that lies `offset` units from today's."""
    if unit == "day":
        return today + timedelta(days=offset)
    if unit == "week":
        return today + timedelta(days=7 * offset - today.weekday())
    length = _MONTHS[unit]
    month = today.year * 12 + (today.month - 1) // length * length + offset * length
    return date(month // 12, month % 12 + 1, 1)
