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
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.metadata.database import Database
from formloom.rbac import passwords
from tests import postgres
from tests.prepared import KINDS, copies_of, on_postgresql, opened, prepare

CHOSEN = passwords._hasher
MEMORY = Path("/dev/shm")
ROOM = 6 * 2**30
"""Free bytes at which the databases of a run go into memory. Databases wait for the disk at every commit."""


def pytest_configure(config: pytest.Config) -> None:
    passwords._hasher = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
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


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed at the cost that was chosen; elsewhere in the tests at next to none."""
    monkeypatch.setattr(passwords, "_hasher", CHOSEN)


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
    with opened(f"sqlite:///{tmp_path / 'blank.db'}") if request.param == "sqlite" else on_postgresql() as made:
        yield made


database = copies_of(prepare)
"""A database with the system tables, all of them empty."""
