"""Numbers by group: what they count, how they are sorted and called, and that rights hold in them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from formloom.metadata.columns import UtcDateTime
from formloom.metadata.database import Database
from formloom.metadata.errors import FormloomError
from formloom.runtime.records import AggregateRequest, Dimension, ListRequest, Measure
from formloom.runtime.records.buckets import BUCKETS, bucket_of
from tests.runtime.records.office import context, counted, records, user

ROWS = (
    {"name": "A", "grade": "a", "credit": "10.10", "staff": 3, "founded": "2026-01-31", "city": "Rome"},
    {"name": "B", "grade": "b", "credit": "20.20", "staff": 4, "founded": "2026-02-01", "city": "Rome"},
    {"name": "C", "grade": "a", "credit": "0.05", "staff": None, "founded": "2026-04-30", "city": None},
    {"name": "D", "grade": None, "credit": None, "staff": 8, "founded": None, "city": "Bonn"},
)


def filled(conn) -> list[int]:
    """Ids of Ann's companies; Bob has one as well."""
    records(conn, "bob").create("company", {"name": "X", "grade": "c", "credit": "1000000"})
    return [records(conn, "ann").create("company", row) for row in ROWS]


def groups(conn, login: str = "ann", **wanted: Any) -> list[tuple[Any, ...]]:
    """(keys, values) of each group, flat."""
    found = records(conn, login).aggregate(AggregateRequest("company", **wanted))
    return [(*group.keys, *group.values) for group in found.groups]


@pytest.mark.parametrize(
    ("case", "wanted", "expected"),
    [
        ("count", {}, [(4,)]),
        ("sum", {"measures": (Measure("sum", "credit"),)}, [(Decimal("30.35"),)]),
        (
            "several",
            {
                "measures": tuple(
                    Measure(op, "staff") for op in ("sum", "avg", "min", "max", "count", "count_distinct")
                )
            },
            [(15, Decimal("5.0000"), 3, 8, 3, 3)],
        ),
        (
            "none left",
            {"filter": {"field": "name", "op": "eq", "value": "?"}, "measures": (Measure("sum", "credit"),)},
            [(None,)],
        ),
        (
            "by choice, as listed",
            {"group_by": (Dimension("grade"),), "sort": "key"},
            [("a", 2), ("b", 1), (None, 1)],
        ),
        ("largest first", {"group_by": (Dimension("city"),)}, [("Rome", 2), (None, 1), ("Bonn", 1)]),
        (
            "by value",
            {"group_by": (Dimension("grade"),), "measures": (Measure("sum", "credit"),), "sort": "value"},
            [(None, None), ("a", Decimal("10.15")), ("b", Decimal("20.20"))],
        ),
        (
            "two dimensions",
            {"group_by": (Dimension("city"), Dimension("grade")), "sort": "-key"},
            [("Rome", "a", 1), ("Rome", "b", 1), ("Bonn", None, 1), (None, "a", 1)],
        ),
        (
            "dates",
            {"measures": (Measure("min", "founded"), Measure("max", "founded"))},
            [(date(2026, 1, 31), date(2026, 4, 30))],
        ),
        ("limited", {"group_by": (Dimension("name"),), "sort": "-key0", "limit": 2}, [("D", 1), ("C", 1)]),
        ("searched", {"search": "a"}, [(1,)]),
        ("virtual", {"measures": (Measure("max", "age"),)}, [(294,)]),
    ],
)
def test_numbers_by_group(office: Database, case: str, wanted: dict, expected: list) -> None:
    with office.writing() as conn:
        filled(conn)
        assert groups(conn, **wanted) == expected


def test_one_statement_brings_groups_with_their_labels(office: Database) -> None:
    with office.writing() as conn:
        ids = filled(conn)
        for company in ids[:2]:
            records(conn).create("deal", {"name": "D", "company": company, "owner": user(conn, "ann")})
        hidden = records(conn).create("company", {"name": "H", "owner": user(conn, "bob")})
        records(conn).create("deal", {"name": "E", "company": hidden, "owner": user(conn, "ann")})
        request = AggregateRequest(
            "deal", group_by=(Dimension("company"), Dimension("owner"), Dimension("stage")), sort="key"
        )
        with counted(conn) as statements:
            found = records(conn, "ann").aggregate(request)
        assert len(statements) <= 4  # three of them load the person
        assert [group.labels for group in found.groups] == [
            (None, "Ann", "Open"),
            ("A", "Ann", "Open"),
            ("B", "Ann", "Open"),
        ]


def test_groups_beyond_the_limit_are_announced(office: Database) -> None:
    with office.writing() as conn:
        filled(conn)
        wanted = {"group_by": (Dimension("name"),)}
        assert records(conn, "ann").aggregate(AggregateRequest("company", limit=3, **wanted)).more
        assert not records(conn, "ann").aggregate(AggregateRequest("company", limit=4, **wanted)).more


def test_the_sum_of_groups_is_the_total_of_the_list(office: Database) -> None:
    with office.writing() as conn:
        filled(conn)
        for login in ("ann", "bob", "lea"):
            for path in ("grade", "owner", "parent.name", "credit", "founded"):
                counts = [group[-1] for group in groups(conn, login, group_by=(Dimension(path),))]
                page = records(conn, login).list(ListRequest("company", ("name",), count="exact"))
                assert sum(counts) == page.count


@pytest.mark.parametrize(
    ("case", "raw", "code"),
    [
        ("hidden dimension", {"group_by": ["secret"]}, "unknown_field"),
        ("hidden measure", {"measures": [{"op": "count_distinct", "field": "secret"}]}, "unknown_field"),
        ("hidden filter", {"filter": {"field": "secret", "op": "is_empty"}}, "unknown_field"),
        ("sum of text", {"measures": [{"op": "sum", "field": "name"}]}, "bad_parameter"),
        ("injected function", {"measures": [{"op": "sum)from(x", "field": "staff"}]}, "bad_parameter"),
        ("sum of nothing", {"measures": [{"op": "sum"}]}, "bad_parameter"),
        ("bucket of text", {"group_by": [{"field": "name", "bucket": "month"}]}, "bad_parameter"),
        ("injected bucket", {"group_by": [{"field": "founded", "bucket": "month'); --"}]}, "bad_parameter"),
        ("five dimensions", {"group_by": ["name", "city", "grade", "staff", "credit"]}, "bad_parameter"),
        ("bad sort", {"sort": "name"}, "bad_sort"),
        ("sort beyond", {"sort": "value1"}, "bad_sort"),
        ("limit", {"limit": 1001}, "bad_parameter"),
        ("limit word", {"limit": "10"}, "bad_parameter"),
        ("unknown key", {"having": 1}, "bad_parameter"),
        ("no object", {"measures": [1]}, "bad_parameter"),
        ("sub-table", {"group_by": ["lines"]}, "unknown_field"),
    ],
)
def test_a_request_that_means_nothing_is_refused(office: Database, case: str, raw: dict, code: str) -> None:
    with office.writing() as conn, pytest.raises(FormloomError) as error:
        door = records(conn, "ann")
        door.aggregate(AggregateRequest.parse(door.ctx.access, "company", raw))
    assert error.value.code == code and error.value.status == 422


def test_json_becomes_a_request(office: Database) -> None:
    with office.writing() as conn:
        filled(conn)
        raw = {
            "group_by": [{"field": "founded", "bucket": "quarter"}],
            "measures": [{"op": "count"}, {"op": "sum", "field": "credit"}],
            "filter": {"field": "founded", "op": "is_not_empty"},
        }
        door = records(conn, "ann")
        found = door.aggregate(AggregateRequest.parse(door.ctx.access, "company", raw)).groups
        assert [(group.labels, group.values) for group in found] == [
            (("2026 Q1",), (2, Decimal("30.30"))),
            (("2026 Q2",), (1, Decimal("0.05"))),
        ]


MOMENTS = (
    datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
    datetime(2025, 12, 31, 15, 59, 59, 999999, tzinfo=UTC),
    datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
    datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 4, 30, tzinfo=UTC),
    datetime(2027, 1, 3, 23, 0, tzinfo=UTC),
    datetime(2021, 7, 4, 3, 59, 59, tzinfo=UTC),
)


def first_day(moment: datetime, bucket: str, zone: ZoneInfo) -> date:
    """The first day of the bucket, in Python."""
    day = moment.astimezone(zone).date()
    return {
        "day": day,
        "week": date.fromordinal(day.toordinal() - day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }[bucket]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC", "Asia/Kathmandu"])
def test_buckets_follow_the_readers_clock(blank: Database, zone: str) -> None:
    there = ZoneInfo(zone)
    with blank.reading() as conn:
        for moment in MOMENTS:
            for bucket in BUCKETS:
                instant = sa.literal(moment, UtcDateTime)
                day = sa.literal(moment.date(), sa.Date)
                found = conn.execute(
                    sa.select(bucket_of(conn, instant, bucket, there), bucket_of(conn, day, bucket, there))
                ).one()
                utc_day = datetime(*moment.timetuple()[:3], tzinfo=UTC)
                assert tuple(found) == (
                    first_day(moment, bucket, there),
                    first_day(utc_day, bucket, ZoneInfo("UTC")),
                )


def test_the_zone_of_the_reader_decides(office: Database) -> None:
    with office.writing() as conn:
        records(conn).create("company", {"name": "A", "seen": "2025-12-31T16:30:00Z"})
        door = records(conn)
        request = AggregateRequest("company", group_by=(Dimension("seen", "year"),))
        assert door.aggregate(request).groups[0].labels == ("2026",)
        assert context(conn).env.zone == ZoneInfo("Asia/Shanghai")
