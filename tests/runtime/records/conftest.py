"""The fixture `office`: a database with the tables and people of the records' tests, and no rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.metadata.database import Database
from tests.conftest import on_postgresql, opened, prepare
from tests.runtime.records.office import furnish


def furnish_office(url: str) -> None:
    """Make the system tables and the office."""
    prepare(url)
    furnish(url)


@pytest.fixture(scope="session")
def office_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the office in it."""
    file = tmp_path_factory.mktemp("office") / "formloom.db"
    furnish_office(f"sqlite:///{file}")
    return file


@pytest.fixture(params=("sqlite", "postgresql"))
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the office's tables and people."""
    if request.param == "sqlite":
        copy = tmp_path / "formloom.db"
        shutil.copyfile(request.getfixturevalue("office_file"), copy)
        yield from opened(f"sqlite:///{copy}")
    else:
        yield from on_postgresql(furnish_office)
