"""A Condition decided in Python for one record, as SQL would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

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
            value = _value(condition, record, fetch)
            if condition.operator.looks_up and value is not None:
                value = _needed(fetch).department_of(value)
            return condition.operator.matches(value, resolved(condition, env))


def _needed(fetch: Fetch | None) -> Fetch:
    if fetch is None:
        raise LookupError("this condition looks at other records")
    return fetch


def _has_child(children: Children, record: Record, env: Env, fetch: Fetch | None) -> bool:
    key = record.get("id")
    if key is None:
        return False
    found = _needed(fetch).children(children.entity, children.by, key)
    return any(matches(children.part, child, env, fetch) for child in found)


def _value(test: Comparison, record: Record, fetch: Fetch | None) -> Any:
    if test.path in record or not test.steps:
        return record.get(test.path)
    here: Record | None = record
    for step in test.steps:
        key = here.get(step.key) if here is not None else None
        here = None if key is None else _needed(fetch).related(step.option("target"), key)
    return None if here is None else here.get(test.field.key)
