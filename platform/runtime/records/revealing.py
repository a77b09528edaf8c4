"""Masked values: looked at whole by who may, each look logged; sent back as shown, they change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import AccessDenied, FieldError, NotFound, UnknownField
from ...metadata.masks import STARS, masked_text
from .. import changelog
from .batch import ABSENT, Batch

if TYPE_CHECKING:
    from ..context import Context


def reveal(ctx: Context, entity: str, record_id: int, key: str) -> Any:
    """The whole value of a masked field; that it was looked at is logged. Raises NotFound, UnknownField,
    AccessDenied. Queries: 2.
    """
    rights = ctx.access.entity(entity)
    if key not in rights.readable or key not in rights.masked:
        raise UnknownField(key)
    source = rights.select()
    shown = source.shown(key)
    where = [source.column("id") == record_id, *([] if shown is None else [shown])]
    found = ctx.conn.execute(sa.select(source.column("rev")).select_from(source.from_).where(*where)).first()
    if found is None:
        raise NotFound()
    scope = rights.revealing(key)
    chosen = sa.select(rights.table.c[key]).where(rights.table.c.id == record_id, scope)
    row = ctx.conn.execute(chosen).first()
    if row is None:
        raise AccessDenied(operation="reveal")
    _log(ctx, entity, record_id, key)
    return row[0]


def _log(ctx: Context, entity: str, record_id: int, key: str) -> None:
    link = ctx.catalog.entities[entity].parent
    table = ctx.catalog.tables[entity]
    parents = None
    if link is not None:
        parents = [ctx.conn.scalar(sa.select(table.c[link]).where(table.c.id == record_id))]
    stamp = changelog.Stamp(ctx.actor.id, ctx.env.now, ctx.cause)
    # Looking changes nothing: the entry has no revision, so that nobody takes it for a change.
    entries = changelog.Entries(entity, changelog.REVEAL, [(record_id, 0, {key: None})], link, parents)
    changelog.append(ctx.conn, stamp, entries)


def set_aside(batch: Batch, key: str, raws: Sequence[Any]) -> list[Any]:
    """The column without texts that are shown of masked values: whether they are unchanged is judged later."""
    if key not in batch.rights.masked:
        return list(raws)
    column = list(raws)
    for position, raw in enumerate(raws):
        if isinstance(raw, str) and STARS in raw:
            batch.veiled.setdefault(position, {})[key] = raw.strip()
            column[position] = ABSENT
    return column


def judge_set_aside(batch: Batch, held: Sequence[Mapping[str, Any]] = ()) -> None:
    """Refuse masked texts that are not what is shown of the held value: nobody meant them as they are."""
    for position, texts in batch.veiled.items():
        for key, text in texts.items():
            mask = batch.entity.all_fields[key].mask
            value = held[position].get(key) if position < len(held) else None
            if mask is None or masked_text(mask, value) != text:
                batch.refuse(position, FieldError(key, "masked_text"))
