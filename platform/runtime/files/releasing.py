"""What is purged lets go of its files: the sweeper frees their contents a day later, as those of other uploads
that nobody wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.catalog import Catalog
from ...metadata.physical import table_name
from ...metadata.reading import read_field
from ...metadata.shadows import on_purge
from ...metadata.steps import Shadow
from .tables import files

AT_ONCE = 500


@on_purge
def release(conn: Connection, catalog: Catalog, shadow: Shadow) -> None:
    """Give up the files of a kept field, or of all fields of a kept entity. Those that a field of the same key
    holds by now stay.
    """
    raw_fields = [shadow.document] if shadow.field else shadow.document["fields"]
    for raw in raw_fields:
        field = read_field(shadow.entity, raw, {})
        if not field.behaviour.files:
            continue
        live = catalog.tables[shadow.entity].c.get(field.key) if shadow.entity in catalog.tables else None
        if live is None:
            c = files.c
            keys, entities = [field.key, *field.was], [shadow.entity, *shadow.document.get("was", ())]
            _give_up(conn, sa.and_(c.entity.in_(entities), c.field.in_(keys)))
            continue
        column = sa.column(shadow.column_name or field.key, field.behaviour.column(field))
        held = set(_ids(conn, shadow.table_name, column))
        held -= set(_ids(conn, table_name(shadow.entity), sa.column(live.name, live.type)))
        wanted = sorted(held)
        for start in range(0, len(wanted), AT_ONCE):
            _give_up(conn, files.c.id.in_(wanted[start : start + AT_ONCE]))


def _ids(conn: Connection, table: str, column: sa.ColumnClause[Any]) -> Iterator[int]:
    """The files that a column holds."""
    source = sa.table(table, column)
    for value in conn.scalars(sa.select(source.c[column.name]).where(source.c[column.name].is_not(None))):
        yield from value if isinstance(value, tuple | list) else (value,)


def _give_up(conn: Connection, which: sa.ColumnElement[bool]) -> None:
    change = sa.update(files).where(which, files.c.swept_at.is_(None))
    conn.execute(change.values(record_id=None, swept_at=datetime.now(UTC)))
