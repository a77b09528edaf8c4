"""Files become part of a record when it is saved with them: which ones may, and that they then belong to it.

A file may be taken that its writer has uploaded and nobody has used, and one that this field of this record has
held before. Anything else answers as an id that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import Conflict, FieldError, ValueRefused
from ...metadata.model import Field
from ...rbac.actor import SYSTEM
from .tables import facts_of, files, place_of

if TYPE_CHECKING:
    from ..context import Context
    from ..records.batch import Batch

Give = Callable[[int, str], Any]
"""(position, field key) -> the ids there, or something empty."""


@dataclass(frozen=True, slots=True)
class Added:
    """Files that come into a field of the row at `position`; `record_id` is None while it does not exist."""

    position: int
    field: Field
    ids: Sequence[int]
    record_id: int | None = None


def in_new(batch: Batch, record_ids: Sequence[int] | None = None) -> list[Added]:
    """The files of new rows."""
    return list(_added(batch, batch.columns, lambda p, key: batch.columns[key][p], _nothing, record_ids))


def in_changed(
    batch: Batch, record_ids: Sequence[int], new: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, Any]]
) -> list[Added]:
    """The files that rows did not hold before."""
    keys = {key for row in new for key in row}
    return list(_added(batch, keys, lambda p, key: new[p].get(key), lambda p, key: held[p].get(key), record_ids))


def _nothing(position: int, key: str) -> tuple[int, ...]:
    return ()


def _added(
    batch: Batch, keys: Iterable[str], wanted: Give, held: Give, record_ids: Sequence[int] | None
) -> Iterator[Added]:
    for field in [f for key in keys if (f := batch.entity.all_fields[key]).behaviour.files]:
        for position in batch.positions():
            before = held(position, field.key) or ()
            ids = [each for each in wanted(position, field.key) or () if each not in before]
            if ids:
                yield Added(position, field, ids, record_ids[position] if record_ids else None)


def refuse_unfit(batch: Batch, added: Sequence[Added]) -> None:
    """Refuse rows with a file that may not be taken, or that is none of its field. Queries: 0 or 1."""
    if not added:
        return
    wanted = {each for one in added for each in one.ids}
    rows = {row.id: row for row in batch.ctx.conn.execute(sa.select(files).where(files.c.id.in_(wanted)))}
    taken: set[int] = set()
    for one in added:
        for each in one.ids:
            row = rows.get(each)
            if row is None or each in taken or not _is_free(batch.ctx, row, one):
                batch.refuse_field(one.position, one.field, "invalid_file")
                continue
            taken.add(each)
            try:
                one.field.behaviour.judge(one.field, facts_of(row))  # type: ignore[attr-defined]
            except ValueRefused as refused:
                batch.refuse_field(one.position, one.field, refused.code, **refused.data)


def _is_free(ctx: Context, row: Any, one: Added) -> bool:
    if row.record_id is not None:
        return place_of(ctx.catalog, row) == (one.field.entity, one.record_id, one.field.key)
    return row.swept_at is None and (row.created_by == ctx.actor.id or ctx.actor.id == SYSTEM.id)


def attach(ctx: Context, added: Sequence[Added]) -> None:
    """Let the files belong to their records. Raises Conflict when one was taken meanwhile. Queries: 1 for each."""
    c = files.c
    for one in added:
        entity, key = ctx.catalog.entities[one.field.entity], one.field.key
        # Those it held before may still be noted under a former key.
        names, keys = [entity.key, *entity.was], [key, *one.field.was]
        own = sa.and_(c.entity.in_(names), c.record_id == one.record_id, c.field.in_(keys))
        free = sa.and_(c.record_id.is_(None), c.swept_at.is_(None))
        change = sa.update(files).where(c.id.in_(one.ids), sa.or_(own, free))
        done = ctx.conn.execute(change.values(entity=entity.key, record_id=one.record_id, field=key))
        if done.rowcount != len(one.ids):
            raise Conflict("file_taken", fields=[FieldError(key, "invalid_file")])
