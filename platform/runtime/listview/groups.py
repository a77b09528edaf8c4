"""Headings between the rows of a list that stands in groups, and the numbers below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from ...metadata.errors import UnknownField
from ...metadata.layouts import Total
from ...metadata.model import Field
from ...metadata.wording import say
from ..records import Records, paths
from ..records.aggregate import Aggregate, AggregateRequest, Dimension, Measure
from ..records.record import Record
from ..render import icon
from .rows import Cell, cell_of, locked
from .state import NO_GROUP

if TYPE_CHECKING:
    from ..context import Context
    from .state import ListState

MOST_CHOICES = 12
SIGNS = {"sum": "∑", "avg": "⌀"}
"""What stands for the words where a column is as narrow as its numbers."""


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """Something rows may be grouped by; the one without a path means no groups."""

    path: str
    label: str
    href: str
    current: bool


def group_choices(ctx: Context, state: ListState) -> list[GroupChoice]:
    """Fields of few values among the shown columns and quick filters, and the present choice."""
    quick = state.layout.quick_filters if state.layout else ()
    now = state.request.group
    found = [GroupChoice("", say("list.no_groups", ctx.lang), state.href(group=NO_GROUP), now is None)]
    for path in dict.fromkeys((*([now] if now else ()), *state.columns, *quick)):
        try:
            chain = paths.resolve(ctx.access, state.request.entity, path)
        except UnknownField:
            continue
        if path == now or has_few_values(chain[-1]):
            label = " · ".join(part.text(ctx.lang) for part in chain)
            found.append(GroupChoice(path, label, state.href(group=path), path == now))
    return found[: MOST_CHOICES + 1]


def has_few_values(field: Field) -> bool:
    """Whether values recur: choices, yes and no, people, other records."""
    behaviour = field.behaviour
    recurs = bool(field.choices) or behaviour.kind == "boolean" or behaviour.target is not None
    return behaviour.sortable and recurs


def totals_shown(ctx: Context, state: ListState) -> tuple[Total, ...]:
    """The layout's numbers of fields that the reader sees and the list shows."""
    shown = set(state.columns) & ctx.access.entity(state.request.entity).readable
    return tuple(total for total in (state.layout.totals if state.layout else ()) if total.field in shown)


def summed(ctx: Context, state: ListState, records: Records | None = None) -> Aggregate:
    """The numbers below the list, or those of each group where it has groups. Queries: 1."""
    request = state.request
    totals = totals_shown(ctx, state)
    asked = AggregateRequest(
        request.entity,
        measures=(Measure("count"), *(Measure(total.op, total.field) for total in totals)),
        group_by=(Dimension(request.group),) if request.group else (),
        filter=request.filter,
        fixed=request.fixed,
        search=request.search,
    )
    return (records or Records(ctx)).aggregate(asked)


def number_cells(ctx: Context, state: ListState, values: tuple[Any, ...]) -> dict[str, str]:
    """By field, the numbers of a group or of the whole list as HTML, each with what it is."""
    fields = ctx.catalog.entity(state.request.entity).all_fields
    found: dict[str, list[str]] = {}
    for total, value in zip(totals_shown(ctx, state), values, strict=True):
        if value is not None:
            found.setdefault(total.field, []).append(_number(ctx, fields[total.field], total, value))
    return {path: " ".join(parts) for path, parts in found.items()}


def _number(ctx: Context, field: Field, total: Total, value: Any) -> str:
    keeps_unit = total.op in ("sum", "min", "max")
    shown = field.behaviour.cell(field, ctx.lang, ctx.zone)(value, None) if keeps_unit else escape(f"{value:,}")
    name = escape(say(f"list.total.{total.op}", ctx.lang))
    sign = SIGNS.get(total.op)
    said = f'<abbr title="{name}">{sign}</abbr>' if sign else f'<span class="soft">{name}</span>'
    return f'<span class="total">{said} {shown}</span>'


def group_heads(
    ctx: Context, state: ListState, *, pick: bool, records: Records | None = None
) -> GroupHeads | None:
    """What stands between the rows; None for a list without groups. Queries: 1 where it has them."""
    return GroupHeads(ctx, state, summed(ctx, state, records), pick=pick) if state.request.group else None


class GroupHeads:
    """Draws a heading wherever a row's group is another than that of the row before."""

    def __init__(self, ctx: Context, state: ListState, numbers: Aggregate, *, pick: bool) -> None:
        assert state.request.group is not None
        self.ctx, self.state = ctx, state
        self.path = state.request.group
        field = paths.resolve(ctx.access, state.request.entity, self.path)[-1]
        self.cell: Cell = cell_of(ctx, field, self.path)
        self.width = len(state.columns) + 1 + pick
        self.numbers = {group.keys[0]: group.values for group in numbers.groups}
        self.last: Any = self

    def before(self, record: Record) -> str:
        """The heading to stand before a row; nothing where it belongs to the same group."""
        value = record[self.path]
        if value == self.last:
            return ""
        self.last = value
        numbers = " ".join(self._numbers(value))
        title = self._title(record, value)
        return (
            f'<tr class="group-head"><th colspan="{self.width}" scope="rowgroup">'
            '<button type="button" data-do="fold-group" aria-expanded="true">'
            f"{icon('chevron-down')}{title}</button>"
            f"{numbers}</th></tr>"
        )

    def _title(self, record: Record, value: Any) -> str:
        if self.path in record.masked:
            return locked(self.ctx.lang)
        if value is None:
            return f'<span class="soft">{escape(say("list.group_empty", self.ctx.lang))}</span>'
        label = record.labels.get(self.path)
        if self.cell.reference and label is None:
            return '<span class="soft">—</span>'
        return self.cell.show(value, label)

    def _numbers(self, value: Any) -> Iterator[str]:
        values = self.numbers.get(value)
        if values is None:
            return
        yield f'<span class="count">{values[0]:,}</span>'
        fields = self.ctx.catalog.entity(self.state.request.entity).all_fields
        for path, shown in number_cells(self.ctx, self.state, values[1:]).items():
            yield f'<span class="group-total">{escape(fields[path].text(self.ctx.lang))} {shown}</span>'
