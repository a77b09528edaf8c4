"""System tables of metadata: documents by layer, packages, changesets, shadows of removed values, versions.

`fl_state` holds one small row per thing that processes keep in memory; reading it is how they notice a change.
"""

from __future__ import annotations

import sqlalchemy as sa

from .columns import UtcDateTime, identifier, plain_text

metadata = sa.MetaData()
"""The tables of this module, in one collection."""

JSON = sa.JSON(none_as_null=True)

state = sa.Table(
    "fl_state",
    metadata,
    sa.Column("name", plain_text(), primary_key=True),
    sa.Column("version", identifier(), nullable=False),
)
"""`catalog`: number of the newest changeset. `schema`: layout of the system tables themselves."""

document = sa.Table(
    "fl_document",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("kind", plain_text(), nullable=False),
    sa.Column("key", plain_text(), nullable=False),
    sa.Column("layer", plain_text(), nullable=False),
    sa.Column("document", JSON),
    sa.Column("base", JSON),
    sa.Column("changeset", identifier(), nullable=False),
    sa.UniqueConstraint("kind", "key", "layer", name="uq_document"),
)
"""One row per document and layer. On the site's layer `document` NULL means deleted by the site, and `base` is the
packaged document the site's edit started from (NULL: there was none)."""

package = sa.Table(
    "fl_package",
    metadata,
    sa.Column("key", plain_text(), primary_key=True),
    sa.Column("label", JSON, nullable=False),
    sa.Column("version", plain_text(), nullable=False),
    sa.Column("changeset", identifier(), nullable=False),
    sa.Column("installed_at", UtcDateTime, nullable=False),
)

changeset = sa.Table(
    "fl_changeset",
    metadata,
    sa.Column("number", identifier(), primary_key=True, autoincrement=False),
    sa.Column("layer", plain_text(), nullable=False),
    sa.Column("actor", plain_text(), nullable=False),
    sa.Column("note", plain_text(), nullable=False),
    sa.Column("applied_at", UtcDateTime, nullable=False),
    sa.Column("changes", JSON, nullable=False),
    sa.Column("packages", JSON, nullable=False),
    sa.Column("steps", JSON, nullable=False),
    sa.Column("reverts", identifier()),
)
"""The log of applied changesets. `number` is the version it led to. `changes`: list of
{kind, key, layer, before, after}, each side NULL or {document, base}; `packages` the same of fl_package rows."""

shadow = sa.Table(
    "fl_shadow",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("changeset", identifier(), nullable=False),
    sa.Column("entity", plain_text(), nullable=False),
    sa.Column("field", plain_text()),
    sa.Column("table_name", plain_text(), nullable=False),
    sa.Column("column_name", plain_text()),
    sa.Column("document", JSON, nullable=False),
)
"""Values kept after a field, a type or an entity went away: a renamed column, or a whole table (`field` NULL).
`document` is the field's or the entity's document as it was. Purging drops the column and this row."""

building = sa.Table(
    "fl_building",
    metadata,
    sa.Column("name", plain_text(), primary_key=True),
    sa.Column("job", identifier(), nullable=False),
    sa.Column("table_name", plain_text(), nullable=False),
)
"""Indexes that a job builds beside the tables' life, under a hidden name until the changeset is published."""
