"""The cards of a dashboard for one reader: numbers, groups or rows, and where each mark leads.

One statement a card. A card on something the reader may not see says so and shows nothing; the others are not
touched by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...metadata.columns import ExactNumber
from ...metadata.errors import AccessDenied, NotFound, UnknownField
from ...metadata.layouts import Column, Widget
from ...metadata.model import Field
from ...metadata.wording import say, text_of
from ..records import Records, paths
from ..records.aggregate import AggregateRequest, Dimension, Measure
from ..records.listrequest import ListRequest
from ..records.record import Record
from .drill import Drill
from .marks import Category, Drawer, Mark, Series
from .period import CUSTOM, Period, bucket_start, buckets_between, previous
from .state import BoardState, narrowing

if TYPE_CHECKING:
    from ..context import Context

OK, EMPTY, DENIED = "ok", "empty", "denied"
ROWS = 8
MOST_ROWS = 50
MOST_MARKS = 1000
MOST_DAYS = 900
ADDITIVE = frozenset({"sum", "count"})
"""Measures of which a month's is the sum of its days', and which are zero where there is nothing."""


@dataclass(frozen=True)
class Card:
    """A widget filled for one reader. `state` is ok, empty or denied.

    `href` leads to its rows; it is empty where there is no list of them for this reader.
    """

    widget: Widget
    label: str
    state: str
    href: str = ""
    measures: tuple[str, ...] = ()
    numbers: tuple[Field | None, ...] = ()
    categories: tuple[Category, ...] = ()
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()
    value: Any = None
    before: Any = None
    spark: tuple[Any, ...] = ()
    more: bool = False
    rows: Sequence[Record] = ()
    columns: tuple[Column, ...] = ()


def cards_of(ctx: Context, state: BoardState) -> list[Card]:
    """All cards of the dashboard, in their order on the grid."""
    widgets = sorted(state.board.widgets, key=lambda widget: (widget.y, widget.x))
    return [card_of(ctx, widget, state) for widget in widgets]


def card_of(ctx: Context, widget: Widget, state: BoardState) -> Card:
    """One card; denied when the reader may not see its entity or a field it needs."""
    label = text_of(widget.label, ctx.lang, widget.key)
    try:
        card = _builder(widget)(ctx, widget, state)
    except (NotFound, UnknownField, AccessDenied):
        return Card(widget, label, DENIED)
    return replace(card, label=label)


def _builder(widget: Widget) -> Callable[[Context, Widget, BoardState], Card]:
    if widget.type == "metric":
        return _metric
    return _table if widget.type == "table" and not widget.spec.get("measures") else _grouped


# --- what a widget asks for ---


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


def _zeros(ctx: Context, widget: Widget) -> tuple[Any, ...]:
    """What each measure is where there are no rows: 0 for what is added up, None for what is not."""
    zeros: list[Any] = []
    for measure, field in zip(_measures(widget), _number_fields(ctx, widget), strict=True):
        if field is None:
            zeros.append(0)
        else:
            zeros.append(_zero(field) if measure.op in ADDITIVE else None)
    return tuple(zeros)


def _zero(field: Field) -> Any:
    """Nothing of a field's numbers, with their places."""
    kind = field.behaviour.column(field)
    return Decimal(0).quantize(Decimal(1).scaleb(-kind.scale)) if isinstance(kind, ExactNumber) else 0


def _request(widget: Widget, narrowed: Sequence[Any], **more: Any) -> AggregateRequest:
    return AggregateRequest(
        widget.entity,
        measures=_measures(widget),
        filter={"all": list(narrowed)} if narrowed else None,
        fixed=widget.spec.get("filter"),
        **more,
    )


# --- the kinds of cards ---


def _metric(ctx: Context, widget: Widget, state: BoardState) -> Card:
    narrowed = narrowing(ctx, widget, state)
    value, before, spark = _figures(ctx, widget, state)
    return Card(
        widget,
        "",
        EMPTY if value is None else OK,
        href=Drill(ctx, widget, narrowed).to(),
        measures=_measure_names(ctx, widget),
        numbers=_number_fields(ctx, widget),
        value=value,
        before=before,
        spark=spark,
    )


def _figures(ctx: Context, widget: Widget, state: BoardState) -> tuple[Any, Any, tuple[Any, ...]]:
    """The number, that of the period before (None without one), and the way between.

    What can be added up takes one statement: the days of both periods, added here. Only what cannot, an average
    or a count of different values, is asked for twice.
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
    period, today = state.period, ctx.env.today
    assert period.first is not None and period.last is not None
    first = earlier.first if earlier and earlier.first else period.first
    whole = Period(CUSTOM, first, period.last)
    day = Dimension(widget.spec["date_field"], "day")
    request = _request(widget, narrowing(ctx, widget, state, whole), group_by=(day,), sort="key0")
    zero = _zeros(ctx, widget)[0]
    by_day = {group.keys[0]: group.values[0] or zero for group in Records(ctx).aggregate(request).groups}

    def total(span: Period) -> Any:
        return sum((value for on, value in by_day.items() if span.first <= on <= span.last), zero)

    bucket = "day" if period.days <= 45 else "week" if period.days <= 200 else "month"
    last = min(period.last, max([today, *by_day]))
    steps = {start: zero for start in buckets_between(period.first, last, bucket)} if period.first <= last else {}
    for on, value in by_day.items():
        if on >= period.first:
            steps[bucket_start(on, bucket)] += value
    return total(period), total(earlier) if earlier else None, tuple(steps.values()) if by_day else ()


def _single(ctx: Context, widget: Widget, narrowed: Sequence[Any]) -> Any:
    found = Records(ctx).aggregate(_request(widget, narrowed))
    value = found.groups[0].values[0] if found.groups else None
    return _zeros(ctx, widget)[0] if value is None else value


def _grouped(ctx: Context, widget: Widget, state: BoardState) -> Card:
    dimensions = tuple(Dimension(raw["field"], raw.get("bucket")) for raw in widget.spec.get("group_by", ()))
    narrowed = narrowing(ctx, widget, state)
    limit = min(widget.spec.get("limit") or MOST_MARKS, MOST_MARKS)
    request = _request(widget, narrowed, group_by=dimensions, sort=_sort(widget), limit=limit)
    found = Records(ctx).aggregate(request)
    drill = Drill(ctx, widget, narrowed)
    drawer = Drawer(ctx, widget, dimensions, drill)
    drawing = drawer.draw(found.groups, _zeros(ctx, widget), state.period)
    return Card(
        widget,
        "",
        OK if drawing.marks else EMPTY,
        href=drill.to(),
        measures=_measure_names(ctx, widget),
        numbers=_number_fields(ctx, widget),
        categories=drawing.categories,
        series=drawing.series,
        marks=drawing.marks,
        more=found.more,
    )


def _sort(widget: Widget) -> str:
    given = str(widget.spec.get("sort") or "")
    if widget.type == "ranking" and not given:
        return "-value"
    return given.replace("key", "key0") if given.lstrip("-") == "key" else given


def _table(ctx: Context, widget: Widget, state: BoardState) -> Card:
    given = [raw if isinstance(raw, str) else raw["field"] for raw in widget.spec.get("columns", ())]
    columns = tuple(Column(key) for key in given if _may_show(ctx, widget.entity, key))
    if not columns:
        raise NotFound()
    narrowed = narrowing(ctx, widget, state)
    request = ListRequest(
        widget.entity,
        tuple(column.field for column in columns),
        filter={"all": narrowed} if narrowed else None,
        fixed=widget.spec.get("filter"),
        sort=_row_order(ctx, widget),
        limit=min(int(widget.spec.get("limit") or ROWS), MOST_ROWS),
    )
    page = Records(ctx).list(request)
    return Card(
        widget,
        "",
        OK if page.items else EMPTY,
        href=Drill(ctx, widget, narrowed).to(),
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
