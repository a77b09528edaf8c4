"""Operators of days and instants. Days of instants begin at the midnight of the person who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .compare import EMPTINESS, negated, ordered
from .operator import Clause, Column, Operator, read_pair
from .spans import Between, read_day, read_moment, read_window, resolve_days, resolve_instants

if TYPE_CHECKING:
    from ..model import Field

Read = Callable[["Field", Any], Any]


def _on_days(column: Column, span: Any) -> Clause:
    return column.is_(None) if span is None else sa.and_(column >= span[0], column <= span[1])


def _in_instants(column: Column, span: Any) -> Clause:
    return column.is_(None) if span is None else sa.and_(column >= span[0], column < span[1])


def _lies_on_days(value: Any, span: Any) -> bool:
    return value is None if span is None else value is not None and span[0] <= value <= span[1]


def _lies_in_instants(value: Any, span: Any) -> bool:
    return value is None if span is None else value is not None and span[0] <= value < span[1]


def _or_empty(read: Read) -> Read:
    return lambda field, raw: None if raw in (None, "") else read(field, raw)


def _between(read: Read) -> Read:
    return lambda field, raw: Between(*read_pair(raw, field, read))


_after_days = ordered(lambda value, span: value > span[1])
_until_days = ordered(lambda value, span: value <= span[1])
_after_instants = ordered(lambda value, span: value >= span[1])
_until_instants = ordered(lambda value, span: value < span[1])
_from = ordered(lambda value, span: value >= span[0])
_before = ordered(lambda value, span: value < span[0])

Comparison = tuple[Callable[[Any, Any], Any], Callable[[Any, Any], bool]]


def _dated(read: Read, resolve: Any, on: Comparison, after: Comparison, until: Comparison) -> tuple[Operator, ...]:
    """The operators, given how operands are read and resolved and what lies on, after and not after a span."""
    optional = _or_empty(read)
    clause, lies = on
    return (
        Operator("within", "window", read_window, clause, lies, resolve),
        Operator("on", "moment", read, clause, lies, resolve),
        Operator("before", "moment", read, *_before, resolve),
        Operator("after", "moment", read, *after, resolve),
        Operator("between", "two", _between(read), clause, lies, resolve),
        Operator("eq", "moment", optional, clause, lies, resolve),
        Operator("ne", "moment", optional, negated(clause), lambda v, span: not lies(v, span), resolve),
        Operator("gt", "moment", read, *after, resolve),
        Operator("gte", "moment", read, *_from, resolve),
        Operator("lt", "moment", read, *_before, resolve),
        Operator("lte", "moment", read, *until, resolve),
        *EMPTINESS,
    )


DATE: tuple[Operator, ...] = _dated(read_day, resolve_days, (_on_days, _lies_on_days), _after_days, _until_days)
MOMENT: tuple[Operator, ...] = _dated(
    read_moment, resolve_instants, (_in_instants, _lies_in_instants), _after_instants, _until_instants
)
