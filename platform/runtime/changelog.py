"""The change log: who changed what, when and why, appended in the transaction that wrote it.

A change holds the values from before, by field key in JSON form; what they became is the next change's old value
or the row itself. A created row logs no values. Rows of sub-tables name their parent, so that its timeline shows
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata import system_tables
from ..metadata.catalog import Catalog
from ..metadata.columns import UtcDateTime, identifier, plain_text

metadata = sa.MetaData()

changes = sa.Table(
    "fl_change",
    metadata,
    sa.Column("seq", identifier(), primary_key=True, autoincrement=True),
    sa.Column("entity", plain_text(), nullable=False),
    sa.Column("record_id", identifier(), nullable=False),
    sa.Column("op", plain_text(), nullable=False),
    sa.Column("rev", sa.Integer, nullable=False),
    sa.Column("actor", identifier()),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("cause", plain_text(), nullable=False),
    sa.Column("old", sa.Text),
    sa.Column("parent", plain_text()),
    sa.Column("parent_id", identifier()),
    sa.Index("ix_fl_change_record", "entity", "record_id", "seq"),
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_fl_change_parent",
    changes.c.parent,
    changes.c.parent_id,
    changes.c.seq,
    sqlite_where=changes.c.parent_id.is_not(None),
    postgresql_where=changes.c.parent_id.is_not(None),
)
sa.Index(
    "ix_fl_change_cause",
    changes.c.cause,
    changes.c.seq,
    sqlite_where=changes.c.cause.like("%:%"),
    postgresql_where=changes.c.cause.like("%:%"),
)

system_tables.register(metadata)

CREATE, UPDATE, DELETE, RESTORE, REVEAL = "create", "update", "delete", "restore", "reveal"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all changes of one unit of work share. `actor` is None for the system."""

    actor: int | None
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Change:
    """One entry as read back. `old` holds JSON values by field key."""

    seq: int
    entity: str
    record_id: int
    op: str
    rev: int
    actor: int | None
    at: datetime
    cause: str
    old: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entries:
    """Changes of one kind: (record id, its rev after, old JSON values) each. In a sub entity, `parent` is the
    parent's entity and `parent_ids` the parent of each.
    """

    entity: str
    op: str
    rows: Sequence[tuple[int, int, Mapping[str, Any] | None]]
    parent: str | None = None
    parent_ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table, and the link to their parent in a sub entity."""

    table: sa.Table
    where: sa.ColumnElement[bool]
    parent: str | None = None


_PER_ROW = ("record_id", "rev", "old", "parent_id")


def append(conn: Connection, stamp: Stamp, entries: Entries, within: Rows | None = None) -> int:
    """Log changes; the number of them. With `within`, only of rows that are among those now. Queries: 1."""
    if not entries.rows:
        return 0
    parents: Sequence[int | None] = entries.parent_ids or [None] * len(entries.rows)
    rows = [
        {"p_record_id": record_id, "p_rev": rev, "p_old": _dump(old), "p_parent_id": parent_id}
        for (record_id, rev, old), parent_id in zip(entries.rows, parents, strict=True)
    ]
    values = {
        **_shared(stamp, entries.entity, entries.op),
        "parent": sa.literal(entries.parent, plain_text()),
        **{name: sa.bindparam(f"p_{name}", type_=changes.c[name].type) for name in _PER_ROW},
    }
    if within is None or isinstance(within.where, sa.True_):
        statement = sa.insert(changes).values(values)
    else:
        chosen = sa.select(*values.values()).where(within.table.c.id == sa.bindparam("p_record_id"), within.where)
        statement = sa.insert(changes).from_select(list(values), chosen)
    return _count(conn, statement, rows if len(rows) > 1 else rows[0])


def _shared(stamp: Stamp, entity: str, op: str) -> dict[str, sa.ColumnElement[Any]]:
    return {
        "entity": sa.literal(entity, plain_text()),
        "op": sa.literal(op, plain_text()),
        "actor": sa.literal(stamp.actor, identifier()),
        "at": sa.literal(stamp.at, UtcDateTime),
        "cause": sa.literal(stamp.cause, plain_text()),
    }


def _dump(old: Mapping[str, Any] | None) -> str | None:
    return orjson.dumps(old).decode() if old else None


def append_from(conn: Connection, stamp: Stamp, entity: str, op: str, rows: Rows) -> int:
    """Log one change without values for each of the rows; the number of them. Queries: 1."""
    table = rows.table
    values = {**_shared(stamp, entity, op), "record_id": table.c.id, "rev": table.c.rev}
    if rows.parent is not None:
        values |= {"parent": sa.literal(rows.parent, plain_text()), "parent_id": table.c[rows.parent]}
    chosen = sa.select(*values.values()).where(rows.where).order_by(table.c.id)
    return _count(conn, sa.insert(changes).from_select(list(values), chosen))


def _count(conn: Connection, statement: sa.Executable, rows: Any = None) -> int:
    # Without the option PostgreSQL's count is lost where SQLAlchemy fetches the new key.
    done = conn.execute(statement, rows, execution_options={"preserve_rowcount": True})
    return int(done.rowcount)


def of(catalog: Catalog, entity: str, column: str = "entity") -> sa.ColumnElement[bool]:
    """Changes of an entity (or, by `parent`, of the lines of its records), under whatever key they were logged."""
    names = [entity, *catalog.entities[entity].was] if entity in catalog.entities else [entity]
    at = changes.c[column]
    return at == entity if len(names) == 1 else at.in_(names)


def read(
    conn: Connection, catalog: Catalog, where: sa.ColumnElement[bool], limit: int | None = None
) -> list[Change]:
    """Changes under `where`, the newest first, under the present keys of their entity and fields. Queries: 1."""
    c = changes.c
    chosen = sa.select(c.seq, c.entity, c.record_id, c.op, c.rev, c.actor, c.at, c.cause, c.old)
    rows = conn.execute(chosen.where(where).order_by(c.seq.desc()).limit(limit))
    return [_change(catalog, row) for row in rows]


def _change(catalog: Catalog, row: Any) -> Change:
    seq, entity, *rest, old = row
    entity = catalog.former.get(entity, entity)
    values = orjson.loads(old) if old else {}
    renamed = catalog.entities[entity].renamed if entity in catalog.entities else {}
    if renamed and values.keys() & renamed.keys():
        values = {renamed.get(key, key): value for key, value in values.items()}
    return Change(seq, entity, *rest, old=values)
