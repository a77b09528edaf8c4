"""The secured selectable: rows in scope, fields that are shown, and nothing else.

A plain `SELECT … FROM r_x WHERE …` as a subquery, which both databases merge into the statement around it, so that
indexes serve filters and sorting. A field that every visible row shows is the bare column; one that only some rows
show is `CASE WHEN <scope that shows it> THEN column END`; one that no row shows cannot be had at all.

The subquery has only the columns somebody asked for: each `column` that is new is added to it. Building and
hashing all columns of a wide entity for every statement would cost more than many a statement itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ..metadata.catalog import Catalog
from ..metadata.conditions import Env, TableSource
from ..metadata.errors import NotFound, UnknownField
from ..metadata.masks import masked_column
from ..metadata.model import Entity
from .scope import Scope

if TYPE_CHECKING:
    from .access import EntityAccess

BIN = "deleted_at"

WHOLE = "_whole_"
"""Before the name of a masked field's column that is compared and never shown. Field keys begin with a letter."""

Mask = tuple[str, ColumnElement[bool]]
"""Name and clause of the rows that show some fields."""


class Selection:
    """The SELECT of the rows on which an operation is allowed, and what may be picked from it.

    `steady`: it is the same at every moment, so it may be kept.
    """

    def __init__(self, access: EntityAccess, operation: str, deleted: bool | None) -> None:
        decisions, table = access.decisions, access.table
        self.access = access
        self.shown = decisions.shown
        self.deleted = deleted
        scopes = access.rows(operation)
        wheres = [access.clause(scope) for scope in scopes]
        if deleted is not None:
            wheres.append(table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None))
        self.select = sa.select(table.c.id.label("id")).where(*wheres)
        self.steady = all(scope.steady for scope in (*scopes, *self.shown.values()))
        self._picked: dict[str, ColumnElement[Any]] = {}
        self._masks = self._mask_all(decisions.rows["view"])

    def _mask_all(self, rows: Scope) -> dict[Scope, Mask]:
        partial = dict.fromkeys(scope for scope in self.shown.values() if not scope.covers(rows))
        # Field keys begin with a letter, so these names are free.
        return {scope: (f"_shown_{n}", self.access.clause(scope)) for n, scope in enumerate(partial, 1)}

    def pick(self, key: str, env: Env, *, whole: bool = False) -> ColumnElement[Any]:
        """What the inner SELECT gives for the field, a masked one as it is shown, or whole. Raises UnknownField,
        the same for hidden and unknown ones.
        """
        name = WHOLE + key if whole else key
        found = self._picked.get(name)
        if found is None:
            if not self._is_readable(key):
                raise UnknownField(key)
            found = self._column(key, name, env)
            if key in self.access.table.c:
                # Fields computed as they are read speak of the moment and are made anew for each.
                self._picked[name] = found
        return found

    def _is_readable(self, key: str) -> bool:
        if key == BIN:
            return self.deleted is not False and key in self.shown
        return key in self.access.readable and self.access.is_stored(key)

    def _column(self, key: str, name: str, env: Env) -> ColumnElement[Any]:
        access = self.access
        column = TableSource(access.access.catalog, access.entity.key, access.table, env).column(key)
        if name in access.masked:
            column = masked_column(access.entity.all_fields[key].mask or {}, column)
        mask = self.mask(key)
        return (column if mask is None else sa.case((mask[1], column))).label(name)

    def mask(self, key: str) -> Mask | None:
        """What says in which rows the field is shown; None when in all that are visible."""
        return self._masks.get(self.shown[key])


class Secured:
    """What one actor may see of one entity: a Source of Conditions, and a FROM of any SELECT.

    Take columns from `column`, never from `from_.c`: the latter has only those already asked for.
    """

    def __init__(self, access: EntityAccess, selection: Selection, name: str | None = None) -> None:
        self.access = access
        self.selection = selection
        self.from_: sa.Subquery = selection.select.subquery(name)
        self._columns: dict[str, ColumnElement[Any]] = {"id": self._outer("id", access.table.c.id)}

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
        found = self._columns.get(key)
        return self._add(key, self.selection.pick(key, self.access.access.env)) if found is None else found

    def comparing(self) -> Comparing:
        """The same rows, to be filtered and searched: a masked field whole, for who may look at it whole."""
        return Comparing(self)

    def compared(self, key: str) -> ColumnElement[Any]:
        """The column of a field as it is compared. Raises UnknownField, also for what is shown only in part."""
        if key in self.access.veiled:
            raise UnknownField(key)
        if key not in self.access.masked:
            return self.column(key)
        found = self._columns.get(WHOLE + key)
        picked = self.selection.pick(key, self.access.access.env, whole=True)
        return self._add(WHOLE + key, picked) if found is None else found

    def shown(self, key: str) -> ColumnElement[bool] | None:
        """SQL that holds where the field is shown; None when that is everywhere. Raises UnknownField."""
        self.column(key)
        mask = self.selection.mask(key)
        if mask is None:
            return None
        name, clause = mask
        if name in self._columns:
            return self._columns[name]
        # A comparison with an empty owner is neither true nor false; the flag must be one of them.
        return self._add(name, sa.case((clause, sa.true()), else_=sa.false()).label(name))

    def _add(self, name: str, picked: ColumnElement[Any]) -> ColumnElement[Any]:
        self.from_.element = self.from_.element.add_columns(picked)  # type: ignore[attr-defined]
        column = self._columns[name] = self._outer(name, picked)
        return column

    def hint(self, text: str) -> None:
        """Tell SQLite how to read the table: `INDEXED BY ix_…`. It says nothing about which rows."""
        self.from_.element = self.from_.element.with_hint(self.access.table, text, "sqlite")  # type: ignore[attr-defined]

    def _outer(self, name: str, picked: ColumnElement[Any]) -> ColumnElement[Any]:
        column = sa.column(name, picked.type)
        column.table = self.from_
        return column

    def related(self, key: str) -> Secured:
        """The records the relation field points at, as far as the actor sees them, under a name of their own.

        Join it on `related.column("id") == self.column(key)`; a record out of scope is simply not there.
        Raises UnknownField when the field or its whole target is hidden, or when it is no relation.
        """
        self.column(key)
        field = self.entity.all_fields[key]
        if "target" not in (field.behaviour.target, field.behaviour.several):
            raise UnknownField(key)
        return self._other(field.option("target"), key)

    def records(self, entity_key: str) -> Secured:
        """The records of any entity, as far as the actor sees them. Raises UnknownField."""
        return self._other(entity_key, entity_key)

    def children(self, entity_key: str, by: str) -> Secured:
        """The records of `entity_key` whose field `by` points here, as far as the actor sees them."""
        child = self._other(entity_key, entity_key)
        child.column(by)
        return child

    def _other(self, entity_key: str, mentioned: str) -> Secured:
        try:
            other = self.access.access.entity(entity_key)
            return Secured(other, other.selection())
        except NotFound:
            raise UnknownField(mentioned) from None


class Comparing:
    """A `Secured` as conditions compare it: a Source of its own, over the same rows."""

    def __init__(self, secured: Secured) -> None:
        self.secured = secured

    def __getattr__(self, name: str) -> Any:
        return getattr(self.secured, name)

    def column(self, key: str) -> ColumnElement[Any]:
        """The field's column. Raises UnknownField, the same for hidden, masked and unknown fields."""
        return self.secured.compared(key)

    def related(self, key: str) -> Comparing:
        """The records the relation field points at."""
        return Comparing(self.secured.related(key))

    def children(self, entity_key: str, by: str) -> Comparing:
        """The records of `entity_key` whose field `by` points here."""
        return Comparing(self.secured.children(entity_key, by))
