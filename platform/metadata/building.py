"""Indexes of big tables, built while everybody works on: PostgreSQL can, SQLite has them built in the changeset.

An index is built under a hidden name, which is written down first. One that a crash, a cancelled job or a doubled
value left half built is not valid: it is dropped and built anew, or dropped for good with its job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection
from sqlalchemy.sql import quoted_name

from .crash import crash_point
from .database import Database
from .errors import PlanError
from .physical import new_metadata
from .tables import building as building_table

Progress = Callable[[float], None]
"""Told how much of an index is built, from 0 to 1; may raise to stop it."""

LOOK_SECONDS = 0.3

_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
_DONE = """SELECT sum(blocks_done + tuples_done), sum(blocks_total + tuples_total)
    FROM pg_stat_progress_create_index WHERE index_relid = to_regclass(%s)"""


def hidden_name(number: int, place: int) -> str:
    """What the index at a place of a job's list is called until it is published."""
    return f"x_0_{number}_index_{place}"


def build(database: Database, number: int, index: sa.Index, name: str, progress: Progress) -> None:
    """Build an index beside its table's life under a hidden name, unless that has been done.

    Raises PlanError (`plan.duplicates`) where a unique one meets a value twice, and what `progress` raises.
    """
    table = index.table
    assert table is not None
    with database.writing() as conn:
        row = {"name": name, "job": number, "table_name": table.name}
        conn.execute(insert(building_table).values(row).on_conflict_do_nothing())
    _await_others(database, name, progress)
    found = _is_valid(database, name)
    if found is False:
        _drop(database, name)
    if not found:
        crash_point("index.begin")
        _Builder(database, _copied(table, index, name)).build(progress)
        crash_point("index.built")


def _copied(table: sa.Table, index: sa.Index, name: str) -> sa.Index:
    """The index under another name, on a copy of its table."""
    copies = table.to_metadata(new_metadata()).indexes
    copy = next(one for one in copies if one.name == index.name)
    copy.name = quoted_name(name, None)
    copy.dialect_options["postgresql"]["concurrently"] = True
    return copy


class _Builder:
    """Builds in a thread of its own, so that progress can be told and the work be stopped."""

    def __init__(self, database: Database, index: sa.Index) -> None:
        self.database, self.index = database, index
        self.backend = 0
        self.error: BaseException | None = None

    def build(self, progress: Progress) -> None:
        """Build it. Raises PlanError, sqlalchemy.exc.DBAPIError, and what `progress` raises."""
        worker = threading.Thread(target=self._work, name="formloom-index", daemon=True)
        worker.start()
        try:
            while worker.is_alive():
                worker.join(LOOK_SECONDS)
                progress(_part_done(self.database, str(self.index.name)))
        except BaseException:
            self._stop()
            worker.join()
            raise
        if isinstance(self.error, sa.exc.IntegrityError):
            _drop(self.database, str(self.index.name))
            raise PlanError("plan.duplicates") from self.error
        if self.error is not None:
            raise self.error

    def _work(self) -> None:
        try:
            with _at_once(self.database) as conn:
                self.backend = conn.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
                # It waits for whoever was at work before it, however long that takes.
                conn.exec_driver_sql("SET lock_timeout = 0")
                try:
                    conn.execute(sa.schema.CreateIndex(self.index))
                finally:
                    conn.exec_driver_sql("RESET lock_timeout")
        except BaseException as error:
            self.error = error

    def _stop(self) -> None:
        with suppress(sa.exc.DBAPIError), self.database.reading() as conn:
            conn.execute(sa.select(sa.func.pg_cancel_backend(self.backend)))


def _await_others(database: Database, name: str, progress: Progress) -> None:
    """Wait while the server still builds what a process began that is no more."""
    while True:
        with database.reading() as conn:
            at_work = conn.exec_driver_sql(_DONE, (name,)).one()[1] is not None
        if not at_work:
            return
        progress(_part_done(database, name))
        time.sleep(LOOK_SECONDS)


def _part_done(database: Database, name: str) -> float:
    with database.reading() as conn:
        done, total = conn.exec_driver_sql(_DONE, (name,)).one()
    return min(1.0, float(done) / float(total)) if total else 0.0


def _is_valid(database: Database, name: str) -> bool | None:
    with database.reading() as conn:
        return is_valid(conn, name)


def is_valid(conn: Connection, name: str) -> bool | None:
    """Whether an index can be used; None where there is none."""
    found: bool | None = conn.exec_driver_sql(_VALID, (name,)).scalar()
    return found


def _at_once(database: Database) -> Connection:
    """A connection whose statements take effect by themselves: these cannot be part of a transaction."""
    return database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _drop(database: Database, name: str) -> None:
    with _at_once(database) as conn:
        conn.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {conn.dialect.identifier_preparer.quote(name)}")


def adopt(conn: Connection, hidden: str, name: str) -> None:
    """Give an index that is ready its name."""
    quote = conn.dialect.identifier_preparer.quote
    conn.exec_driver_sql(f"ALTER INDEX {quote(hidden)} RENAME TO {quote(name)}")
    conn.execute(sa.delete(building_table).where(building_table.c.name == hidden))


def hidden_indexes(conn: Connection) -> dict[str, int]:
    """The names of indexes that are being built or were left, each with the number of its job."""
    return {row.name: row.job for row in conn.execute(sa.select(building_table))}


def abandon(conn: Connection, names: Collection[str]) -> None:
    """Drop hidden indexes, built or half built."""
    for name in sorted(names):
        conn.exec_driver_sql(f"DROP INDEX IF EXISTS {conn.dialect.identifier_preparer.quote(name)}")
    conn.execute(sa.delete(building_table).where(building_table.c.name.in_(sorted(names))))
