"""Fixtures of the dashboards' tests: `crm` with its samples, and `offices`, companies one sees more or less of."""

from __future__ import annotations

from pathlib import Path

import pytest

from formloom.metadata.database import Database
from formloom.runtime.site import Site
from tests.prepared import copies_of
from tests.runtime.dashboards.boards import prepare_offices
from tests.runtime.world import site_of
from tests.templates_crm.conftest import crm, crm_database

__all__ = ["crm", "crm_database"]

offices_database = copies_of(prepare_offices)


@pytest.fixture
def offices(offices_database: Database, tmp_path: Path) -> Site:
    """A site with companies and deals and people who see more or less of them."""
    return site_of(offices_database, tmp_path)
