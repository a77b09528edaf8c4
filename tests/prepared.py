"""Databases that are filled once per run and copied for each test, on SQLite and on PostgreSQL.

What fills one is a function `fill(url)` of a module. `copies_of(fill)` makes a fixture of it: every test that asks
for it gets a database of its own, on both kinds in turn, for a few milliseconds however much is in it. All
processes of a run share what was filled first.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from formloom.metadata import system_tables
from formloom.metadata.database import Database
from formloom.runtime.asgi import extensions
from formloom.runtime.extension import extended
from formloom.runtime.site import TABLE_MODULES
from tests import postgres

KINDS = ("sqlite", "postgresql")
Fill = Callable[[str], None]


def copies_of(fill: Fill, kinds: Sequence[str] = KINDS) -> Any:
    """A fixture: a database that holds what `fill` makes, on each of these kinds."""

    @pytest.fixture(params=kinds if len(kinds) > 1 else None)
    def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
        with copied(fill, tmp_path, getattr(request, "param", kinds[0])) as database:
            yield database

    return copy


@contextmanager
def copied(fill: Fill, folder: Path, kind: str = "sqlite") -> Iterator[Database]:
    """A new database that holds what `fill` makes; one on SQLite is kept in `folder`."""
    with on_sqlite(fill, folder) if kind == "sqlite" else on_postgresql(fill) as database:
        yield database


@contextmanager
def on_sqlite(fill: Fill, folder: Path) -> Iterator[Database]:
    """A new file in `folder`, copied from what `fill` has filled once per run."""
    file = folder / "formloom.db"
    shutil.copyfile(prepared_file(fill), file)
    with opened(f"sqlite:///{file}") as database:
        yield database


@contextmanager
def on_postgresql(fill: Fill | None = None) -> Iterator[Database]:
    """A new PostgreSQL database, copied from what `fill` has filled once per run; dropped in the end."""
    server = postgres.server()
    name = server.create(server.template(named(fill), fill)) if fill else server.create()
    try:
        with opened(server.url(name)) as database:
            yield database
    finally:
        server.drop(name)


def prepared_file(fill: Fill) -> Path:
    """The SQLite file that `fill` has filled, to be copied and not to be written."""
    file = postgres.folder_of_run() / f"{named(fill)}.db"
    if not file.exists():
        with postgres.locked(file.stem):
            if not file.exists():
                made = file.with_suffix(".making")
                fill(f"sqlite:///{made}")
                made.rename(file)
    return file


def named(fill: Fill) -> str:
    """A short name that no other function has."""
    return f"{fill.__name__}_{crc32(f'{fill.__module__}.{fill.__qualname__}'.encode()):08x}"


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database at an address; its connections are given back in the end."""
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def prepare(url: str) -> None:
    """Make the system tables of every package."""
    extended(extensions())
    with opened(url) as database:
        system_tables.prepare(database, TABLE_MODULES)
