"""What happened to a record, as its reader may know now: rights are those of the moment of reading.

A change tells old and new values of the fields the reader sees in this row today; a change of nothing he sees is
not told. New values are the next change's old ones, or what the row holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import NotFound, ValueRefused
from ...metadata.masks import STARS, masked_text
from ...metadata.model import Field
from ...metadata.uploads import label_of as label_of_files
from ...rbac.tables import departments, users
from .. import changelog
from ..files import reading
from . import single
from .labels import label_of_one, label_text
from .record import Record
from .rowset import among
from .selection import stored_fields

if TYPE_CHECKING:
    from ..context import Context

USUAL_ENTRIES = 100

_PEOPLE = {"user": users, "department": departments}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that changed: JSON values before and after, and their texts."""

    field: str
    old: Any
    new: Any
    old_text: str
    new_text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the record, or of one of its lines (`entity` is then the lines', `title` the line's)."""

    seq: int
    entity: str
    record_id: int
    op: str
    at: datetime
    cause: str
    actor: int | None
    actor_name: str
    fields: tuple[FieldChange, ...] = ()
    title: str = ""


def fetch(ctx: Context, entity: str, record_id: int, limit: int = USUAL_ENTRIES) -> list[Entry]:
    """The record's timeline, the newest first. Raises NotFound. Queries: 2, and 1 for each entity among the
    changes and each kind of reference they name.
    """
    record = single.fetch(ctx, entity, record_id)
    c = changelog.changes.c
    own = sa.and_(changelog.of(ctx.catalog, entity), c.record_id == record_id)
    lines = sa.and_(changelog.of(ctx.catalog, entity, "parent"), c.parent_id == record_id)
    found = changelog.read(ctx.conn, ctx.catalog, sa.or_(own, lines), limit)
    current = {(entity, record_id): record} | _lines_of(ctx, entity, record)
    told = _Told(ctx, current)
    entries = [entry for entry in map(told.draft, found) if entry is not None]
    return told.finish(_without_echoes(entries, entity))


def _lines_of(ctx: Context, entity: str, record: Record) -> dict[tuple[str, int], Record]:
    found = {}
    for table in single.sub_tables(ctx, entity):
        for line in record.get(table.key, ()):
            found[table.option("target"), line["id"]] = line
    return found


def _without_echoes(entries: Sequence[Entry], entity: str) -> list[Entry]:
    """Without changes of nothing, and without the lines that came or went together with their record."""
    whole = {(e.at, e.op) for e in entries if e.entity == entity and e.op != changelog.UPDATE}
    return [
        e
        for e in entries
        if (e.op != changelog.UPDATE or e.fields) and (e.entity == entity or (e.at, e.op) not in whole)
    ]


class _Told:
    """Turns changes into entries, walking from the newest to the oldest and remembering what came after."""

    def __init__(self, ctx: Context, current: Mapping[tuple[str, int], Record]) -> None:
        self.ctx = ctx
        self.current = current
        self.later: dict[tuple[str, int, str], Any] = {}
        self.hidden: dict[str, frozenset[str]] = {}

    def draft(self, change: changelog.Change) -> Entry | None:
        """The entry of a change, its texts still to be filled in; None where its reader may not know of it."""
        try:
            rights = self.ctx.access.entity(change.entity)
        except NotFound:
            return None
        record = self.current.get((change.entity, change.record_id))
        masked = record.masked if record is not None else self._sometimes_hidden(change.entity)
        fields = []
        for key, old in change.old.items():
            place = (change.entity, change.record_id, key)
            if change.op == changelog.REVEAL:
                fields.append(FieldChange(key, None, None, "", ""))
                continue
            new = self.later[place] if place in self.later else self._now(record, change.entity, key)
            self.later[place] = old
            if key in rights.readable and key not in masked and key in rights.entity.all_fields:
                mask = rights.entity.all_fields[key].mask if key in rights.masked else None
                both = (old, new) if mask is None else (_veiled(mask, old), _veiled(mask, new))
                fields.append(FieldChange(key, *both, "", ""))
        title = self._title(change, record) if change.entity != next(iter(self.current))[0] else ""
        return Entry(
            change.seq,
            change.entity,
            change.record_id,
            change.op,
            change.at,
            change.cause,
            change.actor,
            "",
            tuple(fields),
            title,
        )

    def _sometimes_hidden(self, entity: str) -> frozenset[str]:
        """Fields some row may hide: of a row that is gone nobody can tell whether it did."""
        if entity not in self.hidden:
            source = self.ctx.access.entity(entity).select()
            keys = stored_fields(self.ctx.access, entity)
            self.hidden[entity] = frozenset(key for key in keys if source.shown(key) is not None)
        return self.hidden[entity]

    def _now(self, record: Record | None, entity: str, key: str) -> Any:
        field = self.ctx.catalog.entities[entity].all_fields.get(key)
        if record is None or field is None or key not in record:
            return None
        return field.behaviour.dump(field, record[key])

    def _title(self, change: changelog.Change, record: Record | None) -> str:
        entity = self.ctx.catalog.entities[change.entity]
        field = entity.all_fields.get(entity.title)
        if record is None or field is None or record.get(field.key) is None:
            return ""
        return field.behaviour.plain(field, record[field.key], self.ctx.lang, record.labels.get(field.key))

    def finish(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries with the texts of their values and the names of who acted."""
        texts = _Texts(self.ctx, entries)
        names = texts.people({entry.actor for entry in entries if entry.actor is not None})
        return [
            Entry(
                e.seq,
                e.entity,
                e.record_id,
                e.op,
                e.at,
                e.cause,
                e.actor,
                names.get(e.actor, "") if e.actor is not None else "",
                tuple(texts.told(e.entity, one) for one in e.fields),
                e.title,
            )
            for e in entries
        ]


def _veiled(mask: Any, value: Any) -> str | None:
    """What is shown of a logged value; what stands in the record is read that way already."""
    return value if value is None or STARS in value else masked_text(mask, value)


UNSEEN = "—"
"""Stands for a record its reader may not see."""


def _refers(field: Field) -> bool:
    return field.behaviour.target is not None or field.behaviour.several is not None


def _ids_in(raw: Any) -> list[int]:
    """The ids a logged reference holds, one or several."""
    return [each for each in (raw if isinstance(raw, list) else [raw]) if isinstance(each, int)]


class _Texts:
    """Texts of JSON values; those of references are looked up once for each field."""

    def __init__(self, ctx: Context, entries: Iterable[Entry]) -> None:
        self.ctx = ctx
        wanted: dict[tuple[str, str], set[int]] = {}
        for entry in entries:
            for one in entry.fields:
                if _refers(self._field(entry.entity, one.field)):
                    ids = {each for value in (one.old, one.new) for each in _ids_in(value)}
                    wanted.setdefault((entry.entity, one.field), set()).update(ids)
        self.labels = {place: self._labels(self._field(*place), ids) for place, ids in wanted.items() if ids}
        self.files = self._files(entries)

    def _field(self, entity: str, key: str) -> Field:
        return self.ctx.catalog.entities[entity].all_fields[key]

    def _files(self, entries: Iterable[Entry]) -> str:
        """What the reader may know of the files that came and went, as a label."""
        told = [(e.entity, one) for e in entries for one in e.fields]
        lists = [v for e, one in told if self._field(e, one.field).behaviour.files for v in (one.old, one.new)]
        ids = {each for ids in lists if isinstance(ids, list) for each in ids if isinstance(each, int)}
        return label_of_files(reading.known(self.ctx, ids).values())

    def _labels(self, field: Field, ids: set[int]) -> dict[int, str]:
        conn = self.ctx.conn
        kind = field.behaviour.target or field.behaviour.several or ""
        key = field.option("target") if kind == "target" else kind
        table = (self.ctx.catalog.tables[key] if kind == "target" else _PEOPLE[kind]).alias()
        label = label_of_one(self.ctx.access, field, table.c.id, self.ctx.lang)
        if label is None:
            return {}
        rows = conn.execute(sa.select(table.c.id, label[0]).where(among(conn, table.c.id, ids)))
        texts = {row[0]: label_text(label, row[1]) for row in rows}
        return {record_id: text for record_id, text in texts.items() if text is not None}

    def people(self, ids: set[int]) -> dict[int, str]:
        """Names by user id. Queries: 0 or 1."""
        if not ids:
            return {}
        conn = self.ctx.conn
        rows = conn.execute(sa.select(users.c.id, users.c.name).where(among(conn, users.c.id, ids)))
        return {row.id: row.name for row in rows}

    def told(self, entity: str, one: FieldChange) -> FieldChange:
        """The change with its texts."""
        return FieldChange(
            one.field, one.old, one.new, self._text(entity, one, one.old), self._text(entity, one, one.new)
        )

    def _text(self, entity: str, one: FieldChange, raw: Any) -> str:
        field = self._field(entity, one.field)
        if raw is None:
            return ""
        if _refers(field):
            known = self.labels.get((entity, one.field), {})
            texts = [known.get(each, UNSEEN) for each in _ids_in(raw)]
            return (
                texts[0]
                if field.behaviour.target
                else field.behaviour.plain(field, tuple(_ids_in(raw)), self.ctx.lang, "\n".join(texts))
            )
        try:
            label = self.files if field.behaviour.files else None
            return field.behaviour.plain(field, field.behaviour.parse(field, raw), self.ctx.lang, label)
        except ValueRefused:
            return str(raw)
