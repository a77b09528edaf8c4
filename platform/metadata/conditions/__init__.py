"""Condition: the one predicate tree of filters, scopes, visibility and rules.

JSON is parsed once (`parse`), compiled to SQL (`clause`) and decided in Python (`matches`); a test over random
conditions and rows holds the two together. What each operator means is in `metadata.operators`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .evaluate import Fetch, matches
from .parse import parse, shorthand, tree_of
from .sentence import sentence
from .source import Env, Source, TableSource, behind, pointing, value_behind
from .to_sql import clause
from .tree import All, AnyOf, Children, Comparison, Condition, FromForm, Not

__all__ = [
    "All",
    "AnyOf",
    "Children",
    "Condition",
    "Env",
    "Fetch",
    "FromForm",
    "Not",
    "Source",
    "TableSource",
    "Comparison",
    "behind",
    "bind",
    "clause",
    "matches",
    "parse",
    "paths",
    "pointing",
    "sentence",
    "shorthand",
    "tree_of",
    "value_behind",
]


def paths(condition: Condition) -> frozenset[str]:
    """Every path the condition reads, from its entity: `city`, `account.city`, `lines`, `lines.amount`."""
    match condition:
        case All(parts) | AnyOf(parts):
            return frozenset().union(*(paths(part) for part in parts))
        case Not(part):
            return paths(part)
        case Children(name=name, part=part):
            return frozenset({name, *(f"{name}.{path}" for path in paths(part))})
        case Comparison():
            return frozenset({condition.path})


def bind(condition: Condition, values: Mapping[str, Any]) -> Condition:
    """The condition with the form's values in the place of `{"from": …}`. A test on a field of the form that is
    still empty is left out: whatever may be picked then.
    """
    match condition:
        case All(parts):
            return All(tuple(bind(part, values) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(bind(part, values) for part in parts))
        case Not(part):
            return Not(bind(part, values))
        case Children():
            return replace(condition, part=bind(condition.part, values))
        case Comparison(operand=FromForm(field)):
            return _bound(condition, field.behaviour.dump(field, values.get(field.key)))
    return condition


def _bound(test: Comparison, raw: Any) -> Condition:
    return All() if raw is None else replace(test, operand=test.operator.read(test.field, raw))
