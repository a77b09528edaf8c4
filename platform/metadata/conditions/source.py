"""What a Condition is compiled against: rows of an entity, and who asks when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ..errors import UnknownField
from ..model import Entity

if TYPE_CHECKING:
    from ..catalog import Catalog


@dataclass(frozen=True, slots=True)
class Env:
    """The moment and the person: `today` is the day in his `zone`, `now` is aware UTC, the rest are ids."""

    today: date
    now: datetime
    zone: tzinfo
    me: int
    department: int | None = None
    departments_below: Sequence[int] = ()
    subordinates: Sequence[int] = ()


class Source(Protocol):
    """Rows of one entity in SQL: columns by field key, and the way to related rows."""

    @property
    def entity(self) -> Entity:
        """The entity whose rows these are."""

    @property
    def catalog(self) -> Catalog:
        """The metadata they are read under."""

    @property
    def from_(self) -> sa.FromClause:
        """What stands in FROM."""

    def column(self, key: str) -> ColumnElement[Any]:
        """The field's column. Raises UnknownField."""

    def related(self, key: str) -> Source:
        """The rows the relation field points at, to be joined on their id, under another name."""

    def records(self, entity_key: str) -> Source:
        """The rows of any entity, as far as this source shows them, under another name. Raises UnknownField."""

    def children(self, entity_key: str, by: str) -> Source:
        """The live rows of `entity_key`, to be joined on their field `by`, under another name."""


class TableSource:
    """All rows of the bare table, or of `from_`, an alias of it. Nothing is checked here.

    `env` serves fields that are computed as they are read; without it they raise UnknownField.
    """

    def __init__(
        self, catalog: Catalog, entity_key: str, from_: sa.FromClause | None = None, env: Env | None = None
    ) -> None:
        self.catalog = catalog
        self.entity = catalog.entity(entity_key)
        self.from_: sa.FromClause = catalog.table(entity_key) if from_ is None else from_
        self.env = env

    def column(self, key: str) -> ColumnElement[Any]:
        """The field's column, or the SQL of a field without one. Raises UnknownField."""
        found: ColumnElement[Any] | None = self.from_.c.get(key)
        formula = self.catalog.formulas.get((self.entity.key, key))
        if found is None and formula is not None and self.env is not None:
            computed: ColumnElement[Any] = formula.sql(self, self.env)
            return computed
        if found is None or key not in self.entity.all_fields:
            raise UnknownField(key)
        return found

    def related(self, key: str) -> TableSource:
        """The target's table under another name. Raises UnknownField when the field is no relation."""
        field = self.entity.all_fields.get(key)
        if field is None or "target" not in (field.behaviour.target, field.behaviour.several):
            raise UnknownField(key)
        return self.records(field.option("target"))

    def records(self, entity_key: str) -> TableSource:
        """The rows of an entity, under another name."""
        return TableSource(self.catalog, entity_key, self.catalog.table(entity_key).alias(), self.env)

    def children(self, entity_key: str, by: str) -> TableSource:
        """The rows of `entity_key` that are not deleted. Raises UnknownField."""
        table = self.catalog.table(entity_key)
        live = sa.select(table).where(table.c.deleted_at.is_(None)).subquery()
        child = TableSource(self.catalog, entity_key, live, self.env)
        child.column(by)
        return child

    def at(self, env: Env) -> TableSource:
        """The same rows, seen by that person at that moment."""
        return TableSource(self.catalog, self.entity.key, self.from_, env)


def value_behind(source: Source, relation: str, pick: Any) -> ColumnElement[Any]:
    """`pick(related source)` of the one row the relation field points at, as a scalar subquery; NULL for none."""
    target = source.related(relation)
    picked = pick(target)
    select = sa.select(picked).select_from(target.from_).where(target.column("id") == source.column(relation))
    return select.correlate(source.from_).scalar_subquery()


def behind(source: Source, key: str, target: Source) -> ColumnElement[bool]:
    """SQL that holds for the rows of `target` at which the relation field `key` of `source` points."""
    field = source.entity.all_fields[key]
    if field.behaviour.several is None:
        return target.column("id") == source.column(key)
    links = source.catalog.links[field.entity, key].alias()
    pointed = sa.select(links.c.target).where(links.c.source == source.column("id"))
    # Where the field is hidden its column is empty, and there is nothing behind it.
    shown = source.column(key).is_not(None)
    return sa.and_(shown, target.column("id").in_(pointed.correlate(source.from_)))


def pointing(child: Source, by: str, source: Source) -> ColumnElement[bool]:
    """SQL that holds for the rows of `child` whose relation field `by` points at the row of `source`."""
    field = child.entity.all_fields[by]
    if field.behaviour.several is None:
        return child.column(by) == source.column("id")
    links = child.catalog.links[field.entity, by].alias()
    pointers = sa.select(links.c.source).where(links.c.target == source.column("id"))
    return sa.and_(child.column(by).is_not(None), child.column("id").in_(pointers.correlate(source.from_)))
