"""Numbers given by the system: distinct under concurrency, continued within each scope, taken many at once.

A number is taken inside the writing transaction, so one that is rolled back is given to the next; on PostgreSQL
the row of the sequence is locked until then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from ...metadata import system_tables
from ...metadata.apply import on_rename
from ...metadata.columns import identifier, plain_text
from ...metadata.fields.autonumber import DEFAULT_PATTERN, number, scope_of
from ...metadata.model import Field
from ...metadata.renaming import Renames

metadata = sa.MetaData()

sequences = sa.Table(
    "fl_sequence",
    metadata,
    sa.Column("entity", plain_text(), primary_key=True),
    sa.Column("field", plain_text(), primary_key=True),
    sa.Column("scope", plain_text(), primary_key=True),
    sa.Column("next", identifier(), nullable=False),
)

system_tables.register(metadata)

Place = tuple[str, str, str]
"""(entity, field, scope)."""


def take(conn: Connection, field: Field, day: date, count: int) -> list[str]:
    """The next numbers of the field, in order. Queries: 1."""
    scope = scope_of(field.option("pattern", DEFAULT_PATTERN), day)
    following = conn.scalar(_moved(conn, (field.entity, field.key, scope), 1 + count, sequences.c.next + count))
    return [number(scope, following - count + place) for place in range(count)]


def take_asking(
    conn: Connection, field: Field, day: date, asked: Sequence[sa.ColumnElement[Any]]
) -> tuple[str, Sequence[Any]]:
    """(the next number, what these scalar subqueries give), in one statement. Queries: 1."""
    scope = scope_of(field.option("pattern", DEFAULT_PATTERN), day)
    moved = _moved(conn, (field.entity, field.key, scope), 2, sequences.c.next + 1, asked)
    following, *answers = conn.execute(moved).one()
    return number(scope, following - 1), answers


def notice(conn: Connection, field: Field, day: date, given: Iterable[str]) -> None:
    """Let the sequence of `day` go on after numbers that were given by hand or import. Queries: 0 or 1."""
    scope = scope_of(field.option("pattern", DEFAULT_PATTERN), day)
    before, _, after = re.sub(r"\{seq:\d\}", "\0", scope).partition("\0")
    pattern = re.compile(re.escape(before) + r"([0-9]{1,15})" + re.escape(after), re.ASCII)
    found = [int(match[1]) for match in map(pattern.fullmatch, given) if match]
    if found:
        raise_to(conn, (field.entity, field.key, scope), max(found) + 1)


@on_rename
def carry_over(conn: Connection, renames: Renames) -> None:
    """Let the sequences of what is renamed go on under the new keys. Queries: 1 for each thing renamed."""
    c = sequences.c
    for old, new in renames.entities.items():
        conn.execute(sa.update(sequences).where(c.entity == old).values(entity=new))
    for (entity, old), new in renames.fields.items():
        conn.execute(sa.update(sequences).where(c.entity == entity, c.field == old).values(field=new))


def next_of(conn: Connection, place: Place, name: str) -> int:
    """The next number of a field in a scope; while its column is called `name`, the one that counts under it."""
    c = sequences.c
    chosen = sa.select(c.field, c.next).where(
        c.entity == place[0], c.field.in_((place[1], name)), c.scope == place[2]
    )
    found = {row.field: row.next for row in conn.execute(chosen)}
    return int(found.get(name) or found.get(place[1]) or 1)


def raise_to(conn: Connection, place: Place, following: int) -> None:
    """Let the next number be this one at least. Queries: 1."""
    larger = sa.case((sequences.c.next < following, following), else_=sequences.c.next)
    conn.execute(_moved(conn, place, following, larger))


def replace(conn: Connection, entity: str, name: str, field: str) -> None:
    """Let a field go on where another name of it came to. Queries: 2."""
    c = sequences.c
    scopes = sa.select(c.scope).where(c.entity == entity, c.field == name).scalar_subquery()
    conn.execute(sa.delete(sequences).where(c.entity == entity, c.field == field, c.scope.in_(scopes)))
    conn.execute(sa.update(sequences).where(c.entity == entity, c.field == name).values(field=field))


def forget(conn: Connection, entity: str, field: str) -> None:
    """Let nobody count on from where a field came to. Queries: 1."""
    conn.execute(sa.delete(sequences).where(sequences.c.entity == entity, sequences.c.field == field))


def _moved(
    conn: Connection,
    place: Place,
    first: int,
    then: sa.ColumnElement[int],
    asked: Sequence[sa.ColumnElement[Any]] = (),
) -> Any:
    insert = (sqlite if conn.dialect.name == "sqlite" else postgresql).insert(sequences)
    made = insert.values(entity=place[0], field=place[1], scope=place[2], next=first)
    kept = made.on_conflict_do_update(index_elements=list(sequences.primary_key), set_={"next": then})
    return kept.returning(sequences.c.next, *asked)
