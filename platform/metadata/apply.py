"""Runs a Plan on the live connection, inside the transaction of its changeset, through Alembic's operations.

SQLite cannot change the keys of a table; such steps copy it (`rebuild`), which needs `Database.rebuilding()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import singledispatchmethod
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.engine import Connection

from . import building, linking
from . import steps as s
from .catalog import Catalog
from .conversion import between
from .crash import crash_point
from .errors import SetupError
from .model import Field
from .moving import Move, fill, returned
from .numbering import number_rows, numbers
from .objects import field_document, index_of, keys_of, rename_indexes
from .physical import build_column, links_name, object_name, table_name
from .plan import Plan
from .reading import read_field
from .ready import NOTHING_READY, Ready
from .rebuild import rebuild
from .renaming import Renames
from .tables import shadow as shadow_table

Recompute = Callable[[Connection, Catalog, str, Sequence[str]], None]
"""(connection, catalog, entity, stored computed fields) -> nothing: computes them in all rows."""

_recompute: list[Recompute] = []


def on_recompute(function: Recompute) -> Recompute:
    """The same function, now the one that computes formulas and roll-ups anew. The run time registers it."""
    _recompute[:] = [function]
    return function


Renamed = Callable[[Connection, Renames], None]
"""(connection, what was renamed) -> nothing: carries over what is stored under entity and field keys."""

_renamed: list[Renamed] = []


def on_rename(function: Renamed) -> Renamed:
    """The same function, now called in every changeset that renames entities or fields."""
    if function not in _renamed:
        _renamed.append(function)
    return function


class Executor:
    """Runs steps from `current` to `desired`; what goes away is kept under the number of this changeset."""

    def __init__(
        self,
        conn: Connection,
        current: Catalog,
        desired: Catalog,
        number: int,
        ready: Ready = NOTHING_READY,
    ) -> None:
        self.conn, self.current, self.desired, self.number = conn, current, desired, number
        self.before = current
        self.ready = ready
        self.is_sqlite = conn.dialect.name == "sqlite"
        self.operations = Operations(MigrationContext.configure(conn))
        self.steps: tuple[s.Step, ...] = ()
        self.filled: set[tuple[str, str]] = set()
        self.adopted: set[tuple[str, str]] = set()
        self.moves: list[tuple[s.ConvertColumn, Move]] = []
        self.outcomes: dict[str, dict[str, int]] = {}
        """What became of values, by the place of the step, for the log."""

    def run_all(self, plan: Plan) -> None:
        """Run every step, in order."""
        self.steps = plan.steps
        self.current = plan.renamed or self.current
        for position, step in enumerate(plan.steps):
            self.run(step)
            self._fill_converted(plan.steps[position + 1] if position + 1 < len(plan.steps) else None)
            crash_point("changeset.step")
        for listener in _renamed if plan.renames else ():
            listener(self.conn, plan.renames)

    @singledispatchmethod
    def run(self, step: s.Step) -> None:
        """Run one step. Steps that only check were measured before."""
        if not isinstance(step, s.CheckValues | s.RequireValues):
            raise TypeError(f"no way to run {step!r}")

    @run.register
    def _create_table(self, step: s.CreateTable) -> None:
        self.operations.impl.create_table(self.desired.tables[step.entity])

    @run.register
    def _add_foreign_keys(self, step: s.AddForeignKeys) -> None:
        keys = self.desired.tables[step.entity].foreign_key_constraints
        if not self.is_sqlite:
            for key in sorted(keys, key=lambda key: str(key.name)):
                self._add_key(key)

    def _add_key(self, key: sa.Constraint) -> None:
        # Without the option the key would count as made afterwards for good, on SQLite too.
        self.conn.execute(sa.schema.AddConstraint(key, isolate_from_table=False))

    @run.register
    def _rename_table(self, step: s.RenameTable) -> None:
        old, new = table_name(step.entity), table_name(step.to)
        self.operations.rename_table(old, new)
        c = shadow_table.c
        self.conn.execute(sa.update(shadow_table).where(c.table_name == old).values(table_name=new))
        self.conn.execute(sa.update(shadow_table).where(c.entity == step.entity).values(entity=step.to))

    @run.register
    def _rename_column(self, step: s.RenameColumn) -> None:
        self._rename(step.entity, step.field, step.to)
        c = shadow_table.c
        kept = sa.update(shadow_table).where(c.entity == step.entity, c.field == step.field)
        self.conn.execute(kept.values(field=step.to))

    @run.register
    def _rename_indexes(self, step: s.RenameIndexes) -> None:
        before, after = self.before.tables[step.was], self.current.tables[step.entity]
        rename_indexes(self.conn, self.operations, before, after)

    @run.register
    def _shadow_table(self, step: s.ShadowTable) -> None:
        old, new = table_name(step.entity), f"x_{self.number}_{step.entity}"
        for index in sorted(self.current.tables[step.entity].indexes, key=lambda index: str(index.name)):
            self.operations.impl.drop_index(index)
        self.operations.rename_table(old, new)
        moved = sa.update(shadow_table).where(shadow_table.c.table_name == old).values(table_name=new)
        self.conn.execute(moved)
        document = self.current.documents["entity", step.entity]
        self._remember(step.entity, None, new, None, document)

    @run.register
    def _restore_table(self, step: s.RestoreTable) -> None:
        old, new = step.shadow.table_name, table_name(step.entity)
        self.operations.rename_table(old, new)
        self.conn.execute(sa.update(shadow_table).where(shadow_table.c.table_name == old).values(table_name=new))
        self._forget(step.shadow)
        for index in sorted(self.desired.tables[step.entity].indexes, key=lambda index: str(index.name)):
            self.operations.impl.create_index(index)

    @run.register
    def _reconnect(self, step: s.Reconnect) -> None:
        table = self.desired.tables[step.entity]
        for key in table.foreign_keys:
            self._clear_dangling(table, key)
        if self.is_sqlite:
            rebuild(self.conn, table.name, added=keys_of(table))
        else:
            self._add_foreign_keys(s.AddForeignKeys(step.entity))

    @run.register
    def _add_column(self, step: s.AddColumn) -> None:
        if (step.entity, step.field) in self.ready.columns:
            self._adopt(step.entity, step.field)
            return
        # A column that belongs to a table would be copied without its key.
        field = self.desired.entities[step.entity].fields.get(step.field)
        column = build_column(field) if field else None
        if column is None:
            column = self.desired.tables[step.entity].c[step.field]
        # SQLite refuses a default for a new column with a key.
        default = None if self.is_sqlite and column.foreign_keys else self._default_of_all_rows(step)
        if default is not None:
            column.server_default = default
        self.operations.add_column(table_name(step.entity), column, inline_references=self.is_sqlite)
        if default is not None:
            self.filled.add((step.entity, step.field))
        if default is not None and not self.is_sqlite:
            self.operations.alter_column(table_name(step.entity), step.field, server_default=None)

    def _default_of_all_rows(self, step: s.AddColumn) -> Any:
        """Databases give a default to present rows without touching them; a million would take long.

        PostgreSQL then takes it off again. On SQLite it stays: that would copy the table, and every row that is
        written names all columns.
        """
        field = self.desired.entities[step.entity].all_fields[step.field]
        filled = any(
            isinstance(other, s.Backfill) and other.field == step.field and other.entity == step.entity
            for other in self.steps
        )
        if not filled:
            return None
        value = field.behaviour.parse(field, field.default)
        return sa.DefaultClause(sa.literal(value, field.behaviour.column(field)))

    @run.register
    def _shadow_column(self, step: s.ShadowColumn) -> None:
        self._keep_column(step.entity, step.field)

    @run.register
    def _restore_column(self, step: s.RestoreColumn) -> None:
        kept = step.shadow
        self._rename(step.entity, str(kept.column_name), step.field)
        self._forget(kept)

    @run.register
    def _convert_column(self, step: s.ConvertColumn) -> None:
        """Make the column; its values come with those of the entity's other conversions, in one pass."""
        kept = self._keep_column(step.entity, step.field)
        self._add_column(s.AddColumn(step.entity, step.field))
        if (step.entity, step.field) in self.ready.columns:
            return
        conversion = between(self.current, self.desired, *self._both(step))
        self.moves.append((step, Move(conversion, kept, step.field)))

    def _fill_converted(self, following: s.Step | None) -> None:
        """Fill the columns waiting for it, unless the next step adds to them."""
        if not self.moves or (
            isinstance(following, s.ConvertColumn) and following.entity == self.moves[0][0].entity
        ):
            return
        steps, moves = zip(*self.moves, strict=True)
        self.moves = []
        for step, outcome in zip(steps, fill(self.conn, table_name(steps[0].entity), moves), strict=True):
            self.outcomes[step.place] = {"converted": outcome.converted, "lost": outcome.lost}

    @run.register
    def _unconvert_column(self, step: s.UnconvertColumn) -> None:
        recent, _ = self._both(step)
        before = read_field(step.entity, step.shadow.document, {})
        recent_column = self._keep_column(step.entity, step.field)
        kept = str(step.shadow.column_name)
        made = Move(between(self.current, self.desired, before, recent), kept, recent_column)
        found = returned(self.conn, table_name(step.entity), made, apply=True)
        self.outcomes[step.place] = {"edits_kept": found.kept, "edits_lost": found.lost}
        self._rename(step.entity, kept, step.field)
        self._forget(step.shadow)

    def _adopt(self, entity: str, name: str) -> None:
        """Give a column that is ready its name."""
        hidden = self.ready.columns[entity, name]
        if not self.is_sqlite:
            self.operations.alter_column(table_name(entity), hidden, server_default=None)
        self._rename(entity, hidden, name)
        c = shadow_table.c
        self.conn.execute(sa.delete(shadow_table).where(c.changeset < 0, c.entity == entity, c.field == name))
        if self.desired.entities[entity].all_fields[name].behaviour.numbered:
            numbers().adopt(self.conn, entity, hidden, name)
        self.filled.add((entity, name))
        self.adopted.add((entity, name))

    def _exchange(self, entity: str, name: str) -> None:
        """Put a computed column that is ready in the place of the old one, its indexes too."""
        indexes = [i for i in self.current.tables[entity].indexes if name in {column.name for column in i.columns}]
        for index in indexes:
            self.operations.impl.drop_index(index)
        self._keep_column(entity, name)
        self._adopt(entity, name)
        for index in indexes:
            self._add_index(s.AddIndex(entity, str(index.name), name, bool(index.unique)))

    def _both(self, step: s.FieldStep) -> tuple[Field, Field]:
        old, new = (c.entities[step.entity].all_fields[step.field] for c in (self.current, self.desired))
        return old, new

    def _keep_column(self, entity: str, name: str) -> str:
        """Rename the column to a shadow; the new name."""
        kept = f"x_{self.number}_{name}"
        self._rename(entity, name, kept)
        field = self.current.entities[entity].all_fields[name]
        document = field_document(field)
        declared = self.current.documents["entity", entity]["fields"]
        document["declared"] = next((dict(raw) for raw in declared if raw["key"] == name), None)
        self._remember(entity, name, table_name(entity), kept, document)
        return kept

    def _rename(self, entity: str, old: str, new: str) -> None:
        self.operations.alter_column(table_name(entity), old, new_column_name=new)

    def _remember(
        self, entity: str, field: str | None, table: str, column: str | None, document: Mapping[str, Any]
    ) -> None:
        row = {
            "changeset": self.number,
            "entity": entity,
            "field": field,
            "table_name": table,
            "column_name": column,
            "document": dict(document),
        }
        self.conn.execute(sa.insert(shadow_table), row)

    def _forget(self, shadow: s.Shadow) -> None:
        self.conn.execute(sa.delete(shadow_table).where(shadow_table.c.id == shadow.id))

    @run.register
    def _add_index(self, step: s.AddIndex) -> None:
        hidden = self.ready.indexes.get((step.entity, step.index))
        if hidden is None:
            self.operations.impl.create_index(index_of(self.desired, step.entity, step.index))
            return
        building.adopt(self.conn, hidden, step.index)

    @run.register
    def _drop_index(self, step: s.DropIndex) -> None:
        self.operations.impl.drop_index(index_of(self.current, step.entity, step.index))

    @run.register
    def _drop_foreign_key(self, step: s.DropForeignKey) -> None:
        table = table_name(step.entity)
        if self.is_sqlite:
            rebuild(self.conn, table, dropped=step.fields)
            return
        for field in step.fields:
            self.operations.drop_constraint(object_name("fk", step.entity, field), table, type_="foreignkey")

    @run.register
    def _add_foreign_key(self, step: s.AddForeignKey) -> None:
        table = self.desired.tables[step.entity]
        key = next(iter(table.c[step.field].foreign_keys))
        self._clear_dangling(table, key)
        if self.is_sqlite:
            rebuild(self.conn, table.name, added=[key])
        elif key.constraint is not None:
            self._add_key(key.constraint)

    def _clear_dangling(self, table: sa.Table, key: sa.ForeignKey) -> None:
        """Empty the values whose target went away while no key watched them."""
        target = key.column.table.alias()
        gone = ~sa.exists().where(target.c.id == key.parent)
        self.conn.execute(sa.update(table).where(key.parent.is_not(None), gone).values({key.parent.name: None}))

    @run.register
    def _drop_links(self, step: s.DropLinks) -> None:
        self.operations.drop_table(links_name(step.entity, step.field))

    @run.register
    def _add_links(self, step: s.AddLinks) -> None:
        links = self.desired.links[step.entity, step.field]
        self.operations.impl.create_table(links)
        linking.fill(self.conn, links, self.desired.tables[step.entity].c[step.field])

    @run.register
    def _rename_links(self, step: s.RenameLinks) -> None:
        links = self.current.links[step.entity, step.field]
        self.operations.rename_table(step.was, links.name)
        for index in sa.inspect(self.conn).get_indexes(links.name):
            self.operations.drop_index(str(index["name"]), links.name)
        for new in links.indexes:
            self.operations.impl.create_index(new)

    @run.register
    def _backfill(self, step: s.Backfill) -> None:
        if (step.entity, step.field) in self.filled:
            return
        table = self.desired.tables[step.entity]
        field = self.desired.entities[step.entity].fields[step.field]
        value = field.behaviour.parse(field, field.default)
        column = table.c[step.field]
        self.conn.execute(sa.update(table).where(column.is_(None)).values({column: value}))

    @run.register
    def _number_rows(self, step: s.NumberRows) -> None:
        if (step.entity, step.field) not in self.ready.columns:
            number_rows(self.conn, self.desired, step.entity, step.field)

    @run.register
    def _recompute(self, step: s.Recompute) -> None:
        ready = [key for key in step.fields if (step.entity, key) in self.ready.columns]
        for key in ready:
            if (step.entity, key) not in self.adopted:
                self._exchange(step.entity, key)
        if len(ready) == len(step.fields):
            return
        table = self.desired.tables[step.entity]
        if self.conn.execute(sa.select(table.c.id).limit(1)).first() is None:
            return
        if not _recompute:
            raise SetupError("setup.no_recompute")
        _recompute[0](self.conn, self.desired, step.entity, step.fields)
