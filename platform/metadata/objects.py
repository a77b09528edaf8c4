"""What an entity's table has besides rows, looked up: its indexes and keys; and a field as it is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

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


def keys_of(table: sa.Table) -> list[sa.ForeignKey]:
    """The foreign keys of a table, by column."""
    return sorted(table.foreign_keys, key=lambda key: key.parent.name)
