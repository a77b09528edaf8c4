"""What a record picked in a form brings along, at once: values of its fields, rows of its sub-tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...metadata.model import Field
from ..records import filling
from ..records.record import Record
from .draft import raw_of

if TYPE_CHECKING:
    from .preview import EnteredForm, EnteredRow

Told = dict[str, dict[str, Any]]
Rows = dict[str, dict[str, Any]]


def filled(form: EnteredForm, changed: str) -> tuple[Told, Rows]:
    """By input name what the picker called `changed` brings; by sub-table the rows, and if they come `always`.

    Queries: 1 where something was picked that fills, and 1 for each sub-table taken over.
    """
    for prefix, row in form.placed():
        key = changed.removeprefix(prefix)
        field = row.entity.fields.get(key)
        picked = row.values.get(key)
        if changed == prefix + key and field is not None and isinstance(picked, int) and field.option("fill"):
            fills = filling.fills_of(field)
            record = filling.picked_records(form.ctx, field, {picked}, fills).get(picked)
            return _values(row, prefix, record, fills), _rows(form, row, record, fills)
    return {}, {}


def _values(row: EnteredRow, prefix: str, record: Record | None, fills: list[filling.Fill]) -> Told:
    told: Told = {}
    for fill in fills:
        key, always = fill["to"], fill.get("when") == filling.ALWAYS
        value = filling.value_of(record, fill)
        if "map" in fill or key not in row.writable or (row.values.get(key) is not None and not always):
            continue
        if value is None and not always:
            continue
        row.values[key] = value
        row.computed.clear()
        told[prefix + key] = {**row.told(row.entity.fields[key], value), "force": always}
    return told


def _rows(form: EnteredForm, row: EnteredRow, record: Record | None, fills: list[filling.Fill]) -> Rows:
    found: Rows = {}
    for fill in fills:
        if "map" not in fill or row is not form.row or record is None or fill["to"] not in row.writable:
            continue
        table = row.entity.fields[fill["to"]]
        child = form.ctx.catalog.entity(table.option("target"))
        rows = [_row(form, child.fields, each, fill["map"]) for each in record.get(fill["from"]) or ()]
        found[table.key] = {"rows": rows, "always": fill.get("when") == filling.ALWAYS}
    return found


def _row(
    form: EnteredForm, fields: Mapping[str, Field], line: Record, pairs: list[Mapping[str, str]]
) -> dict[str, dict[str, Any]]:
    return {
        pair["to"]: {
            "raw": raw_of(form.ctx, fields[pair["to"]], line.get(pair["from"])),
            "title": line.labels.get(pair["from"], ""),
        }
        for pair in pairs
    }
