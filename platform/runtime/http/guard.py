"""The outermost layer: what is refused before anything is routed, what every answer carries, one log line each."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...metadata.errors import FormloomError, NotFound
from ..settings import Settings
from .counters import Counters
from .errors import BadRequest, TooLarge, UnsupportedType
from .problem import json_problem, plain_page, problem_of

log = logging.getLogger("formloom.access")
defects = logging.getLogger("formloom.http")

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
LONGEST_PATH = 2_000
LONGEST_QUERY = 16_000
LONGEST_HEADERS = 32_000
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_NAME = re.compile(r"([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?", re.IGNORECASE)
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}|\[.*\]")


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings, counters: Counters) -> None:
        self.app = app
        self.settings = settings
        self.counters = counters
        self.headers = dict(HEADERS)
        if settings.https:
            self.headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.settings.https:
            # The proxy in front speaks http to us; links we make must not.
            scope["scheme"] = "https"
        watch = _Watch(scope, send, self.headers)
        scope.setdefault("state", {})["request_id"] = watch.request_id
        try:
            self._require_sane(scope)
            await self.app(scope, receive, watch.send)
        except FormloomError as error:
            await self._refuse(error, scope, receive, watch)
        except Exception as error:
            defects.error("request %s failed", watch.request_id, exc_info=error)
            await self._refuse(FormloomError("internal", status=500), scope, receive, watch)
        finally:
            self._note(scope, watch)

    async def _refuse(self, error: FormloomError, scope: Scope, receive: Receive, watch: _Watch) -> None:
        if watch.status:
            return
        problem = problem_of(error, self.settings.language, watch.request_id)
        answer = json_problem(problem) if scope["path"].startswith("/api/") else plain_page(problem)
        if error.status == 413:
            answer.headers["connection"] = "close"
        await answer(scope, receive, watch.send)

    def _require_sane(self, scope: Scope) -> None:
        """Raises for a request that no page of ours and no honest program sends."""
        headers = Headers(scope=scope)
        _require_small(scope)
        self._require_known_host(headers)
        path = scope["path"]
        if "//" in path or "\\" in path or not path.isprintable() or "/../" in path:
            raise NotFound()
        if scope["method"] not in METHODS:
            raise BadRequest("method", code="method_not_allowed", status=405)
        if headers.get("content-encoding", "identity") != "identity":
            raise UnsupportedType(headers["content-encoding"])
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise BadRequest("length")
        if int(length) > max(self.settings.upload_limit, self.settings.json_limit):
            raise TooLarge(self.settings.upload_limit)

    def _require_known_host(self, headers: Headers) -> None:
        given = headers.getlist("host")
        match = _NAME.fullmatch(given[0]) if len(given) == 1 else None
        if match is None or int(match[2] or 0) > 65_535:
            raise BadRequest("host")
        name = match[1].lower().rstrip(".")
        hosts = self.settings.hosts
        # An address written as numbers cannot be made to point elsewhere, which is what the check is against.
        if not ("*" in hosts or name in hosts or _ADDRESS.fullmatch(name)):
            raise BadRequest("host")

    def _note(self, scope: Scope, watch: _Watch) -> None:
        seconds = time.perf_counter() - watch.began
        self.counters.request(scope["method"], watch.status, seconds)
        line: dict[str, Any] = {
            "request": watch.request_id,
            "method": scope["method"][:12],
            "path": scope["path"][:300],
            "status": watch.status,
            "ms": round(seconds * 1000, 1),
            "user": scope["state"].get("user", 0),
        }
        log.info("%s", json.dumps(line))


class _Watch:
    """Sends an answer on, with the headers every answer carries, and remembers its status."""

    def __init__(self, scope: Scope, send: Send, headers: dict[str, str]) -> None:
        self.began = time.perf_counter()
        self.request_id = secrets.token_hex(8)
        self.status = 0
        self._send = send
        self._headers = headers

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            headers["x-request-id"] = self.request_id
        await self._send(message)


def _require_small(scope: Scope) -> None:
    raw = scope.get("raw_path") or b""
    if len(raw) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
        raise BadRequest("address_too_long", status=414)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEADERS:
        raise BadRequest("headers_too_long", status=431)
