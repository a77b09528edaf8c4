"""Operators of trees: whether a record is in a branch, which is a record and all below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .operator import Clause, Column, Operator, read_many, refusal

if TYPE_CHECKING:
    from ..model import Field


@dataclass(frozen=True, slots=True)
class Branch:
    """The records `tops` of `entity` and all below them, along its field `tree`."""

    entity: str
    tree: str
    tops: tuple[int, ...]


def read_tops(field: Field, raw: Any) -> tuple[int, ...]:
    """The ids of one or several records whose branches are meant."""
    tops = read_many(field, [raw] if isinstance(raw, str | int) else raw)
    flat = [key for top in tops for key in (top if isinstance(top, tuple) else (top,))]
    if None in flat:
        raise refusal("needs_value", field=field.key)
    return tuple(flat)


def _inside(column: Column, branch: sa.Select[Any]) -> Clause:
    return column.in_(branch)


def _outside(column: Column, branch: sa.Select[Any]) -> Clause:
    return sa.or_(column.is_(None), column.not_in(branch))


def _is_inside(value: Any, branch: Any) -> bool:
    return value is not None and value in branch


BRANCH: tuple[Operator, ...] = (
    Operator("in_branch", "many", read_tops, _inside, _is_inside, branch=True),
    Operator(
        "not_in_branch",
        "many",
        read_tops,
        _outside,
        lambda value, branch: not _is_inside(value, branch),
        branch=True,
    ),
)
"""Their `clause` takes a SELECT of the branch's ids, their `matches` a set of ids: see `conditions.branches`."""
