"""Who may have a file: who reads the field of the row it belongs to, and its uploader while it belongs to none."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import NotFound, UnknownField
from ...metadata.uploads import LARGEST_ID, FileFacts
from .tables import facts_of, files, place_of

if TYPE_CHECKING:
    from ..context import Context


def find(ctx: Context, file_id: int) -> Any:
    """The row of `fl_file`. Raises NotFound, the same for one that is not there and one he may not have.

    Queries: 1 or 2.
    """
    found = _rows(ctx, [file_id])
    if not found or not _may_have(ctx, found[0]):
        raise NotFound()
    return found[0]


def known(ctx: Context, ids: Collection[int]) -> dict[int, FileFacts]:
    """What the reader may know of these files, by id. Queries: 0 or 1, and 1 for each field they are in."""
    allowed: dict[tuple[Any, ...], bool] = {}
    found = {}
    for row in _rows(ctx, ids):
        place = (row.entity, row.record_id, row.field, row.created_by if row.record_id is None else None)
        if place not in allowed:
            allowed[place] = _may_have(ctx, row)
        if allowed[place]:
            found[row.id] = facts_of(row)
    return found


def _rows(ctx: Context, ids: Collection[int]) -> list[Any]:
    wanted = [each for each in ids if 0 < each <= LARGEST_ID]
    if not wanted:
        return []
    return list(ctx.conn.execute(sa.select(files).where(files.c.id.in_(wanted), files.c.swept_at.is_(None))))


def _may_have(ctx: Context, row: Any) -> bool:
    if row.record_id is None:
        return bool(row.created_by == ctx.actor.id)
    entity, _, key = place_of(ctx.catalog, row)
    try:
        source = ctx.access.entity(entity).select()
        source.column(key)
        shown = source.shown(key)
    except (NotFound, UnknownField):
        return False
    here = [source.column("id") == row.record_id, *([] if shown is None else [shown])]
    return ctx.conn.scalar(sa.select(source.column("id")).select_from(source.from_).where(*here)) is not None
