"""Fixtures of the surfaces' tests: `world`, made once for each database, and `who`, each principal in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.prepared import KINDS, copied, prepare
from tests.surfaces.world import World, opened_world


@pytest.fixture(scope="session", params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world. Tests leave it as they found it, but for jobs, imports and sessions."""
    folder = tmp_path_factory.mktemp("surfaces")
    with copied(prepare, folder, request.param) as database, opened_world(database, folder) as found:
        yield found
