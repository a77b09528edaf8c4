"""A checked part of a formula: what kind of value it gives, and how each back end computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

from ..conditions.source import Env, Source
from . import numbers, sql
from .operations import OPERATIONS, Operation
from .tree import refusal

if TYPE_CHECKING:
    from ..model import Option

Evaluate = Callable[[Mapping[str, Any], Env], Any]
Translate = Callable[[Source, Env], sql.Column]

HEAVIEST = 2_000
"""Operands that the SQL of one formula may come to, as some are written more than once."""

DEEPEST_SQL = 60
"""Places of SQLite's parser stack, which has about 95, that the SQL of one formula may take."""

FIRST, LATER, CLAUSE = 3, 5, 3
"""Places that a first argument, a further argument, and an operand of AND, NOT or a comparison take."""

LONGEST_CHAIN = 60


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a formula.

    `digits` and `places` bound a number before and after the point; `dusty` marks numbers that carry the rounding
    of a division; `whole` ones without fraction; `constant` is a literal's value. `texts` are the texts it may
    give, None when they are not known. `choices` are the options whose keys it gives.

    `unit` is how many seconds one is, for numbers that are lengths of time.

    `weight` and `depth` measure the SQL. `chain` names an operation whose operands may be joined with further
    ones, so that `a + b + c` is one sum of three: every level costs places of a parser's stack.
    """

    kind: str
    python: Evaluate
    sql: Translate
    digits: int = 0
    places: int = 0
    dusty: bool = False
    whole: bool = False
    certain: bool = False
    constant: Any = None
    texts: frozenset[str] | None = None
    choices: tuple[Option, ...] = ()
    unit: int = 0
    weight: int = 1
    depth: int = 1
    chain: tuple[str, tuple[Node, ...]] | None = None


def literal(value: Any, kind: str) -> Node:
    """A constant."""
    node = Node(
        kind,
        lambda record, env: value,
        lambda source, env: sql.literal(value, kind),
        constant=value,
        texts=frozenset() if value is None else frozenset([value]) if kind == "text" else None,
        certain=kind == "boolean",
    )
    return replace(node, **_size(value)) if isinstance(value, Decimal) else node


def _size(value: Decimal) -> dict[str, Any]:
    places = max(-int(value.as_tuple().exponent), 0)
    return {"digits": max(value.adjusted() + 1, 1), "places": places, "whole": value == value.to_integral_value()}


def number(value: int | Decimal) -> Node:
    """A constant number."""
    return literal(Decimal(value), "number")


EMPTY = literal(None, "null")

ZONE = Node(
    "zone",
    lambda record, env: env.zone,
    lambda source, env: sql.literal(getattr(env.zone, "key", str(env.zone)), "text"),
)


_KINDS = {"n": "number", "t": "text", "d": "date", "m": "datetime", "b": "boolean"}


def apply(name: str, *operands: Node, **facts: Any) -> Node:
    """The node of an operation of `operations`. Raises FormulaError when the SQL would become too large."""
    operation = OPERATIONS[name]
    if operation.chained:
        operands = linked(name, operands)
    weights = operation.weight
    return bounded(
        Node(
            _KINDS[operation.result],
            _evaluation(operation, operands),
            lambda source, env: sql.applied(operation, *(operand.sql(source, env) for operand in operands)),
            weight=1 + sum(o.weight * weights[min(n, len(weights) - 1)] for n, o in enumerate(operands)),
            depth=max((o.depth + (LATER if n else FIRST) for n, o in enumerate(operands)), default=1),
            chain=(name, operands) if operation.chained else None,
            **facts,
        )
    )


def linked(name: str, operands: Sequence[Node]) -> tuple[Node, ...]:
    """The operands, with those of the first in its place when it is of the same chain and not too long."""
    first, *others = operands
    if first.chain is None or first.chain[0] != name or len(first.chain[1]) + len(others) > LONGEST_CHAIN:
        return tuple(operands)
    return (*first.chain[1], *others)


def composed(operands: Sequence[Node], step: int = CLAUSE) -> dict[str, Any]:
    """`weight` and `depth` of SQL that writes each operand once."""
    return {
        "weight": 1 + sum(operand.weight for operand in operands),
        "depth": step + max((operand.depth for operand in operands), default=0),
    }


def bounded(node: Node) -> Node:
    """The node, when its SQL is not too large and its numbers stay within what arithmetic is exact for.
    Raises FormulaError.
    """
    if node.weight > HEAVIEST:
        raise refusal("too_large")
    if node.depth > DEEPEST_SQL:
        raise refusal("too_nested")
    if max(node.digits, node.places) > numbers.MOST_DIGITS:
        raise refusal("too_many_digits")
    return node


def _evaluation(operation: Operation, operands: Sequence[Node]) -> Evaluate:
    compute = operation.python
    steps = [operand.python for operand in operands]
    finish = _or_empty if operation.result == "t" else _as_it_is
    if operation.chained and len(steps) > 2 and not operation.empties:
        return _of_chain(compute, steps)
    if operation.empties:
        return lambda record, env: finish(compute(*[step(record, env) for step in steps]))
    if len(steps) == 1:
        return _of_one(compute, steps[0], finish)
    if len(steps) == 2:
        return _of_two(compute, steps[0], steps[1], finish)

    def evaluate(record: Mapping[str, Any], env: Env) -> Any:
        values = [step(record, env) for step in steps]
        return None if None in values else finish(compute(*values))

    return evaluate


def _of_chain(compute: Callable[..., Any], steps: Sequence[Evaluate]) -> Evaluate:
    def evaluate(record: Mapping[str, Any], env: Env) -> Any:
        values = [step(record, env) for step in steps]
        return None if None in values else reduce(compute, values)

    return evaluate


def _of_one(compute: Callable[..., Any], step: Evaluate, finish: Callable[[Any], Any]) -> Evaluate:
    def evaluate(record: Mapping[str, Any], env: Env) -> Any:
        value = step(record, env)
        return None if value is None else finish(compute(value))

    return evaluate


def _of_two(
    compute: Callable[..., Any], first: Evaluate, second: Evaluate, finish: Callable[[Any], Any]
) -> Evaluate:
    def evaluate(record: Mapping[str, Any], env: Env) -> Any:
        one = first(record, env)
        other = None if one is None else second(record, env)
        return None if other is None else finish(compute(one, other))

    return evaluate


def _or_empty(value: Any) -> Any:
    return value or None


def _as_it_is(value: Any) -> Any:
    return value
