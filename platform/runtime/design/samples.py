"""Rows to show a draft with: real ones as far as they go, invented ones where there are none yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...metadata.errors import FormloomError, UnknownField, ValueRefused
from ...metadata.model import Field
from ..records import Records, paths
from ..records.aggregate import Aggregate, AggregateRequest, Group
from ..records.listrequest import NEWEST_FIRST, ListRequest, check_filter, check_sort
from ..records.record import Page, Record

if TYPE_CHECKING:
    from ...rbac.access import Access
    from ..context import Context

INVENTED = 3


class Invented(Record):
    """A row nobody entered."""

    __slots__ = ()


def is_kept(old: Field | None, new: Field | None) -> bool:
    """Whether a value of `old` can be shown as one of `new`: it is the same kind of value of the same thing."""
    if old is None or new is None or old.behaviour is not new.behaviour:
        return False
    return old.behaviour.column(old) is None or old.option("target") == new.option("target")


def rows(now: Context, seen: Context, entity: str, columns: Sequence[str], limit: int) -> list[Record]:
    """At most `limit` rows with a value, or None, under each path of `columns`. Queries: 1 or 2."""
    return Samples(now, seen).list(ListRequest(entity, tuple(columns), limit=limit)).items


class Samples(Records):
    """Records as a draft would show them: read from today's tables as far as these know what is asked for, without
    the rest; invented where the draft's entity has none yet.
    """

    def __init__(self, now: Context, seen: Context) -> None:
        super().__init__(now)
        self.seen = seen

    def list(self, request: ListRequest) -> Page:
        """The first rows, with a value, or None, under each column. Queries: 1 or 2."""
        found = super().list(self._fitting(request)).items if self._is_known(request.entity) else []
        if not found and self.are_invented(request.entity):
            found = self._invented(request.entity, request.columns)
        return Page([_completed(record, request.columns) for record in found])

    def aggregate(self, request: AggregateRequest) -> Aggregate:
        """The numbers; of what is not stored yet there are none, and all rows are one group. Queries: 1 or 2."""
        if self.are_invented(request.entity):
            return self._counted(request)
        known = [n for n, one in enumerate(request.measures) if one.field is None or self._has(request, one.field)]
        group_by = tuple(one for one in request.group_by if self._has(request, one.field))
        asked = replace(
            request,
            measures=tuple(request.measures[n] for n in known),
            group_by=group_by,
            fixed=self._holding(request.entity, request.fixed),
        )
        found = super().aggregate(asked)
        blank = (None,) * (len(request.group_by) - len(group_by))
        groups = []
        for group in found.groups:
            numbers = dict(zip(known, group.values, strict=True))
            values = tuple(numbers.get(n) for n in range(len(request.measures)))
            groups.append(Group((*group.keys, *blank), (*group.labels, *blank), values))
        return Aggregate(groups, found.more)

    def lanes(self, request: ListRequest, field: str, values: Sequence[Any], each: int) -> Sequence[Record]:
        """The first rows of each value of a field; of one not stored yet the first rows. Queries: 1 or 2."""
        columns = tuple(dict.fromkeys((*request.columns, field)))
        if self.are_invented(request.entity) or not self._is_stored(request.entity, field):
            return self.list(replace(request, columns=columns, limit=each)).items
        found = super().lanes(self._fitting(request), field, values, each)
        return [_completed(record, columns) for record in found]

    def counts_below(self, request: ListRequest, ids: Collection[int]) -> Mapping[int, int]:
        """How many rows stand below each; of a tree that is not stored yet, and of invented rows, none."""
        if self.are_invented(request.entity):
            return {}
        return super().counts_below(self._fitting(request), ids)

    def are_invented(self, entity: str) -> bool:
        """Whether nothing has been entered yet that could be shown. Queries: 1, once."""
        if entity not in self._empty:
            asked = ListRequest(entity, ("id",), limit=1)
            self._empty[entity] = not (self._is_known(entity) and super().list(asked).items)
        return self._empty[entity]

    @cached_property
    def _empty(self) -> dict[str, bool]:
        return {}

    def _is_known(self, entity: str) -> bool:
        return entity in self.ctx.catalog.entities and self.ctx.access.may(entity, "view")

    def _is_stored(self, entity: str, path: str) -> bool:
        return _is_stored(self.ctx, self.seen, entity, path)

    def _has(self, request: AggregateRequest, path: str) -> bool:
        return self._is_stored(request.entity, path)

    def _holding(self, entity: str, condition: Any) -> Any:
        """The condition where it can be asked today, else None."""
        try:
            if condition is not None:
                check_filter(self.ctx.access, entity, condition)
        except FormloomError:
            return None
        return condition

    def _fitting(self, request: ListRequest) -> ListRequest:
        """What of a request today's tables can answer."""
        entity, access = request.entity, self.ctx.access
        columns = tuple(path for path in request.columns if self._is_stored(entity, path))
        group = request.group if request.group and self._is_stored(entity, request.group) else None
        tints = tuple(tint for tint in request.tints if self._holding(entity, tint[0]) is not None)
        return replace(
            request,
            columns=columns or ("id",),
            filter=self._holding(entity, request.filter),
            fixed=self._holding(entity, request.fixed),
            sort=tuple(key for key in request.sort if _can_sort(access, entity, key)) or NEWEST_FIRST,
            group=group,
            tints=tints,
            tree=request.tree if request.tree and self._is_stored(entity, request.tree) else None,
        )

    def _invented(self, entity: str, columns: Sequence[str]) -> Sequence[Record]:
        return [invented(self.seen, entity, columns, number) for number in range(1, INVENTED + 1)]

    def _counted(self, request: AggregateRequest) -> Aggregate:
        """How many invented rows each group has."""
        paths_of = [dimension.field for dimension in request.group_by]
        rows = self._invented(request.entity, paths_of)
        counts = Counter(tuple(row[path] for path in paths_of) for row in rows)
        rest = (None,) * (len(request.measures) - 1)
        return Aggregate([Group(keys, (None,) * len(keys), (n, *rest)) for keys, n in counts.items()])


def _can_sort(access: Access, entity: str, key: str) -> bool:
    try:
        check_sort(access, entity, [key])
    except FormloomError:
        return False
    return True


def _is_stored(now: Context, seen: Context, entity: str, path: str) -> bool:
    try:
        pairs = zip(paths.resolve(now.access, entity, path), paths.resolve(seen.access, entity, path), strict=True)
        return all(is_kept(old, new) for old, new in pairs)
    except (UnknownField, ValueError):
        return False


def _completed(record: Record, columns: Iterable[str]) -> Record:
    for path in columns:
        record.setdefault(path, None)
    return record


def newest(now: Context, seen: Context, entity: str) -> Record:
    """The newest record, without what its draft shows differently; an invented one where there is none."""
    fields = seen.catalog.entity(entity).all_fields
    if entity in now.catalog.entities and now.access.may(entity, "view"):
        found = Records(now).list(ListRequest(entity, ("id",), limit=1)).items
        if found:
            return _fitting(now, seen, entity, Records(now).get(entity, found[0]["id"]))
    stored = [key for key, field in fields.items() if field.behaviour.column(field) is not None]
    return invented(seen, entity, stored, 1)


def _fitting(now: Context, seen: Context, entity: str, record: Record) -> Record:
    """The record with the values its entity will have, in their present form."""
    old, new = now.catalog.entity(entity), seen.catalog.entity(entity)
    kept = {
        key: value for key, value in record.items() if is_kept(old.all_fields.get(key), new.all_fields.get(key))
    }
    for table in seen.catalog.children[entity]:
        child = table.option("target")
        if isinstance(kept.get(table.key), list) and child in now.catalog.entities:
            kept[table.key] = [_fitting(now, seen, child, line) for line in kept[table.key]]
        else:
            kept.pop(table.key, None)
    blank = {key: None for key, field in new.all_fields.items() if field.behaviour.column(field) is not None}
    return Record({**blank, **kept}, record.labels, record.masked, record.may)


def invented(seen: Context, entity: str, columns: Iterable[str], number: int) -> Record:
    """A row that could be: something fitting in every column."""
    record = Invented({"id": number, "rev": 1})
    for path in columns:
        try:
            field = paths.resolve(seen.access, entity, path)[-1]
        except UnknownField:
            record[path] = None
            continue
        record[path] = value = example(seen, field, number)
        if value is not None and field.behaviour.target is not None:
            record.labels[path] = _called(seen, field, number)
    return record


def _called(seen: Context, field: Field, number: int) -> str:
    if field.behaviour.target != "target":
        return seen.actor.name
    target = seen.catalog.entities.get(str(field.option("target")))
    return f"{target.text(seen.lang) if target else field.text(seen.lang)} {number}"


def example(seen: Context, field: Field, number: int) -> Any:
    """A value the field could hold; None where none comes to mind."""
    for raw in (*_likely(seen, field, number), *(pair[0] for pair in field.behaviour.examples.valid)):
        try:
            value = field.behaviour.parse(field, raw)
        except (ValueRefused, KeyError):
            continue
        if value is not None:
            return value
    return None


def _likely(seen: Context, field: Field, number: int) -> Iterable[Any]:
    offered = [choice.key for choice in field.choices if not choice.retired]
    if offered:
        key = offered[(number - 1) % len(offered)]
        return key, [key]
    today = seen.env.today
    by_kind: Mapping[str | None, Any] = {
        "number": str(640 * number),
        "date": (today - timedelta(days=number)).isoformat(),
        "datetime": f"{(today - timedelta(days=number)).isoformat()}T09:30",
        "boolean": "1" if number % 2 else "0",
        "reference": number,
        "text": f"{field.text(seen.lang)} {number}",
    }
    found = by_kind.get(field.behaviour.kind)
    return () if found is None else (found,)
