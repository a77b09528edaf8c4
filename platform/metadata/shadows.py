"""Values kept after a field or an entity went away: listed, and dropped for good by an explicit step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Connection

from .catalog import Catalog
from .database import Database
from .errors import NotFound
from .steps import Shadow
from .store import catalog_for
from .tables import shadow as shadow_table


def read_shadows(conn: Connection, changeset: int | None = None) -> list[Shadow]:
    """What is kept, the oldest first; of one changeset only, if asked."""
    query = sa.select(shadow_table).order_by(shadow_table.c.id)
    if changeset is not None:
        query = query.where(shadow_table.c.changeset == changeset)
    return [Shadow(**row) for row in conn.execute(query).mappings()]


def purge_one(database: Database, number: int) -> None:
    """Drop what is kept under this id for good. Raises NotFound."""
    with database.writing() as conn:
        kept = [shadow for shadow in read_shadows(conn) if shadow.id == number]
        if not kept:
            raise NotFound()
        drop(conn, kept)


Purging = Callable[[Connection, Catalog, Shadow], None]
"""(connection, the catalog in force, what is about to be dropped) -> nothing: lets go what only that held."""

_purging: list[Purging] = []


def on_purge(function: Purging) -> Purging:
    """The same function, now called for everything that is purged, while it is still there."""
    if function not in _purging:
        _purging.append(function)
    return function


def purge(database: Database, changeset: int) -> int:
    """How many kept columns and tables of a changeset were dropped. It can then no longer bring values back.

    What is kept of a table that goes, columns put aside before it was, goes with it.
    """
    with database.writing() as conn:
        wanted = read_shadows(conn, changeset)
        tables = {shadow.table_name for shadow in wanted if shadow.field is None}
        kept = [shadow for shadow in read_shadows(conn) if shadow in wanted or shadow.table_name in tables]
        catalog = catalog_for(conn)
        for shadow in kept:
            for listener in _purging:
                listener(conn, catalog, shadow)
        drop(conn, kept)
    return len(wanted)


def drop(conn: Connection, kept: Sequence[Shadow]) -> None:
    """Drop shadows; columns first, for their table may be one of them."""
    operations = Operations(MigrationContext.configure(conn))
    tables = {shadow.table_name for shadow in kept if shadow.field is None}
    for shadow in kept:
        if shadow.column_name is not None and shadow.table_name not in tables:
            operations.drop_column(shadow.table_name, shadow.column_name)
    for table in sorted(tables):
        operations.drop_table(table)
    gone = shadow_table.c.table_name.in_(tables) | shadow_table.c.id.in_([shadow.id for shadow in kept])
    conn.execute(sa.delete(shadow_table).where(gone))


@dataclass(frozen=True, slots=True)
class Kept:
    """A shadow with how many rows hold something in it and how much room that takes, in bytes."""

    shadow: Shadow
    rows: int
    bytes: int


def measured(conn: Connection) -> list[Kept]:
    """What is kept, the oldest first, each measured. Queries: 1, and 1 for each."""
    return [measure(conn, shadow) for shadow in read_shadows(conn) if shadow.changeset > 0]


def measure(conn: Connection, shadow: Shadow) -> Kept:
    """A shadow with how much it holds. Queries: 1 or 2."""
    quote = conn.dialect.identifier_preparer.quote
    table = quote(shadow.table_name)
    if shadow.column_name is not None:
        column = quote(shadow.column_name)
        size = f"length(CAST({column} AS TEXT))" if conn.dialect.name == "sqlite" else f"pg_column_size({column})"
        found = conn.exec_driver_sql(f"SELECT count({column}), coalesce(sum({size}), 0) FROM {table}").one()
        return Kept(shadow, int(found[0]), int(found[1]))
    rows = int(conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
    return Kept(shadow, rows, _table_size(conn, shadow.table_name))


def _table_size(conn: Connection, name: str) -> int:
    if conn.dialect.name != "sqlite":
        return int(conn.execute(sa.select(sa.func.pg_total_relation_size(name))).scalar_one())
    columns = [str(column["name"]) for column in sa.inspect(conn).get_columns(name)]
    quote = conn.dialect.identifier_preparer.quote
    parts = " + ".join(f"coalesce(length(CAST({quote(column)} AS TEXT)), 0)" for column in columns)
    return int(conn.exec_driver_sql(f"SELECT coalesce(sum({parts}), 0) FROM {quote(name)}").scalar_one())
