"""Large changes made beside the tables' life: new values are computed into columns nobody sees yet.

A change of type or of a formula on a big table would hold everybody up. Instead its new columns are added under
hidden names and filled in spans, each in a short transaction, while old values serve. Publishing then corrects
what was written meanwhile and gives all of it its names. Hidden columns and indexes are written down under the
number of their work, so that nothing takes them for a stranger's, and whoever comes after a crash goes on or drops
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Connection

from . import building, numbering
from . import steps as s
from .catalog import Catalog, build
from .conversion import between
from .crash import crash_point
from .database import Database
from .dependencies import Place, graph
from .effects import LONG_INDEX
from .moving import Move, Outcome, Span, fill_span, repair, spans
from .numbering import Cursor
from .objects import index_of
from .physical import Names, build_column, referred_table, table_name
from .plan import Plan
from .ready import Ready
from .shadows import drop, read_shadows
from .tables import shadow as shadow_table

LONG = 50_000
"""Rows from which a change is prepared beside the tables' life."""

Recompute = Callable[[Connection, Catalog, str, Sequence[str], Span], None]
"""(connection, catalog, entity, stored computed fields, ids) -> nothing: computes them where they differ."""

_recompute: list[Recompute] = []

Writing = Callable[[], AbstractContextManager[Connection]]
Progress = Callable[[int, int, str], None]


def on_recompute_span(function: Recompute) -> Recompute:
    """The same function, now the one that computes a span of rows. The run time registers it."""
    _recompute[:] = [function]
    return function


_PREPARABLE = (
    s.AddColumn, s.ConvertColumn, s.Recompute, s.CheckValues, s.RequireValues, s.Backfill, s.AddIndex, s.DropIndex,
    s.ShadowColumn, s.NumberRows,
)  # fmt: skip


def is_long(conn: Connection, plan: Plan, current: Catalog) -> bool:
    """Whether carrying the plan out takes long: it converts, computes, numbers or indexes many rows."""
    heavy = {step.entity for step in plan.steps if isinstance(step, s.ConvertColumn | s.Recompute | s.NumberRows)}
    indexed = {step.entity for step in plan.steps if isinstance(step, s.AddIndex)}
    limits = {**dict.fromkeys(indexed, LONG_INDEX), **dict.fromkeys(heavy, LONG)}
    return any(_rows(conn, entity) > limits[entity] for entity in limits.keys() & current.tables.keys())


def indexed_beside(conn: Connection, current: Catalog) -> set[str]:
    """The entities whose indexes are built while everybody works on: big ones, where the database can do that."""
    if conn.dialect.name == "sqlite":
        return set()
    return {entity for entity in current.entities if _rows(conn, entity) > LONG_INDEX}


def _rows(conn: Connection, entity: str) -> int:
    ids = sa.table(table_name(entity), sa.column("id"))
    return conn.execute(sa.select(sa.func.max(ids.c.id))).scalar() or 0


def can_prepare(plan: Plan, desired: Catalog) -> bool:
    """Whether all of a plan can be made ready in columns of its own; else it is carried out in one go."""
    if plan.renames or not all(isinstance(step, _PREPARABLE) for step in plan.steps):
        return False
    # Catching up would take for stale what was numbered in a column that is still being converted.
    numbered = {(step.entity, step.field) for step in plan.steps if isinstance(step, s.NumberRows)}
    if any((step.entity, step.field) in numbered for step in plan.steps if isinstance(step, s.ConvertColumn)):
        return False
    fields = (desired.entities[entity].fields.get(key) for entity, key in places(plan))
    return all(one is not None and referred_table(one) is None for one in fields)


def places(plan: Plan) -> list[Place]:
    """The fields a plan gives new columns or values."""
    found: dict[Place, None] = {}
    for step in plan.steps:
        if isinstance(step, s.AddColumn | s.ConvertColumn):
            found[step.entity, step.field] = None
        elif isinstance(step, s.Recompute):
            found.update(((step.entity, key), None) for key in step.fields)
    return list(found)


def _wanted_indexes(
    plan: Plan, staged: Catalog, hidden: Collection[Place], beside: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The indexes to make ready: those a plan adds, and those on columns that are exchanged."""
    added = {(step.entity, step.index) for step in plan.steps if isinstance(step, s.AddIndex)}
    for entity in sorted(set(beside) & staged.entities.keys()):
        for index in staged.tables[entity].indexes:
            on_hidden = any((entity, column.key) in hidden for column in index.columns)
            if on_hidden or (entity, str(index.name)) in added:
                yield entity, str(index.name)


class Outdated(Exception):
    """What was prepared is no longer what is to be done: others changed the documents meanwhile."""


@dataclass(frozen=True)
class Preparation:
    """A plan made ready under hidden names. `staged` is the desired Catalog with those names."""

    number: int
    plan: Plan
    current: Catalog
    staged: Catalog
    hidden: Mapping[Place, str] = field(default_factory=dict)
    indexes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, number: int, plan: Plan, current: Catalog, desired: Catalog, beside: Collection[str] = ()
    ) -> Preparation:
        """The preparation of a plan; nothing is done yet. Indexes of the entities `beside` are made ready too."""
        hidden = {(entity, key): f"x_0_{number}_{key}" for entity, key in places(plan)}
        staged = build(desired.documents.values(), desired.version, Names(columns=hidden))
        wanted = sorted(_wanted_indexes(plan, staged, hidden, beside))
        indexes = {place: building.hidden_name(number, at) for at, place in enumerate(wanted)}
        return cls(number, plan, current, staged, hidden, indexes)

    @property
    def ready(self) -> Ready:
        """The hidden names, for who puts all in place."""
        return Ready(self.hidden, self.indexes)

    def add_columns(self, conn: Connection) -> None:
        """Add the hidden columns that are not there yet."""
        present = {(kept.entity, kept.field) for kept in read_shadows(conn, -self.number)}
        operations = Operations(MigrationContext.configure(conn))
        for entity, key in self.hidden:
            if (entity, key) in present:
                continue
            one = self.staged.entities[entity].fields[key]
            column = build_column(one, self.hidden[entity, key])
            if column is None:
                continue
            filled = any(isinstance(step, s.Backfill) and step.field == key for step in self.plan.steps)
            if filled and one.default is not None:
                column.server_default = sa.DefaultClause(
                    sa.literal(one.behaviour.parse(one, one.default), column.type)
                )
            operations.add_column(table_name(entity), column)
            row = {"changeset": -self.number, "entity": entity, "field": key, "table_name": table_name(entity)}
            conn.execute(sa.insert(shadow_table), {**row, "column_name": column.name, "document": {"key": key}})
            crash_point("prepare.column")

    def moves(self, entity: str) -> list[Move]:
        """The conversions into hidden columns of an entity."""
        found = []
        for step in self.plan.steps:
            if isinstance(step, s.ConvertColumn) and step.entity == entity:
                old, new = (c.entities[entity].fields[step.field] for c in (self.current, self.staged))
                conversion = between(self.current, self.staged, old, new)
                found.append(Move(conversion, step.field, self.hidden[entity, step.field]))
        return found

    def fill(self, conn_of: Writing, progress: Progress) -> None:
        """Fill the hidden columns, a span of rows in each transaction. May be begun anew at any time."""
        total, done = self._work(conn_of), 0
        for entity in dict.fromkeys(entity for entity, _ in self.hidden):
            moves = self.moves(entity)
            for span in self._spans(conn_of, entity) if moves else ():
                with conn_of() as conn:
                    fill_span(conn, table_name(entity), moves, span, [Outcome() for _ in moves])
                crash_point("prepare.span")
                done += span.high - span.low + 1
                progress(done, total, "")
        for entity, key in self._numbered():
            done = self._number(conn_of, entity, key, lambda more: progress(more, max(total, more), ""), done)
        for step in self._recomputed():
            for span in self._spans(conn_of, step.entity):
                with conn_of() as conn:
                    _recompute[0](conn, self.staged, step.entity, step.fields, span)
                crash_point("prepare.span")
                done += span.high - span.low + 1
                progress(done, max(total, done), "")

    def _number(self, conn_of: Writing, entity: str, key: str, tell: Callable[[int], None], done: int) -> int:
        """Number the rows there are, some in each transaction; how much is done then."""
        after: Cursor | None = None
        while True:
            with conn_of() as conn:
                after = numbering.numbers().number(conn, self.staged, entity, key, after, PORTION)
            if after is None:
                return done
            crash_point("prepare.span")
            done += PORTION
            tell(done)

    def build_indexes(self, database: Database, conn_of: Writing, progress: Progress) -> None:
        """Build the indexes that are wanted beside. May be begun anew at any time. Raises PlanError."""
        rows = self._indexed_rows(conn_of)
        total = self._work(conn_of)
        done = total - sum(rows.values())
        for place, hidden in self.indexes.items():

            def tell(part: float, done: int = done, count: int = rows[place]) -> None:
                progress(done + int(part * count), total, "")

            building.build(database, self.number, index_of(self.staged, *place), hidden, tell)
            tell(1.0)
            done += rows[place]

    def _indexed_rows(self, conn_of: Writing) -> dict[tuple[str, str], int]:
        with conn_of() as conn:
            return {place: _rows(conn, place[0]) for place in self.indexes}

    def _numbered(self) -> list[Place]:
        return [(step.entity, step.field) for step in self.plan.steps if isinstance(step, s.NumberRows)]

    def _recomputed(self) -> Iterator[s.Recompute]:
        yield from (step for step in self.plan.steps if isinstance(step, s.Recompute))

    def _spans(self, conn_of: Writing, entity: str) -> list[Span]:
        with conn_of() as conn:
            return list(spans(conn, table_name(entity), size=PORTION))

    def _work(self, conn_of: Writing) -> int:
        converted = {step.entity for step in self.plan.steps if isinstance(step, s.ConvertColumn)}
        with conn_of() as conn:
            rows = [_rows(conn, entity) for entity in converted]
            rows += [_rows(conn, step.entity) for step in self._recomputed()]
            rows += [_rows(conn, entity) for entity, _ in (*self._numbered(), *self.indexes)]
        return sum(rows)

    def catch_up(self, conn: Connection) -> dict[str, dict[str, int]]:
        """Correct hidden values for what was written meanwhile; what became of conversions, by step.

        Nobody may write until the transaction ends; reading goes on. Raises Outdated where an index got lost.
        """
        if not all(building.is_valid(conn, hidden) for hidden in self.indexes.values()):
            raise Outdated
        self._keep_writers_out(conn)
        outcomes = {}
        for step in self.plan.steps:
            if isinstance(step, s.ConvertColumn):
                moves = {move.target: move for move in self.moves(step.entity)}
                move = moves[self.hidden[step.entity, step.field]]
                outcome = repair(conn, table_name(step.entity), move)
                outcomes[step.place] = {"converted": outcome.converted, "lost": outcome.lost}
        for entity, key in self._numbered():
            numbering.number_rows(conn, self.staged, entity, key)
        for step in self._recomputed():
            for span in spans(conn, table_name(step.entity)):
                _recompute[0](conn, self.staged, step.entity, step.fields, span)
        return outcomes

    def _keep_writers_out(self, conn: Connection) -> None:
        if conn.dialect.name == "sqlite":
            return
        read = graph(self.staged)
        touched = {entity for entity, _ in self.hidden}
        touched |= {entity for place in self.hidden for entity, _ in read.get(place, ())}
        quote = conn.dialect.identifier_preparer.quote
        for entity in sorted(touched & self.current.tables.keys()):
            conn.exec_driver_sql(f"LOCK TABLE {quote(table_name(entity))} IN SHARE ROW EXCLUSIVE MODE")


PORTION = 5_000
"""Ids filled in one transaction: writers wait for no more than that."""


def abandon(database: Database, number: int) -> int:
    """How many hidden columns and indexes of a preparation were dropped."""
    with database.writing() as conn:
        indexes = [name for name, job in building.hidden_indexes(conn).items() if job == number]
        building.abandon(conn, indexes)
        kept = read_shadows(conn, -number)
        for shadow in kept:
            numbering.forget(conn, shadow.entity, str(shadow.column_name))
        drop(conn, kept)
    return len(kept) + len(indexes)


def left_over(conn: Connection) -> set[int]:
    """The numbers of preparations that have hidden columns or indexes."""
    query = sa.select(shadow_table.c.changeset).where(shadow_table.c.changeset < 0).distinct()
    return {-number for number in conn.execute(query).scalars()} | set(building.hidden_indexes(conn).values())
