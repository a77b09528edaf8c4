"""Keeps stored formulas and roll-ups true in the transaction that changes what they read.

Formulas over the row itself and what it points at are computed in Python as the row is written. What follows in
other rows, and what looks at lines or other records, is computed set-based in SQL afterwards, level by level along
the dependencies, until nothing follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ...metadata.catalog import Catalog
from ...metadata.model import Entity, Field
from . import related
from .dependents import Dependents, Hop, Place, Route, dependents_of
from .expressions import stored_expression
from .kept import keep
from .linking import ids_of
from .related import Surroundings
from .rowset import among

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Touched:
    """Rows that were written: which fields of them, and for each link the rows it pointed or points at.

    Links hold the parents before and after, so that a row that moved is taken out of the one and into the other.
    """

    entity: str
    ids: frozenset[int]
    fields: frozenset[str]
    links: Mapping[str, frozenset[int]] = field(default_factory=dict)
    kind: str = "changed"

    @classmethod
    def of_rows(
        cls, entity: Entity, ids: Sequence[int], links: Mapping[str, frozenset[int]], kind: str
    ) -> Touched:
        """Rows that came (`created`, `back`) or went (`gone`) as a whole."""
        return cls(entity.key, frozenset(ids), frozenset(entity.all_fields), links, kind)

    @classmethod
    def of_change(
        cls, catalog: Catalog, entity: Entity, record_id: int, held: Row, new: Row, kind: str = "changed"
    ) -> Touched:
        """One row of which some fields changed: with what its own formulas make of them, or `bare` of it."""
        links = {key: frozenset((*ids_of(held[key]), *ids_of(new.get(key)))) for key in links_of(catalog, entity)}
        return cls(entity.key, frozenset((record_id,)), frozenset(new), links, kind)


def links_of(catalog: Catalog, entity: Entity) -> tuple[str, ...]:
    """The entity's relation fields, those that point at several among them."""

    def build() -> tuple[str, ...]:
        kinds = {field.key: field.behaviour for field in entity.fields.values() if not field.behaviour.computed}
        return tuple(key for key, kind in kinds.items() if "target" in (kind.target, kind.several))

    return keep(catalog, ("links", entity.key), build)


def links_in(catalog: Catalog, entity: Entity, columns: Mapping[str, Sequence[Any]]) -> dict[str, frozenset[int]]:
    """What the rows of these columns point at, by relation field."""
    return {
        key: frozenset(one for value in columns.get(key, ()) for one in ids_of(value))
        for key in links_of(catalog, entity)
    }


def merged(touched: Sequence[Touched]) -> list[Touched]:
    """The same with rows of one entity and the same fields taken together."""
    groups: dict[tuple[str, frozenset[str], str], list[Touched]] = {}
    for one in touched:
        groups.setdefault((one.entity, one.fields, one.kind), []).append(one)
    return [
        Touched(
            entity,
            frozenset[int]().union(*(one.ids for one in group)),
            fields,
            {link: frozenset[int]().union(*(one.links[link] for one in group)) for link in group[0].links},
            kind,
        )
        for (entity, fields, kind), group in groups.items()
    ]


# --- in Python, as rows are written ---------------------------------------------------------------------------


def local_formulas(catalog: Catalog, entity: Entity) -> tuple[Field, ...]:
    """The stored formulas that follow from the row itself and what it points at, each behind those it reads."""
    return keep(catalog, ("local", entity.key), lambda: _local_formulas(catalog, entity))


def _local_formulas(catalog: Catalog, entity: Entity) -> tuple[Field, ...]:
    tables = {table.key for children in catalog.children.values() for table in children}
    found = []
    for level in dependents_of(catalog).levels:
        for owner, key in level:
            formula = catalog.formulas.get((owner, key))
            if owner == entity.key and formula is not None:
                if not any(part in tables for path in formula.reads for part in path.split(".")):
                    found.append(entity.fields[key])
    return tuple(found)


def for_new_rows(
    ctx: Surroundings, entity: Entity, columns: Mapping[str, Sequence[Any]], size: int
) -> dict[str, list[Any]]:
    """Columns of computed fields for rows that nothing refers to yet. Queries: 1 for each relation they read."""
    found: dict[str, list[Any]] = {}
    for rollup in entity.fields.values():
        if rollup.behaviour.computed and "function" in rollup.options:
            found[rollup.key] = [_of_nothing(rollup)] * size
    formulas = local_formulas(ctx.catalog, entity)
    paths = {path for one in formulas for path in ctx.catalog.formulas[entity.key, one.key].reads if "." in path}
    inputs = {**columns, **found, **related.fetch(ctx, entity.key, columns, paths, lock=True)}
    for one in formulas:
        found[one.key] = inputs[one.key] = _evaluated(ctx, one, inputs, size)
    return found


def _of_nothing(rollup: Field) -> Any:
    if rollup.option("function") in ("sum", "count", "count_distinct"):
        return rollup.behaviour.parse(rollup, 0)
    return None


def _evaluated(ctx: Surroundings, one: Field, inputs: Mapping[str, Sequence[Any]], size: int) -> list[Any]:
    formula = ctx.catalog.formulas[one.entity, one.key]
    names = [path for path in formula.reads if path in inputs]
    if not names:
        return [formula.python({}, ctx.env)] * size
    env, value = ctx.env, formula.python
    rows = zip(*(inputs[name] for name in names), strict=True)
    if size == 1:
        return [value(dict(zip(names, row, strict=True)), env) for row in rows]
    # Rows that are alike in what counts have the same value.
    counts = (inputs[n] if n in formula.valued else [each is None for each in inputs[n]] for n in names)
    alike = list(zip(*counts, strict=True))
    some = dict(zip(alike, rows, strict=True))
    known = {key: value(dict(zip(names, row, strict=True)), env) for key, row in some.items()}
    return [known[key] for key in alike]


def for_changed_rows(
    ctx: Surroundings, entity: Entity, rows: Sequence[Row], changed: Sequence[Row]
) -> list[dict[str, Any]]:
    """For each row, as it will be, the local formulas whose value moves with the `changed` fields."""
    found: list[dict[str, Any]] = [{} for _ in rows]
    formulas = ctx.catalog.formulas
    for one in local_formulas(ctx.catalog, entity):
        reads = formulas[entity.key, one.key].reads
        heads = {path.partition(".")[0] for path in reads}
        places = [p for p, new in enumerate(changed) if not heads.isdisjoint(new.keys() | found[p].keys())]
        if not places:
            continue
        inputs = {key: [found[p].get(key, rows[p].get(key)) for p in places] for key in heads}
        inputs |= related.fetch(ctx, entity.key, inputs, [path for path in reads if "." in path], lock=True)
        for place, value in zip(places, _evaluated(ctx, one, inputs, len(places)), strict=True):
            if value != rows[place].get(one.key):
                found[place][one.key] = value
    return found


def held_value(ctx: Surroundings, entity: Entity, held: Row, key: str) -> Any:
    """What a row shows in a field, stored or computed as it is read."""
    formula = ctx.catalog.formulas.get((entity.key, key))
    if key in held or formula is None:
        return held.get(key)
    heads = {path.partition(".")[0] for path in formula.reads}
    inputs = {head: [held_value(ctx, entity, held, head)] for head in heads}
    inputs |= related.fetch(ctx, entity.key, inputs, [path for path in formula.reads if "." in path])
    return _evaluated(ctx, entity.fields[key], inputs, 1)[0]


# --- in SQL, for the rows that follow -------------------------------------------------------------------------


def propagate(ctx: Surroundings, touched: Sequence[Touched]) -> None:
    """Compute everything that follows from written rows. Queries: none when nothing follows, else a few for each
    level of what does, whatever the number of rows.
    """
    work = _Work(ctx, dependents_of(ctx.catalog))
    for one in merged(touched):
        work.start(one)
    for level in work.graph.levels:
        work.compute(level)


@dataclass
class _Work:
    """What is still to be computed: ids by computed field."""

    ctx: Surroundings
    graph: Dependents
    pending: dict[Place, set[int]] = field(default_factory=dict)

    def start(self, one: Touched) -> None:
        """Note what follows from written rows, whose local formulas are computed already.

        Nothing points at a row that has just come, and what points at one that went keeps the values it has.
        """
        entity = self.ctx.catalog.entities[one.entity]
        local = {field.key for field in local_formulas(self.ctx.catalog, entity)}
        done = local if one.kind != "bare" else set()
        if one.kind == "created":
            for place in self.graph.placed(one.entity):
                if place[1] not in done and place in self.ctx.catalog.formulas:
                    self.pending.setdefault(place, set()).update(one.ids)
        walked: dict[Route, frozenset[int]] = {}
        for key in one.fields:
            for target, route in self.graph.reading((one.entity, key)):
                if one.kind not in ("changed", "bare") and not (route and route[0].up):
                    continue
                if route or target[1] not in done:
                    self._note(target, route, one, walked)
        if one.kind == "back":
            for place in self.graph.placed(one.entity):
                self.pending.setdefault(place, set()).update(one.ids)

    def _note(self, target: Place, route: Route, start: Touched, walked: dict[Route, frozenset[int]]) -> None:
        if route not in walked:
            walked[route] = self._walk(route, start)
        if walked[route]:
            self.pending.setdefault(target, set()).update(walked[route])

    def _walk(self, route: Route, start: Touched) -> frozenset[int]:
        ids = start.ids
        for number, hop in enumerate(route):
            if number == 0 and hop.up and not hop.all_the_way and hop.link in start.links:
                ids = start.links[hop.link]
            elif ids:
                ids = self._hop(hop, ids)
        return ids

    def _hop(self, hop: Hop, ids: frozenset[int]) -> frozenset[int]:
        catalog, conn = self.ctx.catalog, self.ctx.conn
        table, links = catalog.tables[hop.entity], catalog.links.get((hop.entity, hop.link))
        here, there = (table.c.id, table.c[hop.link]) if links is None else (links.c.source, links.c.target)
        if hop.all_the_way:
            return frozenset(conn.scalars(_upwards(table, hop.link, among(conn, table.c.id, ids))))
        if hop.up:
            found = sa.select(there).where(among(conn, here, ids), there.is_not(None)).distinct()
        else:
            found = sa.select(here).where(among(conn, there, ids))
        return frozenset(conn.scalars(found))

    def compute(self, level: Sequence[Place]) -> None:
        """Compute what is pending on one level, and note what reads it."""
        by_entity: dict[str, list[str]] = {}
        for entity, key in level:
            if self.pending.get((entity, key)):
                by_entity.setdefault(entity, []).append(key)
        for entity, keys in by_entity.items():
            ids = frozenset[int]().union(*(self.pending.pop((entity, key)) for key in keys))
            if any(self.graph.gathers(entity, key) for key in keys):
                lock(self.ctx, entity, ids)
            compute(self.ctx, entity, keys, among(self.ctx.conn, self.ctx.catalog.tables[entity].c.id, ids))
            start = Touched(entity, ids, frozenset(keys))
            walked: dict[Route, frozenset[int]] = {}
            for key in keys:
                for target, route in self.graph.reading((entity, key)):
                    self._note(target, route, start, walked)


def _upwards(table: sa.Table, link: str, where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The ids of rows and of everything above them."""
    below = sa.select(table.c.id, table.c[link].label("above")).where(where).cte(recursive=True)
    upper = table.alias()
    whole = below.union(sa.select(upper.c.id, upper.c[link]).where(upper.c.id == below.c.above))
    return sa.select(whole.c.id)


def lock(ctx: Surroundings, entity: str, ids: Collection[int]) -> None:
    """Wait until nobody else writes these rows. Without it, PostgreSQL would compute an aggregate from what was
    there before the other's commit. Queries: 1 on PostgreSQL.
    """
    if ctx.conn.dialect.name == "sqlite":
        return
    table = ctx.catalog.tables[entity]
    rows = sa.select(table.c.id).where(among(ctx.conn, table.c.id, ids)).order_by(table.c.id)
    ctx.conn.execute(rows.with_for_update(key_share=True))


def compute(ctx: Surroundings, entity: str, keys: Sequence[str], where: sa.ColumnElement[bool]) -> None:
    """Compute stored fields that do not read each other, in the rows under `where`. Queries: 1."""
    table = ctx.catalog.tables[entity]
    fields = ctx.catalog.entities[entity].fields
    values = {key: stored_expression(ctx, fields[key]) for key in keys}
    ctx.conn.execute(sa.update(table).where(where).values(values))


CHUNK = 20_000


def recompute(ctx: Surroundings, entity: str, keys: Collection[str], ids: Collection[int] | None = None) -> None:
    """Compute stored computed fields of an entity anew, in all rows or some, and all that follows from them."""
    graph = dependents_of(ctx.catalog)
    table = ctx.catalog.tables[entity]
    for level in graph.levels:
        wanted = [key for owner, key in level if owner == entity and key in keys]
        for where in _chunks(ctx, table, ids) if wanted else ():
            compute(ctx, entity, wanted, where)
    if ids is not None:
        propagate(ctx, [Touched(entity, frozenset(ids), frozenset(keys))])


def _chunks(ctx: Surroundings, table: sa.Table, ids: Collection[int] | None) -> list[sa.ColumnElement[bool]]:
    """Rows in portions, so that no statement runs long."""
    if ids is not None:
        ordered = sorted(ids)
        parts = [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]
        return [among(ctx.conn, table.c.id, part) for part in parts]
    last = ctx.conn.scalar(sa.select(sa.func.max(table.c.id))) or 0
    return [table.c.id.between(start + 1, start + CHUNK) for start in range(0, last, CHUNK)]
