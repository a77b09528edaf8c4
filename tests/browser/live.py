"""A site served on this machine for the length of a test, and a window in which somebody has signed in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Page
from starlette.applications import Starlette

from formloom.rbac import accounts, sessions
from formloom.runtime.context import Context
from formloom.runtime.records import Records
from formloom.runtime.site import Site

PATIENCE = 10

_served: dict[str, Site] = {}


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The address at which the application answers."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    _served[address] = app.state.site
    try:
        yield address
    finally:
        del _served[address]
        server.should_exit = True
        thread.join(PATIENCE)


def sign_in(page: Page, address: str, login: str, password: str | None = None) -> Page:
    """The page, in a window in which somebody has signed in: through the form where a password is given.

    Without one the session is made directly, which saves two pages, and the page is still blank.
    """
    if password is None:
        page.context.add_cookies([{"name": "formloom_session", "value": _session(address, login), "url": address}])
        return page
    page.goto(f"{address}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector("#sidebar", state="attached")
    return page


def _session(address: str, login: str) -> str:
    with _served[address].database.writing() as conn:
        return sessions.start(conn, accounts.find(conn, login))


@contextmanager
def all_records(site: Site) -> Iterator[Records]:
    """The door to a site's rows for whoever prepares it."""
    with site.database.writing() as conn:
        yield Records(Context.system(conn, site.catalog(conn), "rows for a test"))
