"""Fields that point at several records, as they are written: their links are kept as the rows say.

The row holds the ids in their order; the table of links holds them once more, one row each, for what comes from
the other side. Both change in the same transaction, and only here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from ...metadata import linking
from ...metadata.catalog import Catalog
from ...metadata.model import Entity, Field
from .batch import ABSENT
from .kept import keep
from .related import Surroundings
from .rowset import among


def linking_fields(catalog: Catalog, entity: str) -> tuple[Field, ...]:
    """The fields of an entity that point at several records."""
    fields = catalog.entities[entity].fields
    return keep(
        catalog, ("linking", entity), lambda: tuple(fields[key] for owner, key in catalog.links if owner == entity)
    )


def ids_of(value: Any) -> tuple[int, ...]:
    """The ids a value of a relation holds: none, one or several."""
    if value is None or value is ABSENT:
        return ()
    return value if isinstance(value, tuple) else (value,)


def points_at(conn: Connection, catalog: Catalog, link: Field, ids: Collection[int]) -> ColumnElement[bool]:
    """SQL over the table of the link's entity: rows that point at one of `ids`."""
    table = catalog.tables[link.entity]
    if not link.behaviour.several:
        return among(conn, table.c[link.key], ids)
    links = catalog.links[link.entity, link.key].alias()
    return table.c.id.in_(sa.select(links.c.source).where(among(conn, links.c.target, ids)))


def without(value: Any, gone: Collection[int]) -> Any:
    """A relation's value without what goes away."""
    left = tuple(one for one in ids_of(value) if one not in gone)
    return (left or None) if isinstance(value, tuple) else None


def connect(ctx: Surroundings, entity: Entity, columns: Mapping[str, Sequence[Any]], ids: Sequence[int]) -> None:
    """Make the links of new rows. Queries: 1 for each such field with a value."""
    for field in linking_fields(ctx.catalog, entity.key):
        values = columns.get(field.key)
        if values is not None:
            rows = [(record, ids_of(value)) for record, value in zip(ids, values, strict=True)]
            linking.write(ctx.conn, ctx.catalog.links[entity.key, field.key], rows)


def reconnect(ctx: Surroundings, entity: str, changes: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Make the links of changed rows, (id, new values), anew. Queries: 2 for each such field that changes."""
    for field in linking_fields(ctx.catalog, entity):
        rows = [(record, ids_of(new[field.key])) for record, new in changes if field.key in new]
        if rows:
            links = ctx.catalog.links[entity, field.key]
            those = among(ctx.conn, links.c.source, [record for record, _ in rows])
            ctx.conn.execute(sa.delete(links).where(those))
            linking.write(ctx.conn, links, rows)
