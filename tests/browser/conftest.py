"""`browser`, one headless Chromium per test process, and `page`, a new window that fails on any breach.

`site` and `address` serve whatever database a file prepares: `database = copies_of(fill, ("sqlite",))`. `window`
opens windows of other sizes, signed in.

A page of ours makes no request to another host, breaks no content security policy and throws no error: the test
that used it fails if it did, wherever it looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from formloom.metadata.database import Database
from formloom.runtime.app import build_app
from formloom.runtime.site import Site
from tests.browser import chromium
from tests.browser.live import serving, sign_in
from tests.runtime.world import site_of

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
HAND = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
"""A telephone."""
EXPECTED = ("the server responded with a status of 4",)
"""What the console may say: a refused request is part of many tests."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium.running() as started:
        yield started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """Close windows when the test is over: what a page still asks for must not meet a server that is gone."""
    try:
        return (yield)
    finally:
        for page in item.funcargs.values():
            if isinstance(page, Page):
                page.close()


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    """What is served."""
    return site_of(database, tmp_path)


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """Where it is served."""
    with serving(build_app(site)) as where:
        yield where


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window of desktop size with cookies of its own; watched for breaches."""
    with opened_window(browser) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A blank page."""
    return context.new_page()


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """`window(login, viewport=PHONE, …)`: a blank page in a new window in which somebody has signed in."""
    with ExitStack() as windows:

        def open_window(login: str, **look: Any) -> Page:
            opened = windows.enter_context(opened_window(browser, **look))
            return sign_in(opened.new_page(), address, login)

        yield open_window


@contextmanager
def opened_window(browser: Browser, **look: Any) -> Iterator[BrowserContext]:
    """A window that fails on any breach when it is closed; Chinese, of desktop size, unless asked otherwise."""
    usual = {"viewport": DESKTOP, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
    patience = look.pop("patience", None)
    opened = browser.new_context(**usual | look)
    if patience:
        opened.set_default_timeout(patience)
    breaches = watched(opened)
    try:
        yield opened
    finally:
        opened.close()
    assert breaches == []


def watched(context: BrowserContext) -> list[str]:
    """A list that fills with what no page may do: errors, policy violations, requests to other hosts."""
    breaches: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(each in message.text for each in EXPECTED):
            breaches.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if urlsplit(request.url).hostname not in (None, "127.0.0.1", "localhost"):
            breaches.append(f"request to {request.url}")

    context.on("console", on_console)
    context.on("weberror", lambda error: breaches.append(f"error: {error.error}"))
    context.on("request", on_request)
    return breaches
