"""Periods: which days a name means, what came before, and which buckets days fall into."""

from datetime import date, timedelta

import pytest

from formloom.metadata.errors import InvalidInput
from formloom.runtime.dashboards.period import (
    PERIODS,
    Period,
    bucket_span,
    bucket_start,
    buckets_between,
    previous,
    read_period,
)

SATURDAY = date(2026, 11, 21)
LEAP_DAY = date(2028, 2, 29)
NEW_YEAR = date(2027, 1, 1)

SPANS = (
    ("today", SATURDAY, "2026-11-21", "2026-11-21"),
    ("this_week", SATURDAY, "2026-11-16", "2026-11-22"),
    ("this_week", NEW_YEAR, "2026-12-28", "2027-01-03"),
    ("this_month", SATURDAY, "2026-11-01", "2026-11-30"),
    ("this_month", LEAP_DAY, "2028-02-01", "2028-02-29"),
    ("last_month", SATURDAY, "2026-10-01", "2026-10-31"),
    ("last_month", NEW_YEAR, "2026-12-01", "2026-12-31"),
    ("last_month", date(2027, 3, 31), "2027-02-01", "2027-02-28"),
    ("this_quarter", SATURDAY, "2026-10-01", "2026-12-31"),
    ("last_quarter", SATURDAY, "2026-07-01", "2026-09-30"),
    ("last_quarter", NEW_YEAR, "2026-10-01", "2026-12-31"),
    ("this_year", SATURDAY, "2026-01-01", "2026-12-31"),
    ("last_year", SATURDAY, "2025-01-01", "2025-12-31"),
    ("last_30_days", SATURDAY, "2026-10-23", "2026-11-21"),
    ("last_90_days", SATURDAY, "2026-08-24", "2026-11-21"),
    ("last_12_months", SATURDAY, "2025-12-01", "2026-11-30"),
    ("2026-02-03..2026-02-05", SATURDAY, "2026-02-03", "2026-02-05"),
)


@pytest.mark.parametrize(("text", "today", "first", "last"), SPANS, ids=str)
def test_a_period_is_these_days(text: str, today: date, first: str, last: str):
    period = read_period(text, today)

    assert (str(period.first), str(period.last)) == (first, last)
    assert period.text == text and period.days == (period.last - period.first).days + 1


def test_all_time_has_no_ends():
    period = read_period("all", SATURDAY)

    assert (period.first, period.last, period.days, period.name) == (None, None, 0, "all")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "THIS_MONTH",
        "2026-01-01",
        "2026-02-30..2026-03-01",
        "2026-03-02..2026-03-01",
        "2026-01-01..2026-01-02..2026-01-03",
        "0001-01-01..9999-12-31",
        "1899-12-31..2026-01-01",
        "٢٠٢٦-01-01..2026-01-02",
        " 2026-01-01..2026-01-02",
    ],
)
def test_anything_else_is_refused(text: str):
    with pytest.raises(InvalidInput) as error:
        read_period(text, SATURDAY)

    assert error.value.code == "bad_period"


BEFORE = (
    ("this_week", SATURDAY, "2026-11-09", "2026-11-15"),
    ("this_month", SATURDAY, "2026-10-01", "2026-10-31"),
    ("this_month", date(2027, 3, 31), "2027-02-01", "2027-02-28"),
    ("last_month", NEW_YEAR, "2026-11-01", "2026-11-30"),
    ("this_quarter", SATURDAY, "2026-07-01", "2026-09-30"),
    ("last_quarter", SATURDAY, "2026-04-01", "2026-06-30"),
    ("this_year", SATURDAY, "2025-01-01", "2025-12-31"),
    ("last_year", SATURDAY, "2024-01-01", "2024-12-31"),
    ("today", SATURDAY, "2026-11-20", "2026-11-20"),
    ("last_30_days", SATURDAY, "2026-09-23", "2026-10-22"),
    ("last_12_months", SATURDAY, "2024-12-01", "2025-11-30"),
    ("2026-02-03..2026-02-05", SATURDAY, "2026-01-31", "2026-02-02"),
)


@pytest.mark.parametrize(("text", "today", "first", "last"), BEFORE, ids=str)
def test_the_period_before_ends_where_this_one_begins(text: str, today: date, first: str, last: str):
    period = read_period(text, today)
    before = previous(period, today)

    assert before is not None
    assert (str(before.first), str(before.last)) == (first, last)
    assert before.last + timedelta(days=1) == period.first


def test_nothing_is_before_all_time():
    assert previous(Period("all"), SATURDAY) is None


@pytest.mark.parametrize("today", [SATURDAY, NEW_YEAR, LEAP_DAY, date(2026, 12, 31)], ids=str)
@pytest.mark.parametrize("name", PERIODS)
def test_every_named_period_has_one_before_it(name: str, today: date):
    before = previous(read_period(name, today), today)

    assert before is not None and before.first <= before.last < today


BUCKETS = (
    ("day", SATURDAY, "2026-11-21", "2026-11-21"),
    ("week", SATURDAY, "2026-11-16", "2026-11-22"),
    ("week", NEW_YEAR, "2026-12-28", "2027-01-03"),
    ("month", LEAP_DAY, "2028-02-01", "2028-02-29"),
    ("quarter", SATURDAY, "2026-10-01", "2026-12-31"),
    ("year", SATURDAY, "2026-01-01", "2026-12-31"),
)


@pytest.mark.parametrize(("bucket", "day", "first", "last"), BUCKETS, ids=str)
def test_a_day_falls_into_one_bucket(bucket: str, day: date, first: str, last: str):
    assert tuple(str(end) for end in bucket_span(day, bucket)) == (first, last)
    assert str(bucket_start(day, bucket)) == first


def test_buckets_follow_each_other_without_gap_or_overlap():
    for bucket in ("day", "week", "month", "quarter", "year"):
        found = buckets_between(date(2026, 1, 30), date(2027, 3, 1), bucket)
        ends = [bucket_span(first, bucket) for first in found]

        assert ends[0][0] <= date(2026, 1, 30) and ends[-1][0] <= date(2027, 3, 1) <= ends[-1][1]
        assert all(end[1] + timedelta(days=1) == later[0] for end, later in zip(ends, ends[1:], strict=False))


def test_no_more_buckets_are_made_than_asked_for():
    assert len(buckets_between(date(2000, 1, 1), date(2026, 1, 1), "day", most=10)) == 10
