"""Moves values from column to column, set-based: what a change of type does to the rows, tried or really done.

Rows are taken in spans of ids. Within one, each distinct value is converted once, in Python; the database finds
its rows by the value as it is stored. So a column of a few options costs what reading it costs, and none needs
more memory than a span.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .conversion import Conversion
from .model import Field

SPAN = 50_000
"""Ids taken at once."""

SAMPLES = 20

Progress = Callable[[int, int], None]
"""(ids done, ids in all) -> nothing."""


@dataclass(slots=True)
class Outcome:
    """How many rows convert, how many lose their value, and the first of those as (id, old value)."""

    converted: int = 0
    lost: int = 0
    samples: list[tuple[int, Any]] = field(default_factory=list)

    def count(self, rows: int, first: int, value: Any, is_lost: bool) -> None:
        """Note what became of `rows` rows with one value."""
        if not is_lost:
            self.converted += rows
            return
        self.lost += rows
        if len(self.samples) < SAMPLES:
            self.samples.append((first, value))


@dataclass(frozen=True, slots=True)
class Move:
    """A conversion between two columns of a table, by their names in the database."""

    conversion: Conversion
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Span:
    """Ids from `low` to `high`, both included; `last` is the highest of the table."""

    low: int
    high: int
    last: int

    def of(self, table: Any) -> sa.ColumnElement[bool]:
        """The rows in it."""
        return table.c.id.between(self.low, self.high)  # type: ignore[no-any-return]


def spans(conn: Connection, table: str, after: int = 0, size: int | None = None) -> Iterator[Span]:
    """The ids of a table behind `after`, in spans."""
    rows = sa.table(table, sa.column("id", sa.BigInteger))
    last = conn.execute(sa.select(sa.func.max(rows.c.id))).scalar() or 0
    step = size or SPAN
    for low in range(after + 1, last + 1, step):
        yield Span(low, min(low + step - 1, last), last)


def stored_type(of: Field) -> Any:
    """The type of the field's column."""
    stored = of.behaviour.column(of)
    assert stored is not None
    return stored


def _groups(stored: Any) -> bool:
    """Whether equal values of a column can be taken together."""
    return not isinstance(stored, sa.JSON)


def survey(conn: Connection, table: str, move: Move) -> Outcome:
    """What converting every row would do; changes nothing."""
    outcome = Outcome()
    for span in spans(conn, table):
        _converted(conn, table, move, span, outcome)
    return outcome


def _converted(
    conn: Connection, table: str, move: Move, span: Span, outcome: Outcome
) -> tuple[list[tuple[int, Any]], list[Any]]:
    """((first id, old value) of each distinct value in a span, the new values); counted in `outcome`."""
    stored = stored_type(move.conversion.old)
    rows = sa.table(table, sa.column("id", sa.BigInteger), sa.column(move.source, stored))
    value = rows.c[move.source]
    if _groups(stored):
        query = sa.select(sa.func.min(rows.c.id), value, sa.func.count()).group_by(value)
    else:
        query = sa.select(rows.c.id, value, sa.literal(1))
    found = conn.execute(query.where(span.of(rows), value.is_not(None)).order_by(sa.literal_column("1"))).all()
    values, lost = move.conversion.values(conn, [row[1] for row in found])
    for row, new, is_lost in zip(found, values, lost, strict=True):
        if not (move.conversion.joins and new == row[1]):
            outcome.count(row[2], row[0], row[1], is_lost)
    return [(row[0], row[1]) for row in found], values


def fill(conn: Connection, table: str, moves: Sequence[Move], progress: Progress | None = None) -> list[Outcome]:
    """Fill the target columns; what became of each move's values."""
    outcomes = [Outcome() for _ in moves]
    for span in spans(conn, table):
        fill_span(conn, table, moves, span, outcomes)
        if progress is not None:
            progress(span.high, span.last)
    return outcomes


def fill_span(
    conn: Connection, table: str, moves: Sequence[Move], span: Span, outcomes: Sequence[Outcome]
) -> None:
    """Fill the target columns in a span of rows, by one pass over them."""
    prepared = []
    for number, (move, outcome) in enumerate(zip(moves, outcomes, strict=True)):
        firsts, values = _converted(conn, table, move, span, outcome)
        kept = move.conversion.stored_alike
        pairs = [
            (first, new)
            for (first, old), new in zip(firsts, values, strict=True)
            if new != (old if kept else None)
        ]
        if pairs or (kept and firsts):
            prepared.append((move, _Lookup(conn, table, move, number, pairs, span)))
    if not prepared:
        return
    columns = {name: sa.column(name, kind) for move, _ in prepared for name, kind in _typed(move)}
    rows = sa.table(table, sa.column("id", sa.BigInteger), *columns.values())
    source = rows.alias("s")
    joined: Any = source
    values_of = {}
    for move, lookup in prepared:
        found = lookup.subquery()
        at = lookup.matches(found, source)
        joined = joined.outerjoin(found, at)
        values_of[move.target] = lookup.value(found, source)
    chosen = sa.select(source.c.id, *(value.label(f"v_{n}") for n, value in enumerate(values_of.values())))
    new = chosen.select_from(joined).where(span.of(source)).subquery("n")
    update = sa.update(rows).values({name: new.c[f"v_{n}"] for n, name in enumerate(values_of)})
    with _joining_whole(conn):
        conn.execute(update.where(rows.c.id == new.c.id, span.of(rows)))
    for _, lookup in prepared:
        lookup.drop()


@contextmanager
def _joining_whole(conn: Connection) -> Iterator[None]:
    """PostgreSQL knows nothing of tables just made, and would look each row up in each of them one by one."""
    if conn.dialect.name == "sqlite":
        yield
        return
    conn.exec_driver_sql("SET LOCAL enable_nestloop = off")
    yield
    conn.exec_driver_sql("SET LOCAL enable_nestloop = on")


def _typed(move: Move) -> list[tuple[str, Any]]:
    return [(move.source, stored_type(move.conversion.old)), (move.target, stored_type(move.conversion.new))]


class _Lookup:
    """Which stored value becomes which, for one span: tables of this connection's own."""

    def __init__(
        self, conn: Connection, table: str, move: Move, number: int, pairs: Sequence[tuple[int, Any]], span: Span
    ) -> None:
        self.conn, self.move = conn, move
        self.kept = move.conversion.stored_alike
        self.grouped = _groups(stored_type(move.conversion.old))
        metadata = sa.MetaData()
        new = stored_type(move.conversion.new)
        self.news = _temporary(metadata, f"t_new_{number}", sa.Column("value", new))
        self.news.create(conn)
        put(conn, self.news, pairs)
        if not self.grouped:
            return
        old = stored_type(move.conversion.old)
        self.olds = _temporary(metadata, f"t_old_{number}", sa.Column("value", old))
        self.olds.create(conn)
        rows = sa.table(table, sa.column("id", sa.BigInteger), sa.column(move.source, old))
        value = rows.c[move.source]
        groups = sa.select(sa.func.min(rows.c.id), value).where(span.of(rows), value.is_not(None)).group_by(value)
        conn.execute(sa.insert(self.olds).from_select(["first", "value"], groups))

    def subquery(self) -> sa.FromClause:
        """Stored values with what each becomes."""
        if not self.grouped:
            return self.news.alias()
        pair = self.olds.join(self.news, self.olds.c.first == self.news.c.first)
        found = sa.select(self.olds.c.value.label("old"), self.news.c.first, self.news.c.value.label("value"))
        return found.select_from(pair).subquery()

    def matches(self, found: sa.FromClause, source: sa.FromClause) -> sa.ColumnElement[bool]:
        """Where a row holds the value of a pair."""
        if not self.grouped:
            return found.c.first == source.c.id
        return found.c.old == source.c[self.move.source]

    def value(self, found: sa.FromClause, source: sa.FromClause) -> sa.ColumnElement[Any]:
        """The new value of a row; where both are stored alike, what stays is not in the pairs."""
        if not self.kept:
            return found.c.value
        stays = source.c[self.move.source]
        return sa.case((found.c.first.is_not(None), found.c.value), else_=stays)

    def drop(self) -> None:
        """Give the tables up."""
        self.news.drop(self.conn)
        if self.grouped:
            self.olds.drop(self.conn)


def _temporary(metadata: sa.MetaData, name: str, *columns: sa.Column[Any]) -> sa.Table:
    first = sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False)
    return sa.Table(name, metadata, first, *columns, prefixes=["TEMPORARY"])


def put(conn: Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows by the quickest way each database has."""
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    stored = [_stored(conn, column, values) for column, values in zip(table.columns, columns, strict=True)]
    if conn.dialect.name == "sqlite":
        places = ", ".join("?" * len(stored))
        conn.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({places})", list(zip(*stored, strict=True)))
        return
    driver = conn.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} FROM STDIN") as stream:
        for row in zip(*stored, strict=True):
            stream.write_row(row)


def _stored(conn: Connection, column: sa.Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    convert = column.type.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    return values if convert is None else [convert(value) for value in values]


# --- taking a change of type back ------------------------------------------------------------------------------


@dataclass(slots=True)
class Returned:
    """What taking a conversion back does to rows edited since: `kept` edits convert back, `lost` do not."""

    kept: int = 0
    lost: int = 0
    samples: list[tuple[int, Any]] = field(default_factory=list)


def returned(conn: Connection, table: str, made: Move, apply: bool = False) -> Returned:
    """What became of rows edited since a conversion: its source column is the one with the exact old values.

    With `apply`, edits that convert back are written there; those that do not leave the old value as it is.
    """
    result = Returned()
    back = Conversion(made.conversion.new, made.conversion.old, made.conversion.catalog)
    columns = [sa.column(name, kind) for name, kind in _typed(made)]
    rows = sa.table(table, sa.column("id", sa.BigInteger), *columns)
    kept, recent = rows.c[made.source], rows.c[made.target]
    filled = sa.or_(kept.is_not(None), recent.is_not(None))
    for span in spans(conn, table):
        query = sa.select(sa.func.min(rows.c.id), kept, recent, sa.func.count()).where(span.of(rows), filled)
        if all(_groups(column.type) for column in columns):
            query = query.group_by(kept, recent)
        else:
            query = sa.select(rows.c.id, kept, recent, sa.literal(1)).where(span.of(rows), filled)
        pairs = conn.execute(query).all()
        given, _ = made.conversion.values(conn, [pair[1] for pair in pairs])
        edited = [pair for pair, value in zip(pairs, given, strict=True) if pair[2] != value]
        values, lost = back.values(conn, [pair[2] for pair in edited])
        news: dict[tuple[Any, Any], Any] = {}
        for pair, value, is_lost in zip(edited, values, lost, strict=True):
            if is_lost:
                result.lost += pair[3]
                result.samples += [(pair[0], pair[2])] if len(result.samples) < SAMPLES else []
                continue
            result.kept += pair[3]
            news[_known(pair[1]), _known(pair[2])] = value
        if apply and news:
            found = conn.execute(sa.select(rows.c.id, kept, recent).where(span.of(rows), filled))
            _write(conn, table, (made.source, made.conversion.old), news, found.all())
    return result


def repair(conn: Connection, table: str, move: Move) -> Outcome:
    """Correct the target column of a conversion where it is not what the source gives; what became of all rows."""
    outcome = Outcome()
    columns = [sa.column(name, kind) for name, kind in _typed(move)]
    rows = sa.table(table, sa.column("id", sa.BigInteger), *columns)
    source, target = rows.c[move.source], rows.c[move.target]
    for span in spans(conn, table):
        here = sa.and_(span.of(rows), sa.or_(source.is_not(None), target.is_not(None)))
        query = sa.select(sa.func.min(rows.c.id), source, target, sa.func.count()).group_by(source, target)
        if not all(_groups(column.type) for column in columns):
            query = sa.select(rows.c.id, source, target, sa.literal(1))
        pairs = conn.execute(query.where(here)).all()
        values, lost = move.conversion.values(conn, [pair[1] for pair in pairs])
        news: dict[tuple[Any, Any], Any] = {}
        for pair, value, is_lost in zip(pairs, values, lost, strict=True):
            if pair[1] is not None:
                outcome.count(pair[3], pair[0], pair[1], is_lost)
            if pair[2] != value:
                news[_known(pair[1]), _known(pair[2])] = value
        if news:
            found = conn.execute(sa.select(rows.c.id, source, target).where(here)).all()
            _write(conn, table, (move.target, move.conversion.new), news, found)
    return outcome


def _known(value: Any) -> Any:
    return value if value.__hash__ is not None else repr(value)


def _write(
    conn: Connection, table: str, at: tuple[str, Field], news: dict[tuple[Any, Any], Any], found: Sequence[Any]
) -> None:
    """Write into a column, given with its field, what `news` has for the two values of rows (id, one, other)."""
    name, stored = at[0], stored_type(at[1])
    pairs = [(row[0], news[both]) for row in found if (both := (_known(row[1]), _known(row[2]))) in news]
    edits = _temporary(sa.MetaData(), "t_edits", sa.Column("value", stored))
    edits.create(conn)
    put(conn, edits, pairs)
    rows = sa.table(table, sa.column("id", sa.BigInteger), sa.column(name, stored))
    conn.execute(sa.update(rows).values({name: edits.c.value}).where(rows.c.id == edits.c.first))
    edits.drop(conn)
