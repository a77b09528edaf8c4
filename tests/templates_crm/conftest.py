"""The CRM with its sample data, installed once per run on each kind of database and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from formloom.metadata import packages
from formloom.metadata.database import Database
from formloom.rbac import accounts
from formloom.rbac.access import access_for
from formloom.rbac.actor import load_actor
from formloom.rbac.tables import policy_version
from formloom.runtime import samples
from formloom.runtime.context import Context
from formloom.runtime.site import Site
from tests.conftest import on_postgresql, opened, prepare
from tests.runtime.world import site_of
from tests.templates_crm.package import FOLDER


def settle(url: str) -> None:
    """Make the system tables, install the CRM and load its samples."""
    prepare(url)
    database = Database(url)
    packages.install(database, packages.read(FOLDER), actor="test")
    samples.load(site_of(database, Path()), FOLDER / packages.DEMO)
    database.close()


@pytest.fixture(scope="session")
def settled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the CRM in it."""
    file = tmp_path_factory.mktemp("settled") / "formloom.db"
    settle(f"sqlite:///{file}")
    return file


@pytest.fixture(params=("sqlite", "postgresql"))
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site with the CRM and its samples."""
    if request.param == "sqlite":
        copy = tmp_path / "formloom.db"
        shutil.copyfile(request.getfixturevalue("settled_file"), copy)
        databases = opened(f"sqlite:///{copy}")
    else:
        databases = on_postgresql(settle)
    for database in databases:
        yield site_of(database, tmp_path)


def acting(site: Site, conn, login: str) -> Context:
    """A context in which `login` acts."""
    catalog = site.catalog(conn)
    actor = load_actor(conn, accounts.find(conn, login), policy_version(conn))
    assert actor is not None
    return Context(conn, catalog, access_for(catalog, actor), site.settings)
