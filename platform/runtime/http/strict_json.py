"""JSON read strictly: what two readers could understand differently is refused.

Refused: duplicate keys, NaN and infinities, lone surrogates, a byte order mark, nesting deeper than `DEPTH`.
Numbers with a point come out as Decimal, so that money is not rounded on the way in.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson

from .errors import BadRequest

DEPTH = 64
LONGEST_NUMBER = 64


def read_json(body: bytes) -> Any:
    """The value of `body`. Raises BadRequest."""
    if not body.strip():
        raise BadRequest("json_empty")
    try:
        # The fast reader is also the strict one about bytes, numbers and depth; it only forgives duplicate keys.
        orjson.loads(body)
        value = json.loads(body, object_pairs_hook=_object, parse_float=_decimal, parse_int=_integer)
    except RecursionError:
        raise BadRequest("json_depth", depth=DEPTH) from None
    except ValueError as error:
        raise BadRequest("json_invalid", position=getattr(error, "pos", 0)) from None
    _require_shallow(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise BadRequest("json_duplicate", name=name[:80])
            seen.add(name)
    return found


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise BadRequest("json_number")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise BadRequest("json_number")
    return int(text)


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH):
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise BadRequest("json_depth", depth=DEPTH)


def _children(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in inside if isinstance(child, (dict, list))]
