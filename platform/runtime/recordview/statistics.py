"""Numbers over what points at a record: a strip below the head of its page, each leading to the list behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...metadata.errors import AccessDenied, InvalidInput, NotFound, UnknownField
from ...metadata.layouts import Related, Statistic, Widget
from ...metadata.model import Field
from ...metadata.wording import say, text_of
from ..dashboards import numbers
from ..dashboards.drill import Drill
from ..records import Records, paths
from ..records.aggregate import AggregateRequest, Measure, check
from .related import is_visible, pointing

if TYPE_CHECKING:
    from ..context import Context

UNKNOWN = "…"
"""What stands for a number until it is known."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the strip. `text` is short, `whole` all of it; `href` leads to its records, if there is a list
    of them for this reader. `color` is that of a number other than zero.
    """

    key: str
    label: str
    href: str
    text: str = UNKNOWN
    whole: str = ""
    color: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A statistic that its reader may see: what is shown of it, what is asked, the field its value is of."""

    statistic: Statistic
    number: Number
    request: AggregateRequest
    field: Field | None


def strip(ctx: Context, entity: str, record_id: int) -> list[Number]:
    """The numbers the reader may see, before they are known. Queries: none."""
    detail = ctx.catalog.detail_of(entity)
    asked = _asked(ctx, detail.statistics if detail is not None else (), record_id)
    return [one.number for one in asked]


def counted(ctx: Context, entity: str, record_id: int) -> list[Number]:
    """The numbers, known. Raises NotFound for a record the reader does not see. Queries: 1."""
    detail = ctx.catalog.detail_of(entity)
    return measured(ctx, entity, record_id, detail.statistics if detail is not None else ())


def measured(ctx: Context, entity: str, record_id: int, statistics: Sequence[Statistic]) -> list[Number]:
    """These numbers as they are for a record, as far as the reader may see them. Raises NotFound. Queries: 1."""
    asked = _asked(ctx, statistics, record_id)
    values = Records(ctx).numbers_of(entity, record_id, [one.request for one in asked])
    return [_known(ctx, one, value) for one, value in zip(asked, values, strict=True)]


def _asked(ctx: Context, statistics: Sequence[Statistic], record_id: int) -> list[_Asked]:
    found = []
    for each in statistics:
        try:
            one = _ask(ctx, each, record_id)
        except (NotFound, UnknownField, AccessDenied, InvalidInput):
            # What its reader may not see is not there.
            continue
        found.append(one)
    return found


def _ask(ctx: Context, each: Statistic, record_id: int) -> _Asked:
    related = Related(each.entity, each.by)
    if not is_visible(ctx, related):
        raise NotFound()
    here = pointing(ctx, related, record_id)
    measure = Measure(each.op, each.field)
    request = AggregateRequest(each.entity, (measure,), filter=here, fixed=each.filter)
    check(ctx.access, request)
    field = paths.resolve(ctx.access, each.entity, each.field)[-1] if each.field else None
    card = Widget(each.key, "metric", "", each.entity, {"filter": each.filter} if each.filter else {})
    owned = ctx.catalog.entity(each.entity).parent is None
    href = Drill(ctx, card, [here]).to() if owned else ""
    counts = each.op in ("count", "count_distinct")
    return _Asked(each, Number(each.key, title(ctx, each), href), request, None if counts else field)


def title(ctx: Context, each: Statistic) -> str:
    """What a number is called: as it is labelled, else by what is counted or measured."""
    target = ctx.catalog.entity(each.entity)
    if each.field is None:
        return text_of(each.label, ctx.lang) or target.text(ctx.lang, plural=True)
    field = paths.resolve(ctx.access, each.entity, each.field)[-1]
    usual = say(f"dashboard.measure.{each.op}", ctx.lang, field=field.text(ctx.lang))
    return text_of(each.label, ctx.lang) or f"{target.text(ctx.lang, plural=True)} · {usual}"


def _known(ctx: Context, one: _Asked, value: Any) -> Number:
    if value is None and one.statistic.op == "sum":
        value = 0
    color = one.statistic.color if value and numbers.is_number(value) else None
    short, whole = (tell(one.field, value, ctx.lang) for tell in (numbers.short_of, numbers.full_of))
    return replace(one.number, text=short, whole=whole, color=color)
