"""Operators of people and departments, seen from the person who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..physical import USER_TABLE
from .compare import REFERENCE, equal, one_of
from .operator import Clause, Column, Operator, read_none

if TYPE_CHECKING:
    from ..conditions.source import Env

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
