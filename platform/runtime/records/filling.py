"""What a picked record brings along, values and rows of its sub-tables, where its picker gives nothing himself.

Only what the picker may see of the record is taken over; for him, the rest does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...metadata.errors import NotFound, UnknownField
from ...metadata.model import Field
from . import listquery, paths, single
from .batch import ABSENT, Batch
from .listrequest import ListRequest
from .record import Record

if TYPE_CHECKING:
    from ..context import Context

Fill = Mapping[str, Any]
MOST_PICKED = 500

ALWAYS = "always"


def fills_of(field: Field) -> list[Fill]:
    """What the relation fills."""
    return list(field.option("fill", ()))


def into_new(batch: Batch, *, typed: bool) -> None:
    """Fill what new rows leave open. Queries: 1 for each relation that fills something and is given."""
    for field, fill_all in _relations(batch):
        column = batch.columns.get(field.key, ())
        picked = {p: value for p, value in enumerate(column) if value not in (None, ABSENT)}
        wanted = [fill for fill in fill_all if _is_open(batch, fill["to"])]
        if picked and wanted:
            _take(batch, field, picked, wanted)
            if not typed:
                _write_out(batch, wanted)


def _write_out(batch: Batch, fills: list[Fill]) -> None:
    """Rows of sub-tables as they are written where values are not typed yet."""
    for fill in fills:
        table = batch.entity.fields[fill["to"]]
        if "map" not in fill:
            continue
        fields = batch.ctx.catalog.entities[table.option("target")].fields
        for rows in batch.tables[table.key]:
            for row in rows or ():
                for key in {pair["to"] for pair in fill["map"]} & row.keys():
                    field = fields[key]
                    row[key] = None if row[key] is None else field.behaviour.dump(field, row[key])


def into_changed(batch: Batch, held: list[dict[str, Any]]) -> None:
    """Fill what changed rows leave open: always, or where the row holds nothing."""
    for field, fill_all in _relations(batch):
        column = batch.columns.get(field.key, ())
        picked = {
            p: value
            for p, value in enumerate(column)
            if value not in (None, ABSENT) and p not in batch.errors and value != held[p].get(field.key)
        }
        if not picked:
            continue
        always = [fill for fill in fill_all if fill.get("when") == ALWAYS and "map" not in fill]
        empty = [fill for fill in fill_all if fill.get("when") != ALWAYS and "map" not in fill]
        _take(batch, field, picked, always)
        for fill in empty:
            open_rows = {p: value for p, value in picked.items() if held[p].get(fill["to"]) is None}
            if open_rows:
                _take(batch, field, open_rows, [fill])


def _relations(batch: Batch) -> Iterator[tuple[Field, list[Fill]]]:
    for field in batch.entity.fields.values():
        if field.option("fill") and field.key in batch.columns:
            yield field, fills_of(field)


def _is_open(batch: Batch, key: str) -> bool:
    column = batch.tables.get(key, batch.columns.get(key))
    return column is None or any(value is ABSENT for value in column)


def _take(batch: Batch, field: Field, picked: Mapping[int, int], fills: list[Fill]) -> None:
    found = picked_records(batch.ctx, field, set(picked.values()), fills)
    for fill in fills:
        into = batch.tables if "map" in fill else batch.columns
        column = into.setdefault(fill["to"], [ABSENT] * batch.size)
        for position, record_id in picked.items():
            value = value_of(found.get(record_id), fill)
            if column[position] is ABSENT and value is not None:
                column[position] = value


def value_of(record: Record | None, fill: Fill) -> Any:
    """What a picked record brings for one fill: a value, or raw rows. None where there is nothing to see."""
    if record is None or fill["from"] in record.masked:
        return None
    value = record.get(fill["from"])
    if "map" not in fill or value is None:
        return value
    return [{pair["to"]: row.get(pair["from"]) for pair in fill["map"]} for row in value] or None


def picked_records(ctx: Context, field: Field, ids: set[int], fills: list[Fill]) -> dict[int, Record]:
    """The picked records, with what fills take of them as the picker sees it. Queries: 1, and 1 for each record
    whose rows are taken.
    """
    target = str(field.option("target"))
    plain = [fill["from"] for fill in fills if "map" not in fill and _is_seen(ctx, target, fill["from"])]
    wanted = sorted(ids)[:MOST_PICKED]
    if not wanted or not ctx.access.may(target, "view"):
        return {}
    chosen = {"field": "id", "op": "in", "value": wanted}
    request = ListRequest(target, tuple(dict.fromkeys(plain)), filter=chosen, limit=MOST_PICKED)
    found = {row["id"]: row for row in listquery.fetch(ctx, request).items}
    for fill in fills:
        if "map" in fill:
            _add_rows(ctx, target, fill, found)
    return found


def _add_rows(ctx: Context, target: str, fill: Fill, found: dict[int, Record]) -> None:
    table = next((each for each in single.sub_tables(ctx, target) if each.key == fill["from"]), None)
    if table is None:
        return
    for record_id, record in found.items():
        record[fill["from"]] = single.children_of(ctx, table, record_id)


def _is_seen(ctx: Context, entity: str, path: str) -> bool:
    try:
        chain = paths.resolve(ctx.access, entity, path)
        return all(field.key not in ctx.access.entity(field.entity).masked for field in chain)
    except (UnknownField, NotFound):
        return False
