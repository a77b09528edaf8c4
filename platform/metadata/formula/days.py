"""Days and instants of formulas. What leaves the calendar is empty."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from . import numbers

FIRST, LAST = date.min, date.max
"""Days at the ends of the calendar: a result that comes to them is empty."""

MOST_DAYS = 1_000_000
MOST_MONTHS = 12_000
YEARS = (1000, 9000)
DATE_MONTHS, DATE_DAYS = 1_200, 36_600
FIRST_MOMENT = datetime(1, 1, 2, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 30, tzinfo=UTC)

_SECONDS_A_DAY = Decimal(86_400)
_MICROSECOND = timedelta(microseconds=1)
_TOKEN = re.compile(r"yyyy|mm|dd|hh|ss|[-/.: 年月日时分秒]")
_DIRECTIVES = {"yyyy": "{0.year:04d}", "mm": "{0.month:02d}", "dd": "{0.day:02d}", "hh": "{0.hour:02d}"}
_CLOCK = {"mm": "{0.minute:02d}", "ss": "{0.second:02d}"}


def _inside(day: date) -> date | None:
    return day if FIRST < day < LAST else None


def _shifted(day: date, days: int) -> date | None:
    try:
        return _inside(day + timedelta(days=days))
    except OverflowError:
        return None


def local_day(moment: datetime, zone: tzinfo) -> date:
    """The day it is in the zone."""
    return moment.astimezone(zone).date()


def add_days(day: date, days: Decimal) -> date | None:
    """So many whole days later."""
    return _shifted(day, int(days)) if abs(int(days)) < MOST_DAYS else None


def days_between(end: date, start: date) -> Decimal:
    """Days from start to end."""
    return Decimal((end - start).days)


def time_between(end: datetime, start: datetime, seconds: Decimal) -> Decimal | None:
    """Time from start to end in units of so many seconds."""
    microseconds = (end - start) // _MICROSECOND
    return numbers.divide(Decimal(microseconds).scaleb(-6), seconds)


def add_time(moment: datetime, days: Decimal) -> datetime | None:
    """So many days later, to the second."""
    seconds = numbers.round_half_up(numbers.multiply(days, _SECONDS_A_DAY), Decimal(0))
    if abs(seconds) >= MOST_DAYS * _SECONDS_A_DAY:
        return None
    try:
        later = moment + timedelta(seconds=int(seconds))
    except OverflowError:
        return None
    return later if FIRST_MOMENT < later < LAST_MOMENT else None


def day_of(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    """The day; months and days beyond the year or month run on into the next."""
    years, months, days = int(year), int(month), int(day)
    if not YEARS[0] <= years <= YEARS[1] or abs(months) > DATE_MONTHS or abs(days) > DATE_DAYS:
        return None
    whole = years * 12 + months - 1
    return _shifted(date(whole // 12, whole % 12 + 1, 1), days - 1)


def year(day: date) -> Decimal:
    """The year."""
    return Decimal(day.year)


def month(day: date) -> Decimal:
    """The month, from 1."""
    return Decimal(day.month)


def day_in_month(day: date) -> Decimal:
    """The day of the month."""
    return Decimal(day.day)


def weekday_from_sunday(day: date) -> Decimal:
    """1 for Sunday to 7 for Saturday."""
    return Decimal(day.isoweekday() % 7 + 1)


def weekday_from_monday(day: date) -> Decimal:
    """1 for Monday to 7 for Sunday."""
    return Decimal(day.isoweekday())


def add_months(day: date, months: Decimal) -> date | None:
    """The same day so many months later, or the last of a shorter month."""
    return _in_month(day, int(months), day.day)


def end_of_month(day: date, months: Decimal) -> date | None:
    """The last day of the month so many months later."""
    return _in_month(day, int(months), 31)


def _in_month(day: date, months: int, wanted: int) -> date | None:
    if abs(months) > MOST_MONTHS:
        return None
    whole = day.year * 12 + day.month - 1 + months
    if not 12 <= whole < 120_000:
        return None
    last = calendar.monthrange(whole // 12, whole % 12 + 1)[1]
    return _inside(date(whole // 12, whole % 12 + 1, min(wanted, last)))


def months_between(start: date, end: date) -> Decimal | None:
    """Whole months from start to end; None when the end comes first."""
    if end < start:
        return None
    return Decimal((end.year - start.year) * 12 + end.month - start.month - (end.day < start.day))


def written_day(day: date) -> str:
    """`2026-11-21`."""
    return day.isoformat()


def written_moment(moment: datetime, zone: tzinfo) -> str:
    """`2026-11-21 16:30`, in the zone."""
    local = moment.astimezone(zone)
    return f"{local.year:04d}-{local:%m-%d %H:%M}"


def formatted_day(day: date, pattern: str, postgres: str) -> str:
    """The day in a pattern of `yyyy`, `mm`, `dd` and marks."""
    return python_pattern(pattern).format(datetime.combine(day, datetime.min.time()))


def formatted_moment(moment: datetime, zone: tzinfo, pattern: str, postgres: str) -> str:
    """The moment in the zone, in a pattern of `yyyy`, `mm`, `dd`, `hh`, `ss` and marks."""
    return python_pattern(pattern).format(moment.astimezone(zone))


def python_pattern(pattern: str) -> str:
    """The pattern for `str.format`; `mm` after `hh` means minutes."""
    parts = []
    directives = dict(_DIRECTIVES)
    for token in _TOKEN.findall(pattern):
        parts.append(directives.get(token) or _CLOCK.get(token, token))
        if token == "hh":
            directives.pop("mm", None)
    return "".join(parts)


def postgres_pattern(pattern: str) -> str:
    """The pattern for to_char()."""
    names = {"yyyy": "YYYY", "mm": "MM", "dd": "DD", "hh": "HH24", "ss": "SS"}
    parts = []
    for token in _TOKEN.findall(pattern):
        parts.append(names.get(token, f'"{token}"'))
        if token == "hh":
            names["mm"] = "MI"
    return "".join(parts)


def is_pattern(pattern: str) -> bool:
    """Whether the text is made of what patterns know, with some date or time in it."""
    return bool(re.search("[a-z]", pattern)) and not _TOKEN.sub("", pattern)
