"""Exports: the rows of a list as a workbook or CSV, no more than the exporting person may take out.

Rows are read page by page by key and streamed into the file, so that memory does not grow with their number. One
reading transaction makes them one snapshot.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formloom.metadata.model import Field
from formloom.metadata.uploads import facts_in
from formloom.runtime.records import ListRequest, Record, Records, paths

from .workbook import local_time, write_export

if TYPE_CHECKING:
    from formloom.runtime.context import Context

PAGE = 500
_LIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def request_of(ctx: Context, entity: str, params: Mapping[str, str]) -> ListRequest:
    """The checked request of an export; `params` and `list` as a list page has them. Raises FormloomError."""
    ctx.access.entity(entity).require("export")
    layout = ctx.catalog.lists.get(params.get("list", ""))
    given = {name: value for name, value in params.items() if name not in ("list", "after", "limit", "count")}
    request = ListRequest.parse(ctx.access, entity, given, layout if layout and layout.entity == entity else None)
    return replace(request, limit=PAGE, operation="export")


def export(ctx: Context, request: ListRequest, target: Path, tell: Any = None) -> int:
    """Write the rows to `target` (.xlsx or .csv) and return their number. `tell(count)` hears of progress."""
    fields = [paths.resolve(ctx.access, request.entity, path) for path in request.columns]
    headers = [" / ".join(field.text(ctx.lang) for field in path) for path in fields]
    last = [path[-1] for path in fields]
    rows = (_cells(ctx, record, request.columns, last) for record in _records(ctx, request, tell))
    if target.suffix == ".csv":
        return _write_csv(target, headers, rows)
    title = ctx.catalog.entity(request.entity).text(ctx.lang, plural=True)
    return write_export(target, title=title, fields=last, headers=headers, rows=rows)


def _records(ctx: Context, request: ListRequest, tell: Any) -> Iterator[Record]:
    records, count = Records(ctx), 0
    while True:
        page = records.list(request)
        yield from page.items
        count += len(page.items)
        if tell is not None:
            tell(count)
        if page.next is None:
            return
        request = replace(request, after=page.next)


def _cells(ctx: Context, record: Record, columns: Sequence[str], fields: Sequence[Field]) -> list[Any]:
    return [_cell(ctx, record, path, field) for path, field in zip(columns, fields, strict=True)]


def _cell(ctx: Context, record: Record, path: str, field: Field) -> Any:
    value, label = record.get(path), record.labels.get(path)
    if field.behaviour.files and value and ctx.settings.base_url:
        return _linked(ctx.settings.base_url, value, label)
    return local_time(field.behaviour.to_excel(field, value, ctx.lang, label), ctx.zone)


def _linked(base: str, value: Sequence[int], label: str | None) -> str:
    """The name and the address of each file, a line each. An address opens for who may see the file then."""
    known = facts_in(label)
    files = [known[each] for each in value if each in known]
    return "\n".join(f"{file.name} {base.rstrip('/')}{file.address}" for file in files)


def _write_csv(target: Path, headers: Sequence[str], rows: Iterator[Sequence[Any]]) -> int:
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([_quiet(header) for header in headers])
        for row in rows:
            writer.writerow(["" if cell is None else _quiet(cell) for cell in row])
            count += 1
    return count


def _quiet(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula, made harmless by an apostrophe; a length of time in hours;
    numbers as they are.
    """
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return "'" + cell if isinstance(cell, str) and cell.startswith(_LIVE) else cell
