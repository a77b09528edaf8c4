"""The fixture `shop`: a database with the tables and people of the links' tests, and no rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.metadata.database import Database
from tests.conftest import on_postgresql, opened, prepare
from tests.runtime.links.shop import furnish


def furnish_shop(url: str) -> None:
    """Make the system tables and the shop."""
    prepare(url)
    furnish(url)


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the shop in it."""
    file = tmp_path_factory.mktemp("shop") / "formloom.db"
    furnish_shop(f"sqlite:///{file}")
    return file


@pytest.fixture(params=("sqlite", "postgresql"))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the shop's tables and people."""
    if request.param == "sqlite":
        copy = tmp_path / "formloom.db"
        shutil.copyfile(request.getfixturevalue("shop_file"), copy)
        yield from opened(f"sqlite:///{copy}")
    else:
        yield from on_postgresql(furnish_shop)
