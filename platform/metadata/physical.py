"""Real tables of entities: one column per stored field, real keys and indexes. Pure, no database.

Names: table `r_<entity>`, column = field key, index `ix_<entity>_<field>`, unique index `uq_<entity>_<field>`,
foreign key `fk_<entity>_<field>`; names past PostgreSQL's 63 bytes end in a digest instead. Indexes end in `id`,
so that they serve sorting with a stable tie-break.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from .columns import UtcDateTime, identifier
from .model import Entity, Field

USER_TABLE = "fl_user"
DEPARTMENT_TABLE = "fl_department"

Place = tuple[str, str]
"""(entity key, field key)."""

LONGEST_NAME = 63
"""Bytes PostgreSQL keeps of a name."""


class EmptyFirst(FunctionElement[Any]):
    """An index column whose empty values come first, the order lists use on every database."""

    inherit_cache = True


@compiles(EmptyFirst)
def _plain(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kw))


@compiles(EmptyFirst, "postgresql")
def _nulls_first(element: Any, compiler: Any, **kw: Any) -> str:
    return f"{compiler.process(next(iter(element.clauses)), **kw)} NULLS FIRST"


SQLITE: Dialect = sqlite.dialect()
POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def signature(stored: TypeEngine[Any]) -> tuple[str, ...]:
    """How every database stores values of a type; equal signatures keep them as they are.

    The Python type belongs to it: several keys in one text are stored like any text, but do not mean the same.
    """
    ddl = (stored.compile(dialect=dialect) for dialect in (SQLITE, POSTGRESQL))
    return (type(stored).__name__, *ddl)


@dataclass(frozen=True)
class Names:
    """Tables and columns that are called otherwise in the database than their entity and field say: names by
    entity key, and by (entity key, field key).
    """

    tables: Mapping[str, str] = attribute(default_factory=dict)
    columns: Mapping[tuple[str, str], str] = attribute(default_factory=dict)


AS_USUAL = Names()


def table_name(entity: str) -> str:
    """The name of an entity's table."""
    return f"r_{entity}"


def links_name(entity: str, field: str) -> str:
    """The name of the table with the links of a field that points at several records."""
    return object_name("r", entity, f"_{field}")


def object_name(prefix: str, entity: str, field: str) -> str:
    """The name of an index or key, at most 63 bytes long and still distinct."""
    name = f"{prefix}_{entity}_{field}"
    return name if len(name) <= LONGEST_NAME else f"{name[:50]}_{sha256(name.encode()).hexdigest()[:12]}"


def new_metadata() -> sa.MetaData:
    """A collection that knows the keys of the account tables, which are made elsewhere."""
    metadata = sa.MetaData()
    for name in (USER_TABLE, DEPARTMENT_TABLE):
        sa.Table(name, metadata, sa.Column("id", identifier(), primary_key=True))
    return metadata


def build_table(
    metadata: sa.MetaData, entity: Entity, virtual: frozenset[str], names: Names = AS_USUAL
) -> sa.Table:
    """The table of `entity`. Fields among `virtual` get no column."""
    columns = [*_system_columns(entity)]
    for field in entity.fields.values():
        if field.key in virtual:
            continue
        column = build_column(field, names.columns.get((entity.key, field.key)))
        if column is not None:
            columns.append(column)
    name = names.tables.get(entity.key) or table_name(entity.key)
    table = sa.Table(name, metadata, *columns, sqlite_autoincrement=True)
    _add_indexes(table, entity)
    return table


def build_column(field: Field, name: str | None = None) -> sa.Column[Any] | None:
    """The column that stores a declared field, or None when nothing is stored. Never NOT NULL: see `plan`."""
    stored = field.behaviour.column(field)
    return None if stored is None else sa.Column(name or field.key, stored, *_foreign_key(field), key=field.key)


def build_links(metadata: sa.MetaData, field: Field, tables: Mapping[str, sa.Table]) -> sa.Table:
    """The links of a field that points at several records, one row each. The field's own column holds the same
    ids in their order; these serve what comes from the other side, and keep every link leading somewhere.
    """
    name = links_name(field.entity, field.key)
    ends = {"source": tables[field.entity], "target": tables[field.option("target")]}
    columns = [
        sa.Column(end, identifier(), _link_key(name, end, table), primary_key=True, autoincrement=False)
        for end, table in ends.items()
    ]
    table = sa.Table(name, metadata, *columns, sa.Column("position", sa.Integer, nullable=False))
    sa.Index(object_name("ix", name.removeprefix("r_"), "target"), table.c.target, table.c.source)
    return table


def _link_key(name: str, end: str, table: sa.Table) -> sa.ForeignKey:
    return sa.ForeignKey(table.c.id, name=object_name("fk", name.removeprefix("r_"), end), ondelete="CASCADE")


def _system_columns(entity: Entity) -> list[sa.Column[Any]]:
    columns: list[sa.Column[Any]] = [
        sa.Column("id", identifier(), primary_key=True, autoincrement=True),
        sa.Column("rev", sa.Integer, nullable=False, server_default="1"),
        sa.Column("owner", identifier(), _key(entity.key, "owner", USER_TABLE)),
        sa.Column("owner_department", identifier(), _key(entity.key, "owner_department", DEPARTMENT_TABLE)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", identifier()),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("updated_by", identifier()),
        sa.Column("deleted_at", UtcDateTime),
    ]
    if entity.parent:
        columns.append(sa.Column("position", sa.Integer, nullable=False, server_default="0"))
    return columns


def _key(entity: str, field: str, target: str, on_delete: str | None = None) -> sa.ForeignKey:
    return sa.ForeignKey(f"{target}.id", name=object_name("fk", entity, field), ondelete=on_delete, use_alter=True)


_FIXED_TARGETS = {"user": USER_TABLE, "department": DEPARTMENT_TABLE}
_ON_DELETE = {"cascade": "CASCADE", "set_null": "SET NULL", "restrict": "RESTRICT"}


def referred_table(field: Field) -> str | None:
    """The name of the table a reference points at; None for other fields."""
    target = field.behaviour.target or field.behaviour.several
    if target is None:
        return None
    return _FIXED_TARGETS[target] if target in _FIXED_TARGETS else table_name(field.option(target))


def _foreign_key(field: Field) -> list[sa.ForeignKey]:
    target = referred_table(field)
    if target is None or field.behaviour.several or field.behaviour.computed:
        return []
    on_delete = None if field.behaviour.target in _FIXED_TARGETS else field.option("on_delete", "restrict")
    return [_key(field.entity, field.key, target, on_delete and _ON_DELETE[on_delete])]


def _add_indexes(table: sa.Table, entity: Entity) -> None:
    live = table.c.deleted_at.is_(None)
    for field in entity.fields.values():
        if field.key not in table.c:
            continue
        column = table.c[field.key]
        if field.unique:
            name = object_name("uq", entity.key, field.key)
            sa.Index(name, column, unique=True, sqlite_where=live, postgresql_where=live)
        if field.uniqueness is not None:
            # Its condition needs operators, which know the names of our tables.
            from .partial import add_index

            add_index(table, entity, field, object_name("uq", entity.key, field.key))
        if field.indexed or field.behaviour.target is not None:
            sa.Index(object_name("ix", entity.key, field.key), EmptyFirst(column), table.c.id)
    for name in ("owner", "owner_department", "created_at", "updated_at"):
        sa.Index(object_name("ix", entity.key, name), EmptyFirst(table.c[name]), table.c.id)


class Tables(Mapping[str, sa.Table]):
    """Tables by entity key, each made when it is first asked for: most processes look at few of many.

    An entity that stays the same object keeps its table.
    """

    def __init__(
        self, entities: Mapping[str, Entity], virtual: Mapping[str, frozenset[str]], names: Names = AS_USUAL
    ) -> None:
        self._entities, self._virtual, self._names = entities, virtual, names
        self._other = {*names.tables, *(entity for entity, _ in names.columns)}
        self._made: dict[str, sa.Table] = {}

    def __getitem__(self, key: str) -> sa.Table:
        try:
            return self._made[key]
        except KeyError:
            entity = self._entities[key]
        with _making:
            return self._made.setdefault(key, self._make(entity))

    def __iter__(self) -> Iterator[str]:
        return iter(self._entities)

    def __len__(self) -> int:
        return len(self._entities)

    def __contains__(self, key: object) -> bool:
        return key in self._entities

    def agrees(self, other: Tables, key: str) -> bool:
        """Whether both have the very same table of an entity, told without making it."""
        same = self._entities[key] is other._entities[key] and self._of(key) == other._of(key)
        return same and key not in self._other and key not in other._other

    def _of(self, key: str) -> frozenset[str]:
        return self._virtual.get(key, frozenset())

    def _make(self, entity: Entity) -> sa.Table:
        virtual = self._of(entity.key)
        if entity.key in self._other:
            return _alone(entity, virtual, self._names)
        kept: dict[frozenset[str], sa.Table] = entity.__dict__.setdefault("_tables", {})
        if virtual not in kept:
            kept[virtual] = _alone(entity, virtual, AS_USUAL)
        return kept[virtual]


_making = threading.RLock()
"""Held while a table is made, so that there is never a second one of the same entity."""


def _alone(entity: Entity, virtual: frozenset[str], names: Names) -> sa.Table:
    """A table that holds on to no other: what it points at is stood for by its key alone."""
    table = build_table(new_metadata(), entity, virtual, names)
    for key in table.foreign_keys:
        target = key.target_fullname.partition(".")[0]
        if target not in table.metadata.tables:
            sa.Table(target, table.metadata, sa.Column("id", identifier(), primary_key=True))
    return table


def create_all(conn: Connection, tables: Iterable[sa.Table]) -> None:
    """Make tables of entities, from copies: making them marks their keys for good."""
    copies = new_metadata()
    for table in tables:
        table.to_metadata(copies)
    copies.create_all(conn)


def _links_several(field: Field) -> bool:
    """Whether the field keeps links to several records, which stand in a table of their own."""
    behaviour = field.behaviour
    return behaviour.several == "target" and not behaviour.computed


class Links(Mapping[Place, sa.Table]):
    """Tables of links by entity and field key, beside the tables of entities; made when first asked for."""

    def __init__(self, entities: Mapping[str, Entity], tables: Mapping[str, sa.Table]) -> None:
        fields = (field for entity in entities.values() for field in entity.fields.values())
        self._fields = {(field.entity, field.key): field for field in fields if _links_several(field)}
        self._tables = tables
        self._made: dict[Place, sa.Table] = {}

    def __getitem__(self, place: Place) -> sa.Table:
        try:
            return self._made[place]
        except KeyError:
            field = self._fields[place]
        with _making:
            if place not in self._made:
                self._made[place] = build_links(sa.MetaData(), field, self._tables)
            return self._made[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, place: object) -> bool:
        return place in self._fields
