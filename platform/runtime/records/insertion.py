"""Puts new rows into a table: one by one statement, many by the quickest way each database has.

Many rows go around SQLAlchemy's per-row work: values are converted column by column, ids are reserved up front,
and rows travel as tuples (SQLite) or as a COPY stream (PostgreSQL).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

Columns = Mapping[str, Sequence[Any]]


def insert(conn: Connection, table: sa.Table, columns: Columns, count: int) -> list[int]:
    """The ids of the inserted rows, in order. Queries: 1 for one row, else 2. Raises IntegrityError."""
    if count == 1:
        row = {key: values[0] for key, values in columns.items()}
        key = conn.execute(sa.insert(table).values(row)).inserted_primary_key
        assert key is not None
        return [int(key[0])]
    ids = _reserve(conn, table, count)
    stored = {"id": ids, **columns}
    write = _execute_many if conn.dialect.name == "sqlite" else _copy
    write(conn, table, list(stored), [_converted(conn, table.c[key], values) for key, values in stored.items()])
    return ids


def _reserve(conn: Connection, table: sa.Table, count: int) -> list[int]:
    if conn.dialect.name == "sqlite":
        # The write lock is held: nobody else takes a number before the rows are in.
        last = (
            conn.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}) or 0
        )
        return list(range(last + 1, last + count + 1))
    number = sa.func.nextval(sa.func.pg_get_serial_sequence(table.name, "id"))
    return list(conn.scalars(sa.select(number).select_from(sa.func.generate_series(1, count))))


def _converted(conn: Connection, column: sa.Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    convert = column.type.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    if convert is None:
        return values
    # Most columns repeat themselves; each distinct value is converted once.
    known = {value: convert(value) for value in set(values) - {None}}
    return [known.get(value) for value in values]


def _execute_many(
    conn: Connection, table: sa.Table, names: Sequence[str], columns: Sequence[Sequence[Any]]
) -> None:
    quote = conn.dialect.identifier_preparer.quote
    into = ", ".join(quote(name) for name in names)
    places = ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote(table.name)} ({into}) VALUES ({places})"
    conn.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _copy(conn: Connection, table: sa.Table, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
    quote = conn.dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(quote(name) for name in names)}) FROM STDIN"
    driver, connection = conn.dialect.import_dbapi(), conn.connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor:
        try:
            with cursor.copy(statement) as stream:
                for row in zip(*columns, strict=True):
                    stream.write_row(row)
        except driver.Error as error:
            raise sa.exc.DBAPIError.instance(statement, None, error, driver.Error, dialect=conn.dialect) from error
