"""A form that met somebody else's changes: what its writer left alone follows them, what he changed stays his."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...metadata.errors import ValueRefused
from ...metadata.model import Entity, Field
from ..records import merging
from ..records.record import Record
from .draft import Draft, Line, Raw, draft_of_record, raw_of

if TYPE_CHECKING:
    from ..context import Context


def rebase(ctx: Context, entity: str, draft: Draft, record: Record, rev: int) -> None:
    """Bring a draft that started from revision `rev` to the record as it is now, so that saving it undoes nothing
    of what others did. Queries: 1, and 1 for each sub-table.
    """
    fields = ctx.catalog.entity(entity)
    since = merging.changes_since(ctx, entity, {record["id"]: rev})[record["id"]]
    _follow(ctx, fields, (draft.raws, draft.titles), merging.base_of(since), record)
    fresh = draft_of_record(ctx, entity, record)
    for table in ctx.catalog.children[entity]:
        if table.key in draft.lines:
            _follow_lines(ctx, table, draft, fresh, (record, rev))
    draft.rev = str(record["rev"])


def _follow(
    ctx: Context,
    entity: Entity,
    mine: tuple[dict[str, Raw], dict[str, str]],
    base: Mapping[str, Any],
    now: Record,
) -> bool:
    """Take over what only others changed; whether the writer changed anything of what they did."""
    raws, titles = mine
    changed = False
    for key, before in base.items():
        field = entity.fields.get(key)
        if field is None or key not in raws or key not in now or key in now.masked:
            continue
        if _dumped(field, raws[key]) != before:
            changed = True
            continue
        raws[key] = raw_of(ctx, field, now[key])
        titles[key] = now.labels.get(key, "")
    return changed


def _dumped(field: Field, raw: Raw) -> Any:
    try:
        value = field.behaviour.parse(field, raw)
    except ValueRefused:
        return raw
    return None if value is None else field.behaviour.dump(field, value)


def _follow_lines(ctx: Context, table: Field, draft: Draft, fresh: Draft, at: tuple[Record, int]) -> None:
    """Lines others added come along, lines they removed go unless the writer changed them, the rest is merged."""
    record, rev = at
    child = ctx.catalog.entity(table.option("target"))
    since = merging.lines_since(ctx, child, table.entity, record["id"], rev)
    stored = {str(line["id"]): line for line in record.get(table.key) or ()}
    kept: list[Line] = []
    for line in draft.lines[table.key]:
        base = since.base.get(int(line.id), {}) if line.id.isascii() and line.id.isdigit() else {}
        if line.id in stored:
            _follow(ctx, child, (line.raws, line.titles), base, stored[line.id])
        elif line.id:
            if not _is_changed(child, line, base):
                continue
            line.id = line.rev = ""
        kept.append(line)
    mine = {line.id for line in kept}
    added = [
        line for line in fresh.lines.get(table.key, ()) if int(line.id) in since.created and line.id not in mine
    ]
    draft.lines[table.key] = [*kept, *added]


def _is_changed(child: Entity, line: Line, base: Mapping[str, Any]) -> bool:
    """Whether the writer changed a line that is gone, as far as the log tells."""
    return any(
        key in child.fields and _dumped(child.fields[key], line.raws[key]) != base[key]
        for key in base.keys() & line.raws.keys()
    )
