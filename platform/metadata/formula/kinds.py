"""How kinds of values meet: what may stand where, what becomes what, and comparing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import sqlalchemy as sa

from ..model import fold
from . import sql
from .node import CLAUSE, FIRST, ZONE, Node, apply, bounded, composed, literal
from .tree import refusal

_WRITTEN = {
    "place": "place_text",
    "region": "region_text",
    "point": "point_text",
    "rich": "rich_text",
    "clock": "clock_text",
}
"""Kinds of values with parts, and the operation that writes them as text."""

HELD = ("list", "people", "records", "files", "json")
"""Kinds that are no text: only some functions take a part of them."""


def wanted(node: Node, kind: str, position: int) -> Node:
    """The node as that kind: NULL is of every kind, a day is wanted of a moment, other kinds do not mix.
    Raises FormulaError.
    """
    if node.kind == kind:
        return node
    if node.kind == "null":
        return replace(literal(None, kind), weight=node.weight)
    if kind == "date" and node.kind == "datetime":
        return apply("local_day", node, ZONE)
    if kind == "text" and node.kind in _WRITTEN:
        return apply(_WRITTEN[node.kind], node)
    if node.kind in HELD:
        raise refusal(f"of_{node.kind}", position)
    raise refusal("wrong_kind", position, wanted=_named(kind), found=_named(node.kind))


def _named(kind: str) -> object:
    from ..wording import Phrase

    return Phrase(f"formula.kind.{kind}")


def settled(node: Node, position: int) -> Node:
    """A number without the dust of divisions."""
    node = wanted(node, "number", position)
    return apply("settle", node, digits=node.digits, places=9, unit=node.unit) if node.dusty else node


def as_text(node: Node, position: int) -> Node:
    """The node as text, written the way `&` writes values."""
    if node.kind == "number":
        return apply("number_text", settled(node, position))
    if node.kind == "date":
        return apply("day_text", node)
    if node.kind == "datetime":
        return apply("moment_text", node, ZONE)
    if node.kind == "boolean":
        return apply("boolean_text", node)
    return wanted(node, "text", position)


def alike(nodes: Sequence[Node], position: int) -> list[Node]:
    """All nodes as one kind, that of the first which has one. Raises FormulaError."""
    kinds = {node.kind for node in nodes} - {"null"}
    if len(kinds) > 1 and kinds <= {"date", "datetime"}:
        kinds = {"date"}
    kind = next(("text" if node.kind in _WRITTEN else node.kind for node in nodes if node.kind in kinds), "null")
    if kinds == {"date"}:
        kind = "date"
    for node in nodes:
        if node.kind in HELD:
            raise refusal(f"of_{node.kind}", position)
    return in_one_unit([node if kind == "null" else wanted(node, kind, position) for node in nodes])


def in_one_unit(nodes: Sequence[Node]) -> list[Node]:
    """The numbers with lengths of time of several units all in seconds."""
    if len({node.unit for node in nodes if node.unit}) < 2:
        return list(nodes)
    return [in_seconds(node) if node.unit else node for node in nodes]


def in_seconds(node: Node) -> Node:
    """The length of time in seconds."""
    if node.unit in (0, 1):
        return node
    facts = {"digits": node.digits + 5, "places": node.places, "dusty": node.dusty, "whole": node.whole}
    return apply("multiply", node, literal(Decimal(node.unit), "number"), **facts, unit=1)


def unit_of(nodes: Sequence[Node]) -> int:
    """The unit of numbers that were brought to one."""
    return max(node.unit for node in nodes)


def certain(node: Node, position: int) -> Node:
    """A boolean that is never empty: empty counts as false."""
    node = wanted(node, "boolean", position)
    if node.certain:
        return node
    return bounded(
        replace(
            node,
            certain=True,
            python=lambda record, env: bool(node.python(record, env)),
            sql=lambda source, env: sql.truth(node.sql(source, env)),
            chain=None,
            **composed([node], FIRST),
        )
    )


def compared(sign: str, left: Node, right: Node, position: int) -> Node:
    """`=` and `<>` treat two empties as equal; the others do not hold when a side is empty."""
    left, right = named_options(left, right, position), named_options(right, left, position)
    if {left.kind, right.kind} == {"reference", "text"}:
        raise refusal("no_names_compared", position)
    left, right = alike([left, right], position)
    if left.kind == "number":
        left, right = settled(left, position), settled(right, position)
    if sign in ("=", "<>"):
        return _same(left, right) if sign == "=" else negated(_same(left, right))
    if left.kind in ("boolean", "reference", "null"):
        raise refusal("not_ordered", position)
    if sign in (">", ">="):
        left, right = right, left
    return _less(left, right, or_same=sign in ("<=", ">="))


def negated(node: Node) -> Node:
    """NOT of a certain boolean."""
    return _boolean(
        [node],
        lambda record, env: not node.python(record, env),
        lambda source, env: sa.not_(node.sql(source, env)),
    )


def _boolean(operands: Sequence[Node], python: object, translate: object, step: int = CLAUSE) -> Node:
    node = Node("boolean", python, translate, certain=True, **composed(operands, step))  # type: ignore[arg-type]
    return bounded(node)


def named_options(node: Node, other: Node, position: int) -> Node:
    """A text beside a field with options means one of them: its key, or its label."""
    if not other.choices or not isinstance(node.constant, str):
        return node
    keys = {option.key: option.key for option in other.choices}
    labels = {fold(word): o.key for o in reversed(other.choices) for word in option_words(o)}
    key = keys.get(node.constant) or labels.get(fold(node.constant))
    if key is None:
        raise refusal("unknown_option", position, value=node.constant[:40])
    return literal(key, "text")


def option_words(option: object) -> tuple[str, ...]:
    """The labels of an option in all languages."""
    label = getattr(option, "label", "")
    return (label,) if isinstance(label, str) else tuple(label.values())


def _same(left: Node, right: Node) -> Node:
    if left.kind == "number":
        return replace(apply("same", left, right), certain=True)
    return _boolean(
        [left, right],
        lambda record, env: left.python(record, env) == right.python(record, env),
        lambda source, env: left.sql(source, env).is_not_distinct_from(right.sql(source, env)),
    )


def _less(left: Node, right: Node, *, or_same: bool) -> Node:
    if left.kind == "number":
        return certain(apply("less_or_same" if or_same else "less", left, right), 0)

    def evaluate(record: object, env: object) -> bool:
        one, other = left.python(record, env), right.python(record, env)  # type: ignore[arg-type]
        if one is None or other is None:
            return False
        return bool(one <= other if or_same else one < other)

    def translate(source: object, env: object) -> sql.Column:
        one, other = left.sql(source, env), right.sql(source, env)  # type: ignore[arg-type]
        if left.kind == "text":
            less: sql.Column = sa.not_(sql.Ordered(other, one)) if or_same else sql.Ordered(one, other)
        else:
            less = one <= other if or_same else one < other
        return sql.truth(less)

    return _boolean([left, right], evaluate, translate, FIRST + CLAUSE)
