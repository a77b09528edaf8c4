"""Answers handlers give: JSON, redirects, nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from starlette.responses import Response

from .call import Call

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`value` (already in its JSON form) as an answer that no cache keeps."""
    return Response(
        orjson.dumps(value, option=_OPTIONS),
        status,
        headers={"cache-control": "no-store", **(headers or {})},
        media_type="application/json",
    )


def redirect(call: Call, address: str) -> Response:
    """Send the browser to an address of ours; htmx is told in its own way, so that it moves the whole page."""
    if call.is_htmx:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return Response(status_code=303, headers={"Location": address})


def local_address(address: str, default: str = "/") -> str:
    """`address` when it is a path on this site, else `default`. Never lets another host through."""
    decoded = unquote(unquote(address))
    for text in (address, decoded):
        parts = urlsplit(text) if text.isprintable() else None
        if parts is None or parts.scheme or parts.netloc or "\\" in text:
            return default
        if not text.startswith("/") or text.startswith("//"):
            return default
    return address
