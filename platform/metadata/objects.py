"""What an entity's table has besides rows, looked up: its indexes and keys; and a field as it is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy.engine import Connection

from .catalog import Catalog
from .model import Field


def field_document(field: Field) -> dict[str, Any]:
    """A document from which the field's values can be read again; choices are spelt out."""
    document = {"key": field.key, "type": field.type, "label": field.label, **field.options}
    if field.choices:
        document["options"] = [{"key": choice.key, "label": choice.label} for choice in field.choices]
    return document


def index_of(catalog: Catalog, entity: str, name: str) -> sa.Index:
    """The index of that name on an entity's table."""
    return next(index for index in catalog.tables[entity].indexes if index.name == name)


def by_columns(table: sa.Table, objects: Iterable[Any]) -> dict[tuple[Any, ...], Any]:
    """Indexes or keys by what they are on, whatever it is called."""
    order = {column: position for position, column in enumerate(table.columns)}
    return {
        (tuple(order[column] for column in one.columns), getattr(one, "unique", None), str(one.name)[:2]): one
        for one in objects
    }


def rename_indexes(conn: Connection, operations: Operations, before: sa.Table, after: sa.Table) -> None:
    """Call the indexes and keys of a renamed table, or of one with renamed columns, after it."""
    is_sqlite, quote = conn.dialect.name == "sqlite", conn.dialect.identifier_preparer.quote
    indexes = by_columns(after, after.indexes)
    for place, old in by_columns(before, before.indexes).items():
        new = indexes.get(place)
        if new is None or new.name == old.name:
            continue
        if is_sqlite:
            conn.exec_driver_sql(f"DROP INDEX {quote(str(old.name))}")
            operations.impl.create_index(new)
        else:
            conn.exec_driver_sql(f"ALTER INDEX {quote(str(old.name))} RENAME TO {quote(str(new.name))}")
    if is_sqlite:
        return
    keys = by_columns(after, after.foreign_key_constraints)
    for place, key in by_columns(before, before.foreign_key_constraints).items():
        if place in keys and keys[place].name != key.name:
            names = f"{quote(str(key.name))} TO {quote(str(keys[place].name))}"
            conn.exec_driver_sql(f"ALTER TABLE {quote(after.name)} RENAME CONSTRAINT {names}")


def keys_of(table: sa.Table) -> list[sa.ForeignKey]:
    """The foreign keys of a table, by column."""
    return sorted(table.foreign_keys, key=lambda key: key.parent.name)
