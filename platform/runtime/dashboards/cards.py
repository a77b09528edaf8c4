"""The cards of a dashboard for one reader: numbers, groups or rows, and where each mark leads.

One statement a card. A card on something the reader may not see says so and shows nothing; the others are not
touched by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ...metadata.errors import AccessDenied, NotFound, UnknownField
from ...metadata.model import Column, Field, ListLayout, Widget
from ...metadata.wording import say, text_of
from ..records import Records, paths
from ..records.aggregate import Aggregate, AggregateRequest, Dimension, Group, Measure
from ..records.listrequest import ListRequest
from ..records.record import Record
from .period import CUSTOM, Period, bucket_span, bucket_start, buckets_between, previous
from .state import BoardState, narrowing

if TYPE_CHECKING:
    from ..context import Context

OK, EMPTY, DENIED = "ok", "empty", "denied"
ROWS = 8
MOST_ROWS = 50
MOST_DAYS = 900
ADDITIVE = frozenset({"sum", "count"})
"""Measures of which a month's is the sum of its days'."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar, slice, point or line of a ranking. `values` are the measures; `href` leads to its rows."""

    label: str
    values: tuple[Any, ...]
    href: str
    color: str | None = None
    series: str | None = None


@dataclass(frozen=True)
class Card:
    """A widget filled for one reader. `state` is ok, empty or denied."""

    widget: Widget
    label: str
    state: str
    href: str = ""
    measures: tuple[str, ...] = ()
    numbers: tuple[Field | None, ...] = ()
    marks: tuple[Mark, ...] = ()
    value: Any = None
    before: Any = None
    spark: tuple[Any, ...] = ()
    more: bool = False
    rows: Sequence[Record] = ()
    columns: tuple[Column, ...] = ()
    shared: Mapping[str, str] = field(default_factory=dict)


def cards_of(ctx: Context, state: BoardState) -> list[Card]:
    """All cards of the dashboard, in their order on the grid."""
    widgets = sorted(state.board.widgets, key=lambda widget: (widget.y, widget.x))
    return [card_of(ctx, widget, state) for widget in widgets]


def card_of(ctx: Context, widget: Widget, state: BoardState) -> Card:
    """One card; denied when the reader may not see its entity or a field it needs."""
    label = text_of(widget.label, ctx.lang, widget.key)
    try:
        card = _BUILDERS.get(widget.type, _grouped)(ctx, widget, state)
    except (NotFound, UnknownField, AccessDenied):
        return Card(widget, label, DENIED)
    return replace(card, label=label)


# --- what a widget asks for ---


def _conditions(ctx: Context, widget: Widget, state: BoardState) -> list[Any]:
    """All conditions on the widget's rows, for a link to them; those of its document are not the reader's own."""
    given = widget.spec.get("filter")
    return [*([given] if given is not None else []), *narrowing(ctx, widget, state)]


def _measures(widget: Widget) -> tuple[Measure, ...]:
    given = widget.spec.get("measures") or [{"op": "count"}]
    return tuple(Measure(measure["op"], measure.get("field")) for measure in given)


def _measure_names(ctx: Context, widget: Widget) -> tuple[str, ...]:
    named = []
    for raw in widget.spec.get("measures") or [{"op": "count"}]:
        field_text = ""
        if raw.get("field"):
            field_text = paths.resolve(ctx.access, widget.entity, raw["field"])[-1].text(ctx.lang)
        usual = say(f"dashboard.measure.{raw['op']}", ctx.lang, field=field_text)
        named.append(text_of(raw.get("label"), ctx.lang, usual))
    return tuple(named)


def _number_fields(ctx: Context, widget: Widget) -> tuple[Field | None, ...]:
    """The field each measure is shown as; None for plain counts."""
    return tuple(
        paths.resolve(ctx.access, widget.entity, measure.field)[-1]
        if measure.field and measure.op not in ("count", "count_distinct")
        else None
        for measure in _measures(widget)
    )


def _request(ctx: Context, widget: Widget, narrowed: Sequence[Any], **more: Any) -> AggregateRequest:
    return AggregateRequest(
        widget.entity,
        measures=_measures(widget),
        filter={"all": list(narrowed)} if narrowed else None,
        fixed=widget.spec.get("filter"),
        **more,
    )


# --- where a mark leads ---


def address(ctx: Context, widget: Widget, conditions: Sequence[Any]) -> str:
    """The list of exactly the rows under the conditions."""
    query: dict[str, str] = {}
    layout = _layout(ctx, widget)
    own = list(conditions)
    if layout is not None:
        query["list"] = layout.key
        if layout.filter is not None and layout.filter in own:
            own.remove(layout.filter)
    if own:
        whole = own[0] if len(own) == 1 else {"all": own}
        query["filter"] = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return f"/e/{widget.entity}" + ("?" + urlencode(query) if query else "")


def _layout(ctx: Context, widget: Widget) -> ListLayout | None:
    """The list the rows are shown in: the widget's own unless its filter would hide some of them."""
    layouts = ctx.catalog.lists_of.get(widget.entity, ())
    named = next((layout for layout in layouts if layout.key == widget.spec.get("list")), None)
    if named is not None and (named.filter is None or named.filter == widget.spec.get("filter")):
        return named
    return next((layout for layout in layouts if layout.filter is None), None)


def _group_conditions(dimensions: Sequence[Dimension], group: Group) -> list[Any]:
    return [_is(dimension, key) for dimension, key in zip(dimensions, group.keys, strict=True)]


def _is(dimension: Dimension, key: Any) -> Any:
    if key is None:
        return {"field": dimension.field, "op": "is_empty"}
    if dimension.bucket:
        first, last = bucket_span(key, dimension.bucket)
        return {"field": dimension.field, "op": "between", "value": [str(first), str(last)]}
    return {"field": dimension.field, "op": "eq", "value": _plain(key)}


def _plain(key: Any) -> Any:
    if isinstance(key, Decimal | date):
        return str(key)
    return list(key) if isinstance(key, tuple) else key


# --- the kinds of cards ---


def _metric(ctx: Context, widget: Widget, state: BoardState) -> Card:
    conditions = _conditions(ctx, widget, state)
    value, before, spark = _figures(ctx, widget, state)
    return Card(
        widget,
        "",
        OK,
        href=address(ctx, widget, conditions),
        measures=_measure_names(ctx, widget),
        numbers=_number_fields(ctx, widget),
        value=value,
        before=before,
        spark=spark,
    )


def _figures(ctx: Context, widget: Widget, state: BoardState) -> tuple[Any, Any, tuple[Any, ...]]:
    """The number, that of the period before (None without one), and the way between.

    What can be added up takes one statement: the days of both periods, added here.
    """
    period = state.period
    compared = bool(widget.spec.get("compare")) and bool(widget.spec.get("date_field"))
    earlier = previous(period, ctx.env.today) if compared else None
    days = period.days + (earlier.days if earlier else 0)
    if widget.spec.get("date_field") and 0 < days <= MOST_DAYS and _measures(widget)[0].op in ADDITIVE:
        return _from_days(ctx, widget, state, earlier)
    value = _single(ctx, widget, narrowing(ctx, widget, state))
    before = _single(ctx, widget, narrowing(ctx, widget, state, earlier)) if earlier else None
    return value, before, ()


def _from_days(
    ctx: Context, widget: Widget, state: BoardState, earlier: Period | None
) -> tuple[Any, Any, tuple[Any, ...]]:
    period = state.period
    assert period.first is not None and period.last is not None
    first = earlier.first if earlier and earlier.first else period.first
    whole = Period(CUSTOM, first, period.last)
    day = Dimension(widget.spec["date_field"], "day")
    request = _request(ctx, widget, narrowing(ctx, widget, state, whole), group_by=(day,), sort="key0")
    by_day = {group.keys[0]: group.values[0] or 0 for group in Records(ctx).aggregate(request).groups}

    def total(span: Period) -> Any:
        return sum(value for on, value in by_day.items() if span.first <= on <= span.last)  # type: ignore[operator]

    bucket = "day" if period.days <= 45 else "week" if period.days <= 200 else "month"
    steps = {start: 0 for start in buckets_between(period.first, period.last, bucket)}
    for on, value in by_day.items():
        if on >= period.first:
            steps[bucket_start(on, bucket)] += value
    return total(period), total(earlier) if earlier else None, tuple(steps.values()) if by_day else ()


def _single(ctx: Context, widget: Widget, narrowed: Sequence[Any]) -> Any:
    found = Records(ctx).aggregate(_request(ctx, widget, narrowed))
    value = found.groups[0].values[0] if found.groups else None
    return 0 if value is None else value


def _grouped(ctx: Context, widget: Widget, state: BoardState) -> Card:
    dimensions = tuple(Dimension(raw["field"], raw.get("bucket")) for raw in widget.spec.get("group_by", ()))
    conditions = _conditions(ctx, widget, state)
    request = _request(
        ctx,
        widget,
        narrowing(ctx, widget, state),
        group_by=dimensions,
        sort=_sort(widget),
        limit=min(widget.spec.get("limit") or 1000, 1000),
    )
    found = Records(ctx).aggregate(request)
    marks = _marks(ctx, widget, dimensions, conditions, found)
    return Card(
        widget,
        "",
        OK if marks else EMPTY,
        href=address(ctx, widget, conditions),
        measures=_measure_names(ctx, widget),
        numbers=_number_fields(ctx, widget),
        marks=tuple(_without_gaps(ctx, widget, dimensions, conditions, state, marks)),
        more=found.more,
    )


def _sort(widget: Widget) -> str:
    given = str(widget.spec.get("sort") or "")
    if widget.type == "ranking" and not given:
        return "-value"
    return given.replace("key", "key0") if given.lstrip("-") == "key" else given


def _marks(
    ctx: Context, widget: Widget, dimensions: Sequence[Dimension], conditions: Sequence[Any], found: Aggregate
) -> list[Mark]:
    colors = [_colors(ctx, widget, dimension) for dimension in dimensions]
    marks = []
    for group in found.groups:
        texts = [text or say("dashboard.none", ctx.lang) for text in group.labels]
        shown = [palette.get(key) for palette, key in zip(colors, group.keys, strict=True)]
        marks.append(
            Mark(
                label=texts[0] if texts else "",
                values=group.values,
                href=address(ctx, widget, [*conditions, *_group_conditions(dimensions, group)]),
                color=shown[-1] if shown else None,
                series=texts[1] if len(texts) > 1 else None,
            )
        )
    return marks


def _colors(ctx: Context, widget: Widget, dimension: Dimension) -> Mapping[Any, str]:
    chosen = paths.resolve(ctx.access, widget.entity, dimension.field)[-1]
    return {option.key: option.color for option in chosen.choices}


def _without_gaps(
    ctx: Context,
    widget: Widget,
    dimensions: Sequence[Dimension],
    conditions: Sequence[Any],
    state: BoardState,
    marks: Sequence[Mark],
) -> list[Mark]:
    """Marks with the buckets nothing fell into as zeros, so that a line does not skip a month."""
    bucket = dimensions[0].bucket if dimensions else None
    if not bucket or not marks:
        return list(marks)
    from ..records.buckets import bucket_text

    first, last = state.period.first, state.period.last
    known: dict[str, list[Mark]] = {}
    for mark in marks:
        known.setdefault(mark.label, []).append(mark)
    days = [day for day in (_bucket_day(label, bucket) for label in known) if day is not None]
    if not days:
        return list(marks)
    in_period = widget.spec.get("date_field") == dimensions[0].field and first and last
    start, end = (first, last) if in_period and first and last else (min(days), max(days))
    zeros = tuple(0 for _ in marks[0].values)
    filled: list[Mark] = []
    for day in buckets_between(start, end, bucket):
        label = bucket_text(day, bucket)
        empty = Mark(
            label, zeros, address(ctx, widget, [*conditions, _is(dimensions[0], day)]), series=marks[0].series
        )
        filled += known.get(label, [empty])
    return filled


def _bucket_day(label: str, bucket: str) -> date | None:
    """The first day of the bucket a text names; None for the mark of empty dates."""
    try:
        if bucket == "week":
            return date.fromisoformat(f"{label}-1")
        if bucket == "quarter":
            return date(int(label[:4]), int(label[-1]) * 3 - 2, 1)
        return date.fromisoformat({"day": label, "month": f"{label}-01", "year": f"{label}-01-01"}[bucket])
    except ValueError:
        return None


def _table(ctx: Context, widget: Widget, state: BoardState) -> Card:
    conditions = _conditions(ctx, widget, state)
    columns = tuple(Column(key) for key in widget.spec.get("columns", ()) if _may_show(ctx, widget.entity, key))
    if not columns:
        raise NotFound()
    limit = min(int(widget.spec.get("limit") or ROWS), MOST_ROWS)
    narrowed = narrowing(ctx, widget, state)
    request = ListRequest(
        widget.entity,
        tuple(column.field for column in columns),
        filter={"all": narrowed} if narrowed else None,
        fixed=widget.spec.get("filter"),
        sort=_row_order(ctx, widget),
        limit=limit,
    )
    page = Records(ctx).list(request)
    return Card(
        widget,
        "",
        OK if page.items else EMPTY,
        href=address(ctx, widget, conditions),
        rows=page.items,
        columns=columns,
        more=page.next is not None,
    )


def _may_show(ctx: Context, entity: str, key: str) -> bool:
    try:
        paths.resolve(ctx.access, entity, key)
    except UnknownField:
        return False
    return True


def _row_order(ctx: Context, widget: Widget) -> tuple[str, ...]:
    given = widget.spec.get("sort")
    keys = [given] if isinstance(given, str) else list(given or ())
    shown = tuple(key for key in keys if _may_show(ctx, widget.entity, key.removeprefix("-")))
    return shown or ("-id",)


_BUILDERS = {"metric": _metric, "table": _table}
