"""Small documents that tests of the store, the plan and the checks share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from formloom.metadata import changesets, store
from formloom.metadata.catalog import Catalog
from formloom.metadata.changesets import Changeset
from formloom.metadata.database import Database
from formloom.metadata.doctor import doctor
from formloom.metadata.drafts import Edit


def entity(key: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An entity with a text field `name` as its title and the given fields."""
    name = {"key": "name", "type": "text", "label": "Name"}
    return {"kind": "entity", "key": key, "label": key.title(), "title": "name", "fields": [name, *fields], **more}


def field(key: str, kind: str = "text", **options: Any) -> dict[str, Any]:
    """A field of an entity's document."""
    return {"key": key, "type": kind, "label": key.title(), **options}


def applied(database: Database, *documents: dict[str, Any], **options: Any) -> Changeset:
    """The changeset that puts these documents."""
    return changesets.apply(database, [Edit.put(document) for document in documents], "tester", **options)


def catalog_of(database: Database) -> Catalog:
    """The catalog as it stands."""
    with database.reading() as conn:
        return store.load_catalog(conn)


def add(database: Database, entity: str, *rows: dict[str, Any]) -> list[int]:
    """Ids of rows put straight into an entity's table."""
    table = catalog_of(database).tables[entity]
    now = datetime(2026, 1, 2, tzinfo=UTC)
    with database.writing() as conn:
        insert = sa.insert(table).returning(table.c.id)
        return [conn.execute(insert.values(created_at=now, updated_at=now, **row)).scalar_one() for row in rows]


def column(database: Database, entity: str, field: str) -> list[Any]:
    """The values of a field, by id."""
    table = catalog_of(database).tables[entity]
    with database.reading() as conn:
        return list(conn.execute(sa.select(table.c[field]).order_by(table.c.id)).scalars())


def problems(database: Database) -> list[str]:
    """What the doctor finds, as sentences."""
    return [problem.message("en") for problem in doctor(database)]
