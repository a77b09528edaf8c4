"""Numbers for rows that were there before the field that gives them: in the order of their making, those of a day,
month or year by its own scope where the pattern has a date.

All rows of a scope, or as many as are wanted, are numbered by one statement. The numbers follow those of the
sequence, so that none that was ever given is given again.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.catalog import Catalog
from ...metadata.fields.autonumber import DEFAULT_PATTERN, matcher, scope_of
from ...metadata.numbering import Cursor, on_numbering
from ...metadata.physical import EmptyFirst
from ...metadata.shadows import on_purge
from ...metadata.steps import Shadow
from ..context import Context
from . import sequences

_SEQUENCE = re.compile(r"(.*)\{seq:(\d)\}(.*)", re.DOTALL)


class Numbers:
    """Gives numbers to rows that have none. See `metadata.numbering.Numbers`."""

    def number(
        self, conn: Connection, catalog: Catalog, entity: str, field: str, after: Cursor | None, most: int | None
    ) -> Cursor | None:
        """Where to go on, None at the end. Queries: at most 5, the first time one more for each scope in use."""
        table = catalog.tables[entity]
        column, pattern = table.c[field], _pattern(catalog, entity, field)
        if after is None:
            _notice_given(conn, entity, column, pattern)
        waiting = sa.and_(column.is_(None), _behind(table, after))
        first = _place(conn, table, waiting, 0)
        if first is None:
            return None
        zone = Context.system(conn, catalog, "rows get the numbers of a new field").zone
        day, end = _period(pattern, first[0], zone)
        waiting = sa.and_(waiting, table.c.created_at < end)
        last = None if most is None else _place(conn, table, waiting, most - 1)
        if last is not None:
            waiting = sa.and_(waiting, sa.not_(_behind(table, last)))
        scope = scope_of(pattern, day)
        start = sequences.next_of(conn, (entity, field, scope), column.name)
        given = conn.execute(_numbering(conn, table, column, waiting, scope, start)).rowcount
        sequences.raise_to(conn, (entity, column.name, scope), start + given)
        return last or (end, 0)

    def adopt(self, conn: Connection, entity: str, hidden: str, field: str) -> None:
        """Let the field count on from where its hidden column came to."""
        sequences.replace(conn, entity, hidden, field)

    def forget(self, conn: Connection, entity: str, field: str) -> None:
        """Let nobody count on from there."""
        sequences.forget(conn, entity, field)


on_numbering(Numbers())


@on_purge
def forget_purged(conn: Connection, catalog: Catalog, shadow: Shadow) -> None:
    """Let a field that is purged count for nothing, unless there is one of the same key again."""
    keys = [shadow.field] if shadow.field else [raw["key"] for raw in shadow.document["fields"]]
    fields = catalog.entities[shadow.entity].fields if shadow.entity in catalog.entities else {}
    for key in keys:
        if key not in fields:
            sequences.forget(conn, shadow.entity, key)


def _pattern(catalog: Catalog, entity: str, field: str) -> str:
    return str(catalog.entities[entity].fields[field].option("pattern", DEFAULT_PATTERN))


def _behind(table: sa.Table, place: Cursor | None) -> sa.ColumnElement[bool]:
    if place is None:
        return sa.true()
    made, key = table.c.created_at, table.c.id
    # The first part says nothing new, but lets the index on it be used.
    return sa.and_(made >= place[0], sa.or_(made > place[0], key > place[1]))


def _place(conn: Connection, table: sa.Table, where: sa.ColumnElement[bool], offset: int) -> Cursor | None:
    """Creation and id of the row that many rows behind the first."""
    made, key = table.c.created_at, table.c.id
    found = conn.execute(
        sa.select(made, key).where(where).order_by(EmptyFirst(made), key).limit(1).offset(offset)
    ).first()
    return None if found is None else (found[0], found[1])


def _period(pattern: str, moment: datetime, zone: tzinfo) -> tuple[date, datetime]:
    """(a day, the instant before which all rows made from `moment` on count with those of that day)."""
    day = moment.astimezone(zone).date()
    if "{DD}" in pattern:
        following = day + timedelta(days=1)
    elif "{MM}" in pattern:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    elif "{YY" in pattern:
        following = date(day.year + 1, 1, 1)
    else:
        following = date(9999, 1, 1)
    return day, datetime.combine(following, time(), zone)


def _numbering(
    conn: Connection, table: sa.Table, column: Any, where: sa.ColumnElement[bool], scope: str, start: int
) -> sa.Update:
    """Numbers from `start` on for these rows, in the order of their making."""
    order = (table.c.created_at, table.c.id)
    ranked = sa.select(table.c.id, sa.func.row_number().over(order_by=order).label("n")).where(where).subquery()
    found = _SEQUENCE.fullmatch(scope)
    assert found is not None
    digits, width = sa.cast(ranked.c.n + (start - 1), sa.Text), int(found[2])
    if conn.dialect.name == "sqlite":
        digits = sa.func.printf(f"%0{width}d", ranked.c.n + (start - 1))
    else:
        digits = sa.func.lpad(digits, sa.func.greatest(width, sa.func.length(digits)), "0")
    text = sa.literal(found[1], sa.Text) + sa.type_coerce(digits, sa.Text) + sa.literal(found[3], sa.Text)
    return sa.update(table).where(table.c.id == ranked.c.id).values({column: text})


def _notice_given(conn: Connection, entity: str, column: Any, pattern: str) -> None:
    """Let the sequences go on after numbers that are there: a text that became numbers, rows numbered before."""
    highest: dict[str, int] = {}
    match = matcher(pattern)
    for value in conn.scalars(sa.select(column).where(column.is_not(None))):
        scope, sequence = match(value)
        if scope:
            highest[scope] = max(sequence, highest.get(scope, 0))
    for scope, sequence in highest.items():
        sequences.raise_to(conn, (entity, column.name, scope), sequence + 1)
