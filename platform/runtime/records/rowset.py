"""Sets of ids as SQL, however many: one bound value instead of thousands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

FEW = 200


def among(conn: Connection, column: ColumnElement[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """Rows whose `column` is one of `ids`. An empty collection holds no row."""
    if len(ids) == 1:
        return column == next(iter(ids))
    if len(ids) <= FEW:
        return column.in_(sorted(ids))
    return column.in_(_unpacked(conn, sorted(ids), sa.BigInteger()))


def among_texts(conn: Connection, column: ColumnElement[Any], texts: Collection[str]) -> ColumnElement[bool]:
    """The same for texts."""
    if len(texts) <= FEW:
        return column.in_(list(texts))
    return column.in_(_unpacked(conn, list(texts), sa.Text()))


def _unpacked(conn: Connection, values: list[Any], kind: sa.types.TypeEngine[Any]) -> sa.Select[Any]:
    if conn.dialect.name == "sqlite":
        # Bound as one JSON text: SQLite allows 32,766 single values at most.
        packed = sa.literal(orjson.dumps(values).decode(), sa.Text())
        return sa.select(sa.func.json_each(packed).table_valued("value").c.value)
    array = sa.cast(sa.literal(values, sa.ARRAY(kind)), sa.ARRAY(kind))
    return sa.select(sa.func.unnest(array))
