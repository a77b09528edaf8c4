"""Fixtures of the run time's tests: `world`, a database with documents and people, and `visitor`, a browser.

A file whose tests need more in the world makes a `world` of its own, filled once: `world = copies_of(furnish)`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from formloom.metadata.database import Database
from tests.prepared import copies_of
from tests.runtime.world import Visitor, furnish, site_of

world = copies_of(furnish)
"""A database with companies, deals, grants and people, but no rows."""


@pytest.fixture
def visitor(world: Database, tmp_path: Path) -> Visitor:
    """A browser nobody has signed in with."""
    return Visitor(site_of(world, tmp_path))
