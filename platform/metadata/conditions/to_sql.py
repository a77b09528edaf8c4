"""A Condition as a SQL expression.

A clause may be NULL where a value is empty, which WHERE takes as false; under NOT that is made explicit, so that
`not` holds exactly where its part does not.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ..errors import ValueRefused
from ..operators import refusal
from ..wording import Phrase
from .source import Env, Source, TableSource, value_behind
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
            column = _column(source, [step.key for step in condition.steps], condition.field.key)
            return condition.operator.clause(column, resolved(condition, env))


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
    child = source.children(children.entity, children.by)
    belongs = child.column(children.by) == source.column("id")
    inner = sa.select(sa.literal(1)).select_from(child.from_).where(belongs, _clause(children.part, child, env))
    found = inner.correlate(source.from_).exists()
    return found if children.some else sa.not_(found)
