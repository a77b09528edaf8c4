"""Values of one field read as another's: what a change of type does to each row, tried or really done.

A value is offered to the new type as a person reads it (options by label), then in its JSON form, then as its
Excel cell; the first that parses wins. What none parses is lost, and reported with examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .model import Field
from .physical import referred_table, signature

CHUNK = 5_000
SAMPLES = 20


@dataclass(slots=True)
class Outcome:
    """How many rows convert, how many lose their value, and the first of those as (id, old value)."""

    converted: int = 0
    lost: int = 0
    samples: list[tuple[int, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Conversion:
    """Reads values of the `old` field as the `new` one's."""

    old: Field
    new: Field

    def values(self, conn: Connection, olds: Sequence[Any]) -> tuple[list[Any], list[bool]]:
        """The new values, and for each whether something was lost."""
        found: list[Any] = [None] * len(olds)
        open_positions = [position for position, value in enumerate(olds) if value is not None]
        if self.meaningless:
            return found, [value is not None for value in olds]
        for face in self._faces():
            raws = [face(olds[position]) for position in open_positions]
            parsed, refused = self.new.behaviour.parse_column(self.new, raws)
            for at, position in enumerate(open_positions):
                if at not in refused:
                    found[position] = parsed[at]
            open_positions = [position for at, position in enumerate(open_positions) if at in refused]
        left = set(open_positions)
        lost = [position in left for position in range(len(olds))]
        self._drop_dangling(conn, found, lost)
        return found, lost

    @property
    def stored_alike(self) -> bool:
        """Whether an old value, as it stands in its column, is a new one with the same meaning."""
        old, new = (field.behaviour.column(field) for field in (self.old, self.new))
        return old is not None and new is not None and signature(old) == signature(new)

    @property
    def meaningless(self) -> bool:
        """Whether the values are keys of another table than the new field points at."""
        both = self.old.behaviour.target is not None and self.new.behaviour.target is not None
        return both and referred_table(self.old) != referred_table(self.new)

    def _faces(self) -> list[Any]:
        old = self.old

        def shown(value: Any) -> Any:
            return old.behaviour.plain(old, value, "zh")

        def dumped(value: Any) -> Any:
            form = old.behaviour.dump(old, value)
            return shown(value) if isinstance(form, list | dict) else form

        def cell(value: Any) -> Any:
            return old.behaviour.to_excel(old, value, "zh")

        return [shown, dumped, cell] if old.choices else [dumped, cell]

    def _drop_dangling(self, conn: Connection, found: list[Any], lost: list[bool]) -> None:
        target = referred_table(self.new)
        if target is None:
            return
        table = sa.table(target, sa.column("id"))
        wanted = sorted({value for value in found if value is not None})
        known = set(conn.execute(sa.select(table.c.id).where(table.c.id.in_(wanted))).scalars())
        for position, value in enumerate(found):
            if value is not None and value not in known:
                found[position], lost[position] = None, True


def chunks(conn: Connection, table: str, *columns: sa.ColumnClause[Any]) -> Iterator[list[Any]]:
    """Rows (id, *columns) where the first column is filled, by id, a few thousand at a time."""
    key = sa.column("id", sa.Integer)
    last = 0
    while True:
        query = sa.select(key, *columns).select_from(sa.table(table)).where(key > last, columns[0].is_not(None))
        rows = list(conn.execute(query.order_by(key).limit(CHUNK)))
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def attempt(conn: Connection, table: str, conversion: Conversion, source: str) -> Outcome:
    """What converting every row would do; changes nothing."""
    outcome = Outcome()
    for rows in chunks(conn, table, _typed(source, conversion.old)):
        _, lost = conversion.values(conn, [row[1] for row in rows])
        _count(outcome, rows, lost)
    return outcome


def fill(conn: Connection, table: str, conversion: Conversion, source: str) -> Outcome:
    """Writes the new field's column from column `source`; where both are stored alike, only what differs."""
    new = conversion.new
    target = sa.table(table, sa.column("id", sa.Integer), _typed(new.key, new))
    update = sa.update(target).where(target.c.id == sa.bindparam("at")).values({new.key: sa.bindparam("to")})
    copied = conversion.stored_alike and not conversion.meaningless
    if copied:
        conn.execute(sa.update(target).values({new.key: sa.column(source)}))
    outcome = Outcome()
    for rows in chunks(conn, table, _typed(source, conversion.old)):
        olds = [row[1] for row in rows]
        values, lost = conversion.values(conn, olds)
        _count(outcome, rows, lost)
        present = olds if copied else [None] * len(olds)
        writes = [
            {"at": row[0], "to": value}
            for row, value, is_now in zip(rows, values, present, strict=True)
            if value != is_now
        ]
        if writes:
            conn.execute(update, writes)
    return outcome


def refill(conn: Connection, table: str, conversion: Conversion, kept: str, recent: str) -> None:
    """Brings the values of rows edited since a conversion back into column `kept`, the one from before it.

    `conversion` is the one that was made; rows where column `recent` still is what it gave keep their old value.
    """
    old, new = conversion.old, conversion.new
    back = Conversion(new, old)
    target = sa.table(table, sa.column("id", sa.Integer), _typed(kept, old))
    update = sa.update(target).where(target.c.id == sa.bindparam("at")).values({kept: sa.bindparam("to")})
    for rows in chunks(conn, table, _typed(recent, new), _typed(kept, old)):
        given, _ = conversion.values(conn, [row[2] for row in rows])
        edited = [row for row, value in zip(rows, given, strict=True) if row[1] != value]
        values, _ = back.values(conn, [row[1] for row in edited])
        writes = [{"at": row[0], "to": value} for row, value in zip(edited, values, strict=True)]
        if writes:
            conn.execute(update, writes)


def _typed(name: str, of: Field) -> sa.ColumnClause[Any]:
    stored = of.behaviour.column(of)
    assert stored is not None
    return sa.column(name, stored)


def _count(outcome: Outcome, rows: Sequence[Any], lost: Sequence[bool]) -> None:
    for row, is_lost in zip(rows, lost, strict=True):
        if not is_lost:
            outcome.converted += 1
            continue
        outcome.lost += 1
        if len(outcome.samples) < SAMPLES:
            outcome.samples.append((row[0], row[1]))
