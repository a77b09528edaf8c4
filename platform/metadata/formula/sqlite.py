"""The operations of formulas as functions of SQLite. Exact decimals travel as text, days and moments as SQLite
keeps them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache, reduce
from typing import Any
from zoneinfo import ZoneInfo

from ..columns import Readable
from ..fields.address import Place, PlaceText
from ..fields.geo import Point
from .operations import OPERATIONS, Operation

Decode = Callable[[Any], Any]


def _number(raw: Any) -> Decimal:
    return Decimal(f"{raw:.15g}") if isinstance(raw, float) else Decimal(raw)


def _moment(raw: str) -> datetime:
    return datetime.fromisoformat(raw).replace(tzinfo=UTC)


def _stored_moment(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _behind_mark(raw: str) -> str:
    """What a `Readable` column keeps behind what a person reads."""
    return raw.partition(Readable.mark)[2]


def _place(raw: str) -> Place:
    return PlaceText().read(_behind_mark(raw))


_DECODE: dict[str, Decode] = {
    "n": _number,
    "t": str,
    "d": date.fromisoformat,
    "m": _moment,
    "b": bool,
    "z": lru_cache(maxsize=64)(ZoneInfo),
    "r": int,
    "w": lambda raw: tuple(raw.strip("|").split("|")),
    "i": lambda raw: tuple(map(int, raw.strip("|").split("|"))),
    "a": _place,
    "p": lambda raw: Point(*map(float, raw.split(","))),
    "c": time.fromisoformat,
    "h": _behind_mark,
}
_ENCODE: dict[str, Decode] = {
    "n": str,
    "t": lambda value: value or None,
    "d": date.isoformat,
    "m": _stored_moment,
    "b": int,
}


def _function(operation: Operation) -> Callable[..., Any]:
    encode, compute, empties = _ENCODE[operation.result], operation.python, operation.empties
    kinds, folded = operation.operands, operation.chained and not operation.empties
    same_kind = _DECODE[kinds[0]] if kinds.endswith("*") else None
    decoders = [] if same_kind else [_DECODE[kind] for kind in kinds]

    def call(*raws: Any) -> Any:
        if not empties and None in raws:
            return None
        steps = [same_kind] * len(raws) if same_kind else decoders
        values = [None if raw is None else step(raw) for step, raw in zip(steps, raws, strict=True)]
        result = reduce(compute, values) if folded else compute(*values)
        return None if result is None else encode(result)

    return call


def functions() -> list[tuple[str, int, Callable[..., Any]]]:
    """(name, number of arguments or -1, function) to register on each connection."""
    return [
        (f"fl_{o.name}", -1 if o.operands.endswith("*") else len(o.operands), _function(o))
        for o in OPERATIONS.values()
    ]
