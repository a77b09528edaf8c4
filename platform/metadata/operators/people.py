"""Operators of people and departments, seen from the person who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..physical import USER_TABLE
from .compare import EMPTINESS, REFERENCE, equal, negated, one_of
from .operator import Clause, Column, Operator, me_for, read_many, read_none, refusal
from .options import HasKey

if TYPE_CHECKING:
    from ..conditions.source import Env
    from ..model import Field

_USERS = sa.table(USER_TABLE, sa.column("id"), sa.column("department_id"))


def _works_in(column: Column, departments: Any) -> Clause:
    if not departments:
        return sa.false()
    return column.in_(sa.select(_USERS.c.id).where(_USERS.c.department_id.in_(departments)))


def _among(value: Any, operand: Any) -> bool:
    return value is not None and value in operand


def _me(operand: Any, env: Env) -> int:
    return env.me


def _subordinates(operand: Any, env: Env) -> tuple[int, ...]:
    return tuple(env.subordinates)


def _own_department(operand: Any, env: Env) -> tuple[int, ...]:
    return () if env.department is None else (env.department,)


def _departments_below(operand: Any, env: Env) -> tuple[int, ...]:
    return () if env.department is None else tuple(env.departments_below)


DEPARTMENTS: tuple[Operator, ...] = (
    Operator("in_my_department", "none", read_none, one_of, _among, _own_department),
    Operator("in_my_departments_below", "none", read_none, one_of, _among, _departments_below),
    *REFERENCE,
)
PEOPLE: tuple[Operator, ...] = (
    Operator("is_me", "none", read_none, equal, lambda value, me: bool(value == me), _me),
    Operator("in_my_department", "none", read_none, _works_in, _among, _own_department, True),
    Operator("in_my_departments_below", "none", read_none, _works_in, _among, _departments_below, True),
    Operator("is_my_subordinate", "none", read_none, one_of, _among, _subordinates),
    *REFERENCE,
)


def _has_id(column: Column, person: int) -> Clause:
    return HasKey(sa.type_coerce(column, sa.Text), sa.literal(f"|{person}|", sa.Text))


def _has_someone(column: Column, condition: Clause) -> Clause:
    """Whether a user of whom the condition holds is among the people of the column."""
    mark = sa.literal("|", sa.Text) + sa.cast(_USERS.c.id, sa.Text) + sa.literal("|", sa.Text)
    found = (
        sa.select(sa.literal(1))
        .select_from(_USERS)
        .where(condition, HasKey(sa.type_coerce(column, sa.Text), mark))
    )
    return sa.and_(column.is_not(None), found.correlate_except(_USERS).exists())


def _someone_works_in(column: Column, departments: Any) -> Clause:
    return _has_someone(column, _USERS.c.department_id.in_(departments)) if departments else sa.false()


def _has_any_of(column: Column, people: Any) -> Clause:
    return sa.or_(sa.false(), *(column.is_(None) if one is None else _has_id(column, one) for one in people))


def _has_all_of(column: Column, people: Any) -> Clause:
    return sa.and_(column.is_not(None), *(_has_id(column, one) for one in people if one is not None))


def _someone_is_among(column: Column, people: Any) -> Clause:
    return _has_someone(column, _USERS.c.id.in_(people)) if people else sa.false()


def _some(value: Any, operand: Any) -> bool:
    return any((value is None) if one is None else one in (value or ()) for one in operand)


def _all(value: Any, operand: Any) -> bool:
    return value is not None and all(one in value for one in operand if one is not None)


def _read_person(field: Field, raw: Any) -> Any:
    people = _read_people(field, [raw])
    if len(people) != 1 or people[0] is None:
        raise refusal("needs_value", field=field.key)
    return people[0]


def _read_people(field: Field, raw: Any) -> tuple[Any, ...]:
    """Ids or `Me`; each raw may itself be a list, None stands for empty."""
    read = read_many(field, [raw] if isinstance(raw, str | int) else raw)
    return tuple(one for value in read for one in (value if isinstance(value, tuple) else (value,)))


GROUPS: tuple[Operator, ...] = (
    Operator("is_me", "none", read_none, _has_id, lambda value, me: me in (value or ()), _me),
    Operator("in_my_department", "none", read_none, _someone_works_in, _some, _own_department, True),
    Operator("in_my_departments_below", "none", read_none, _someone_works_in, _some, _departments_below, True),
    Operator("is_my_subordinate", "none", read_none, _someone_is_among, _some, _subordinates),
    Operator("contains", "one", _read_person, _has_id, lambda value, one: one in (value or ()), me_for),
    Operator(
        "not_contains", "one", _read_person, negated(_has_id), lambda value, one: one not in (value or ()), me_for
    ),
    Operator("in", "many", _read_people, _has_any_of, _some, me_for),
    Operator(
        "not_in",
        "many",
        _read_people,
        negated(_has_any_of),
        lambda value, people: not _some(value, people),
        me_for,
    ),
    Operator("contains_all", "many", _read_people, _has_all_of, _all, me_for),
    *EMPTINESS,
)
"""Operators of several people: each holds when it holds of one of them."""
