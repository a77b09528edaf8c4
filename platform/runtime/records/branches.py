"""Records that stand below each other, as readers walk through them: what is below one, and what is above it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.conditions import tree_of
from ...metadata.model import Field
from .paths import as_seen
from .rowset import among

if TYPE_CHECKING:
    from ...rbac.access import Access
    from ..context import Context

HIGHEST = 100
"""Records above one that are told at most."""


def tree_seen(access: Access, entity: str) -> Field | None:
    """The field by which records of an entity stand below each other, if the reader sees it."""
    return tree_of(as_seen(access).entities.get(entity))


def level(tree: Field, above: int | None) -> dict[str, Any]:
    """The raw Condition on the records right below one, or without it on those at the top: a record below one
    that its reader does not see stands at the top for him.
    """
    if above is None:
        return {"field": f"{tree.key}.id", "op": "is_empty"}
    return {"field": tree.key, "op": "eq", "value": above}


def counts_below(ctx: Context, tree: Field, ids: Collection[int]) -> Mapping[int, int]:
    """How many records the reader sees right below each of these. Queries: 1."""
    source = ctx.access.entity(tree.entity).select()
    link = source.column(tree.key)
    counted = sa.select(link, sa.func.count()).select_from(source.from_).where(among(ctx.conn, link, ids))
    return {row[0]: row[1] for row in ctx.conn.execute(counted.group_by(link))}


def paths_to(ctx: Context, tree: Field, ids: Collection[int]) -> dict[int, list[str]]:
    """The titles from the top down to each of these records, as far as the reader sees them. Queries: 1."""
    rights = ctx.access.entity(tree.entity)
    title = rights.entity.all_fields[rights.entity.title]
    if not ids or title.key not in rights.readable:
        return {}
    below, upper = rights.select(), rights.select()
    columns = [(each.column("id"), each.column(tree.key), each.column(title.key)) for each in (below, upper)]
    start = sa.select(columns[0][0].label("id"), columns[0][1].label("above"), columns[0][2].label("title"))
    chain = start.select_from(below.from_).where(among(ctx.conn, columns[0][0], ids)).cte(recursive=True)
    further = sa.select(*columns[1]).select_from(upper.from_).join(chain, columns[1][0] == chain.c.above)
    whole = chain.union(further)
    found = {row.id: (row.above, row.title) for row in ctx.conn.execute(sa.select(whole))}
    return {one: _upwards(ctx, title, one, found) for one in ids if one in found}


def _upwards(ctx: Context, title: Field, start: int, found: Mapping[int, tuple[int | None, Any]]) -> list[str]:
    texts: list[str] = []
    here: int | None = start
    while here is not None and here in found and len(texts) < HIGHEST:
        above, value = found[here]
        texts.append(title.behaviour.plain(title, value, ctx.lang) or f"#{here}")
        here = above
    return texts[::-1]
