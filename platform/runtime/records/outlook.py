"""Rows as they will be once they are written: what rules ask about them, before anything is.

Own fields are the new values over the held ones; computed fields are worked out; lines are the ones the record
will have. What is behind relations is read once for all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata import conditions
from ...metadata.conditions import Condition
from ...metadata.formula import Formula
from ...metadata.model import Field
from ...metadata.results import rollup_source
from ...rbac.tables import users
from . import related
from .kept import keep
from .rowset import among

if TYPE_CHECKING:
    from ..context import Context

Row = Mapping[str, Any]
Lines = Mapping[str, Mapping[int, Sequence[Row]]]
"""By sub-table and position of the record, the rows it will have."""

AGGREGATES: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "count": len,
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "count_distinct": lambda values: len(set(values)),
}


class Outlook:
    """Values of rows by path. `rows` are by position; `lines` those of sub-tables that are written along; `above`
    the records that lines belong to, and the position of each line's.
    """

    def __init__(
        self,
        ctx: Context,
        entity: str,
        rows: Mapping[int, Row],
        lines: Lines | None = None,
        above: tuple[Outlook, Mapping[int, int]] | None = None,
    ) -> None:
        self.ctx = ctx
        self.entity = ctx.catalog.entities[entity]
        self.rows = rows
        self.above = above
        self._given = lines or {}
        self._tables: dict[str, tuple[Outlook, dict[int, list[int]]]] = {}
        self._computed: dict[int, dict[str, Any]] = {}
        self._table_keys = {table.key for table in ctx.catalog.children[entity]}
        self._behind: dict[str, dict[Any, Any]] = {}
        self._children: dict[tuple[str, str], dict[int, list[Row]]] = {}

    def forget(self, position: int) -> None:
        """Work out what is computed in a row again: a value of it has changed."""
        self._computed.pop(position, None)

    def holds(self, condition: Condition | None, position: int) -> bool:
        """Whether a row will satisfy the condition; None is always satisfied."""
        return condition is None or conditions.matches(condition, _View(self, position), self.ctx.env, self)

    def result(self, formula: Formula, position: int) -> Any:
        """The value of a formula in a row."""
        inputs = {path: self.value(position, path) for path in formula.reads}
        return formula.python(inputs, self.ctx.env)

    def value(self, position: int, path: str) -> Any:
        """The value at a path; a list where it leads through a sub-table."""
        head, _, rest = path.partition(".")
        field = self.entity.all_fields.get(head)
        if not rest:
            return self._own(position, head)
        if field is not None and self._is_table(field):
            child, places = self.table(field)
            return [child.value(place, rest) for place in places.get(position, ())]
        if head == self.entity.parent and self.above is not None:
            return self.above[0].value(self.above[1][position], rest)
        return self._beyond(position, head, rest)

    def _own(self, position: int, key: str) -> Any:
        field = self.entity.all_fields.get(key)
        if field is None or not (field.behaviour.computed or self._is_table(field)):
            return self.rows[position].get(key)
        known = self._computed.setdefault(position, {})
        if key not in known:
            known[key] = self._compute(position, field)
        return known[key]

    def _compute(self, position: int, field: Field) -> Any:
        if self._is_table(field):
            child, places = self.table(field)
            return [child.rows[place] for place in places.get(position, ())]
        formula = self.ctx.catalog.formulas.get((self.entity.key, field.key))
        if formula is not None:
            return self.result(formula, position)
        table = self.entity.fields.get(str(field.option("of", "")).partition(".")[0])
        if "function" in field.options and table is not None and self._is_table(table):
            return self._gathered(position, field, table)
        return self.rows[position].get(field.key)

    def _gathered(self, position: int, rollup: Field, table: Field) -> Any:
        """A roll-up over the lines the record will have."""
        catalog = self.ctx.catalog
        source = rollup_source(rollup, catalog.entities)
        gather = AGGREGATES.get(str(rollup.option("function")))
        if source is None or gather is None:
            return self.rows[position].get(rollup.key)
        child, places = self.table(table)
        where = _where_of(self, rollup, child)
        lines = [place for place in places.get(position, ()) if child.holds(where, place)]
        values = [child.value(place, source[2]) if source[2] else 1 for place in lines]
        total = gather([value for value in values if value is not None])
        return None if total is None else rollup.behaviour.parse(rollup, str(total))

    def _is_table(self, field: Field) -> bool:
        return field.key in self._table_keys

    def table(self, table: Field) -> tuple[Outlook, dict[int, list[int]]]:
        """The lines of a sub-table, and which of them each row has."""
        if table.key not in self._tables:
            given = self._given.get(table.key, {})
            held = {p: row["id"] for p, row in self.rows.items() if p not in given and row.get("id")}
            stored = self._stored(table.option("target"), self.entity.key, list(held.values()))
            of_each = {p: given.get(p, stored.get(held.get(p, 0), ())) for p in self.rows}
            flat = [(p, row) for p, rows in of_each.items() for row in rows]
            owners = {n: p for n, (p, _) in enumerate(flat)}
            places: dict[int, list[int]] = {}
            for n, p in owners.items():
                places.setdefault(p, []).append(n)
            rows = dict(enumerate(row for _, row in flat))
            lines = Outlook(self.ctx, table.option("target"), rows, {}, (self, owners))
            self._tables[table.key] = (lines, places)
        return self._tables[table.key]

    def _stored(self, entity: str, by: str, ids: Sequence[int]) -> dict[int, list[Row]]:
        """Live records whose field `by` is one of the ids. Queries: 1."""
        found: dict[int, list[Row]] = {}
        if ids:
            table = self.ctx.catalog.tables[entity]
            chosen = sa.select(table).where(among(self.ctx.conn, table.c[by], ids), table.c.deleted_at.is_(None))
            for row in self.ctx.conn.execute(chosen.order_by(table.c.id)).mappings():
                found.setdefault(row[by], []).append(dict(row))
        return found

    def _beyond(self, position: int, head: str, rest: str) -> Any:
        """A value behind a relation, read for all rows at once. Queries: 1 where rows point at what is new."""
        wanted = self.rows[position].get(head)
        if wanted is None:
            return None
        known = self._behind.setdefault(f"{head}.{rest}", {})
        if wanted not in known:
            links = list({row.get(head) for row in self.rows.values()} - known.keys() - {None})
            columns = related.fetch(self.ctx, self.entity.key, {head: links}, [f"{head}.{rest}"])
            known.update(zip(links, columns.get(f"{head}.{rest}", [None] * len(links)), strict=True))
        return known.get(wanted)

    # --- as conditions look for other records ---

    def related(self, entity: str, key: int) -> Row | None:
        """The record with that id. Queries: 1."""
        table = self.ctx.catalog.tables[entity]
        row = self.ctx.conn.execute(sa.select(table).where(table.c.id == key)).mappings().first()
        return None if row is None else dict(row)

    def children(self, entity: str, by: str, key: int) -> Iterator[Row]:
        """The records whose field `by` points at the row with that id, or at the new one of that number."""
        for table in self.ctx.catalog.children[self.entity.key]:
            if table.option("target") == entity and by == self.entity.key:
                position = _position_of(self.rows, key)
                child, places = self.table(table)
                yield from (_View(child, place) for place in places.get(position, ()))
                return
        if (entity, by) not in self._children:
            ids = [row["id"] for row in self.rows.values() if row.get("id")]
            self._children[entity, by] = self._stored(entity, by, ids)
        yield from self._children[entity, by].get(key, ())

    def department_of(self, user: int) -> int | None:
        """The department of a user. Queries: 1."""
        found: int | None = self.ctx.conn.scalar(sa.select(users.c.department_id).where(users.c.id == user))
        return found


def _position_of(rows: Mapping[int, Row], key: int) -> int:
    if key < 0:
        return -1 - key
    return next((position for position, row in rows.items() if row.get("id") == key), -1)


def _where_of(outlook: Outlook, rollup: Field, child: Outlook) -> Condition | None:
    raw = rollup.option("where")
    if raw is None:
        return None
    catalog = outlook.ctx.catalog
    place = ("rollup_where", rollup.entity, rollup.key)
    return keep(catalog, place, lambda: conditions.parse(raw, child.entity, catalog))


class _View(Mapping[str, Any]):
    """One row as a mapping by path. A new row has a number below zero for its id."""

    def __init__(self, outlook: Outlook, position: int) -> None:
        self.outlook, self.position = outlook, position

    def __getitem__(self, path: str) -> Any:
        if path == "id":
            return self.outlook.rows[self.position].get("id") or -1 - self.position
        return self.outlook.value(self.position, path)

    def __contains__(self, path: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.outlook.entity.all_fields)

    def __len__(self) -> int:
        return len(self.outlook.entity.all_fields)
