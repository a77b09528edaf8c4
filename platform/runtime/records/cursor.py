"""Cursors of lists: where a page ended, signed and bound to who asked for what.

A cursor holds the sort values of the last row. Signed, because they go into SQL comparisons that must fit the
query; bound to user, entity, order, filter and metadata, because under another query they would mean nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from ...metadata.errors import InvalidInput

MAC_BYTES = 18

_TAGS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    Decimal: ("d", str),
    datetime: ("t", datetime.isoformat),
    date: ("D", date.isoformat),
    tuple: ("k", list),
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "d": Decimal,
    "t": datetime.fromisoformat,
    "D": date.fromisoformat,
    "k": tuple,
}


def binding(*parts: Any) -> str:
    """A short digest of everything a cursor depends on. Parts must have a stable `repr`."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def write(secret: str, bound_to: str, values: Sequence[Any]) -> str:
    """The cursor for the row with these sort values."""
    body = orjson.dumps([_write_value(value) for value in values])
    return _text(body) + "." + _text(_mac(secret, bound_to, body))


def read(secret: str, bound_to: str, cursor: str) -> list[Any]:
    """The sort values in a cursor. Raises InvalidInput (bad_cursor) for any but one of ours for this query."""
    body_text, _, mac_text = cursor.partition(".")
    try:
        body, mac = _bytes(body_text), _bytes(mac_text)
    except (binascii.Error, ValueError):
        raise InvalidInput("bad_cursor") from None
    if not hmac.compare_digest(mac, _mac(secret, bound_to, body)):
        raise InvalidInput("bad_cursor")
    return [_read_value(value) for value in orjson.loads(body)]


def _mac(secret: str, bound_to: str, body: bytes) -> bytes:
    message = b"cursor\0" + bound_to.encode() + b"\0" + body
    return hmac.digest(secret.encode(), message, "sha256")[:MAC_BYTES]


def _write_value(value: Any) -> Any:
    tag = _TAGS.get(type(value))
    return value if tag is None else {tag[0]: tag[1](value)}


def _read_value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((tag, text),) = value.items()
    return _READERS[tag](text)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
