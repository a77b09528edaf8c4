"""A file as an answer: whole or a part of it, and in a way that nothing in it can run in a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ...metadata.errors import NotFound
from ..http.call import Call
from .naming import disposition
from .store import Pieces, Store

HARMLESS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: its key in the store, a tag that no other content has, and how browsers shall treat it."""

    key: str
    tag: str
    media_type: str
    name: str
    inline: bool
    caching: str


def sent(call: Call, store: Store, content: Content) -> Response:
    """The content, a part of it, or nothing of it when the browser has it already. Raises NotFound."""
    key = content.key
    size = store.size(key)
    if size is None:
        raise NotFound()
    quoted = f'"{content.tag}"'
    headers = {
        **HARMLESS,
        "etag": quoted,
        "cache-control": content.caching,
        "accept-ranges": "bytes",
        "content-disposition": disposition(content.name, "inline" if content.inline else "attachment"),
    }
    if quoted in call.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    wanted = _wanted(call, quoted, size)
    if wanted is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    start, end = wanted
    status = 200 if end - start == size else 206
    headers["content-length"] = str(end - start)
    if status == 206:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    if call.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=content.media_type)
    return _Streamed(_body(store, key, start, end), status, headers, content.media_type)


class _Streamed(StreamingResponse):
    """An answer that gives its content back, also when its reader has gone before the end."""

    def __init__(self, pieces: Pieces, status: int, headers: dict[str, str], media_type: str) -> None:
        super().__init__(iter(pieces), status, headers, media_type)
        self.pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.pieces.close()


def _body(store: Store, key: str, start: int, end: int) -> Pieces:
    try:
        return store.read(key, start, end - start)
    except KeyError:
        raise NotFound() from None


def _wanted(call: Call, tag: str, size: int) -> tuple[int, int] | None:
    """(first byte, byte after the last) that is asked for; None for a part that is not there."""
    match = _RANGE.fullmatch(call.headers.get("range", "").replace(" ", ""))
    if match is None or match[0] == "bytes=-" or call.headers.get("if-range", tag) != tag:
        return 0, size
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None
