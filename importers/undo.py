"""Takes back what one cause wrote: rows it made are deleted, rows it changed get their old values back.

A row that somebody has changed since is left as it is and counted; the work of others is never undone with ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from formloom.runtime import changelog
from formloom.runtime.records import Records
from formloom.runtime.records.rowset import among

if TYPE_CHECKING:
    from formloom.runtime.changelog import Change
    from formloom.runtime.context import Context


def take_back(ctx: Context, cause: str) -> dict[str, int]:
    """Undo all changes of `cause`; how many rows were `deleted`, `restored`, and `kept` for later changes."""
    found = changelog.read(ctx.conn, ctx.catalog, changelog.changes.c.cause == cause)
    counts = {"deleted": 0, "restored": 0, "kept": 0}
    by_entity: dict[str, list[Change]] = defaultdict(list)
    for change in found:
        by_entity[change.entity].append(change)
    for entity, changes in by_entity.items():
        if ctx.catalog.entity(entity).parent is not None:
            continue
        untouched = _untouched(ctx, entity, changes)
        counts["kept"] += len({change.record_id for change in changes}) - len(untouched)
        # A row it made and changed afterwards is one it made.
        made = {change.record_id for change in changes if change.op == changelog.CREATE}
        _delete_created(ctx, entity, made & untouched.keys(), counts)
        kept = {identity: change for identity, change in untouched.items() if identity not in made}
        _restore_updated(ctx, entity, kept, counts)
    return counts


def _untouched(ctx: Context, entity: str, changes: Iterable[Change]) -> dict[int, Change]:
    """The rows whose last change is one of these, with it."""
    newest: dict[int, Change] = {}
    for change in changes:
        newest.setdefault(change.record_id, change)
    table = ctx.catalog.table(entity)
    live = sa.and_(among(ctx.conn, table.c.id, newest.keys()), table.c.deleted_at.is_(None))
    revs = {row.id: row.rev for row in ctx.conn.execute(sa.select(table.c.id, table.c.rev).where(live))}
    return {identity: change for identity, change in newest.items() if revs.get(identity) == change.rev}


def _delete_created(ctx: Context, entity: str, made: set[int], counts: dict[str, int]) -> None:
    ids = sorted(made)
    if ids:
        Records(ctx).delete_many(entity, ids)
        counts["deleted"] += len(ids)


def _restore_updated(ctx: Context, entity: str, untouched: dict[int, Change], counts: dict[str, int]) -> None:
    stored = ctx.access.entity(entity).writable
    by_fields: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in untouched.values():
        if change.op == changelog.UPDATE:
            by_fields[tuple(sorted(change.old.keys() & stored))].append(change)
    for keys, changes in by_fields.items():
        columns = {key: [change.old[key] for change in changes] for key in keys}
        Records(ctx).update_many(entity, [change.record_id for change in changes], columns, source="json")
        counts["restored"] += len(changes)
