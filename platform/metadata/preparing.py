"""Large changes made beside the tables' life: new values are computed into columns nobody sees yet.

A change of type or of a formula on a big table would hold everybody up. Instead its new columns are added under
hidden names and filled in spans, each in a short transaction, while old values serve. Publishing then corrects
hidden names and filled in spans, each in a short transaction, while old values serve. Publishing then corrects
number of their work, so that nothing takes them for a stranger's, and whoever comes after a crash goes on or drops
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Connection

from . import steps as s
from .catalog import Catalog, build
from .conversion import between
from .crash import crash_point
from .database import Database
from .dependencies import Place, graph
from .moving import Move, Outcome, Span, fill_span, repair, spans
from .physical import Names, build_column, referred_table, table_name
from .plan import Plan
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
    s.ShadowColumn,
)  # fmt: skip


def is_long(conn: Connection, plan: Plan, current: Catalog) -> bool:
    """Whether carrying the plan out takes long: it converts or computes many rows."""
    heavy = {step.entity for step in plan.steps if isinstance(step, s.ConvertColumn | s.Recompute)}
    return any(_rows(conn, entity) > LONG for entity in heavy & current.tables.keys())


def _rows(conn: Connection, entity: str) -> int:
    ids = sa.table(table_name(entity), sa.column("id"))
    return conn.execute(sa.select(sa.func.max(ids.c.id))).scalar() or 0


def can_prepare(plan: Plan, desired: Catalog) -> bool:
    """Whether all of a plan can be made ready in columns of its own; else it is carried out in one go."""
    if plan.renames or not all(isinstance(step, _PREPARABLE) for step in plan.steps):
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


@dataclass(frozen=True)
class Preparation:
    """A plan made ready under hidden names. `staged` is the desired Catalog with those names."""

    number: int
    plan: Plan
    current: Catalog
    staged: Catalog
    hidden: Mapping[Place, str] = field(default_factory=dict)

    @classmethod
    def of(cls, number: int, plan: Plan, current: Catalog, desired: Catalog) -> Preparation:
        """The preparation of a plan; nothing is done yet."""
        hidden = {(entity, key): f"x_0_{number}_{key}" for entity, key in places(plan)}
        staged = build(desired.documents.values(), desired.version, Names(columns=hidden))
        return cls(number, plan, current, staged, hidden)

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
        for step in self._recomputed():
            for span in self._spans(conn_of, step.entity):
                with conn_of() as conn:
                    _recompute[0](conn, self.staged, step.entity, step.fields, span)
                crash_point("prepare.span")
                done += span.high - span.low + 1
                progress(done, max(total, done), "")

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
        return sum(rows)

    def catch_up(self, conn: Connection) -> dict[str, dict[str, int]]:
        """Correct hidden values for what was written meanwhile; what became of conversions, by step.

        Nobody may write until the transaction ends; reading goes on.
        """
        self._keep_writers_out(conn)
        outcomes = {}
        for step in self.plan.steps:
            if isinstance(step, s.ConvertColumn):
                moves = {move.target: move for move in self.moves(step.entity)}
                move = moves[self.hidden[step.entity, step.field]]
                outcome = repair(conn, table_name(step.entity), move)
                outcomes[step.place] = {"converted": outcome.converted, "lost": outcome.lost}
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
    """How many hidden columns of a preparation were dropped."""
    with database.writing() as conn:
        kept = read_shadows(conn, -number)
        drop(conn, kept)
    return len(kept)


def left_over(conn: Connection) -> set[int]:
    """The numbers of preparations that have hidden columns."""
    query = sa.select(shadow_table.c.changeset).where(shadow_table.c.changeset < 0).distinct()
    return {-number for number in conn.execute(query).scalars()}
