"""The import of a large workbook, against reading it and inserting its rows with nothing checked or logged."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import Connection

from formloom.importers import staging
from formloom.importers.options import Options
from formloom.importers.run import ImportRun
from formloom.importers.tasks import context_of
from formloom.rbac import accounts
from tests.bench.stage import KINDS, SELLER, Stage, staged
from tests.bench.table import Line
from tests.bench.workbook import HEADERS, workbook

ROWS, QUICK_ROWS = 100_000, 2_000
LIMIT = 2.0
BARE = "bare_account"


def measure(quick: bool) -> Iterator[Line]:
    """A line for each database."""
    rows = QUICK_ROWS if quick else ROWS
    path = workbook(rows)
    for kind in KINDS:
        with staged(kind) as stage:
            yield compared(stage, path, rows)


def compared(stage: Stage, path: Path, rows: int) -> Line:
    """Our import beside the bare one, of the same rows into tables of the same shape."""
    run = prepared(stage, path)
    ours, ours_busy = _lasting(run.apply)
    table, stored = _bare_table(stage, rows)
    bare, bare_busy = min(_bare_import(stage, path, table, stored) for _ in range(2))
    return Line(
        f"import of {rows:,} × {len(HEADERS)}, {stage.kind}",
        ours / bare,
        LIMIT,
        "times bare",
        f"{ours:.2f} s, bare {bare:.2f} s; processor {ours_busy:.2f} s, bare {bare_busy:.2f} s",
    )


def prepared(stage: Stage, path: Path) -> ImportRun:
    """An import as the wizard leaves it, ready to be applied."""
    digest = staging.keep_file(stage.site.settings.data_dir, path.read_bytes())
    options = Options(on_duplicate="error", key=("external_id",), mode="all")
    with stage.database.writing() as conn:
        user = accounts.find(conn, SELLER)
        ctx = context_of(stage.site, conn, user)
        record = staging.find(conn, staging.stage(ctx, "account", path.name, digest, options), None)

    def context(conn: Connection) -> Any:
        return context_of(stage.site, conn, user)

    return ImportRun(stage.database, record, context, stage.database.writing, lambda done, total: None)


def _lasting(act: Callable[[], Any]) -> tuple[float, float]:
    """(seconds, seconds of this process's processor time)."""
    start, busy = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - start, time.process_time() - busy


def _bare_table(stage: Stage, rows: int) -> tuple[sa.Table, list[dict[str, Any]]]:
    """A second table with the same columns, keys and indexes, and what the import has written into the first."""
    with stage.database.writing() as conn:
        catalog = stage.site.catalog(conn)
        table = catalog.table("account")
        stored = [dict(row) for row in conn.execute(sa.select(table)).mappings()]
        assert len(stored) == rows, len(stored)
    metadata = sa.MetaData()
    return sa.Table(
        BARE, metadata, *(sa.Column(c.name, c.type, primary_key=c.primary_key) for c in table.c)
    ), stored


def _shape(conn: Connection) -> list[str]:
    """The statements that make the second table."""
    if conn.dialect.name == "sqlite":
        found = "SELECT sql FROM sqlite_master WHERE tbl_name = 'r_account' AND sql > '' ORDER BY type DESC"
    else:
        found = (
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'r_account'::regclass "
            "AND contype = 'f'"
        )
    parts = list(conn.exec_driver_sql(found).scalars())
    if conn.dialect.name == "sqlite":
        return [re.sub(r"\br_account\b", BARE, re.sub(r"\b(ix|uq)_account", r"\1_bare", part)) for part in parts]
    copy = f"CREATE TABLE {BARE} (LIKE r_account INCLUDING ALL)"
    return [copy, *(f"ALTER TABLE {BARE} ADD {part.replace('r_account(', f'{BARE}(')}" for part in parts)]


def _bare_import(stage: Stage, path: Path, table: sa.Table, stored: list[dict[str, Any]]) -> tuple[float, float]:
    """As `_lasting`, of the bare import into an empty table."""
    with stage.database.writing() as conn:
        conn.exec_driver_sql(f"DROP TABLE IF EXISTS {BARE}")
        for statement in _shape(conn):
            conn.exec_driver_sql(statement)
    if stage.database.is_sqlite:
        # Begin with an empty log of the database, as our import did.
        with stage.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def act() -> None:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        assert len(rows) == len(stored) + 1
        with stage.database.writing() as conn:
            conn.execute(sa.insert(table), stored)

    return _lasting(act)
