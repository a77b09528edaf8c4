"""Fixtures of the run time's tests: `world`, a database with documents and people, and `visitor`, a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.metadata.database import Database
from tests.conftest import on_postgresql, opened, prepare
from tests.runtime.world import Visitor, found, site_of


def furnish(url: str) -> None:
    """Make the system tables and the world of the tests."""
    prepare(url)
    database = Database(url)
    found(database)
    database.close()


@pytest.fixture(scope="session")
def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the world in it."""
    file = tmp_path_factory.mktemp("furnished") / "formloom.db"
    furnish(f"sqlite:///{file}")
    return file


@pytest.fixture(params=("sqlite", "postgresql"))
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with companies, deals, grants and people, but no rows."""
    if request.param == "sqlite":
        copy = tmp_path / "formloom.db"
        shutil.copyfile(request.getfixturevalue("furnished_file"), copy)
        yield from opened(f"sqlite:///{copy}")
    else:
        yield from on_postgresql(furnish)


@pytest.fixture
def visitor(world: Database, tmp_path: Path) -> Visitor:
    """A browser nobody has signed in with."""
    return Visitor(site_of(world, tmp_path))
