"""`browser`, one headless Chromium per test process, and `page`, a new window that fails on any breach.

A page of ours makes no request to another host, breaks no content security policy and throws no error: the test
that used it fails if it did, wherever it looked.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser import chromium

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
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
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window of desktop size with cookies of its own; watched for breaches."""
    opened = browser.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")
    breaches = watched(opened)
    yield opened
    opened.close()
    assert breaches == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A blank page."""
    return context.new_page()


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
