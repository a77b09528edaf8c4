"""Unique indexes over part of a table: values that may not repeat within a parent, together, or under a condition.

Rows with an empty part do not count as equal, on both databases. The condition compares own fields with constants,
which the checks see to, so that it can stand in an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from . import conditions
from .conditions import Condition, Env
from .model import Entity, Field

_NOBODY = datetime(2000, 1, 1, tzinfo=UTC)
_ENV = Env(today=_NOBODY.date(), now=_NOBODY, zone=UTC, me=0)


class _Columns:
    """A bare table as conditions are compiled against it, before there is a Catalog."""

    def __init__(self, entity: Entity, table: sa.Table) -> None:
        self.entity, self.from_ = entity, table

    def column(self, key: str) -> sa.ColumnElement[Any]:
        """The field's column."""
        return self.from_.c[key]


def condition_of(field: Field, entity: Entity) -> Condition | None:
    """The condition under which the field's values may not repeat."""
    if field.uniqueness is None or field.uniqueness.where is None:
        return None
    known: Any = SimpleNamespace(entities={entity.key: entity})
    return conditions.parse(field.uniqueness.where, entity, known)


def counts(field: Field, entity: Entity, table: sa.Table) -> sa.ColumnElement[bool]:
    """SQL for the rows among which the field's values may not repeat: live ones, under its condition."""
    live = table.c.deleted_at.is_(None)
    condition = condition_of(field, entity)
    if condition is None:
        return live
    source: Any = _Columns(entity, table)
    return sa.and_(live, conditions.clause(condition, source, _ENV))


def matters(field: Field, entity: Entity, row: Mapping[str, Any]) -> bool:
    """Whether a row is one of those."""
    condition = condition_of(field, entity)
    return condition is None or conditions.matches(condition, row, _ENV)


def add_index(table: sa.Table, entity: Entity, field: Field, name: str) -> None:
    """Give the table the unique index of a field whose values may not repeat within a part of it."""
    if field.uniqueness is None or any(key not in table.c for key in field.uniqueness.columns):
        return
    columns = [table.c[key] for key in (field.key, *field.uniqueness.columns)]
    where = counts(field, entity, table)
    sa.Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)
