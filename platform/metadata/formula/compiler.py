"""From a tree to a checked Node: names looked up, kinds checked, reads recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from ..conditions.source import Env, Source, value_behind
from ..model import Entity, Field, fold
from . import sql
from .arithmetic import ARITHMETIC, calculated, divided, signed
from .dating import DATING, shifted
from .kinds import compared, option_words
from .logic import LOGIC
from .node import EMPTY, Evaluate, Node, Translate, bounded, literal
from .numbers import greatest, least, total
from .rows import Function
from .structured import SETS, STRUCTURED, count_of
from .texting import TEXTING, joined
from .tree import Call, Literal, Name, Operation, Tree, refusal

DEEPEST = 50
MOST_ARGUMENTS = 60
"""Databases take about a hundred."""

MOST_STEPS = 4
_DIGITS = 15
_COLUMN_DEPTH, _STEP_DEPTH, _LINES_DEPTH = 2, 6, 14
_DIGITS_OF_SUMS = 24

FUNCTIONS: Mapping[str, Function] = {f.name: f for f in (*LOGIC, *ARITHMETIC, *TEXTING, *DATING, *STRUCTURED)}
OVER_CHILDREN = ("SUM", "COUNT", "AVG", "MIN", "MAX")


class Compiler:
    """Compiles one formula of an entity; afterwards `reads`, `volatile` and `personal` say what it looks at.

    Of the paths that are not in `valued` it only asks whether something is there.
    """

    def __init__(self, entity: Entity, entities: Mapping[str, Entity]) -> None:
        self.entity = entity
        self.entities = entities
        self.reads: set[str] = set()
        self.valued: set[str] = set()
        self.volatile = False
        self.personal = False

    def node(self, tree: Tree, depth: int = 1) -> Node:
        """The node of a tree. Raises FormulaError."""
        if depth > DEEPEST:
            raise refusal("too_deep", tree.position, max=DEEPEST)
        match tree:
            case Literal(value, _):
                return _constant(value)
            case Name():
                return self._column(tree, self.valued)
            case Call(name, _, position):
                return (
                    self._call(tree, depth)
                    if name in FUNCTIONS or name in OVER_CHILDREN
                    else _unknown(name, position)
                )
            case Operation(sign, operands, position):
                return _operation(sign, [self.node(operand, depth + 1) for operand in operands], position)

    def _call(self, call: Call, depth: int) -> Node:
        children = self._over_children(call)
        if children is not None:
            return children
        function = FUNCTIONS.get(call.name)
        if function is None and call.name == "COUNT":
            return self._count_of_set(call)
        if function is None:
            raise refusal("wants_children", call.position, name=call.name)
        count, most = len(call.arguments), MOST_ARGUMENTS if function.most is None else function.most
        if not function.least <= count <= most:
            raise refusal("wrong_count", call.position, name=call.name, count=count)
        self.volatile = self.volatile or function.volatile
        self.personal = self.personal or function.personal
        if call.name == "ISBLANK" and isinstance(call.arguments[0], Name):
            return function.build([self._column(call.arguments[0], set())], call.position)
        return function.build([self.node(argument, depth + 1) for argument in call.arguments], call.position)

    def _over_children(self, call: Call) -> Node | None:
        """An aggregate of a sub-table, `SUM(lines.amount)` or `COUNT(lines)`; None for anything else."""
        if call.name not in OVER_CHILDREN or len(call.arguments) != 1 or not isinstance(call.arguments[0], Name):
            return None
        name = call.arguments[0]
        lines = self._find(self.entity, name.parts[0], name)
        child = self.entities.get(lines.option("target", "")) if lines.holds_lines else None
        if child is None or child.parent != self.entity.key:
            return None
        if len(name.parts) == 1 and call.name != "COUNT":
            raise refusal("wants_child_field", name.position)
        field = self._find(child, ".".join(name.parts[1:]) or "id", name)
        self.reads.add(f"{lines.key}.{field.key}")
        self.valued.add(f"{lines.key}.{field.key}")
        return _aggregated(call.name, _Lines(lines.key, field, child.key, self.entity.key), call.position)

    def _count_of_set(self, call: Call) -> Node:
        """How many words, people, records or files a field holds."""
        if len(call.arguments) == 1 and isinstance(call.arguments[0], Name):
            value = self._column(call.arguments[0], self.valued)
            if value.kind in SETS:
                return count_of(value, call.position)
        raise refusal("wants_children", call.position, name=call.name)

    def _column(self, name: Name, valued: set[str]) -> Node:
        steps = [self._find(self.entity, name.parts[0], name)]
        for part in name.parts[1:]:
            if steps[-1].behaviour.target != "target":
                raise refusal("wants_aggregate" if steps[-1].option("target") else "no_relation", name.position)
            target = self.entities.get(steps[-1].option("target", ""))
            if target is None:
                raise refusal("unknown_name", name.position, name=part[:60])
            steps.append(self._find(target, part, name))
        *before, field = steps
        if len(before) > MOST_STEPS:
            raise refusal("path_too_long", name.position, max=MOST_STEPS)
        if field.behaviour.kind is None and field.behaviour.read_as is None:
            raise refusal("wants_aggregate" if field.option("target") else "no_use", name.position)
        path = ".".join(step.key for step in steps)
        self.reads.add(path)
        valued.add(path)
        return read_field(field, path, [step.key for step in before])

    def _find(self, entity: Entity, word: str, name: Name) -> Field:
        """The field that a word names: by key, or by a label in any language. Raises FormulaError."""
        field = entity.all_fields.get(word)
        if field is not None:
            return field
        found = [f for f in entity.all_fields.values() if fold(word) in map(fold, option_words(f))]
        if len(found) != 1:
            raise refusal("ambiguous_name" if found else "unknown_name", name.position, name=word[:60])
        return found[0]


def _constant(value: Any) -> Node:
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return literal(value, "boolean")
    return literal(value, "number" if isinstance(value, Decimal) else "text")


def _unknown(name: str, position: int) -> Node:
    raise refusal("unknown_function", position, name=name[:40])


def _operation(sign: str, operands: Sequence[Node], position: int) -> Node:
    if len(operands) == 1:
        return signed(sign, operands[0], position)
    left, right = operands
    if sign == "&":
        return joined(operands, position)
    if sign in ("=", "<>", "<", "<=", ">", ">="):
        return compared(sign, left, right, position)
    dated = shifted(sign, left, right, position) if sign in "+-" else None
    return dated if dated is not None else calculated(sign, left, right, position)


def read_field(field: Field, path: str, steps: Sequence[str]) -> Node:
    """The value of a field, of the record itself or behind relations."""
    read_as = field.behaviour.read_as
    kind = str(field.behaviour.kind or ("text" if read_as == "plain" else read_as))
    node = Node(
        kind,
        _exact(path) if kind == "number" else lambda record, env: record.get(path),
        _column_of(field.key, list(steps), kind),
        texts=frozenset(field.choice_by_key) if field.choices and kind == "text" else None,
        choices=field.choices,
        depth=_COLUMN_DEPTH + _STEP_DEPTH * len(steps),
    )
    return replace(node, **_number_facts(field)) if kind == "number" else node


def _exact(path: str) -> Evaluate:
    def evaluate(record: Mapping[str, Any], env: Env) -> Any:
        value = record.get(path)
        return None if value is None else Decimal(value)

    return evaluate


def _number_facts(field: Field, digits: int = _DIGITS) -> dict[str, Any]:
    places = getattr(field.behaviour.column(field), "scale", None) or 0
    return {"digits": digits, "places": places, "whole": places == 0, "unit": field.behaviour.unit}


def _column_of(key: str, steps: list[str], kind: str) -> Translate:
    def column(source: Source, left: list[str]) -> sql.Column:
        if not left:
            return source.column(key)
        return value_behind(source, left[0], lambda target: column(target, left[1:]))

    if kind == "number":
        return lambda source, env: sql.AsNumber(column(source, steps))
    return lambda source, env: column(source, steps)


class _Lines:
    """A field of the rows of a sub-table: their values in a record, and aggregates of them in SQL."""

    def __init__(self, key: str, field: Field, child: str, by: str) -> None:
        self.key = key
        self.field = field
        self.child = child
        self.by = by
        self.path = f"{key}.{field.key}"

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """What is not empty; taken from the rows themselves when the record holds those instead."""
        found = record.get(self.path)
        if found is None:
            found = [
                row.get(self.field.key, True if self.field.key == "id" else None)
                for row in record.get(self.key) or ()
            ]
        return [value for value in found if value is not None]

    def select(self, aggregate: Callable[..., Any]) -> Translate:
        """SQL of an aggregate function over the live rows."""

        def translate(source: Source, env: Env) -> sql.Column:
            child = source.children(self.child, self.by)
            belongs = child.column(self.by) == source.column("id")
            select = sa.select(aggregate(child.column(self.field.key))).select_from(child.from_).where(belongs)
            return select.correlate(source.from_).scalar_subquery()

        return translate


def _aggregated(name: str, lines: _Lines, position: int) -> Node:
    kind = lines.field.behaviour.kind
    if name == "COUNT":
        return _count_of(lines)
    if name in ("MIN", "MAX") and kind in ("date", "datetime"):
        pick, select = (min, sa.func.min) if name == "MIN" else (max, sa.func.max)
        return Node(
            kind,
            lambda record, env: pick(lines.values(record), default=None),
            lines.select(select),
            depth=_LINES_DEPTH,
        )
    if kind != "number":
        raise refusal("wants_numbers", position, name=name)
    if name == "AVG":
        return divided(_number_of(lines, total, sa.func.sum), _count_of(lines), position)
    ways: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
        "SUM": (total, _sum_or_nothing),
        "MIN": (least, sa.func.min),
        "MAX": (greatest, sa.func.max),
    }
    return _number_of(lines, *ways[name])


def _sum_or_nothing(column: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(column), 0)


def _number_of(lines: _Lines, compute: Callable[..., Any], aggregate: Callable[..., Any]) -> Node:
    translate = lines.select(aggregate)
    return bounded(
        Node(
            "number",
            lambda record, env: compute(*map(Decimal, lines.values(record))),
            lambda source, env: sql.AsNumber(translate(source, env)),
            depth=_LINES_DEPTH,
            **_number_facts(lines.field, _DIGITS_OF_SUMS),
        )
    )


def _count_of(lines: _Lines) -> Node:
    translate = lines.select(sa.func.count)
    return Node(
        "number",
        lambda record, env: Decimal(len(lines.values(record))),
        lambda source, env: sql.AsNumber(translate(source, env)),
        digits=_DIGITS,
        whole=True,
        depth=_LINES_DEPTH,
    )
