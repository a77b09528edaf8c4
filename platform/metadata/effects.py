"""What a Plan would do to the rows, counted by SQL before anything happens.

Levels: `info` is good to know, `confirm` needs a yes because values go out of sight, `refuse` cannot be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import steps as s
from .catalog import Catalog
from .conversion import between
from .errors import ValueRefused
from .fields.choice import OTHER
from .model import Field
from .moving import SAMPLES, Move, returned, spans, survey
from .partial import counts
from .plan import Plan, names_before, renamed
from .reading import read_field
from .wording import say

LONG_INDEX = 200_000
"""Rows from which building an index takes long enough to speak of it."""

INDEXED_IN_A_SECOND = 500_000
"""Rows, at least, of which SQLite makes an index in a second; nobody writes meanwhile."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence for `count` rows of a field. `samples` are (record id, value shown)."""

    level: str
    code: str
    entity: str
    field: str | None
    count: int
    samples: tuple[tuple[int, str], ...] = ()

    def describe(self, lang: str) -> str:
        """The effect as a sentence."""
        shown = "、".join(f"{value} (#{key})" for key, value in self.samples[:3])
        data = {"entity": self.entity, "field": self.field, "count": self.count, "samples": shown}
        data["seconds"] = -(-self.count // INDEXED_IN_A_SECOND)
        return say(f"effect.{self.code}", lang, **data)

    def dump(self) -> dict[str, Any]:
        """The effect as JSON."""
        place = {"entity": self.entity, "field": self.field}
        samples = [{"id": key, "value": value} for key, value in self.samples]
        return {"level": self.level, "code": self.code, **place, "count": self.count, "samples": samples}


def measure(
    conn: Connection, plan: Plan, current: Catalog, desired: Catalog, *, agreed: bool = False
) -> list[Effect]:
    """All effects of the plan's steps that touch at least one row; only refusals where the rest is `agreed` to."""
    before = current
    if plan.renames:
        current = renamed(current, plan.renames, names_before(current, plan.renames))
    meter = _Meter(conn, plan, current, desired)
    steps = [step for step in plan.steps if not (agreed and isinstance(step, _NEVER_REFUSED))]
    found = [effect for step in steps for effect in meter.of(step) if effect.count]
    return found + [effect for guard in _guards for effect in guard(conn, before, desired)]


Guard = Callable[[Connection, Catalog, Catalog], Iterable[Effect]]
"""(connection, present and future Catalog) -> effects that no step of a plan shows."""

_guards: list[Guard] = []


def guard(function: Guard) -> Guard:
    """The same function, now asked about every changeset."""
    if function not in _guards:
        _guards.append(function)
    return function


@guard
def _numbers_stay(conn: Connection, current: Catalog, desired: Catalog) -> Iterator[Effect]:
    """Numbers given by another pattern: they may stand on paper by now."""
    for key, entity in desired.entities.items():
        before = current.entities.get(key)
        if before is None or before is entity:
            continue
        for name, field in entity.fields.items():
            old, column = before.fields.get(name), current.tables[key].c.get(name)
            if column is None or old is None or not (old.behaviour.numbered and field.behaviour.numbered):
                continue
            if old.option("pattern") != field.option("pattern"):
                count = conn.execute(sa.select(sa.func.count(column))).scalar_one()
                if count:
                    yield Effect("info", "numbers_stay", key, name, count)


_NEVER_REFUSED = (s.ShadowColumn, s.ShadowTable, s.ConvertColumn, s.UnconvertColumn, s.Backfill)


class _Meter:
    def __init__(self, conn: Connection, plan: Plan, current: Catalog, desired: Catalog) -> None:
        self.conn, self.current, self.desired = conn, current, desired
        self.restored = {
            (step.entity, step.field): str(step.shadow.column_name)
            for step in plan.steps
            if isinstance(step, s.RestoreColumn)
        }
        given = (s.Backfill, s.NumberRows)
        self.filled = {(step.entity, step.field) for step in plan.steps if isinstance(step, given)}

    @singledispatchmethod
    def of(self, step: s.Step) -> Iterator[Effect]:
        """The effects of one step."""
        yield from ()

    @of.register
    def _removed_column(self, step: s.ShadowColumn) -> Iterator[Effect]:
        field = self.current.entities[step.entity].all_fields[step.field]
        if field.behaviour.computed:
            return
        column = self.current.tables[step.entity].c[step.field]
        yield self._found("confirm", "values_removed", field, column.is_not(None))

    @of.register
    def _removed_table(self, step: s.ShadowTable) -> Iterator[Effect]:
        table = self.current.tables[step.entity]
        count = self.conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        yield Effect("confirm", "rows_removed", step.entity, None, count)

    @of.register
    def _converted(self, step: s.ConvertColumn) -> Iterator[Effect]:
        old, new = (c.entities[step.entity].all_fields[step.field] for c in (self.current, self.desired))
        column = self.current.tables[step.entity].c[step.field]
        conversion = between(self.current, self.desired, old, new)
        outcome = survey(self.conn, column.table.name, Move(conversion, column.name, step.field))
        samples = tuple((key, shown(old, value)) for key, value in outcome.samples)
        yield Effect("confirm", "values_lost", step.entity, step.field, outcome.lost, samples)
        told = "values_joined" if conversion.joins else "values_converted"
        yield Effect("info", told, step.entity, step.field, outcome.converted)

    @of.register
    def _taken_back(self, step: s.UnconvertColumn) -> Iterator[Effect]:
        recent = self.current.entities[step.entity].all_fields[step.field]
        before = read_field(step.entity, step.shadow.document, {})
        column = self.current.tables[step.entity].c[step.field]
        conversion = between(self.current, self.desired, before, recent)
        found = returned(self.conn, column.table.name, Move(conversion, str(step.shadow.column_name), column.name))
        samples = tuple((key, shown(recent, value)) for key, value in found.samples)
        yield Effect("confirm", "edits_lost", step.entity, step.field, found.lost, samples)
        yield Effect("info", "edits_kept", step.entity, step.field, found.kept)

    @of.register
    def _checked(self, step: s.CheckValues) -> Iterator[Effect]:
        field = self.desired.entities[step.entity].all_fields[step.field]
        column = self.current.tables[step.entity].c[step.field]
        count = 0
        samples: list[tuple[int, str]] = []
        table, value = column.table, column
        for span in spans(self.conn, table.name):
            query = sa.select(sa.func.min(table.c.id), value, sa.func.count()).group_by(value)
            for first, held, rows in self.conn.execute(
                query.where(span.of(table), value.is_not(None)).order_by(sa.func.min(table.c.id))
            ):
                if not is_refused(field, held):
                    continue
                count += rows
                if len(samples) < SAMPLES:
                    samples.append((first, shown(field, held)))
        yield Effect("refuse", "values_refused", step.entity, step.field, count, tuple(samples))

    @of.register
    def _required(self, step: s.RequireValues) -> Iterator[Effect]:
        if (step.entity, step.field) in self.filled:
            return
        field = self.desired.entities[step.entity].fields[step.field]
        table = self.current.tables[step.entity]
        live = table.c.deleted_at.is_(None)
        kept = self.restored.get((step.entity, step.field))
        if kept is not None:
            # Rows made since the field went away never had a value; that must not keep it from coming back.
            empty: sa.ColumnElement[bool] = sa.column(kept).is_(None)
            yield self._found("info", "empty_restored", field, sa.and_(empty, live), sampled=False)
            return
        empty = table.c[step.field].is_(None) if step.field in table.c else sa.true()
        yield self._found("refuse", "empty_required", field, sa.and_(empty, live))

    @of.register
    def _backfilled(self, step: s.Backfill) -> Iterator[Effect]:
        field = self.desired.entities[step.entity].fields[step.field]
        table = self.current.tables[step.entity]
        empty = table.c[step.field].is_(None) if step.field in table.c else sa.true()
        yield self._found("info", "values_filled", field, empty, sampled=False)

    @of.register
    def _numbered(self, step: s.NumberRows) -> Iterator[Effect]:
        field = self.desired.entities[step.entity].fields[step.field]
        table, kept = self.current.tables[step.entity], self.restored.get((step.entity, step.field))
        empty: sa.ColumnElement[bool] = sa.true() if kept is None else sa.column(kept).is_(None)
        if kept is None and step.field in table.c:
            empty = table.c[step.field].is_(None)
        yield self._found("info", "rows_numbered", field, empty, sampled=False)

    @of.register
    def _indexed(self, step: s.AddIndex) -> Iterator[Effect]:
        table = self.current.tables[step.entity]
        rows = self.conn.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
        if rows > LONG_INDEX:
            code = "index_holds" if self.conn.dialect.name == "sqlite" else "index_beside"
            yield Effect("info", code, step.entity, step.field, rows)
        yield from self._doubled(step, table)

    def _doubled(self, step: s.AddIndex, table: sa.Table) -> Iterator[Effect]:
        if not step.unique or step.field not in table.c:
            return
        column = table.c[step.field]
        wanted = self.desired.entities[step.entity]
        field = wanted.all_fields[step.field]
        keys = (step.field, *(field.uniqueness.columns if field.uniqueness else ()))
        if any(key not in table.c for key in keys):
            return
        full = [table.c[key].is_not(None) for key in keys]
        live = sa.and_(counts(field, wanted, table), *full)
        query = sa.select(sa.func.min(table.c.id), column, sa.func.count()).where(live)
        query = query.group_by(*(table.c[key] for key in keys))
        twice = list(self.conn.execute(query.having(sa.func.count() > 1).order_by(sa.func.min(table.c.id))))
        samples = tuple((key, shown(field, value)) for key, value, _ in twice[:SAMPLES])
        yield Effect("refuse", "duplicates", step.entity, step.field, sum(row[2] for row in twice), samples)

    def _found(
        self, level: str, code: str, field: Field, where: sa.ColumnElement[bool], *, sampled: bool = True
    ) -> Effect:
        table = self.current.tables[field.entity]
        count = self.conn.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one()
        samples: list[tuple[int, str]] = []
        if sampled and count and field.key in table.c:
            query = sa.select(table.c.id, table.c[field.key]).where(where).order_by(table.c.id).limit(SAMPLES)
            samples = [(key, shown(field, value)) for key, value in self.conn.execute(query)]
        return Effect(level, code, field.entity, field.key, count, tuple(samples))


def is_refused(field: Field, value: Any) -> bool:
    """Whether the field, as it will be, would not take a value it holds."""
    if field.choices:
        keys = value if isinstance(value, tuple) else (value,)
        written = (key for key in keys if not (field.other and str(key).startswith(OTHER)))
        return any(key not in field.choice_by_key for key in written)
    raw = field.behaviour.dump(field, value)
    try:
        field.behaviour.parse(field, raw)
    except ValueRefused:
        return True
    return False


def shown(field: Field, value: Any) -> str:
    return str(field.behaviour.plain(field, value, "zh"))[:80]
