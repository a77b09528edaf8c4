"""Numbers over the rows a reader may see: grouped, measured, sorted and labelled in one statement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ...metadata.columns import ExactNumber
from ...metadata.errors import InvalidInput
from ...metadata.model import Field
from . import paths
from .buckets import BUCKETS, bucket_of, bucket_text, can_bucket
from .expressions import AGGREGATES
from .labels import Label, label_of, label_text
from .listquery import restrictions, source_of
from .listrequest import ListRequest, check_filter
from .selection import column_behind

if TYPE_CHECKING:
    from ...rbac.access import Access
    from ..context import Context

MOST_GROUPS = 1_000
MOST_DIMENSIONS = 4
MOST_MEASURES = 12
AVERAGE_SCALE = 4

_SORT = re.compile(r"-?(key|value)([0-9]{0,2})", re.ASCII)
_KNOWN = frozenset({"group_by", "measures", "filter", "sort", "limit"})


@dataclass(frozen=True, slots=True)
class Dimension:
    """What rows are grouped by: a field or dotted path, dates in buckets."""

    field: str
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of each group. Without `field`, `count` counts rows."""

    op: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class AggregateRequest:
    """A checked request. `sort` is `key`, `value` (the first measure) or `value1` …; a leading `-` descends.

    `filter` is the reader's raw Condition, `fixed` one from a layout, which may use any field.
    """

    entity: str
    measures: tuple[Measure, ...] = (Measure("count"),)
    group_by: tuple[Dimension, ...] = ()
    filter: Any = None
    fixed: Any = None
    sort: str = ""
    limit: int = MOST_GROUPS
    search: str = ""

    @classmethod
    def parse(cls, access: Access, entity: str, raw: Mapping[str, Any], fixed: Any = None) -> AggregateRequest:
        """The request in JSON. Raises NotFound, InvalidInput."""
        access.entity(entity).require("view")
        if not isinstance(raw, Mapping) or raw.keys() - _KNOWN:
            raise InvalidInput("bad_parameter", name=str(next(iter(set(raw) - _KNOWN), ""))[:60])
        request = cls(
            entity,
            measures=tuple(_measure(item) for item in _list(raw, "measures", MOST_MEASURES))
            or (Measure("count"),),
            group_by=tuple(_dimension(item) for item in _list(raw, "group_by", MOST_DIMENSIONS)),
            filter=raw.get("filter"),
            fixed=fixed,
            sort=raw.get("sort") or "",
            limit=MOST_GROUPS if raw.get("limit") is None else raw["limit"],
        )
        check(access, request)
        return request


@dataclass(frozen=True, slots=True)
class Group:
    """One group: typed keys with their texts (None where empty or hidden), and its numbers."""

    keys: tuple[Any, ...]
    labels: tuple[str | None, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """All groups; `more` says that there are others beyond the limit."""

    groups: list[Group]
    more: bool = False


def _list(raw: Mapping[str, Any], name: str, most: int) -> Sequence[Any]:
    found = raw.get(name) or ()
    if not isinstance(found, list | tuple) or len(found) > most:
        raise InvalidInput("bad_parameter", name=name)
    return found


def _dimension(raw: Any) -> Dimension:
    if isinstance(raw, str):
        return Dimension(raw)
    if not isinstance(raw, Mapping) or not isinstance(raw.get("field"), str) or raw.keys() - {"field", "bucket"}:
        raise InvalidInput("bad_parameter", name="group_by")
    return Dimension(raw["field"], raw.get("bucket"))


def _measure(raw: Any) -> Measure:
    known = isinstance(raw, Mapping) and not raw.keys() - {"op", "field", "label"}
    if not known or not isinstance(raw.get("op"), str) or not isinstance(raw.get("field", ""), str | None):
        raise InvalidInput("bad_parameter", name="measures")
    return Measure(raw["op"], raw.get("field"))


def check(access: Access, request: AggregateRequest) -> None:
    """Nothing, when the request means something to this reader. Raises InvalidInput, UnknownField."""
    for dimension in request.group_by:
        field = paths.compared(access, request.entity, dimension.field)[-1]
        if dimension.bucket not in (None, *BUCKETS) or not field.behaviour.sortable:
            raise InvalidInput("bad_parameter", name="group_by")
    for measure in request.measures:
        if measure.field is None:
            if measure.op != "count":
                raise InvalidInput("bad_parameter", name="measures")
        elif measure.op not in paths.compared(access, request.entity, measure.field)[-1].behaviour.aggregates:
            raise InvalidInput("bad_parameter", name="measures")
    match = _SORT.fullmatch(request.sort) if isinstance(request.sort, str) else None
    if request.sort and (match is None or int(match[2] or 0) >= _choices(request, match[1])):
        raise InvalidInput("bad_sort", sort=str(request.sort)[:80])
    if (
        isinstance(request.limit, bool)
        or not isinstance(request.limit, int)
        or not 0 < request.limit <= MOST_GROUPS
    ):
        raise InvalidInput("bad_parameter", name="limit")
    if request.filter is not None:
        check_filter(access, request.entity, request.filter)


def _choices(request: AggregateRequest, name: str) -> int:
    return len(request.group_by if name == "key" else request.measures)


def fetch(ctx: Context, request: AggregateRequest) -> Aggregate:
    """The groups. Raises InvalidInput. Queries: 1."""
    check(ctx.access, request)
    listed = ListRequest(request.entity, (), request.filter, request.fixed, search=request.search)
    source = source_of(ctx, listed)
    where = restrictions(ctx, listed, source)
    dimensions = [_Dimension(ctx, request, one, source) for one in request.group_by]
    inputs = [_input(ctx, request, measure, source) for measure in request.measures]
    columns = [d.column.label(f"k{n}") for n, d in enumerate(dimensions)]
    columns += [column.label(f"i{n}") for n, column in enumerate(inputs)]
    rows = sa.select(*columns).select_from(source.from_).where(*where).subquery("rows")
    groups = _grouped(request, dimensions, rows)
    labels = [d.label(groups.c[f"k{n}"]) for n, d in enumerate(dimensions)]
    shown = [label[0].label(f"l{n}") for n, label in enumerate(labels) if label is not None]
    fetched = ctx.conn.execute(sa.select(*groups.c, *shown).order_by(groups.c.place)).all()
    found = [_group(row, dimensions, labels, len(request.measures)) for row in fetched[: request.limit]]
    if dimensions and any(labels) and request.sort.removeprefix("-").startswith("key"):
        place = int(request.sort.removeprefix("-")[3:] or 0)
        found.sort(key=lambda group: group.labels[place] or "", reverse=request.sort.startswith("-"))
    return Aggregate(found, len(fetched) > request.limit)


def number(ctx: Context, request: AggregateRequest) -> sa.ScalarSelect[Any]:
    """The first measure of a request without groups, as part of a statement with others. Raises InvalidInput."""
    check(ctx.access, request)
    listed = ListRequest(request.entity, (), request.filter, request.fixed)
    source = source_of(ctx, listed)
    value = _input(ctx, request, request.measures[0], source).label("value")
    rows = sa.select(value).select_from(source.from_).where(*restrictions(ctx, listed, source)).subquery("rows")
    return sa.select(_measured(request.measures[0], rows.c.value)).scalar_subquery()


class _Dimension:
    """One dimension: its column, and how its keys are called."""

    def __init__(self, ctx: Context, request: AggregateRequest, asked: Dimension, source: Any) -> None:
        self.ctx, self.asked = ctx, asked
        chain = paths.compared(ctx.access, request.entity, asked.field)
        self.field: Field = chain[-1]
        self.column = column_behind(ctx.access, chain, source.column(chain[0].key))
        if asked.bucket is not None:
            if not can_bucket(self.column):
                raise InvalidInput("bad_parameter", name="group_by")
            self.column = bucket_of(ctx.conn, self.column, asked.bucket, ctx.env.zone)

    def label(self, key: ColumnElement[Any]) -> Label | None:
        """The label of a reference's key as SQL."""
        return label_of(self.ctx.access, self.field, key, self.ctx.lang)

    def text(self, key: Any) -> str | None:
        """The text of any other key."""
        if key is None or self.field.behaviour.target is not None:
            return None
        if self.asked.bucket is not None:
            return bucket_text(key, self.asked.bucket)
        return self.field.behaviour.plain(self.field, key, self.ctx.lang)

    def order(self, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """What keys are sorted by: choices as they are listed, all else by value."""
        places = {choice.key: place for place, choice in enumerate(self.field.choices)}
        return sa.case(places, value=key, else_=len(places)) if places else key


def _input(ctx: Context, request: AggregateRequest, measure: Measure, source: Any) -> ColumnElement[Any]:
    chain = paths.compared(ctx.access, request.entity, measure.field or "id")
    return column_behind(ctx.access, chain, source.column(chain[0].key))


def _grouped(request: AggregateRequest, dimensions: Sequence[_Dimension], rows: sa.Subquery) -> sa.Subquery:
    """The groups, cut to the limit; `place` numbers them in their order."""
    keys = [rows.c[f"k{n}"] for n in range(len(dimensions))]
    values = [_measured(measure, rows.c[f"i{n}"]) for n, measure in enumerate(request.measures)]
    order = _order(request, dimensions, keys, values)
    place = sa.func.row_number().over(order_by=order).label("place") if order else sa.literal(1).label("place")
    named = [value.label(f"v{n}") for n, value in enumerate(values)]
    grouped = sa.select(*keys, *named, place).group_by(*keys).order_by(*order)
    return grouped.limit(request.limit + 1).subquery("groups")


def _order(
    request: AggregateRequest, dimensions: Sequence[_Dimension], keys: Sequence[Any], values: Sequence[Any]
) -> list[ColumnElement[Any]]:
    if not dimensions:
        return []
    sort = request.sort or ("key" if dimensions[0].asked.bucket or dimensions[0].field.choices else "-value")
    name = sort.removeprefix("-")
    place = int(name.lstrip("keyvalu") or 0)
    by_key = [d.order(key).asc().nulls_first() for d, key in zip(dimensions, keys, strict=True)]
    wanted = dimensions[place].order(keys[place]) if name.startswith("key") else values[place]
    first = wanted.desc().nulls_last() if sort.startswith("-") else wanted.asc().nulls_first()
    return [first, *by_key]


def _measured(measure: Measure, column: ColumnElement[Any]) -> ColumnElement[Any]:
    if measure.op == "sum":
        total = sa.func.sum(column)
        return (
            sa.type_coerce(total, column.type)
            if isinstance(column.type, ExactNumber)
            else sa.cast(total, sa.BigInteger)
        )
    value = AGGREGATES[measure.op](column)
    if measure.op == "avg":
        scale = column.type.scale if isinstance(column.type, ExactNumber) else 0
        return sa.type_coerce(value, ExactNumber(max(scale, AVERAGE_SCALE)))
    return value


def _group(row: Any, dimensions: Sequence[_Dimension], labels: Sequence[Label | None], measures: int) -> Group:
    count = len(dimensions)
    shown = iter(row[count + measures + 1 :])
    texts = [
        dimension.text(key) if label is None else label_text(label, next(shown))
        for dimension, label, key in zip(dimensions, labels, row[:count], strict=True)
    ]
    return Group(tuple(row[:count]), tuple(texts), tuple(row[count : count + measures]))
