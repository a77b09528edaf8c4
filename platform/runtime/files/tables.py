"""`fl_file`: one row for each upload. Several rows may share one content.

A row begins unattached: only its uploader may have it. Saved in a record it belongs to that record and field for
good, also after it was taken out again, so that the record's past can be shown and restored.
"""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa

from ...metadata import system_tables
from ...metadata.catalog import Catalog
from ...metadata.columns import UtcDateTime, identifier, plain_text
from ...metadata.uploads import LARGEST_ID, FileFacts

metadata = sa.MetaData()

files = sa.Table(
    "fl_file",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=False),
    sa.Column("sha256", plain_text(), nullable=False, index=True),
    sa.Column("name", plain_text(), nullable=False),
    sa.Column("size", identifier(), nullable=False),
    sa.Column("media_type", plain_text(), nullable=False),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("created_by", identifier()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("entity", plain_text()),
    sa.Column("record_id", identifier()),
    sa.Column("field", plain_text()),
    sa.Column("swept_at", UtcDateTime),
)
"""`width` and `height` only of pictures that can be shown. `swept_at`: nobody wanted it; it goes later."""

loose = sa.Index(
    "ix_fl_file_loose",
    files.c.created_by,
    files.c.created_at,
    sqlite_where=files.c.record_id.is_(None),
    postgresql_where=files.c.record_id.is_(None),
)

system_tables.register(metadata)

SMALLEST_ID = 2**40


def fresh_id() -> int:
    """An id nobody can guess."""
    return SMALLEST_ID + secrets.randbelow(LARGEST_ID - SMALLEST_ID)


def place_of(catalog: Catalog, row: Any) -> tuple[str, int, str]:
    """(entity, record, field) a row belongs to, under their present keys."""
    entity = catalog.former.get(row.entity, row.entity)
    renamed = catalog.entities[entity].renamed if entity in catalog.entities else {}
    return entity, row.record_id, renamed.get(row.field, row.field)


def facts_of(row: Any) -> FileFacts:
    """What readers may know of a row."""
    return FileFacts(row.id, row.name, row.size, row.media_type, row.width, row.height)
