"""Addresses for those who run the program: alive, ready, numbers."""

from __future__ import annotations

import hmac
import ipaddress

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ...metadata.errors import NotFound
from ..context import Context
from .answer import json_answer
from .call import Call
from .serve import api


async def healthz(request: Request) -> Response:
    """Says that the process answers; touches nothing else."""
    return json_answer({"status": "ok"})


def readyz(ctx: Context, call: Call) -> Response:
    """Says that the database answers and the catalog can be built."""
    return json_answer({"status": "ok", "catalog": ctx.catalog.version})


async def metrics(request: Request) -> Response:
    """The numbers of this process, for those who know the token, or from this machine when none is set."""
    token = request.app.state.site.settings.metrics_token
    if not (_knows(request, token) if token else _is_here(request)):
        raise NotFound()
    return PlainTextResponse(request.app.state.counters.text(), media_type="text/plain; version=0.0.4")


def _knows(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_here(request: Request) -> bool:
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


routes = [
    Route("/healthz", healthz),
    Route("/readyz", api(readyz, anonymous=True)),
    Route("/metrics", metrics),
]
