"""The database door: engines set up so that transactions mean the same on SQLite and PostgreSQL.

Out of the box the SQLite driver commits DDL behind our back and starts write transactions too late ("database is
locked"). Here the driver's own transaction handling is off; we begin ourselves: `reading()` takes a snapshot,
`writing()` takes the write lock at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import Connection, Engine, make_url

from .formula.sqlite import functions as formula_functions

BUSY_TIMEOUT_MS = 15_000

PING_AFTER = 5.0
"""Seconds after which a connection to PostgreSQL is asked whether it still lives before it is used again."""


class Database:
    """An engine and its two kinds of transaction. `url` is SQLAlchemy's; `postgresql://` means psycopg 3."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        self.url = address
        self.is_sqlite = address.get_backend_name() == "sqlite"
        make_engine = _sqlite_engine if self.is_sqlite else _postgres_engine
        self.engine = make_engine(address, pool_size)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a transaction that only reads; rolled back at the end."""
        with self.engine.connect() as conn, conn.begin() as transaction:
            yield conn
            if transaction.is_active:
                transaction.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that holds the right to write; committed, or rolled back on error."""
        conn = self.engine.connect().execution_options(formloom_write=True)
        with conn, conn.begin():
            yield conn

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A write transaction in which SQLite's foreign keys are off, as a table rebuild needs.

        Dropping the old copy of a table would fire ON DELETE on its children; the pragma has no effect inside a
        transaction, so it is set before. All foreign keys are checked before the commit.
        Raises sqlalchemy.exc.IntegrityError when one dangles.
        """
        if not self.is_sqlite:
            with self.writing() as conn:
                yield conn
            return
        raw = self.engine.connect().execution_options(formloom_write=True)
        with raw as conn:
            driver = conn.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with conn.begin():
                    yield conn
                    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise sa.exc.IntegrityError("PRAGMA foreign_key_check", None, Exception(str(broken[:5])))
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def close(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


class _HintingCompiler(SQLiteCompiler):
    """Writes hints on tables, `INDEXED BY …`, which SQLAlchemy leaves out for SQLite."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """The hint as it is."""
        return text


def _sqlite_engine(address: sa.URL, pool_size: int) -> Engine:
    engine = sa.create_engine(
        address,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=pool_size,
        max_overflow=20,
        poolclass=sa.QueuePool,
    )

    engine.dialect.statement_compiler = _HintingCompiler
    functions = formula_functions()

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for name, count, function in functions:
            connection.create_function(name, count, function, deterministic=True)
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        write = conn.get_execution_options().get("formloom_write")
        conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def begin_limited(driver: Any, milliseconds: int) -> None:
    """Begin a transaction of PostgreSQL's driver in which each statement may run that long.

    Both go in one round trip, past the driver's own BEGIN, which it leaves out where a transaction has begun.
    Raises psycopg.OperationalError.
    """
    from psycopg import OperationalError, pq

    limit = f"SET LOCAL statement_timeout = {milliseconds:d}"
    begun = driver.pgconn.transaction_status != pq.TransactionStatus.IDLE
    done = driver.pgconn.exec_((limit if begun else f"BEGIN; {limit}").encode())
    if done.status != pq.ExecStatus.COMMAND_OK:
        raise OperationalError(done.error_message.decode(errors="replace"))


def _postgres_engine(address: sa.URL, pool_size: int) -> Engine:
    engine = sa.create_engine(
        address,
        pool_size=pool_size,
        max_overflow=20,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=15000"},
    )

    @event.listens_for(engine, "checkin")
    def _leave(connection: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ping(connection: Any, record: Any, proxy: Any) -> None:
        """Ask a connection that was left alone whether it still lives; the pool gives another if not."""
        if time.monotonic() - record.info.get("left", math.inf) < PING_AFTER:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DisconnectionError() from error

    return engine
