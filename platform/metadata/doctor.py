"""Looks for anything in a database that should not be so, and changes nothing.

Packages above this one add examinations of their own with `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import checks, store, system_tables
from .building import hidden_indexes
from .catalog import Catalog
from .database import Database
from .drift import drift
from .tables import changeset as changeset_table
from .tables import document as document_table
from .wording import say


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be; its sentence is `doctor.<code>`."""

    code: str
    data: dict[str, Any] = field(default_factory=dict)

    def message(self, lang: str) -> str:
        """What is wrong."""
        return say(f"doctor.{self.code}", lang, **self.data)


Examination = Callable[[Connection, Catalog], Iterable[Problem]]

_registered: list[Examination] = []


def register(examination: Examination) -> Examination:
    """The same function, now part of every visit. It runs in a reading transaction."""
    if examination not in _registered:
        _registered.append(examination)
    return examination


def doctor(database: Database) -> list[Problem]:
    """Everything that is wrong; empty is healthy. Raises SetupError when the database was never prepared."""
    with database.reading() as conn:
        system_tables.require_prepared(conn)
        problems = [*_integrity(conn), *_system_tables(conn), *_versions(conn)]
        documents = store.load(conn)
        findings = [f for f in checks.check(documents) if f.severity == "error"]
        problems += [Problem("finding", {"line": finding.line("en")}) for finding in findings]
        if findings:
            return problems
        catalog = store.load_catalog(conn)
        problems += _drifts(conn, catalog)
        if not problems:
            problems += [problem for examine in _registered for problem in examine(conn, catalog)]
    return problems


def _integrity(conn: Connection) -> Iterator[Problem]:
    if conn.dialect.name != "sqlite":
        query = "SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1"
        yield from (Problem("not_validated", {"name": row[0]}) for row in conn.exec_driver_sql(query))
        query = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
        known = hidden_indexes(conn)
        found = [row[0] for row in conn.exec_driver_sql(query)]
        yield from (Problem("invalid_index", {"name": name}) for name in found if name not in known)
        return
    for row in conn.exec_driver_sql("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield Problem("integrity", {"reason": row[0]})
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    for table, target in sorted({(row[0], row[2]) for row in broken}):
        count = sum(row[0] == table and row[2] == target for row in broken)
        yield Problem("dangling", {"table": table, "target": target, "count": count})


def _system_tables(conn: Connection) -> Iterator[Problem]:
    existing = set(sa.inspect(conn).get_table_names())
    for metadata in system_tables.registered():
        yield from (
            Problem("drift.missing_table", {"table": n, "name": ""}) for n in metadata.tables if n not in existing
        )


def _versions(conn: Connection) -> Iterator[Problem]:
    """The version row, the log and the documents tell the same story: no changeset is half there."""
    version = store.current_version(conn)
    logged = conn.execute(sa.select(sa.func.max(changeset_table.c.number))).scalar() or 0
    written = conn.execute(sa.select(sa.func.max(document_table.c.changeset))).scalar() or 0
    count = conn.execute(sa.select(sa.func.count()).select_from(changeset_table)).scalar_one()
    if not version == logged == count or written > version:
        yield Problem("versions", {"version": version, "logged": logged, "count": count, "written": written})


def _drifts(conn: Connection, catalog: Catalog) -> Iterator[Problem]:
    for difference in drift(conn, catalog):
        yield Problem(f"drift.{difference.code}", {"table": difference.table, "name": difference.name})
