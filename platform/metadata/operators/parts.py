"""Operators on part of a value: on what a person reads of it, and on the region that a place lies in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from ..columns import ShownPart
from ..regions import span
from .compare import EMPTINESS, EQUALITY, negated
from .operator import Clause, Column, Operator, read_many
from .text import TEXT

SEARCHING = ("contains", "not_contains", "starts_with", "ends_with")


def on_shown(shown: Callable[[Any], str]) -> tuple[Operator, ...]:
    """The operators of text, on what a person reads of a `Readable` value; `shown` says it in Python."""

    def of(operator: Operator) -> Operator:
        def clause(column: Column, operand: Any) -> Clause:
            return operator.clause(ShownPart(sa.type_coerce(column, sa.Text)), operand)

        def matches(value: Any, operand: Any) -> bool:
            return operator.matches(None if value is None else shown(value), operand)

        return Operator(operator.name, operator.operand, operator.read, clause, matches)

    return (*(of(operator) for operator in TEXT if operator.name in SEARCHING), *EMPTINESS)


def _within(column: Column, code: Any) -> Clause:
    if code is None:
        return column.is_(None)
    first, last = span(code)
    return sa.and_(column >= first, column <= last)


def _lies_within(value: Any, code: Any) -> bool:
    if code is None or value is None:
        return value is code
    first, last = span(code)
    return bool(first <= value <= last)


def _within_any(column: Column, codes: Sequence[Any]) -> Clause:
    return sa.or_(sa.false(), *(_within(column, code) for code in codes))


def _lies_within_any(value: Any, codes: Sequence[Any]) -> bool:
    return any(_lies_within(value, code) for code in codes)


PLACES: tuple[Operator, ...] = (
    Operator("in", "many", read_many, _within_any, _lies_within_any),
    Operator("not_in", "many", read_many, negated(_within_any), lambda v, codes: not _lies_within_any(v, codes)),
    *EQUALITY,
    *EMPTINESS,
)
"""Operators of regions: being in a province is being anywhere in it."""
