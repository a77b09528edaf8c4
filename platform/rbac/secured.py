"""The secured selectable: rows in scope, fields that are shown, and nothing else.

A plain `SELECT … FROM r_x WHERE …` as a subquery, which both databases merge into the statement around it, so that
indexes serve filters and sorting. A field that every visible row shows is the bare column; one that only some rows
show is `CASE WHEN <scope that shows it> THEN column END`; one that no row shows is not there at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ..metadata.catalog import Catalog
from ..metadata.conditions import TableSource
from ..metadata.errors import NotFound, UnknownField
from ..metadata.model import Entity
from .scope import Scope

if TYPE_CHECKING:
    from .access import EntityAccess


@dataclass(frozen=True, slots=True)
class Selection:
    """A secured SELECT and, for fields only some rows show, the name of the column that says which rows do."""

    select: sa.Select[Any]
    flags: Mapping[str, str]
    steady: bool


class Secured:
    """What one actor may see of one entity: a Source of Conditions, and a FROM of any SELECT."""

    def __init__(self, access: EntityAccess, selection: Selection, name: str | None = None) -> None:
        self.access = access
        self.selection = selection
        self.from_: sa.Subquery = selection.select.subquery(name)

    @property
    def entity(self) -> Entity:
        """The entity that is read."""
        return self.access.entity

    @property
    def catalog(self) -> Catalog:
        """The Catalog it is read under."""
        return self.access.access.catalog

    def column(self, key: str) -> ColumnElement[Any]:
        """The field's column. Raises UnknownField, the same for hidden and unknown fields."""
        found: ColumnElement[Any] | None = self.from_.c.get(key)
        if found is None or key not in self.entity.all_fields:
            raise UnknownField(key)
        return found

    def shown(self, key: str) -> ColumnElement[bool] | None:
        """SQL that holds where the field is shown; None when that is everywhere. Raises UnknownField."""
        self.column(key)
        flag = self.selection.flags.get(key)
        return None if flag is None else self.from_.c[flag]

    def related(self, key: str) -> Secured:
        """The records the relation field points at, as far as the actor sees them, under a name of their own.

        Join it on `related.column("id") == self.column(key)`; a record out of scope is simply not there.
        Raises UnknownField when the field or its whole target is hidden, or when it is no relation.
        """
        self.column(key)
        field = self.entity.all_fields[key]
        if field.behaviour.target != "target":
            raise UnknownField(key)
        return self._other(field.option("target"), key)

    def children(self, entity_key: str, by: str) -> Secured:
        """The records of `entity_key` whose field `by` points here, as far as the actor sees them."""
        child = self._other(entity_key, entity_key)
        child.column(by)
        return child

    def _other(self, entity_key: str, mentioned: str) -> Secured:
        try:
            other = self.access.access.entity(entity_key)
            return Secured(other, other.selection("view", False, None))
        except NotFound:
            raise UnknownField(mentioned) from None


def build_selection(
    access: EntityAccess, operation: str, deleted: bool | None, columns: frozenset[str] | None
) -> Selection:
    """The SELECT of the rows on which `operation` is allowed, with the fields that are shown, out of `columns`."""
    shown = access.decisions.shown
    readable = access.readable | ({"deleted_at"} & shown.keys() if deleted is not False else set())
    wanted = readable if columns is None else readable & (columns | {"id"})
    names = [key for key in access.entity.all_fields if key in wanted and access.is_stored(key)]
    masks = _Masks(access)
    visible = access.decisions.rows["view"]
    picked = [_pick(access, key, None if shown[key].covers(visible) else masks.of(key)) for key in names]
    rows = access.rows(operation)
    wheres = [access.clause(scope) for scope in rows]
    live = access.table.c.deleted_at
    if deleted is not None:
        wheres.append(live.is_not(None) if deleted else live.is_(None))
    steady = all(s.steady for s in (*rows, *masks.scopes)) and not any(
        access.access.catalog.is_virtual(access.entity.all_fields[key]) for key in names
    )
    return Selection(sa.select(*picked, *masks.columns()).where(*wheres), masks.flags, steady)


class _Masks:
    """The distinct scopes that show only part of the rows, each with a flag column of its own."""

    def __init__(self, access: EntityAccess) -> None:
        self.access = access
        self.scopes: dict[Scope, tuple[str, ColumnElement[bool]]] = {}
        self.flags: dict[str, str] = {}

    def of(self, key: str) -> ColumnElement[bool]:
        scope = self.access.decisions.shown[key]
        if scope not in self.scopes:
            # Field keys begin with a letter, so this name is free.
            self.scopes[scope] = (f"_shown_{len(self.scopes) + 1}", self.access.clause(scope))
        name, clause = self.scopes[scope]
        self.flags[key] = name
        return clause

    def columns(self) -> Iterable[ColumnElement[Any]]:
        # A comparison with an empty owner is neither true nor false; the flag must be one of them.
        return (
            sa.case((clause, sa.true()), else_=sa.false()).label(name) for name, clause in self.scopes.values()
        )


def _pick(access: EntityAccess, key: str, mask: ColumnElement[bool] | None) -> ColumnElement[Any]:
    column = _raw_column(access, key)
    if mask is None:
        return column.label(key)
    return sa.case((mask, column)).label(key)


def _raw_column(access: EntityAccess, key: str) -> ColumnElement[Any]:
    table, env = access.table, access.access.env
    return TableSource(access.access.catalog, access.entity.key, table, env).column(key)
