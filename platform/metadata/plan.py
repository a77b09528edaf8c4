"""What must happen to the tables so that one Catalog's become another's: a Plan of plain steps. Pure, no database.

No step drops values. A removed field's column is renamed and becomes a shadow; a changed type gets a new column
beside the old one, which becomes a shadow too; a removed entity's table is renamed. Columns of declared fields are
never NOT NULL, so that adding one rewrites nothing; the write pipeline demands required values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from . import layers, linking
from . import steps as s
from .catalog import Catalog, build
from .dependencies import Place, affected
from .model import Field
from .physical import AS_USUAL, POSTGRESQL, Names, build_column, signature, table_name
from .reading import read_field
from .renaming import NOTHING_RENAMED, Renames, renames, resolved


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they run. After those that rename, the tables are called as in `renamed`."""

    steps: tuple[s.Step, ...]
    renames: Renames = NOTHING_RENAMED
    renamed: Catalog | None = None

    def describe(self, lang: str) -> list[str]:
        """One sentence per step."""
        return [step.describe(lang) for step in self.steps]

    @property
    def rebuilds(self) -> bool:
        """Whether SQLite must copy a table to another."""
        return any(isinstance(step, s.DropForeignKey | s.AddForeignKey | s.Reconnect) for step in self.steps)


def plan(current: Catalog, desired: Catalog, restorable: Collection[s.Shadow] = ()) -> Plan:
    """The steps from `current` to `desired`. What comes back takes its values from `restorable` where it can."""
    moved = renames(current.entities, desired.entities)
    if not moved:
        return Plan(tuple(_Planner(current, desired, restorable).steps()))
    after = renamed(current, moved)
    kept = [
        replace(shadow, entity=moved.entity(shadow.entity), field=_field_of(shadow, moved))
        for shadow in restorable
    ]
    steps = (*_rename_steps(current, after, moved), *_Planner(after, desired, kept).steps())
    return Plan(steps, moved, after)


def _field_of(shadow: s.Shadow, moved: Renames) -> str | None:
    return shadow.field and moved.field(shadow.entity, shadow.field)


def renamed(current: Catalog, moved: Renames, names: Names = AS_USUAL) -> Catalog:
    """The Catalog with what it holds under the new keys."""
    documents = [moved.document(d) if d["kind"] == "entity" else d for d in current.documents.values()]
    return build(resolved(documents), current.version, names)


def names_before(current: Catalog, moved: Renames) -> Names:
    """How the tables and columns of what is renamed are still called."""
    back = {new: old for old, new in moved.entities.items()}
    tables = {new: table_name(old) for new, old in back.items()}
    columns = {
        (entity, new): old
        for (entity, old), new in moved.fields.items()
        if old in current.tables[back.get(entity, entity)].c
    }
    return Names(tables, columns)


def _rename_steps(current: Catalog, after: Catalog, moved: Renames) -> Iterator[s.Step]:
    back = {new: old for old, new in moved.entities.items()}
    yield from (s.RenameTable(old, new) for old, new in moved.entities.items())
    for (entity, old), new in moved.fields.items():
        if old in current.tables[back.get(entity, entity)].c:
            yield s.RenameColumn(entity, old, new)
    for entity in dict.fromkeys([*back, *(entity for entity, _ in moved.fields)]):
        yield s.RenameIndexes(entity, back.get(entity, entity))
    yield from linking.renamed(current, after, _origins(after, moved, back))


def _origins(after: Catalog, moved: Renames, back: Mapping[str, str]) -> dict[Place, Place]:
    """The links' places, each with where it was before."""
    fields = {(entity, new): old for (entity, old), new in moved.fields.items()}
    return {
        (entity, key): (back.get(entity, entity), fields.get((entity, key), key)) for entity, key in after.links
    }


class _Planner:
    def __init__(self, current: Catalog, desired: Catalog, restorable: Collection[s.Shadow]) -> None:
        self.current, self.desired = current, desired
        self.shadows = {(shadow.entity, shadow.field): shadow for shadow in restorable}
        self.added = [key for key in desired.entities if key not in current.entities]
        self.removed = [key for key in current.entities if key not in desired.entities]
        self.kept = [key for key in desired.entities if key in current.entities and self._differs(key)]
        self.revived: list[str] = []
        self.moved: set[Place] = set()
        """Columns renamed away; indexes and keys on them go with them."""
        self.dirty: set[Place] = set()
        """Fields whose values are not what computed fields last saw."""
        self.restored: set[Place] = set()

    def _differs(self, key: str) -> bool:
        """Whether an entity that stays is not the very same, with the very same table."""
        return not self.current.tables.agrees(self.desired.tables, key)

    def steps(self) -> Iterator[s.Step]:
        """All steps: first what goes, then what comes, then values, then what guards them."""
        changes = [change for entity in self.kept for change in self._column_changes(entity)]
        indexes = {entity: self._index_changes(entity) for entity in self.kept}
        for dropped, _ in indexes.values():
            yield from dropped
        yield from self._dropped_keys()
        yield from linking.dropped(self.current, self.desired, self.moved)
        yield from (change for change in changes if isinstance(change, s.ShadowColumn))
        yield from (s.ShadowTable(entity) for entity in self.removed)
        yield from self._new_tables()
        yield from (change for change in changes if not isinstance(change, s.ShadowColumn | s.CheckValues))
        yield from self._added_keys()
        yield from self._value_steps(changes)
        for _, added in indexes.values():
            yield from added

    def _new_tables(self) -> Iterator[s.Step]:
        """Tables first, then their keys: they may point at each other."""
        for entity in self.added:
            shadow = self._kept_table(entity)
            if shadow:
                self.revived.append(entity)
                fields = self.desired.entities[entity].fields.values()
                self.dirty |= {(entity, field.key) for field in fields if field.behaviour.computed}
                yield s.RestoreTable(entity, shadow)
            else:
                yield s.CreateTable(entity)
        for entity in self.added:
            yield s.Reconnect(entity) if entity in self.revived else s.AddForeignKeys(entity)

    def _kept_table(self, entity: str) -> s.Shadow | None:
        shadow = self.shadows.get((entity, None))
        same_document = shadow and layers.same(shadow.document, self.desired.documents["entity", entity])
        return shadow if same_document else None

    def _kept_column(self, field: Field) -> s.Shadow | None:
        """The shadow with the field's old values, if it was stored the way the field is now."""
        shadow = self.shadows.get((field.entity, field.key))
        if shadow is None or shadow.document["type"] != field.type:
            return None
        old, new = build_column(read_field(field.entity, shadow.document, {})), build_column(field)
        same_storage = old is not None and new is not None and signature(old.type) == signature(new.type)
        return shadow if same_storage and not field.behaviour.computed else None

    def _column_changes(self, entity: str) -> Iterator[s.Step]:
        before, after = self.current.tables[entity], self.desired.tables[entity]
        for name in before.c.keys():
            if name not in after.c:
                yield self._shadow(entity, name)
        for name, column in after.c.items():
            if name not in before.c:
                yield from self._add(entity, name)
                continue
            old, new = (c.entities[entity].fields.get(name) for c in (self.current, self.desired))
            if old is None or new is None:
                continue
            yield from self._change(old, new, signature(before.c[name].type) == signature(column.type))

    def _shadow(self, entity: str, name: str) -> s.Step:
        self.moved.add((entity, name))
        self.dirty.add((entity, name))
        return s.ShadowColumn(entity, name)

    def _add(self, entity: str, name: str) -> Iterator[s.Step]:
        self.dirty.add((entity, name))
        shadow = self._kept_column(self.desired.entities[entity].all_fields[name])
        if shadow:
            self.restored.add((entity, name))
            yield s.RestoreColumn(entity, name, shadow)
        else:
            yield s.AddColumn(entity, name)

    def _change(self, old: Field, new: Field, same_storage: bool) -> Iterator[s.Step]:
        place = (new.entity, new.key)
        if new.behaviour.computed:
            if not same_storage or not old.behaviour.computed:
                yield self._shadow(*place)
                yield s.AddColumn(*place)
            elif _definition(old) != _definition(new):
                self.dirty.add(place)
        elif not same_storage or (old.type != new.type and not old.behaviour.computed) or _retargeted(old, new):
            yield self._converted(new, self._kept_column(new))
        elif not old.behaviour.computed and _joins(old, new):
            yield self._converted(new, None)
        elif not old.behaviour.computed and _joins(new, old) and (shadow := self._kept_column(new)):
            yield self._converted(new, shadow)
        elif _is_stricter(old, new):
            yield s.CheckValues(*place)

    def _converted(self, field: Field, shadow: s.Shadow | None) -> s.Step:
        """The step that reads a column's values anew: those a shadow kept, where there is one."""
        place = (field.entity, field.key)
        self.moved.add(place)
        self.dirty.add(place)
        if shadow is None:
            return s.ConvertColumn(*place)
        self.restored.add(place)
        return s.UnconvertColumn(*place, shadow)

    def _value_steps(self, changes: Iterable[s.Step]) -> Iterator[s.Step]:
        yield from (change for change in changes if isinstance(change, s.CheckValues))
        for entity in self.kept:
            before, after = (c.entities[entity].fields for c in (self.current, self.desired))
            for key, field in after.items():
                if _is_new(before.get(key), field) and field.default is not None and not field.behaviour.computed:
                    self.dirty.add((entity, key))
                    yield s.Backfill(entity, key)
                if field.behaviour.numbered and self._lacks_numbers(before.get(key), field):
                    self.dirty.add((entity, key))
                    yield s.NumberRows(entity, key)
                was_required = key in before and before[key].required
                if field.required and not was_required and not field.behaviour.computed:
                    yield s.RequireValues(entity, key)
        yield from linking.added(self.current, self.desired, self.moved)
        for entity, fields in affected(self.desired, self.dirty):
            if entity in self.current.entities or entity in self.revived:
                yield s.Recompute(entity, fields)

    def _lacks_numbers(self, old: Field | None, new: Field) -> bool:
        """Whether rows were made while nobody numbered them."""
        return old is None or not old.behaviour.numbered or (new.entity, new.key) in self.restored

    def _index_changes(self, entity: str) -> tuple[list[s.Step], list[s.Step]]:
        before, after = (_indexes(c.tables[entity]) for c in (self.current, self.desired))
        gone = {
            name
            for name, index in before.items()
            if name not in after or after[name] != index or self._is_moved(entity, index.columns)
        }
        come = [name for name in after if name not in before or name in gone]
        return (
            [s.DropIndex(entity, name) for name in sorted(gone)],
            [s.AddIndex(entity, name, after[name].columns[0], after[name].unique) for name in come],
        )

    def _is_moved(self, entity: str, columns: Iterable[str]) -> bool:
        return any((entity, column) in self.moved for column in columns)

    def _dropped_keys(self) -> Iterator[s.Step]:
        """Keys whose column goes or points elsewhere, those of removed tables too: shadows hold nobody."""
        touched = {*self.removed, *self.kept}
        for entity in (entity for entity in self.current.entities if entity in touched):
            wanted = _keys(self.desired.tables[entity]) if entity in self.desired.tables else {}
            dropped = [
                name
                for name, target in _keys(self.current.tables[entity]).items()
                if wanted.get(name) != target or (entity, name) in self.moved
            ]
            if dropped:
                yield s.DropForeignKey(entity, tuple(dropped))

    def _added_keys(self) -> Iterator[s.Step]:
        """Keys of columns that stay but point elsewhere, or come back; new columns bring theirs along."""
        for entity in self.kept:
            before, after = (_keys(c.tables[entity]) for c in (self.current, self.desired))
            for name, target in after.items():
                stays = name in self.current.tables[entity].c and (entity, name) not in self.moved
                if (stays and before.get(name) != target) or (entity, name) in self.restored:
                    yield s.AddForeignKey(entity, name)


def _is_new(old: Field | None, new: Field) -> bool:
    return old is None or (new.required and not old.required)


def _is_stricter(old: Field, new: Field) -> bool:
    """Whether values the field holds might be refused by what it becomes."""
    if old.choices or new.choices:
        return not old.choice_by_key.keys() <= new.choice_by_key.keys()
    if new.behaviour.numbered:
        return False
    before, after = ((f.behaviour.json_schema(f), f.option("pattern")) for f in (old, new))
    return before != after


def _joins(old: Field, new: Field) -> bool:
    """Whether an option went into another, which has taken its key for one of its words."""
    gone = old.choice_by_key.keys() - new.choice_by_key.keys()
    return any(not gone.isdisjoint(choice.aliases) for choice in new.choices if choice.key in old.choice_by_key)


def _retargeted(old: Field, new: Field) -> bool:
    refers = "target" in (new.behaviour.target, new.behaviour.several)
    return bool(old.option("target") != new.option("target") and refers)


def _definition(field: Field) -> tuple[Any, ...]:
    keys = tuple(choice.key for choice in field.choices)
    options = {name: value for name, value in field.options.items() if name != "options"}
    return (field.type, options, keys)


@dataclass(frozen=True, slots=True)
class _Index:
    columns: tuple[str, ...]
    unique: bool
    text: str


def _indexes(table: sa.Table) -> dict[str, _Index]:
    found = {}
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        text = str(sa.schema.CreateIndex(index).compile(dialect=POSTGRESQL))
        found[str(index.name)] = _Index(tuple(column.name for column in index.columns), index.unique, text)
    return found


def _keys(table: sa.Table) -> dict[str, tuple[str, str | None]]:
    """By column: the table pointed at and what happens on delete."""
    return {key.parent.name: (key.target_fullname, key.ondelete) for key in table.foreign_keys}
