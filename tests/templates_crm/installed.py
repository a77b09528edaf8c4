"""The CRM installed, and what its people do there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import Connection

from formloom.metadata import packages
from formloom.rbac import accounts
from formloom.rbac.access import access_for
from formloom.rbac.actor import load_actor
from formloom.rbac.tables import policy_version
from formloom.runtime import samples
from formloom.runtime.context import Context
from formloom.runtime.site import Site
from tests.prepared import opened, prepare
from tests.runtime.world import site_of
from tests.templates_crm.package import FOLDER


def settle(url: str) -> None:
    """Make the system tables, install the CRM and load its samples."""
    prepare(url)
    with opened(url) as database:
        packages.install(database, packages.read(FOLDER), actor="test")
        samples.load(site_of(database, Path()), FOLDER / packages.DEMO)


def acting(site: Site, conn: Connection, login: str) -> Context:
    """A context in which `login` acts."""
    catalog = site.catalog(conn)
    actor = load_actor(conn, accounts.find(conn, login), policy_version(conn))
    assert actor is not None
    return Context(conn, catalog, access_for(catalog, actor), site.settings)
