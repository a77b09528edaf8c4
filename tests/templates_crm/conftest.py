"""The CRM with its sample data, installed once per run on each kind of database and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from formloom.metadata.database import Database
from formloom.runtime.site import Site
from tests.prepared import copies_of
from tests.runtime.world import site_of
from tests.templates_crm.installed import acting, settle

__all__ = ["acting", "crm", "crm_database"]

crm_database = copies_of(settle)


@pytest.fixture
def crm(crm_database: Database, tmp_path: Path) -> Site:
    """A site with the CRM and its samples."""
    return site_of(crm_database, tmp_path)
