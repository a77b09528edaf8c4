"""Changes of a catalog of 200 entities × 40 fields: a field at a million rows, the rebuild, a formula in use."""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from formloom.metadata import changesets, reading, store
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.runtime import changing
from tests import postgres
from tests.bench.stage import KINDS
from tests.bench.table import Line, milliseconds, p95, timed
from tests.prepared import prepare

ENTITIES, FIELDS = 200, 40
SIZE, QUICK_SIZE = 1_000_000, 20_000
FORMULA_SIZE = 100_000
LIMIT = 1.0
"""Seconds from a preview to the commit."""
REBUILD_LIMIT = 300.0
"""Milliseconds."""
WAIT_LIMIT = 50.0
"""Milliseconds a page takes at most, whatever is going on: that of a list page."""

TYPES = ("text", "integer", "money", "date", "boolean", "datetime", "email", "textarea")


def measure(quick: bool) -> Iterator[Line]:
    """Lines for both databases."""
    for kind in KINDS:
        with _database(kind) as database:
            yield from _of(database, kind, quick)


@contextmanager
def _database(kind: str) -> Iterator[Database]:
    """A prepared database with the catalog, its first table filled by the measure."""
    with ExitStack() as stack:
        if kind == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
        else:
            os.environ.setdefault(postgres.RUN, str(os.getpid()))
            server = postgres.server()
            name = server.create()
            stack.callback(server.drop, name)
            url = server.url(name)
        prepare(url)
        database = Database(url)
        stack.callback(database.close)
        changesets.apply(database, [Edit.put(_entity(number)) for number in range(ENTITIES)], "bench")
        yield database


def _entity(number: int, *more: dict[str, Any], formula: str = "f1 + 1") -> dict[str, Any]:
    fields: list[dict[str, Any]] = [{"key": "name", "type": "text", "label": "Name", "indexed": True}]
    fields += [{"key": f"f{n}", "type": TYPES[n % len(TYPES)], "label": f"F{n}"} for n in range(FIELDS - 3)]
    fields.append({"key": "total", "type": "formula", "formula": formula, "result": "integer", "label": "Total"})
    fields.append({"key": "up", "type": "relation", "target": f"e{(number + 1) % ENTITIES}", "label": "Up"})
    return {
        "kind": "entity",
        "key": f"e{number}",
        "label": f"E{number}",
        "title": "name",
        "fields": [*fields, *more],
    }


def _fill(database: Database, size: int) -> None:
    """Rows of the first entity: one thousand, then what is there again and again."""
    with database.reading() as conn:
        table = store.catalog_for(conn).tables["e0"]
    now = datetime(2026, 1, 2, tzinfo=UTC)
    row = {"created_at": now, "updated_at": now, "total": 8, "f1": 7}
    with database.writing() as conn:
        conn.execute(sa.insert(table), [{**row, "name": f"n{n}", "f0": f"text {n}"} for n in range(1_000)])
        there = 1_000
        names = [column.name for column in table.columns if column.name not in ("id", "rev")]
        while there < size:
            more = sa.select(*(table.c[name] for name in names)).limit(size - there)
            conn.execute(sa.insert(table).from_select(names, more))
            there = min(2 * there, size)


def _of(database: Database, kind: str, quick: bool) -> Iterator[Line]:
    size = QUICK_SIZE if quick else SIZE
    formula_size = QUICK_SIZE if quick else FORMULA_SIZE
    _fill(database, formula_size)
    yield from _formula(database, kind, formula_size)
    _fill(database, size - formula_size or 1_000)
    yield from _field(database, kind, size)
    yield from _rebuild(database, kind)


def _field(database: Database, kind: str, size: int) -> Iterator[Line]:
    """Preview and apply of one field more, as a designer does it."""
    spent, shown = [], []
    for number in range(3):
        more = [{"key": f"more{n}", "type": "text", "label": "More"} for n in range(number + 1)]
        edit = Edit.put(_entity(0, *more, formula="f1 * 2"))
        with timed() as previewed, database.reading() as conn:
            changesets.preview(conn, [edit])
        with timed() as applied:
            changesets.apply(database, [edit], "bench")
        spent.append(previewed() + applied())
        shown.append(f"{previewed():.2f}+{applied():.2f}")
    what = f"one field more, {ENTITIES} × {FIELDS} fields, {size:,} rows, {kind}"
    yield Line(what, statistics.median(spent), LIMIT, "s median", " ".join(shown))


def _rebuild(database: Database, kind: str) -> Iterator[Line]:
    """What another process does when it sees that the version has moved."""
    spent = []
    for number in range(5):
        document = _entity(1, {"key": f"r{number}", "type": "text", "label": "R"})
        changesets.apply(database, [Edit.put(document)], "bench", allow_destructive=True)
        with database.reading() as conn:
            spent += milliseconds(lambda conn=conn: store.load_catalog(conn), 1, 0)  # type: ignore[misc]
    what = f"rebuilding the catalog of {ENTITIES} × {FIELDS}, {kind}"
    yield Line(what, statistics.median(spent), REBUILD_LIMIT, "ms median")
    what = f"building it as a process that begins, {kind}"
    yield Line(what, statistics.median(_cold(database)), REBUILD_LIMIT, "ms median")


def _cold(database: Database) -> list[float]:
    """How long the catalog takes that knows nothing of an earlier one, in milliseconds."""
    spent = []
    for _ in range(3):
        reading.forget_known()
        with database.reading() as conn:
            spent += milliseconds(lambda conn=conn: store.load_catalog(conn), 1, 0)  # type: ignore[misc]
    return spent


def _formula(database: Database, kind: str, size: int) -> Iterator[Line]:
    """Another formula as a job does it, while somebody reads."""
    payload = {"edits": [{"op": "put", "document": _entity(0, formula="f1 * 2")}], "actor": "bench"}
    told: list[int] = []
    with _reading(database) as waits, timed() as lasted:
        changing.carry_out(database, payload, 1, database.writing, lambda done, total, message: told.append(done))
    yield Line(f"another formula over {size:,} rows, {kind}", lasted(), None, "s", f"told {len(told)} times")
    beside = f"longest {max(waits):.0f}, {len(waits)} reads"
    yield Line(f"  reading a page meanwhile, {kind}", p95(waits), WAIT_LIMIT, "ms p95", beside)


@contextmanager
def _reading(database: Database) -> Iterator[list[float]]:
    """Somebody who reads a page again and again; how long each took, in milliseconds."""
    stop, waits = threading.Event(), list[float]()

    def read() -> None:
        while not stop.is_set():
            start = time.perf_counter()
            with database.reading() as conn:
                conn.exec_driver_sql("SELECT id, name, total FROM r_e0 ORDER BY id DESC LIMIT 50").fetchall()
            waits.append((time.perf_counter() - start) * 1000)
            time.sleep(0.005)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield waits
    finally:
        stop.set()
        reader.join()
