"""Values behind relations, for formulas: each table on the way is read once for all rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.catalog import Catalog
from ...metadata.conditions import Env, TableSource
from .rowset import among

Columns = Mapping[str, Sequence[Any]]


class Surroundings(Protocol):
    """The part of a Context that reading without rights needs."""

    @property
    def conn(self) -> Connection:
        """The connection of the unit of work."""

    @property
    def catalog(self) -> Catalog:
        """The metadata."""

    @property
    def env(self) -> Env:
        """The moment and the person."""


def fetch(
    ctx: Surroundings, entity: str, columns: Columns, paths: Iterable[str], *, lock: bool = False
) -> dict[str, list[Any]]:
    """A column for each dotted path, from the link columns of the rows.

    `lock` keeps the rows read from being changed by others until the end of the transaction, where a value
    computed from them is stored. Queries: 1 for each relation on the way.
    """
    by_link: dict[str, set[str]] = {}
    for path in paths:
        link, _, rest = path.partition(".")
        if rest and link in columns:
            by_link.setdefault(link, set()).add(rest)
    found: dict[str, list[Any]] = {}
    for link, rests in sorted(by_link.items()):
        target = ctx.catalog.entities[entity].all_fields[link].option("target")
        held = columns[link]
        ids = {value for value in held if value}
        rows = _rows(ctx, target, ids, {rest.partition(".")[0] for rest in rests}, lock)
        rows |= fetch(ctx, target, rows, rests, lock=lock)
        places = {record_id: place for place, record_id in enumerate(rows["id"])}
        for rest in rests:
            values = rows[rest]
            found[f"{link}.{rest}"] = [values[places[one]] if one in places else None for one in held]
    return found


def _rows(ctx: Surroundings, entity: str, ids: set[int], keys: Iterable[str], lock: bool) -> dict[str, list[Any]]:
    names = ["id", *sorted(set(keys) - {"id"})]
    if not ids:
        return {name: [] for name in names}
    source = TableSource(ctx.catalog, entity, env=ctx.env)
    chosen = sa.select(*(source.column(name) for name in names)).select_from(source.from_)
    chosen = chosen.where(among(ctx.conn, source.column("id"), ids)).order_by(source.column("id"))
    if lock and ctx.conn.dialect.name != "sqlite":
        # The lock an update takes: two writers that read and then change the same row must not both wait.
        chosen = chosen.with_for_update(key_share=True)
    rows = ctx.conn.execute(chosen).all()
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
