"""Finds and starts the machine's Chromium; tests and screenshots look through the same one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program() -> str | None:
    """The file FORMLOOM_TEST_CHROMIUM names, or the first Chromium on the path; None where there is none."""
    return os.environ.get("FORMLOOM_TEST_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def running() -> Iterator[Browser]:
    """A headless browser. Raises RuntimeError where there is none."""
    found = program()
    if found is None:
        raise RuntimeError("these need a Chromium: set FORMLOOM_TEST_CHROMIUM, or run `python3 dev.py test`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
