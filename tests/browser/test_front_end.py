"""The built scripts and styles work under the content security policy, in a real browser, and stay small."""

import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page

STATIC = Path(__file__).parents[2] / "platform" / "runtime" / "static"
MANIFEST = json.loads((STATIC / "dist" / "manifest.json").read_text())
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'"
)
PAGE = f"""<!doctype html><html lang="en" data-bs-theme="light"><meta charset="utf-8"><title>t</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/dist/{MANIFEST["app.css"]}">
<script type="module" src="/dist/{MANIFEST["app.js"]}"></script>
<body><svg class="icon" width="24" height="24"><use href="/dist/{MANIFEST["icons.svg"]}#check"></use></svg>
<button class="btn btn-primary" hx-get="/refused" hx-target="#answer">ask</button>
<p id="answer"></p></body></html>"""


class Site(http.server.SimpleHTTPRequestHandler):
    """The static files, a page that uses them, and an address that refuses like an invalid form does."""

    pages = {"/": (200, PAGE), "/refused": (422, "<b>refused</b>")}

    def do_GET(self) -> None:
        if self.path not in self.pages:
            super().do_GET()
            return
        status, text = self.pages[self.path]
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=str(STATIC)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_a_refusal_is_swapped_in_and_no_policy_is_broken(page: Page, address: str):
    page.goto(address)
    page.get_by_role("button", name="ask").click()

    page.get_by_text("refused").wait_for()


@pytest.mark.parametrize(
    ("files", "limit"), [(["app.js", "early.js"], 120), (["app.css"], 100), (["icons.svg"], 20)]
)
def test_what_every_page_loads_stays_small(files: list[str], limit: int):
    compressed = sum(len(gzip.compress((STATIC / "dist" / MANIFEST[name]).read_bytes())) for name in files)

    assert compressed <= limit * 1000


def test_the_notices_name_what_is_bundled():
    notices = (STATIC / "dist" / "THIRD-PARTY.txt").read_text(encoding="utf-8")

    assert [
        name for name in ("htmx.org", "@tabler/core", "@tabler/icons", "echarts") if f"{name} " not in notices
    ] == []
