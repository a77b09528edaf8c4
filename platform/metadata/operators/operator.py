"""What an operator is, and how operands are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import ColumnElement

from ..errors import BadFilter
from ..wording import Phrase

if TYPE_CHECKING:
    from ..conditions.source import Env
    from ..model import Field

Column = ColumnElement[Any]
Clause = ColumnElement[bool]

MOST_VALUES = 1_000


def _as_it_is(operand: Any, env: Env) -> Any:
    return operand


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator, as a row of data.

    `operand` says what a filter builder asks for: none, one, many, two, text, moment, window, category. `read`
    turns raw JSON into an operand, `resolve` fills in who asks and when, `clause` and `matches` take the result
    and agree on every value. `looks_up` marks those that compare a user's department instead of the user,
    `branch` those that are given a branch of a tree.
    """

    name: str
    operand: str
    read: Callable[[Field, Any], Any]
    clause: Callable[[Any, Any], Clause]
    matches: Callable[[Any, Any], bool]
    resolve: Callable[[Any, Env], Any] = _as_it_is
    looks_up: bool = False
    branch: bool = False


@dataclass(frozen=True, slots=True)
class Me:
    """Stands for the person who asks, until it is resolved."""


def refusal(key: str, **data: Any) -> BadFilter:
    """The error for a condition that means nothing, to be raised."""
    return BadFilter(reason=Phrase(f"filter.{key}", data))


def read_none(field: Field, raw: Any) -> None:
    """Nothing, for operators without a value."""
    if raw not in (None, True):
        raise refusal("takes_no_value")


def read_one(field: Field, raw: Any) -> Any:
    """One value; None stands for empty."""
    if isinstance(raw, dict):
        if raw == {"me": True} and "user" in (field.behaviour.target, field.behaviour.several):
            return Me()
        raise refusal("bad_value", field=field.key)
    return field.behaviour.operand(field, raw)


def read_present(field: Field, raw: Any) -> Any:
    """One value that is not empty."""
    value = field.behaviour.operand(field, raw)
    if value is None:
        raise refusal("needs_value", field=field.key)
    return value


def read_many(field: Field, raw: Any) -> tuple[Any, ...]:
    """A list of values, at most `MOST_VALUES`."""
    if not isinstance(raw, list | tuple):
        raise refusal("needs_list", field=field.key)
    if len(raw) > MOST_VALUES:
        raise refusal("too_many_values", max=MOST_VALUES)
    return tuple(read_one(field, item) for item in raw)


def read_pair(raw: Any, field: Field, read: Callable[[Field, Any], Any]) -> tuple[Any, Any]:
    """Two values of which one may be empty."""
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise refusal("needs_two", field=field.key)
    low, high = (None if item in (None, "") else read(field, item) for item in raw)
    if low is None and high is None:
        raise refusal("needs_value", field=field.key)
    return low, high


def me_for(operand: Any, env: Env) -> Any:
    """The operand with the person who asks in the place of `Me`."""
    if isinstance(operand, tuple):
        return tuple(me_for(item, env) for item in operand)
    return env.me if isinstance(operand, Me) else operand
