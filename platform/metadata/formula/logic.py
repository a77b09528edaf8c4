"""Functions that choose and that combine truths. Empty counts as false."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from ..conditions.source import Env, Source
from . import sql
from .kinds import alike, certain, compared, negated, unit_of
from .node import EMPTY, LATER, Node, bounded, composed
from .rows import Function
from .tree import refusal


def choice(branches: Sequence[tuple[Node, Node]], otherwise: Node, position: int) -> Node:
    """The value of the first branch whose condition holds, else `otherwise`."""
    if otherwise.chain is not None and otherwise.chain[0] == "choice":
        *others, otherwise = otherwise.chain[1]
        branches = [*branches, *zip(others[::2], others[1::2], strict=True)]
    tests = [certain(test, position) for test, _ in branches]
    values = alike([*(value for _, value in branches), otherwise], position)
    pairs, last = list(zip(tests, values, strict=False)), values[-1]
    steps = [(test.python, value.python) for test, value in pairs]

    def evaluate(record: Mapping[str, Any], env: Env) -> Any:
        for test, value in steps:
            if test(record, env):
                return value(record, env)
        return last.python(record, env)

    def translate(source: Source, env: Env) -> sql.Column:
        whens = [(test.sql(source, env), value.sql(source, env)) for test, value in pairs]
        return sa.type_coerce(sa.case(*whens, else_=last.sql(source, env)), sql.TYPES[last.kind])

    parts = tuple(part for pair in pairs for part in pair)
    node = replace(_any_of(values), python=evaluate, sql=translate, chain=("choice", (*parts, last)))
    return bounded(replace(node, **composed((*parts, last), LATER)))


def _any_of(values: Sequence[Node]) -> Node:
    """What is known of a value that is one of several."""
    choices = [value.choices for value in values if value.choices]
    texts = [value.texts for value in values]
    return Node(
        values[-1].kind,
        values[-1].python,
        values[-1].sql,
        digits=max(value.digits for value in values),
        places=max(value.places for value in values),
        dusty=any(value.dusty for value in values),
        whole=all(value.whole or value.constant is None for value in values),
        certain=all(value.certain for value in values),
        texts=frozenset().union(*(t for t in texts if t is not None)) if None not in texts else None,
        choices=choices[0] if choices and choices.count(choices[0]) == len(choices) else (),
        unit=unit_of(values),
    )


def _if(arguments: Sequence[Node], position: int) -> Node:
    otherwise = arguments[2] if len(arguments) == 3 else EMPTY
    return choice([(arguments[0], arguments[1])], otherwise, position)


def _ifs(arguments: Sequence[Node], position: int) -> Node:
    if len(arguments) % 2:
        raise refusal("wants_pairs", position)
    return choice(list(zip(arguments[::2], arguments[1::2], strict=True)), EMPTY, position)


def _switch(arguments: Sequence[Node], position: int) -> Node:
    value, *others = arguments
    otherwise = others.pop() if len(others) % 2 else EMPTY
    branches = [
        (compared("=", value, key, position), result)
        for key, result in zip(others[::2], others[1::2], strict=True)
    ]
    return choice(branches, otherwise, position)


def _combined(combine: Callable[..., Any], test: Callable[..., bool]) -> Callable[[Sequence[Node], int], Node]:
    def build(arguments: Sequence[Node], position: int) -> Node:
        parts = [certain(argument, position) for argument in arguments]
        steps = [part.python for part in parts]
        return bounded(
            Node(
                "boolean",
                lambda record, env: test(step(record, env) for step in steps),
                lambda source, env: combine(*(part.sql(source, env) for part in parts)),
                certain=True,
                **composed(parts),
            )
        )

    return build


def _not(arguments: Sequence[Node], position: int) -> Node:
    return negated(certain(arguments[0], position))


def _coalesce(arguments: Sequence[Node], position: int) -> Node:
    values = alike(arguments, position)
    steps = [value.python for value in values]

    def evaluate(record: Mapping[str, Any], env: Env) -> Any:
        for step in steps:
            value = step(record, env)
            if value is not None:
                return value
        return None

    facts = composed(values, LATER)
    node = replace(
        _any_of(values),
        python=evaluate,
        sql=lambda source, env: sa.func.coalesce(
            *(value.sql(source, env) for value in values), type_=sql.TYPES[values[0].kind]
        ),
        certain=any(value.certain for value in values),
        **facts,
    )
    return bounded(node)


def _is_blank(arguments: Sequence[Node], position: int) -> Node:
    [value] = arguments
    return Node(
        "boolean",
        lambda record, env: value.python(record, env) is None,
        lambda source, env: value.sql(source, env).is_(None),
        certain=True,
        **composed([value]),
    )


def _moment_or_person(kind: str, pick: Callable[[Env], Any]) -> Callable[[Sequence[Node], int], Node]:
    node = Node(kind, lambda record, env: pick(env), lambda source, env: sql.literal(pick(env), kind))
    return lambda arguments, position: node


LOGIC = (
    Function("IF", 2, 3, _if),
    Function("IFS", 2, None, _ifs),
    Function("SWITCH", 3, None, _switch),
    Function("AND", 1, None, _combined(sa.and_, all)),
    Function("OR", 1, None, _combined(sa.or_, any)),
    Function("NOT", 1, 1, _not),
    Function("COALESCE", 1, None, _coalesce),
    Function("ISBLANK", 1, 1, _is_blank),
    Function("TODAY", 0, 0, _moment_or_person("date", lambda env: env.today), volatile=True),
    Function("NOW", 0, 0, _moment_or_person("datetime", lambda env: env.now), volatile=True),
    Function("ME", 0, 0, _moment_or_person("reference", lambda env: env.me), personal=True),
    Function("MY_DEPARTMENT", 0, 0, _moment_or_person("reference", lambda env: env.department), personal=True),
)
