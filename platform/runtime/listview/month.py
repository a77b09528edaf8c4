"""A list as a month: records on the days they lie on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from ...metadata.errors import InvalidInput
from ...metadata.layouts import Calendar
from ...metadata.model import Field
from ..records import Records
from ..records.record import Record
from .cards import Card, CardMaker, visible
from .state import parts_of

if TYPE_CHECKING:
    from ..context import Context
    from .state import ListState

MOST_ENTRIES = 500
LONGEST = 62
"""Days an entry is drawn on at most, however long it lasts."""

WEEKS = 6
DAY_BEGINS = "09:00"
"""When something new on a day begins, where it has a time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record on a day. `begins` and `ends` are its own first and last days' edges; `start`, `end` as stored."""

    card: Card
    clock: str
    begins: bool
    ends: bool
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the month that is shown, or of the weeks around it."""

    date: date
    entries: list[Entry]
    inside: bool
    today: bool
    new: str | None


class Month:
    """The month of a list for one reader. Queries: 1."""

    def __init__(self, ctx: Context, state: ListState, records: Records | None = None) -> None:
        assert state.layout is not None and state.layout.calendar is not None
        self.ctx, self.state, self.records = ctx, state, records or Records(ctx)
        self.spec: Calendar = state.layout.calendar
        self.entity = state.request.entity
        self.rights = ctx.access.entity(self.entity)
        self.start: Field = self.rights.entity.all_fields[self.spec.start]
        seen = visible(ctx, self.entity, [key for key in (self.spec.end, self.spec.color) if key])
        self.end = self.rights.entity.all_fields[self.spec.end] if self.spec.end in seen else None
        self.color = self.rights.entity.all_fields[self.spec.color] if self.spec.color in seen else None
        self.today = datetime.now(ctx.zone).date()
        self.first = _month_of(state.given.get("month", ""), self.today)
        self.monday = self.first - timedelta(days=self.first.weekday())

    @property
    def movable(self) -> bool:
        """Whether the reader may move entries at all."""
        keys = {self.start.key, *([self.end.key] if self.end else ())}
        return self.rights.may("edit") and keys <= self.rights.writable

    @property
    def timed(self) -> bool:
        """Whether entries have a time of day."""
        return self.start.behaviour.kind == "datetime"

    @property
    def before(self) -> str:
        """The month before."""
        return self.state.href(month=f"{self.first - timedelta(days=1):%Y-%m}")

    @property
    def now(self) -> str:
        """The present month."""
        return self.state.href(month=None)

    @property
    def after(self) -> str:
        """The month after."""
        return self.state.href(month=f"{self.first + timedelta(days=31):%Y-%m}")

    @property
    def is_cut(self) -> bool:
        """Whether there are more entries than are shown."""
        return len(self._records) == MOST_ENTRIES

    @cached_property
    def days(self) -> list[Day]:
        """Six weeks from the Monday at or before the first of the month."""
        shown = [self.monday + timedelta(days=n) for n in range(7 * WEEKS)]
        entries: dict[date, list[Entry]] = {day: [] for day in shown}
        for record in self._records:
            self._place(record, entries)
        creates = self.rights.entity.parent is None and self.rights.may("create")
        return [self._day(day, entries[day], creates=creates) for day in shown]

    def _day(self, day: date, entries: list[Entry], *, creates: bool) -> Day:
        begin = f"{day} {DAY_BEGINS}" if self.timed else f"{day}"
        new = f"/e/{self.entity}/new?{self.start.key}={quote_plus(begin)}" if creates else None
        return Day(day, entries, day.month == self.first.month, day == self.today, new)

    @cached_property
    def _records(self) -> list[Record]:
        """What lies on the shown days. Queries: 1."""
        columns = list(self._maker.columns) + [f.key for f in (self.start, self.end, self.color) if f]
        request = replace(
            self.state.request,
            columns=tuple(dict.fromkeys(columns)),
            filter={"all": [*parts_of(self.state.request.filter), self._overlaps()]},
            sort=(self.start.key,),
            limit=MOST_ENTRIES,
            after=None,
        )
        return self.records.list(request).items

    def _overlaps(self) -> dict[str, Any]:
        """Records that begin before the shown days end, and end, or begin, when they have begun."""
        low, high = self._edge(self.monday), self._edge(self.monday + timedelta(days=7 * WEEKS))
        begins = {"field": self.start.key, "op": "lt", "value": high}
        later = {"field": self.start.key, "op": "gte", "value": low}
        if self.end is None:
            return {"all": [begins, later]}
        return {"all": [begins, {"any": [later, {"field": self.end.key, "op": "gte", "value": low}]}]}

    def _edge(self, day: date) -> str:
        return datetime.combine(day, time(), self.ctx.zone).isoformat() if self.timed else day.isoformat()

    @cached_property
    def _maker(self) -> CardMaker:
        return CardMaker(self.ctx, self.entity, ())

    def _place(self, record: Record, entries: dict[date, list[Entry]]) -> None:
        begin = self._local(record[self.start.key])
        if begin is None:
            return
        end = (self._local(record[self.end.key]) if self.end else None) or begin
        first = _day_of(begin)
        last = min(max(_day_of(end), first), first + timedelta(days=LONGEST))
        card = self._maker.make(record, color=self._color_of(record))
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            if day in entries:
                clock = f"{begin:%H:%M}" if n == 0 and isinstance(begin, datetime) else ""
                start, end = self._raw(record, self.start), self._raw(record, self.end)
                entries[day].append(Entry(card, clock, n == 0, day == last, start, end))

    def _local(self, value: Any) -> date | datetime | None:
        return value.astimezone(self.ctx.zone) if isinstance(value, datetime) else value

    def _raw(self, record: Record, field: Field | None) -> str:
        value = record[field.key] if field else None
        return "" if field is None or value is None else str(field.behaviour.dump(field, value))

    def _color_of(self, record: Record) -> str | None:
        choice = self.color.choice_by_key.get(record[self.color.key] or "") if self.color else None
        return choice.color if choice else None


def _day_of(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _month_of(text: str, today: date) -> date:
    """The first day of the month `2026-11`; of the present one for nothing. Raises InvalidInput."""
    if not text:
        return today.replace(day=1)
    try:
        return datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise InvalidInput("bad_parameter", name="month") from None
