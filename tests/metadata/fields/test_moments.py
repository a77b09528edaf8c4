"""Days and instants: zones, gaps and overlaps of clocks, days in words."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.metadata.errors import ValueRefused
from formloom.metadata.fieldtype import zone
from formloom.metadata.model import Field

BERLIN = ZoneInfo("Europe/Berlin")
DAY = Field("e", "x", "date", "X")
MOMENT = Field("e", "x", "datetime", "X")


@pytest.fixture
def in_berlin():
    token = zone.set(BERLIN)
    yield
    zone.reset(token)


@pytest.mark.usefixtures("in_berlin")
def test_a_time_without_offset_is_the_users():
    assert MOMENT.behaviour.parse(MOMENT, "2026-07-01 12:00") == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert MOMENT.behaviour.plain(MOMENT, datetime(2026, 7, 1, 10, tzinfo=UTC), "zh") == "2026-07-01 12:00"


@pytest.mark.usefixtures("in_berlin")
def test_a_skipped_time_is_refused_and_of_a_repeated_one_the_earlier_is_taken():
    with pytest.raises(ValueRefused) as refused:
        MOMENT.behaviour.parse(MOMENT, "2026-03-29 02:30")

    assert refused.value.code == "skipped_time"
    assert MOMENT.behaviour.parse(MOMENT, "2026-10-25 02:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1905, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_instants_survive_json(instant: datetime):
    assert MOMENT.behaviour.parse(MOMENT, MOMENT.behaviour.dump(MOMENT, instant)) == instant


@given(
    st.dates(),
    st.sampled_from(
        [
            "{0.year:04d}-{0.month}-{0.day}",
            "{0.year:04d}/{0.month:02d}/{0.day:02d}",
            "{0.year:04d}.{0.month}.{0.day}",
            "{0.year:04d}年{0.month}月{0.day}日",
            "{0.year:04d}{0.month:02d}{0.day:02d}",
        ]
    ),
)
def test_every_spelling_of_a_day_is_read(day: date, spelling: str):
    assert DAY.behaviour.parse(DAY, spelling.format(day)) == day


def test_a_day_is_never_shifted_by_a_zone():
    for written in ("2026-11-21T23:59:59-11:00", "2026-11-21T00:00:00+14:00", "2026-11-21"):
        assert DAY.behaviour.parse(DAY, written) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("days", "chinese", "english"),
    [
        (0, "今天", "today"),
        (-1, "昨天", "yesterday"),
        (1, "明天", "tomorrow"),
        (-3, "3 天前", "3 days ago"),
        (6, "6 天后", "in 6 days"),
    ],
)
def test_near_days_are_said_in_words_with_the_date_beside(days: int, chinese: str, english: str):
    day = datetime.now(BERLIN).date() + timedelta(days=days)

    for lang, words in (("zh", chinese), ("en", english)):
        shown = DAY.behaviour.cell(DAY, lang, BERLIN)(day, None)
        assert shown == f'<time datetime="{day}" title="{day}">{words}</time>'


def test_far_days_are_written_out():
    assert ">2020-01-02</time>" in DAY.behaviour.cell(DAY, "zh", BERLIN)(date(2020, 1, 2), None)
    shown = MOMENT.behaviour.cell(MOMENT, "zh", BERLIN)(datetime(2020, 7, 2, 10, tzinfo=UTC), None)
    assert shown == '<time datetime="2020-07-02T10:00:00Z" title="2020-07-02 12:00">2020-07-02 12:00</time>'


def test_days_before_excels_calendar_are_exported_as_text():
    assert DAY.behaviour.to_excel(DAY, date(1899, 1, 2), "zh") == "1899-01-02"
    assert DAY.behaviour.to_excel(DAY, date(2026, 1, 2), "zh") == date(2026, 1, 2)
