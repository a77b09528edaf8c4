"""All system tables of the product, whoever declares them, made and upgraded in one place.

A package above this one announces its tables with `register` when it is imported; `prepare` makes what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import tables
from .database import Database
from .errors import SetupError

SCHEMA_VERSION = 1
"""Layout of the system tables this code understands."""

UPGRADES: dict[int, Callable[[Connection], None]] = {}
"""For each version but the first, what leads to it from the one before."""

PREPARE_LOCK = 0x666C_7072
"""Key of the PostgreSQL advisory lock that keeps two starting processes apart."""

_registered: list[sa.MetaData] = [tables.metadata]


def register(metadata: sa.MetaData) -> sa.MetaData:
    """The same collection, now known to `prepare`."""
    if metadata not in _registered:
        _registered.append(metadata)
    return metadata


def registered() -> tuple[sa.MetaData, ...]:
    """All collections announced so far."""
    return tuple(_registered)


def prepare(database: Database, modules: tuple[str, ...] = ()) -> None:
    """Make or upgrade all system tables; does nothing when they are current.

    `modules` are imported first, so that their tables are announced.
    Raises SetupError when the database is newer than this program.
    """
    for module in modules:
        import_module(module)
    with database.writing() as conn:
        if not database.is_sqlite:
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(PREPARE_LOCK)))
        _create(conn, tables.metadata)
        found = _schema_version(conn)
        if found > SCHEMA_VERSION:
            raise SetupError("setup.newer", found=found, known=SCHEMA_VERSION)
        for metadata in _registered:
            _create(conn, metadata)
        for version in range(found + 1, SCHEMA_VERSION + 1) if found else ():
            UPGRADES[version](conn)
        if found != SCHEMA_VERSION:
            _set_schema_version(conn, found)


def _create(conn: Connection, metadata: sa.MetaData) -> None:
    """Make the missing tables, from copies.

    Creating tables that point at each other on PostgreSQL marks their foreign keys as made afterwards, for good:
    the same objects would then make SQLite tables without them.
    """
    copies = sa.MetaData()
    for table in metadata.tables.values():
        table.to_metadata(copies)
    copies.create_all(conn)


def _schema_version(conn: Connection) -> int:
    state = tables.state
    return conn.execute(sa.select(state.c.version).where(state.c.name == "schema")).scalar() or 0


def _set_schema_version(conn: Connection, found: int) -> None:
    state = tables.state
    if found:
        conn.execute(sa.update(state).where(state.c.name == "schema").values(version=SCHEMA_VERSION))
        return
    first = {"schema": SCHEMA_VERSION, "catalog": 0}
    conn.execute(sa.insert(state), [{"name": name, "version": version} for name, version in first.items()])


def require_prepared(conn: Connection) -> None:
    """Nothing, when the system tables are there and as this program knows them. Raises SetupError."""
    try:
        found = _schema_version(conn)
    except sa.exc.DBAPIError:
        raise SetupError("setup.unprepared") from None
    if found != SCHEMA_VERSION:
        code = "setup.newer" if found > SCHEMA_VERSION else "setup.unprepared"
        raise SetupError(code, found=found, known=SCHEMA_VERSION)
