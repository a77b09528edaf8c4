"""What somebody has designed and not yet published: one row for each document he changed, his alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.columns import UtcDateTime, identifier, plain_text
from ...metadata.layers import same
from ...metadata.system_tables import register

Identity = tuple[str, str]
"""(kind, key) of a document."""

metadata = register(sa.MetaData())

table = sa.Table(
    "fl_design_draft",
    metadata,
    sa.Column("actor", identifier(), primary_key=True, autoincrement=False),
    sa.Column("kind", plain_text(), primary_key=True),
    sa.Column("key", plain_text(), primary_key=True),
    sa.Column("document", sa.JSON(none_as_null=True)),
    sa.Column("base", sa.JSON(none_as_null=True)),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
"""`document` NULL: it is to go away. `base` is what was in force when the work on it began, NULL: nothing was."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One document as it is to become; None where it is to go."""

    kind: str
    key: str
    document: Mapping[str, Any] | None
    base: Mapping[str, Any] | None
    updated_at: datetime

    @property
    def identity(self) -> Identity:
        """Its kind and key."""
        return self.kind, self.key


def read(conn: Connection, actor: int) -> dict[Identity, Draft]:
    """The drafts of one person. Queries: 1."""
    c = table.c
    query = sa.select(c.kind, c.key, c.document, c.base, c.updated_at).where(c.actor == actor)
    found = (Draft(*row) for row in conn.execute(query.order_by(c.kind, c.key)))
    return {draft.identity: draft for draft in found}


def put(
    conn: Connection,
    actor: int,
    identity: Identity,
    document: Mapping[str, Any] | None,
    base: Mapping[str, Any] | None,
) -> None:
    """Keep a document as it is to become; one that is as it was is no draft any more. Queries: 1 to 2."""
    forget(conn, actor, [identity])
    if document is None and base is None:
        return
    if document is not None and base is not None and same(document, base):
        return
    kind, key = identity
    row = {"actor": actor, "kind": kind, "key": key, "document": document, "base": base}
    conn.execute(sa.insert(table), {**row, "updated_at": datetime.now(UTC)})


def forget(conn: Connection, actor: int, identities: Iterable[Identity] | None = None) -> None:
    """Let drafts go; without `identities` all of his."""
    c = table.c
    if identities is None:
        conn.execute(sa.delete(table).where(c.actor == actor))
        return
    for kind, key in identities:
        conn.execute(sa.delete(table).where(c.actor == actor, c.kind == kind, c.key == key))


def former_entities(drafted: Mapping[Identity, Draft]) -> dict[Identity, Draft]:
    """The entities that got another key, each with the draft by which the old one goes."""
    found = {}
    for identity, draft in drafted.items():
        if draft.kind != "entity" or draft.base is not None or draft.document is None:
            continue
        olds = (drafted.get(("entity", old)) for old in draft.document.get("was", ()))
        former = next((old for old in olds if old is not None and old.document is None), None)
        if former is not None:
            found[identity] = former
    return found
