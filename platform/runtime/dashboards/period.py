"""Spans of days a dashboard looks at, by name or from a day to a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from ...metadata.errors import InvalidInput

CUSTOM, EVER = "custom", "all"
FIRST_YEAR, LAST_YEAR = 1900, 2999
_CUSTOM = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included; None where it has no end. `text` is how an address says it."""

    text: str
    first: date | None = None
    last: date | None = None

    @property
    def name(self) -> str:
        """Its name: a key of PERIODS, `custom` or `all`."""
        return self.text if self.text in PERIODS or self.text == EVER else CUSTOM

    @property
    def days(self) -> int:
        """How many days it has; 0 for one without an end."""
        return (self.last - self.first).days + 1 if self.first and self.last else 0


def month_of(day: date, move: int = 0) -> tuple[date, date]:
    """The month of `day`, or the one `move` months later."""
    number = day.year * 12 + day.month - 1 + move
    first = date(number // 12, number % 12 + 1, 1)
    following = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
    return first, following - timedelta(days=1)


def quarter_of(day: date, move: int = 0) -> tuple[date, date]:
    """The quarter of `day`, or the one `move` quarters later."""
    into = (day.month - 1) % 3
    return month_of(day, move * 3 - into)[0], month_of(day, move * 3 - into + 2)[1]


def year_of(day: date, move: int = 0) -> tuple[date, date]:
    """The year of `day`, or the one `move` years later."""
    return date(day.year + move, 1, 1), date(day.year + move, 12, 31)


def week_of(day: date, move: int = 0) -> tuple[date, date]:
    """The week, Monday first, of `day`, or the one `move` weeks later."""
    first = day - timedelta(days=day.weekday()) + timedelta(weeks=move)
    return first, first + timedelta(days=6)


def _last(days: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - timedelta(days=days - 1), today)


PERIODS: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": lambda today: (today, today),
    "this_week": week_of,
    "this_month": month_of,
    "last_month": lambda today: month_of(today, -1),
    "this_quarter": quarter_of,
    "last_quarter": lambda today: quarter_of(today, -1),
    "this_year": year_of,
    "last_year": lambda today: year_of(today, -1),
    "last_30_days": _last(30),
    "last_90_days": _last(90),
    "last_12_months": lambda today: (month_of(today, -11)[0], month_of(today)[1]),
}
"""Named periods, in the order they are offered."""

_BEFORE: dict[str, Callable[[date], tuple[date, date]]] = {
    "this_week": lambda today: week_of(today, -1),
    "this_month": lambda today: month_of(today, -1),
    "last_month": lambda today: month_of(today, -2),
    "this_quarter": lambda today: quarter_of(today, -1),
    "last_quarter": lambda today: quarter_of(today, -2),
    "this_year": lambda today: year_of(today, -1),
    "last_year": lambda today: year_of(today, -2),
}


def read_period(text: str, today: date) -> Period:
    """The period of an address. Raises InvalidInput."""
    if text == EVER:
        return Period(EVER)
    if text in PERIODS:
        return Period(text, *PERIODS[text](today))
    match = _CUSTOM.fullmatch(text)
    try:
        first, last = (date.fromisoformat(part) for part in match.groups()) if match else (None, None)
    except ValueError:
        first = last = None
    if first is None or last is None or first > last or not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
        raise InvalidInput("bad_period", text=text[:40])
    return Period(text, first, last)


def previous(period: Period, today: date) -> Period | None:
    """The period to compare with: the calendar span before, else as many days just before; None for all time."""
    if period.first is None or period.last is None:
        return None
    if period.text in _BEFORE:
        first, last = _BEFORE[period.text](today)
    else:
        last = period.first - timedelta(days=1)
        first = last - timedelta(days=period.days - 1)
    return Period(f"{first}..{last}", first, last)


def bucket_span(first: date, bucket: str) -> tuple[date, date]:
    """The first and last day of the bucket that holds `first`."""
    spans = {"week": week_of, "month": month_of, "quarter": quarter_of, "year": year_of}
    return spans[bucket](first) if bucket in spans else (first, first)


def bucket_start(day: date, bucket: str) -> date:
    """The first day of the bucket that holds `day`."""
    return bucket_span(day, bucket)[0]


def buckets_between(first: date, last: date, bucket: str, most: int = 400) -> list[date]:
    """First days of all buckets from that of `first` to that of `last`, at most `most`."""
    found = [bucket_span(first, bucket)[0]]
    while len(found) < most:
        following = bucket_span(found[-1], bucket)[1] + timedelta(days=1)
        if following > last:
            break
        found.append(following)
    return found
