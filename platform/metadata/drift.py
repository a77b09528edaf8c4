"""Where the real tables are not what the catalog says, in both directions. Empty is good."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from .building import hidden_indexes
from .catalog import Catalog
from .rebuild import foreign_keys
from .shadows import read_shadows

Key = tuple[str, str, str | None]
"""A foreign key: column, table pointed at, what happens on delete."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: a code, the table and what of it."""

    code: str
    table: str
    name: str = ""


@dataclass(slots=True)
class _Actual:
    """What the database says of some tables, by table name."""

    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, set[Key]] = field(default_factory=dict)
    indexes: dict[str, dict[str, bool]] = field(default_factory=dict)


def drift(conn: Connection, catalog: Catalog, entities: Collection[str] | None = None) -> list[Drift]:
    """Differences in the tables of these entities; with None, of all, and tables nobody knows."""
    wanted = catalog.entities.keys() if entities is None else set(entities) & catalog.entities.keys()
    shadows = read_shadows(conn)
    kept = {(shadow.table_name, str(shadow.column_name)) for shadow in shadows if shadow.column_name}
    tables = _tables_of(catalog, wanted)
    names = {table.name for table in tables}
    inspector = sa.inspect(conn)
    existing = set(inspector.get_table_names())
    found: list[Drift] = []
    if entities is None:
        put_aside = {shadow.table_name for shadow in shadows if shadow.field is None}
        found += _tables(existing, names, put_aside)
    actual = _inspect(conn, inspector, names & existing)
    for hidden in hidden_indexes(conn):
        for indexes in actual.indexes.values():
            indexes.pop(hidden, None)
    for table in tables:
        if table.name not in existing:
            found.append(Drift("missing_table", table.name))
        else:
            found += _compare(table, actual, {column for at, column in kept if at == table.name}, conn.dialect)
    return found


def _tables_of(catalog: Catalog, entities: Collection[str]) -> list[sa.Table]:
    """The tables of entities, and those of the links from their records."""
    own = [catalog.tables[entity] for entity in sorted(entities)]
    return own + [table for (entity, _), table in sorted(catalog.links.items()) if entity in entities]


def _tables(existing: set[str], names: set[str], put_aside: set[str]) -> Iterator[Drift]:
    for name in sorted(existing):
        if name.startswith("r_") and name not in names:
            yield Drift("unknown_table", name)
        if name.startswith(("x_", "copy_of_")) and name not in put_aside:
            yield Drift("unknown_table", name)
    for name in sorted(put_aside - existing):
        yield Drift("missing_table", name)


def _inspect(conn: Connection, inspector: sa.Inspector, names: set[str]) -> _Actual:
    actual = _Actual()
    if not names:
        return actual
    wanted: dict[str, Any] = {"filter_names": sorted(names)}
    for (_, table), columns in inspector.get_multi_columns(**wanted).items():
        actual.columns[table] = {column["name"]: _stored_as(column["type"], conn.dialect) for column in columns}
    actual.keys = _foreign_keys(conn, inspector, names)
    for (_, table), indexes in inspector.get_multi_indexes(**wanted).items():
        actual.indexes[table] = {str(index["name"]): bool(index["unique"]) for index in indexes}
    return actual


def _foreign_keys(conn: Connection, inspector: sa.Inspector, names: set[str]) -> dict[str, set[Key]]:
    if conn.dialect.name == "sqlite":
        return {name: set(foreign_keys(conn, name)) for name in names}
    found = inspector.get_multi_foreign_keys(filter_names=sorted(names))
    return {
        table: {(k["constrained_columns"][0], k["referred_table"], k["options"].get("ondelete")) for k in keys}
        for (_, table), keys in found.items()
    }


def _stored_as(kind: Any, dialect: Dialect) -> str:
    """The type as DDL, without its collation, which not every database tells."""
    return str(kind.compile(dialect=dialect)).partition(" COLLATE")[0]


def _compare(table: sa.Table, actual: _Actual, kept: set[str], dialect: Dialect) -> Iterator[Drift]:
    columns = actual.columns.get(table.name, {})
    expected = {column.name: _stored_as(column.type, dialect) for column in table.columns}
    yield from _differences("column", table.name, expected.keys(), columns.keys() - kept)
    for name in sorted(kept):
        if name not in columns:
            yield Drift("missing_column", table.name, name)
    for name in sorted(expected.keys() & columns.keys()):
        if expected[name] != columns[name]:
            yield Drift("other_type", table.name, f"{name}: {columns[name]} ≠ {expected[name]}")
    keys = {(key.parent.name, key.target_fullname.split(".")[0], key.ondelete) for key in table.foreign_keys}
    shown = (f"{column} → {target}" for column, target, _ in keys ^ actual.keys.get(table.name, set()))
    yield from (Drift("other_key", table.name, name) for name in sorted(set(shown)))
    indexes = {str(index.name): bool(index.unique) for index in table.indexes}
    present = actual.indexes.get(table.name, {})
    yield from _differences("index", table.name, indexes.keys(), present.keys())
    yield from (
        Drift("other_index", table.name, n) for n in sorted(indexes) if present.get(n, indexes[n]) != indexes[n]
    )


def _differences(what: str, table: str, expected: Iterable[str], present: Iterable[str]) -> Iterator[Drift]:
    wanted, there = set(expected), set(present)
    yield from (Drift(f"missing_{what}", table, name) for name in sorted(wanted - there))
    yield from (Drift(f"unknown_{what}", table, name) for name in sorted(there - wanted))
