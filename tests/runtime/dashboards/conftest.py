"""Fixtures of the dashboards' tests: `crm` with its samples, and `offices`, companies one sees more or less of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.metadata.database import Database
from formloom.runtime.site import Site
from tests.conftest import on_postgresql, opened
from tests.runtime.dashboards.boards import prepare_offices
from tests.runtime.world import site_of
from tests.templates_crm.conftest import crm, settled_file

__all__ = ["crm", "settled_file"]


@pytest.fixture(scope="session")
def offices_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the offices in it."""
    file = tmp_path_factory.mktemp("offices") / "formloom.db"
    prepare_offices(f"sqlite:///{file}")
    return file


@pytest.fixture(params=("sqlite", "postgresql"))
def offices(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site with companies and deals and people who see more or less of them."""
    databases: Iterator[Database]
    if request.param == "sqlite":
        copy = tmp_path / "formloom.db"
        shutil.copyfile(request.getfixturevalue("offices_file"), copy)
        databases = opened(f"sqlite:///{copy}")
    else:
        databases = on_postgresql(prepare_offices)
    for database in databases:
        yield site_of(database, tmp_path)
