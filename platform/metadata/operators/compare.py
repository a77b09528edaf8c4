"""Operators of single values: equal, one of, before and after in order, empty."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from .operator import Clause, Column, Operator, me_for, read_many, read_none, read_one, read_pair, read_present


def is_empty(column: Column, operand: Any) -> Clause:
    """Whether there is no value."""
    return column.is_(None)


def _is_not_empty(column: Column, operand: Any) -> Clause:
    return column.is_not(None)


def equal(column: Column, operand: Any) -> Clause:
    """Whether it is the value; None stands for empty."""
    return column.is_(None) if operand is None else column == operand


def _not_equal(column: Column, operand: Any) -> Clause:
    return column.is_not(None) if operand is None else column.is_distinct_from(operand)


def one_of(column: Column, operand: Any) -> Clause:
    """Whether it is one of the values, None among them standing for empty."""
    values = [value for value in operand if value is not None]
    parts = [column.in_(values)] if values else []
    if len(values) < len(operand):
        parts.append(column.is_(None))
    return sa.or_(*parts) if parts else sa.false()


def _none_of(column: Column, operand: Any) -> Clause:
    values = [value for value in operand if value is not None]
    outside = column.not_in(values) if values else sa.true()
    if len(values) < len(operand):
        return sa.and_(column.is_not(None), outside)
    return sa.or_(column.is_(None), outside) if values else outside


def _between(column: Column, operand: Any) -> Clause:
    low, high = operand
    above = sa.true() if low is None else column >= low
    return above if high is None else sa.and_(above, column <= high)


def _lies_between(value: Any, operand: Any) -> bool:
    low, high = operand
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def ordered(compare: Callable[[Any, Any], Any]) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], bool]]:
    """Clause and match of a comparison that no empty value passes."""
    return compare, lambda value, operand: value is not None and bool(compare(value, operand))


def negated(clause: Callable[[Column, Any], Clause]) -> Callable[[Column, Any], Clause]:
    """The clause that holds wherever `clause` does not, empty values included."""
    return lambda column, operand: sa.not_(sa.func.coalesce(clause(column, operand), sa.false()))


EMPTINESS: tuple[Operator, ...] = (
    Operator("is_empty", "none", read_none, is_empty, lambda value, operand: value is None),
    Operator("is_not_empty", "none", read_none, _is_not_empty, lambda value, operand: value is not None),
)
EQUALITY: tuple[Operator, ...] = (
    Operator("eq", "one", read_one, equal, lambda value, operand: bool(value == operand), me_for),
    Operator("ne", "one", read_one, _not_equal, lambda value, operand: bool(value != operand), me_for),
)
MEMBERSHIP: tuple[Operator, ...] = (
    Operator("in", "many", read_many, one_of, lambda value, operand: value in operand, me_for),
    Operator("not_in", "many", read_many, _none_of, lambda value, operand: value not in operand, me_for),
)
COMPARE: tuple[Operator, ...] = (
    *EQUALITY,
    Operator("gt", "one", read_present, *ordered(lambda value, operand: value > operand)),
    Operator("gte", "one", read_present, *ordered(lambda value, operand: value >= operand)),
    Operator("lt", "one", read_present, *ordered(lambda value, operand: value < operand)),
    Operator("lte", "one", read_present, *ordered(lambda value, operand: value <= operand)),
    Operator("between", "two", lambda field, raw: read_pair(raw, field, read_present), _between, _lies_between),
    *MEMBERSHIP,
    *EMPTINESS,
)
YES_NO: tuple[Operator, ...] = (*EQUALITY, *EMPTINESS)
REFERENCE: tuple[Operator, ...] = (*EQUALITY, *MEMBERSHIP, *EMPTINESS)
