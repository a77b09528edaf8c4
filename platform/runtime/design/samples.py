"""Rows to show a draft with: real ones as far as they go, invented ones where there are none yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...metadata.errors import FormloomError, UnknownField, ValueRefused
from ...metadata.layouts import ListLayout
from ...metadata.model import Field
from ..records import Records, paths
from ..records.listrequest import ListRequest, check_filter, check_sort
from ..records.record import Record

if TYPE_CHECKING:
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
    """At most `limit` rows with a value, or None, under each path of `columns`. Queries: 1."""
    return rows_of_list(now, seen, ListLayout("", entity, "", ()), columns, limit)


def rows_of_list(
    now: Context, seen: Context, layout: ListLayout, columns: Sequence[str], limit: int
) -> list[Record]:
    """As `rows`, in the order and under the filter of a layout, as far as today's tables know them."""
    entity = layout.entity
    if entity in now.catalog.entities and now.access.may(entity, "view"):
        stored = tuple(path for path in columns if _is_stored(now, seen, entity, path))
        request = _ordered(now, ListRequest(entity, stored or ("id",), limit=limit), layout)
        found = Records(now).list(request).items
        if found:
            return [_completed(record, columns) for record in found]
        if Records(now).list(ListRequest(entity, ("id",), limit=1)).items:
            return []
    return [invented(seen, entity, columns, number) for number in range(1, INVENTED + 1)]


def _ordered(now: Context, request: ListRequest, layout: ListLayout) -> ListRequest:
    """The request with what of the layout holds today."""
    try:
        if layout.filter is not None:
            check_filter(now.access, request.entity, layout.filter)
            request = replace(request, fixed=layout.filter)
        if layout.sort:
            request = replace(request, sort=check_sort(now.access, request.entity, layout.sort))
    except FormloomError:
        return request
    return request


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
