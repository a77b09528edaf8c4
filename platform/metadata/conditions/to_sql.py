"""A Condition as a SQL expression.

A clause may be NULL where a value is empty, which WHERE takes as false; under NOT that is made explicit, so that
`not` holds exactly where its part does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ..errors import ValueRefused
from ..model import Field
from ..operators import Branch, Linked, refusal
from ..wording import Phrase
from .branches import branch_ids
from .source import Env, Source, TableSource, behind, pointing, value_behind
from .tree import All, AnyOf, Children, Comparison, Condition, FromForm, Not


def clause(condition: Condition, source: Source, env: Env) -> ColumnElement[bool]:
    """SQL that is true for the rows of `source` where the condition holds. Raises UnknownField, BadFilter."""
    if isinstance(source, TableSource) and source.env is None:
        source = source.at(env)
    return _clause(condition, source, env)


def _clause(condition: Condition, source: Source, env: Env) -> ColumnElement[bool]:
    match condition:
        case All(parts):
            return sa.and_(sa.true(), *(_clause(part, source, env) for part in parts))
        case AnyOf(parts):
            return sa.or_(*(_clause(part, source, env) for part in parts)) if parts else sa.true()
        case Not(part):
            return sa.not_(sa.func.coalesce(_clause(part, source, env), sa.false()))
        case Children():
            return _exists(condition, source, env)
        case Comparison():
            return _compared(condition, condition.steps, source, env)


def _compared(test: Comparison, steps: Sequence[Field], source: Source, env: Env) -> ColumnElement[bool]:
    """The test at the end of its path. Behind several records at once it holds where it does for some of them."""
    if any(step.behaviour.several for step in steps):
        target = source.related(steps[0].key)
        inner = sa.select(sa.literal(1)).select_from(target.from_)
        inner = inner.where(behind(source, steps[0].key, target), _compared(test, steps[1:], target, env))
        return inner.correlate(source.from_).exists()
    keys = [step.key for step in steps]
    column: Any = _column(source, keys, test.field.key)
    if test.field.behaviour.several == "target":
        place = (test.field.entity, test.field.key)
        column = Linked(column, _column(source, keys, "id"), source.catalog.links[place])
    operand = resolved(test, env)
    if isinstance(operand, Branch):
        operand = branch_ids(operand, source)
    return test.operator.clause(column, operand)


def resolved(test: Comparison, env: Env) -> Any:
    """The operand for that person at that moment. Raises BadFilter."""
    if isinstance(test.operand, FromForm):
        raise refusal("no_form")
    try:
        return test.operator.resolve(test.operand, env)
    except ValueRefused as error:
        raise refusal("refused", field=test.field.key, why=Phrase(f"field.{error.code}", error.data)) from None


def _column(source: Source, steps: list[str], key: str) -> ColumnElement[Any]:
    if not steps:
        return source.column(key)
    return value_behind(source, steps[0], lambda target: _column(target, steps[1:], key))


def _exists(children: Children, source: Source, env: Env) -> ColumnElement[bool]:
    if children.through is None:
        child = source.children(children.entity, children.by)
        belongs = pointing(child, children.by, source)
    else:
        child = source.related(children.through)
        belongs = behind(source, children.through, child)
    inner = sa.select(sa.literal(1)).select_from(child.from_).where(belongs, _clause(children.part, child, env))
    found = inner.correlate(source.from_).exists()
    return found if children.some else sa.not_(found)
