"""A Condition decided in Python for one record, as SQL would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from ..model import Field
from ..operators import Branch
from .branches import Upwards
from .source import Env
from .to_sql import resolved
from .tree import All, AnyOf, Children, Comparison, Condition, Not

Record = Mapping[str, Any]


class Fetch(Protocol):
    """How other records are found."""

    def related(self, entity: str, key: int) -> Record | None:
        """The record with that id."""

    def children(self, entity: str, by: str, key: int) -> Iterable[Record]:
        """The live records whose field `by` is that id."""

    def department_of(self, user: int) -> int | None:
        """The department of a user."""


def matches(condition: Condition, record: Record, env: Env, fetch: Fetch | None = None) -> bool:
    """Whether the condition holds for the record: field key -> value, missing meaning empty.

    A path over relations is taken from the record under its dotted name, else found through `fetch`; a condition
    that needs `fetch` and has none raises LookupError.
    """
    match condition:
        case All(parts):
            return all(matches(part, record, env, fetch) for part in parts)
        case AnyOf(parts):
            return not parts or any(matches(part, record, env, fetch) for part in parts)
        case Not(part):
            return not matches(part, record, env, fetch)
        case Children():
            return _has_child(condition, record, env, fetch) == condition.some
        case Comparison():
            operand = resolved(condition, env)
            if isinstance(operand, Branch):
                operand = Upwards(operand, _needed(fetch))
            return any(_holds(condition, value, operand, fetch) for value in _values(condition, record, fetch))


def _departments(people: Any, fetch: Fetch) -> Any:
    """The department of a person, or those of several."""
    if isinstance(people, tuple):
        return tuple(place for one in people if (place := fetch.department_of(one)) is not None)
    return fetch.department_of(people)


def _needed(fetch: Fetch | None) -> Fetch:
    if fetch is None:
        raise LookupError("this condition looks at other records")
    return fetch


def _holds(test: Comparison, value: Any, operand: Any, fetch: Fetch | None) -> bool:
    if test.operator.looks_up and value is not None:
        value = _departments(value, _needed(fetch))
    return test.operator.matches(value, operand)


def _has_child(children: Children, record: Record, env: Env, fetch: Fetch | None) -> bool:
    key = record.get("id")
    if key is None:
        return False
    if children.through is None:
        found = _needed(fetch).children(children.entity, children.by, key)
    else:
        linked = (_needed(fetch).related(children.entity, one) for one in record.get(children.through) or ())
        found = [one for one in linked if one is not None]
    return any(matches(children.part, child, env, fetch) for child in found)


def _values(test: Comparison, record: Record, fetch: Fetch | None) -> list[Any]:
    """The value at the end of the path; behind several records at once, that of each which is there."""
    if test.path in record or not test.steps:
        return [record.get(test.path)]
    here: list[Record] = [record]
    for step in test.steps:
        here = [other for one in here for other in _behind(step, one, fetch)]
    if not here and not any(step.behaviour.several for step in test.steps):
        return [None]
    return [one.get(test.field.key) for one in here]


def _behind(step: Field, record: Record, fetch: Fetch | None) -> Iterator[Record]:
    held = record.get(step.key)
    for key in (held or ()) if step.behaviour.several else () if held is None else (held,):
        found = _needed(fetch).related(step.option("target"), key)
        if found is not None:
            yield found
