"""Fixtures every test may use: `blank`, a database without tables, and `database`, one with the system tables.

Both come twice, on SQLite and on a real PostgreSQL; to pick one:
`@pytest.mark.parametrize("database", ["sqlite"], indirect=True)`. Each test has a database of its own, copied from
one made once per run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.metadata.database import Database
from tests import postgres

KINDS = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[postgres.RUN] = str(os.getpid())


@pytest.fixture(params=KINDS)
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that holds nothing."""
    if request.param == "sqlite":
        yield from _closing(Database(f"sqlite:///{tmp_path / 'blank.db'}"))
        return
    server = postgres.server()
    name = server.create()
    yield from _closing(Database(server.url(name)))
    server.drop(name)


def _closing(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()
