"""What starting, signing in and the first requests take. For information: nothing here has a limit."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

from formloom.metadata import store
from formloom.rbac import signin
from formloom.rbac.signin import Caller
from tests.bench.lists import COLUMNS, FILTER
from tests.bench.stage import PASSWORD, SELLER, Stage, staged
from tests.bench.table import Line, milliseconds


def measure(quick: bool) -> Iterator[Line]:
    """Lines on SQLite."""
    with staged("sqlite") as stage:
        stage.fill(2_000)
        rounds = 2 if quick else 10

        def sign_in() -> None:
            signin.sign_in(stage.database, SELLER, PASSWORD, Caller("127.0.0.1", "bench"))

        yield Line("signing in", statistics.median(milliseconds(sign_in, rounds, 1)), None, "ms median")
        with stage.database.reading() as conn:
            built = milliseconds(lambda: store.load_catalog(conn), rounds, 1)
        yield Line("building the catalog of the CRM", statistics.median(built), None, "ms median")
        yield from _served(stage, rounds * 20)


def _served(stage: Stage, rounds: int) -> Iterator[Line]:
    """A real server on the loopback: how soon it answers, and what a list takes through its sockets."""
    cookie = {"Cookie": f"formloom_session={stage.session(SELLER).secret}"}
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        "FORMLOOM_DATABASE_URL": stage.url,
        "FORMLOOM_DATA_DIR": str(stage.folder / "var"),
        "PYTHONPATH": ":".join(sys.path),
        "PATH": "/usr/bin:/bin",
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "formloom.runtime.asgi:create", "--port", str(port)]
    start = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=stage.folder
    ) as server:
        try:
            _wait(address + "/healthz")
            yield Line("from the start of the server to its first answer", time.perf_counter() - start, None, "s")
            for what, path in _pages().items():

                def ask(path: str = path) -> None:
                    _read(address + path, cookie)

                first = milliseconds(ask, 1, 0)[0]
                usual = statistics.median(milliseconds(ask, rounds))
                yield Line(f"{what} through the loopback", usual, None, "ms median", f"first {first:.1f}")
        finally:
            server.terminate()


def _pages() -> dict[str, str]:
    asked = urlencode({"sort": "-created_at", "filter": json.dumps(FILTER)})
    return {
        "HTML list": f"/e/account?columns={','.join(COLUMNS)}&{asked}",
        "JSON list": f"/api/v1/records/account?fields={','.join(COLUMNS)}&{asked}",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            _read(address, {})
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(address)


def _read(address: str, headers: dict[str, str]) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        return bytes(answer.read())
