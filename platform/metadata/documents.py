"""Documents as JSON: their published schemas, strict reading, and all checks, in one place to import from."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from .checks import MEANING, Finding, check
from .checks.shape import KINDS, validate
from .checks.shape import published as schema
from .errors import InvalidInput

__all__ = ["KINDS", "MEANING", "Finding", "check", "loads", "schema", "validate"]


def loads(text: str) -> Any:
    """Strict JSON: no name twice in one object, no NaN or Infinity. Raises InvalidInput."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("json.invalid", reason=str(error)[:200]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:40]} is too large")
    return number


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
