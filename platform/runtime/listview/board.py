"""A list as a board: a lane for each option of a field, cards that move between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ...metadata.layouts import Kanban
from ...metadata.model import Field
from ...metadata.wording import say, text_of
from ..records import Records
from ..records.aggregate import AggregateRequest, Dimension, Measure
from .cards import Card, CardMaker, visible
from .state import parts_of, written

if TYPE_CHECKING:
    from ..context import Context
    from .state import ListState

EACH = 25
"""Cards a lane shows; the rest is in the table."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of the board. `key` is the option's, empty for records without one."""

    key: str
    label: str
    color: str
    count: int
    total: Markup | None
    cards: list[Card]
    more: str | None
    new: str | None


class Board:
    """The board of a list for one reader. Queries: 2."""

    def __init__(self, ctx: Context, state: ListState, records: Records | None = None) -> None:
        assert state.layout is not None and state.layout.kanban is not None
        self.ctx, self.state, self.records = ctx, state, records or Records(ctx)
        self.spec: Kanban = state.layout.kanban
        self.entity = state.request.entity
        self.rights = ctx.access.entity(self.entity)
        self.field: Field = self.rights.entity.all_fields[self.spec.by]

    @property
    def movable(self) -> bool:
        """Whether the reader may move cards at all; of each it is decided when he does."""
        return self.rights.may("edit") and self.spec.by in self.rights.writable and not self.field.read_only

    @cached_property
    def lanes(self) -> list[Lane]:
        """The lanes, in the order of the options; those of retired options only while they hold something."""
        numbers = self._numbers
        found = []
        for choice in self.field.choices:
            if not choice.retired or choice.key in numbers:
                label = text_of(choice.label, self.ctx.lang, choice.key)
                found.append(self._lane(choice.key, label, choice.color))
        if None in numbers:
            found.insert(0, self._lane(None, say("list.group_empty", self.ctx.lang), "gray"))
        return found

    def _lane(self, key: str | None, label: str, color: str) -> Lane:
        count, *total = self._numbers.get(key, (0, None))
        cards = [card for card in self._cards if card.lane == key]
        more = self._table(key) if count > len(cards) else None
        return Lane(key or "", label, color, count, self._total(total), cards, more, self._new(key))

    def _table(self, key: str | None) -> str:
        """The rows of a lane as a table."""
        test = {"field": self.spec.by, "op": "eq", "value": key}
        if key is None:
            test = {"field": self.spec.by, "op": "is_empty"}
        return self.state.href(view="table", filter=written([*parts_of(self.state.request.filter), test]))

    def _new(self, key: str | None) -> str | None:
        if (
            self.rights.entity.parent is not None
            or not self.rights.may("create")
            or self.spec.by not in self.rights.creatable
        ):
            return None
        return f"/e/{self.entity}/new" + (f"?{self.spec.by}={key}" if key else "")

    @cached_property
    def _numbers(self) -> dict[Any, tuple[Any, ...]]:
        """Count and sum by lane. Queries: 1."""
        request = self.state.request
        total = visible(self.ctx, self.entity, [self.spec.total] if self.spec.total else ())
        asked = AggregateRequest(
            self.entity,
            measures=(Measure("count"), *(Measure("sum", path) for path in total)),
            group_by=(Dimension(self.spec.by),),
            filter=request.filter,
            fixed=request.fixed,
            search=request.search,
        )
        return {group.keys[0]: group.values for group in self.records.aggregate(asked).groups}

    def _total(self, values: list[Any]) -> Markup | None:
        if not values or values[0] is None or self.spec.total is None:
            return None
        field = self.rights.entity.all_fields[self.spec.total]
        return Markup(field.behaviour.cell(field, self.ctx.lang, self.ctx.zone)(values[0], None))

    @cached_property
    def _cards(self) -> list[Card]:
        """The first cards of every lane. Queries: 1."""
        wanted = self.spec.fields or self.state.columns[:4]
        fields = [path for path in visible(self.ctx, self.entity, wanted) if path != self.spec.by]
        maker = CardMaker(self.ctx, self.entity, fields)
        request = replace(self.state.request, columns=maker.columns, after=None)
        records = self.records.lanes(request, self.spec.by, list(self._numbers), EACH)
        return [maker.make(record, lane=record[self.spec.by]) for record in records]
