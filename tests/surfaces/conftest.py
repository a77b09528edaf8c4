"""Fixtures of the surfaces' tests: `world`, made once for each database, and `who`, each principal in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import on_postgresql, opened, prepare
from tests.surfaces.world import World, opened_world


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world. Tests leave it as they found it, but for jobs, imports and sessions."""
    folder = tmp_path_factory.mktemp("surfaces")
    with (
        _prepared(request.param, f"sqlite:///{folder / 'world.db'}") as database,
        opened_world(database, folder) as found,
    ):
        yield found


@contextmanager
def _prepared(kind: str, url: str) -> Iterator:
    if kind == "sqlite":
        prepare(url)
        yield from opened(url)
    else:
        yield from on_postgresql(prepare)
