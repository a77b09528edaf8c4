"""Fixtures every test may use: `blank`, a database without tables, and `database`, one with the system tables.

Both come twice, on SQLite and on a real PostgreSQL; to pick one:
`@pytest.mark.parametrize("database", ["sqlite"], indirect=True)`. Each test has a database of its own, copied from
one made once per run.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest

from formloom.metadata import system_tables
from formloom.metadata.database import Database
from formloom.runtime.asgi import extensions
from formloom.runtime.extension import extended
from formloom.runtime.site import TABLE_MODULES
from tests import postgres

KINDS = ("sqlite", "postgresql")
MEMORY = Path("/dev/shm")
ROOM = 6 * 2**30
"""Free bytes at which the databases of a run go into memory. Databases wait for the disk at every commit."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[postgres.RUN] = str(os.getpid())
        keep_files_in_memory()
    programs = postgres.installed_programs()
    if programs is not None and "FORMLOOM_TEST_POSTGRES_URL" not in os.environ:
        # pg_dump and its kin have to be of the server's version.
        os.environ["PATH"] = os.pathsep.join([str(programs), os.environ.get("PATH", "")])


def keep_files_in_memory() -> None:
    """Let this process and those it starts make temporary files in memory, unless there is a TMPDIR or no room."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through everything that was imported, again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    changing = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if changing:
        raise pytest.UsageError(f"give these names that are the same in every process: {changing[:5]}")


@pytest.fixture(params=KINDS)
def blank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database that holds nothing."""
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{tmp_path / 'blank.db'}")
    else:
        yield from on_postgresql()


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the system tables, all of them empty."""
    if request.param == "sqlite":
        copy = tmp_path / "formloom.db"
        shutil.copyfile(request.getfixturevalue("prepared_file"), copy)
        yield from opened(f"sqlite:///{copy}")
    else:
        yield from on_postgresql(prepare)


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the system tables."""
    file = tmp_path_factory.mktemp("prepared") / "formloom.db"
    prepare(f"sqlite:///{file}")
    return file


def on_postgresql(fill: Callable[[str], None] | None = None) -> Iterator[Database]:
    """A new PostgreSQL database, copied from what `fill(url)` has filled once per run; dropped in the end."""
    server = postgres.server()
    name = server.create(server.template(_named(fill), fill)) if fill else server.create()
    try:
        yield from opened(server.url(name))
    finally:
        server.drop(name)


def _named(fill: Callable[[str], None]) -> str:
    """A short name that no other function has."""
    return f"{fill.__name__}_{crc32(f'{fill.__module__}.{fill.__qualname__}'.encode()):08x}"


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
    database = Database(url)
    system_tables.prepare(database, TABLE_MODULES)
    database.close()
