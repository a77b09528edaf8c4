"""Records that stand below each other: none ever stands below itself, whoever moves what at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.model import Field
from .batch import ABSENT, Batch
from .rowset import among


def _trees(batch: Batch) -> list[Field]:
    """The relations of the batch that point at records of the same entity."""
    fields = (batch.entity.all_fields[key] for key in batch.columns)
    return [f for f in fields if f.behaviour.target == "target" and f.option("target") == batch.entity.key]


def hold(batch: Batch) -> None:
    """Let nobody else move rows in the trees of the batch until the transaction ends. Queries: 1 on PostgreSQL for
    each tree in which something is moved.

    Held before any row is locked: who waits for the tree must not sit on rows that the other one needs.
    """
    conn, table = batch.ctx.conn, batch.rights.table
    for field in _trees(batch) if conn.dialect.name != "sqlite" else ():
        if any(value is not ABSENT and value is not None for value in batch.columns[field.key]):
            name = sa.func.hashtext(f"{table.name}.{field.key}")
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))


def refuse_circles(batch: Batch, ids: Sequence[int], new: Sequence[Mapping[str, Any]]) -> None:
    """Refuse changes that would make a record its own ancestor, all moves of the batch taken together. Queries: 1
    for each tree in which rows move.
    """
    for field in _trees(batch):
        moves = {ids[p]: (p, new[p][field.key]) for p in batch.positions() if new[p].get(field.key) is not None}
        if not moves:
            continue
        above = _chains(batch.ctx.conn, batch.rights.table, field.key, {parent for _, parent in moves.values()})
        above |= {ids[p]: new[p][field.key] for p in batch.positions() if field.key in new[p]}
        for record, (position, _) in moves.items():
            if _meets_itself(record, above):
                batch.refuse_field(position, field, "circular_reference")


def _chains(conn: Connection, table: sa.Table, key: str, starts: set[int]) -> dict[int, int | None]:
    """What every record from `starts` upwards stands below."""
    link = table.c[key]
    chain = sa.select(table.c.id, link.label("above")).where(among(conn, table.c.id, starts))
    below = chain.cte("chain", recursive=True)
    upper = sa.select(table.c.id, link).where(table.c.id == below.c.above)
    whole = below.union(upper)
    return {row.id: row.above for row in conn.execute(sa.select(whole.c.id, whole.c.above))}


def _meets_itself(record: int, above: Mapping[int, int | None]) -> bool:
    seen: set[int] = set()
    here = above.get(record)
    while here is not None and here not in seen:
        if here == record:
            return True
        seen.add(here)
        here = above.get(here)
    return False
