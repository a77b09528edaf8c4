"""A running installation: its settings and database, opened with one clear sentence when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from sqlalchemy import exc
from sqlalchemy.engine import Connection

from ..metadata import store, system_tables
from ..metadata.catalog import Catalog
from ..metadata.database import Database
from ..metadata.errors import SetupError
from .files.opening import open_store
from .files.store import Store
from .settings import Settings

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from .context import Context
    from .http.call import Call
    from .http.problem import Problem

TABLE_MODULES = (
    "formloom.rbac.tables",
    "formloom.runtime.job_queue",
    "formloom.runtime.changelog",
    "formloom.runtime.api.idempotency",
    "formloom.runtime.records.sequences",
    "formloom.runtime.files.tables",
    "formloom.runtime.design.drafts",
)
"""Modules that announce system tables when they are imported."""

ErrorPage = Callable[["Context | None", "Call", "Problem"], "Response"]
"""Renders a problem in the shell of the pages."""


def no_wake() -> None:
    """Nobody waits for jobs in this process."""


class Site:
    """One per process: what every request, command and job needs to begin."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.files: Store = open_store(settings)
        self.wake_jobs: Callable[[], None] = no_wake
        self.works = False
        """Whether this process does jobs, so that long work may wait for one."""
        self.error_page: ErrorPage | None = None
        self.routes: Sequence[BaseRoute] = ()

    def catalog(self, conn: Connection, version: int | None = None) -> Catalog:
        """The catalog this transaction should see. Queries: 1, or 0 when the version is known."""
        return store.catalog_for(conn, version)

    def close(self) -> None:
        """Give back the database's connections."""
        self.database.close()


_opened: ContextVar[list[Site] | None] = ContextVar("opened", default=None)


@contextmanager
def closing_sites() -> Iterator[None]:
    """A stretch of work at whose end every site opened in it gives back its connections."""
    opened: list[Site] = []
    token = _opened.set(opened)
    try:
        yield
    finally:
        _opened.reset(token)
        for site in opened:
            site.close()


def open_site(settings: Settings) -> Site:
    """The site, its data directory, secret and system tables ready. Raises SetupError."""
    settings = settings.prepared()
    try:
        database = Database(settings.url, pool_size=settings.pool_size)
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
        raise SetupError("setup.database_url", reason=str(error)[:200]) from error
    try:
        system_tables.prepare(database, TABLE_MODULES)
    except exc.DBAPIError as error:
        database.close()
        address = database.url.render_as_string(hide_password=True)
        raise SetupError("setup.database", address=address, reason=_first_line(error)) from error
    site = Site(settings, database)
    opened = _opened.get()
    if opened is not None:
        opened.append(site)
    return site


def _first_line(error: exc.DBAPIError) -> str:
    return str(error.orig).strip().split("\n")[0][:200]
