"""The copy of a SQLite table with other foreign keys: SQLite has no ALTER for them.

Runs only inside `Database.rebuilding()`: with foreign keys on, dropping the old copy would delete the rows that
point at it. The new table is made from what the database says of the old one, so that no column can be forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .crash import crash_point
from .physical import object_name


def rebuild(
    conn: Connection, name: str, *, dropped: Collection[str] = (), added: Sequence[sa.ForeignKey] = ()
) -> None:
    """Copy table `name` without the keys of columns `dropped` and with the keys `added`; rows and indexes stay."""
    if conn.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise RuntimeError("a table may only be copied while foreign keys are off")
    indexes = _index_statements(conn, name)
    counter = conn.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).scalar()
    copy = _copy_of(conn, name, dropped, added)
    conn.execute(sa.schema.CreateTable(copy))
    names = [column.name for column in copy.columns]
    original = sa.table(name, *(sa.column(column) for column in names))
    conn.execute(sa.insert(copy).from_select(names, sa.select(*original.c)))
    crash_point("rebuild.copied")
    conn.execute(sa.schema.DropTable(sa.Table(name, sa.MetaData())))
    crash_point("rebuild.dropped")
    quote = conn.dialect.identifier_preparer.quote
    conn.exec_driver_sql(f"ALTER TABLE {quote(copy.name)} RENAME TO {quote(name)}")
    crash_point("rebuild.renamed")
    if counter is not None:
        # An id given once is never given again, also after the newest rows were deleted.
        conn.exec_driver_sql("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (counter, name))
    for statement in indexes:
        conn.exec_driver_sql(statement)


def _copy_of(conn: Connection, name: str, dropped: Collection[str], added: Sequence[sa.ForeignKey]) -> sa.Table:
    inspector = sa.inspect(conn)
    collection = sa.MetaData()
    keys = [key for key in foreign_keys(conn, name) if key[0] not in dropped]
    keys += [(key.parent.name, key.column.table.name, key.ondelete) for key in added]
    for target in {target for _, target, _ in keys}:
        sa.Table(target, collection, sa.Column("id", sa.Integer, primary_key=True))
    return sa.Table(
        f"copy_of_{name}",
        collection,
        *(_column(column) for column in inspector.get_columns(name)),
        *(_constraint(name, *key) for key in keys),
        sqlite_autoincrement=True,
    )


def foreign_keys(conn: Connection, name: str) -> list[tuple[str, str, str | None]]:
    """(column, table pointed at, what happens on delete) of a SQLite table's keys.

    SQLAlchemy's inspector does not see ON DELETE of keys that stand beside their column.
    """
    quoted = conn.dialect.identifier_preparer.quote(name)
    found = conn.exec_driver_sql(f"PRAGMA foreign_key_list({quoted})").mappings()
    return [(row["from"], row["table"], _rule(row["on_delete"])) for row in found]


def _rule(on_delete: str) -> str | None:
    return None if on_delete == "NO ACTION" else on_delete


def _constraint(table: str, column: str, target: str, on_delete: str | None) -> sa.ForeignKeyConstraint:
    name = object_name("fk", table.removeprefix("r_"), column)
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], ondelete=on_delete, name=name)


def _column(found: Mapping[str, Any]) -> sa.Column[Any]:
    default = found["default"]
    return sa.Column(
        str(found["name"]),
        found["type"],
        primary_key=bool(found["primary_key"]),
        nullable=bool(found["nullable"]),
        server_default=None if default is None else sa.text(str(default)),
    )


def _index_statements(conn: Connection, name: str) -> list[str]:
    query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name"
    return [row[0] for row in conn.exec_driver_sql(query, (name,))]
