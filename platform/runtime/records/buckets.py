"""Days, weeks, months, quarters and years of dates and instants as SQL, in the reader's time zone.

PostgreSQL knows time zones. SQLite does not: there the zone's changes of offset become a CASE, of one branch for a
zone without daylight saving.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from ...metadata.columns import UtcDateTime

BUCKETS = ("day", "week", "month", "quarter", "year")

_FIRST_YEAR, _LAST_YEAR = 1992, 2060

_SQLITE: dict[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    "day": sa.func.date,
    "week": lambda day: sa.func.date(day, "weekday 0", "-6 days"),
    "month": lambda day: sa.func.strftime("%Y-%m-01", day),
    "quarter": lambda day: sa.func.date(
        sa.func.strftime("%Y-%m-01", day),
        sa.func.printf("-%d months", (sa.cast(sa.func.strftime("%m", day), sa.Integer) - 1) % 3),
    ),
    "year": lambda day: sa.func.strftime("%Y-01-01", day),
}


def can_bucket(column: ColumnElement[Any]) -> bool:
    """Whether the column holds dates or instants."""
    return isinstance(column.type, UtcDateTime | sa.Date)


def bucket_of(conn: Connection, column: ColumnElement[Any], bucket: str, zone: tzinfo) -> ColumnElement[Any]:
    """The first day of the bucket that each value falls into."""
    instant = isinstance(column.type, UtcDateTime)
    if conn.dialect.name == "sqlite":
        local = _shifted(column, zone) if instant else column
        return sa.type_coerce(_SQLITE[bucket](sa.type_coerce(local, sa.Text)), sa.Date)
    plain = sa.type_coerce(column, sa.DateTime) if instant else column
    local = sa.func.timezone(str(zone), sa.func.timezone("UTC", plain)) if instant else plain
    return sa.cast(sa.func.date_trunc(bucket, sa.type_coerce(local, sa.DateTime)), sa.Date)


def _shifted(column: ColumnElement[Any], zone: tzinfo) -> ColumnElement[Any]:
    """Naive local time of a UTC column, on SQLite."""
    first, *changes = offsets(zone)
    # Without its fraction, which SQLite would round up into the next day.
    text = sa.func.substr(sa.type_coerce(column, sa.Text), 1, 19)
    seconds: Any = first[1]
    if changes:
        later = [(text >= at.strftime("%Y-%m-%d %H:%M:%S"), offset) for at, offset in reversed(changes)]
        seconds = sa.case(*later, else_=first[1])
    return sa.func.datetime(text, sa.func.printf("%+d seconds", seconds))


@lru_cache(maxsize=64)
def offsets(zone: tzinfo) -> tuple[tuple[datetime, int], ...]:
    """(naive UTC instant, seconds east of UTC from then on) of each change of offset; the first is always so."""
    at = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    found = [(at.replace(tzinfo=None), _offset(zone, at))]
    while at.year < _LAST_YEAR:
        following = at + timedelta(days=7)
        if _offset(zone, following) != found[-1][1]:
            changed = _change_between(zone, at, following)
            found.append((changed.replace(tzinfo=None), _offset(zone, changed)))
        at = following
    return tuple(found)


def _change_between(zone: tzinfo, low: datetime, high: datetime) -> datetime:
    before = _offset(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: tzinfo, at: datetime) -> int:
    return int((at.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def bucket_text(first: date, bucket: str) -> str:
    """How a bucket is called, the same in every language."""
    if bucket == "week":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02d}"
    if bucket == "quarter":
        return f"{first.year} Q{(first.month + 2) // 3}"
    return {"day": first.isoformat(), "month": f"{first.year:04d}-{first.month:02d}", "year": f"{first.year:04d}"}[
        bucket
    ]
