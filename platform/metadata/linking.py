"""Tables of links, kept beside the columns whose ids they repeat: when they come and go, and how they are filled.

The column of a field that points at several records is the value: what is read, logged, converted and kept as a
shadow. Its links follow from it, so they may be thrown away and made anew at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import steps as s
from .catalog import Catalog
from .physical import Place

CHUNK = 5_000


def dropped(current: Catalog, desired: Catalog, moved: Collection[Place]) -> Iterator[s.Step]:
    """Links of fields that go away, are kept aside, or point elsewhere from now on."""
    for place in current.links:
        if _changes(place, current, desired, moved):
            yield s.DropLinks(*place)


def added(current: Catalog, desired: Catalog, moved: Collection[Place]) -> Iterator[s.Step]:
    """Links of fields that come, come back, or point elsewhere from now on."""
    for place in desired.links:
        if place not in current.links or _changes(place, current, desired, moved):
            yield s.AddLinks(*place)


def _changes(place: Place, current: Catalog, desired: Catalog, moved: Collection[Place]) -> bool:
    if place in moved or place not in desired.links:
        return True
    before, after = (catalog.entities[place[0]].fields[place[1]] for catalog in (current, desired))
    return bool(before.option("target") != after.option("target"))


def renamed(current: Catalog, after: Catalog, origins: Mapping[Place, Place]) -> Iterator[s.Step]:
    """Links that get another name because their entity or field does. `origins` gives places as they were."""
    for place, table in after.links.items():
        origin = origins.get(place, place)
        if origin in current.links and current.links[origin].name != table.name:
            yield s.RenameLinks(*place, was=current.links[origin].name)


def fill(conn: Connection, links: sa.Table, column: sa.Column[Any]) -> None:
    """Make the links of all rows from the ids in their column; ids that lead nowhere are taken out of it."""
    target = next(iter(links.c.target.foreign_keys)).column
    table, key = column.table, column.table.c.id
    update = sa.update(table).where(key == sa.bindparam("at")).values({column: sa.bindparam("to")})
    for rows in _chunks(conn, column):
        known = _existing(conn, target, {one for _, ids in rows for one in ids})
        kept = [(record, tuple(one for one in ids if one in known)) for record, ids in rows]
        both = zip(kept, rows, strict=True)
        changed = [{"at": record, "to": ids or None} for (record, ids), (_, old) in both if ids != old]
        if changed:
            conn.execute(update, changed)
        write(conn, links, kept)


def _chunks(conn: Connection, column: sa.Column[Any]) -> Iterator[Sequence[Any]]:
    """(id, ids it points at) of the rows that point at any, some thousands at a time."""
    key, last = column.table.c.id, 0
    query = sa.select(key, column).where(column.is_not(None)).order_by(key).limit(CHUNK)
    while rows := conn.execute(query.where(key > last)).all():
        yield rows
        last = rows[-1][0]


def _existing(conn: Connection, column: sa.Column[Any], ids: Iterable[int]) -> set[int]:
    wanted = sorted(ids)
    parts = (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))
    return {one for part in parts for one in conn.scalars(sa.select(column).where(column.in_(part)))}


def write(conn: Connection, links: sa.Table, rows: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Put in the links of rows (record id, ids it points at) that have none. Queries: 1, none without links."""
    new = [
        {"source": record, "target": one, "position": position}
        for record, ids in rows
        for position, one in enumerate(ids)
    ]
    if new:
        conn.execute(sa.insert(links), new)


def misplaced(conn: Connection, catalog: Catalog) -> Iterator[tuple[str, str, int]]:
    """(entity, field, records) where the links are not what the column says."""
    for (entity, key), links in catalog.links.items():
        c = links.c
        held: dict[int, list[int]] = {}
        for source, target in conn.execute(sa.select(c.source, c.target).order_by(c.source, c.position)):
            held.setdefault(source, []).append(target)
        column = catalog.tables[entity].c[key]
        rows = conn.execute(sa.select(catalog.tables[entity].c.id, column).where(column.is_not(None)))
        said = {record: list(ids) for record, ids in rows}
        wrong = sum(held.get(record) != said.get(record) for record in held.keys() | said.keys())
        if wrong:
            yield entity, key, wrong
