"""Changes of rows: load what is there, read what is wanted, merge, check, write, log. One row or many.

The rows are loaded under the actor's rights and, on PostgreSQL, locked: what is compared, checked and logged is
what the update replaces. A single record asks its checks in the same statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import AccessDenied, FieldError, InvalidInput
from .. import changelog
from ..files import attaching
from . import cases, checks, computed, filling, linking, merging, partial, picking, trees, values
from .batch import ABSENT, Batch
from .creating import stamp_of
from .defaults import departments_of
from .integrity import translated
from .revealing import judge_set_aside
from .rowset import among

if TYPE_CHECKING:
    from ..context import Context

Row = dict[str, Any]


@dataclass
class Changed:
    """Rows about to change: what each holds now and the new values that differ, by position.

    A row that is not there for the actor holds nothing and is refused as not found. `bumped` are positions whose
    revision moves though none of their own fields changes, because their lines do.
    """

    batch: Batch
    ids: Sequence[int]
    held: list[Row] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)
    bumped: set[int] = field(default_factory=set)

    def result(self, position: int) -> Row:
        """A row as it will be."""
        return {**self.held[position], **self.new[position]}

    def added_files(self) -> list[attaching.Added]:
        """Uploaded files that come into the rows."""
        return attaching.in_changed(self.batch, self.ids, self.new, self.held)

    def positions(self) -> list[int]:
        """Positions that have something to write."""
        return [p for p in self.batch.positions() if self.new[p] or p in self.bumped]


@dataclass(frozen=True)
class Wanted:
    """What is asked for: columns of values for `ids`, and the revision each writer started from, if he said."""

    ids: Sequence[int]
    given: Mapping[str, Sequence[Any]]
    revs: Sequence[int | None] = ()
    source: values.Source = "form"


def prepare(
    ctx: Context,
    entity: str,
    wanted: Wanted,
    base: Mapping[int, Mapping[str, Any]] | None = None,
    above: cases.Above | None = None,
) -> Changed:
    """The changes, read, merged and checked; refusals are in the batch. Raises UnknownField, AccessDenied.

    `base` gives, by position, what fields held that others changed meanwhile; otherwise `wanted.revs` leads to it.
    `above` are the records lines belong to.
    Queries: 1 for a single record whose revision has not moved and whose filters look at given fields.
    """
    rights = ctx.access.entity(entity)
    only_owner = wanted.given and wanted.given.keys() <= values.ASSIGNED and rights.may("assign")
    operation = "assign" if only_owner else "edit"
    rights.require(operation)
    if len(set(wanted.ids)) != len(wanted.ids):
        raise InvalidInput("bad_parameter", name="ids")
    batch = Batch(ctx, rights, len(wanted.ids))
    changed = Changed(batch, wanted.ids)
    echoed = values.read(batch, wanted.given, wanted.source, "edit")
    trees.hold(batch)
    asked = [*checks.references(batch), *checks.uniques(batch, wanted.ids)]
    found = _load(changed, operation, asked, echoed)
    _merge(changed, wanted.revs, base or {})
    judge_set_aside(batch, changed.held)
    filling.into_changed(batch, changed.held)
    _compare(changed, echoed)
    unseen = cases.settle_changed(changed, above)
    _check_set(changed)
    _check(changed, asked, found, unseen)
    return changed


def _load(
    changed: Changed, operation: str, asked: Sequence[checks.Check], echoed: Mapping[str, Sequence[Any]]
) -> list[set[Any]]:
    """Fill `held` and refuse what may not be written; the answers to `asked`. Queries: 1, more for many rows."""
    batch = changed.batch
    conn, rights, table = batch.ctx.conn, batch.rights, batch.rights.table
    single = batch.size == 1
    flags = _Flags(batch, operation, echoed)
    selects = [check.chosen for check in asked if check.chosen is not None] if single else []
    chosen = sa.select(*table.c, *flags.columns, *checks.as_columns(selects))
    chosen = chosen.where(among(conn, table.c.id, changed.ids), table.c.deleted_at.is_(None), rights.scope("view"))
    if conn.dialect.name != "sqlite":
        chosen = chosen.order_by(table.c.id).with_for_update(key_share=True, of=table)
    rows = {row.id: row for row in conn.execute(chosen)}
    width = len(table.c)
    for position, record_id in enumerate(changed.ids):
        row = rows.get(record_id)
        changed.held.append({} if row is None else dict(zip(table.c.keys(), row[:width], strict=True)))
        changed.new.append({})
        if row is None:
            batch.errors[position] = [FieldError("", "not_found")]
        else:
            flags.judge(position, row[width:])
    if not single:
        return checks.ask(conn, asked, single=False)
    first: Sequence[Any] | None = next(iter(rows.values()), None)
    told = iter([None] * len(selects) if first is None else first[width + len(flags.columns) :])
    return [set() if check.chosen is None else {next(told)} for check in asked]


class _Flags:
    """Columns that tell in which rows the actor may do the operation, and write and see each given field."""

    def __init__(self, batch: Batch, operation: str, echoed: Mapping[str, Sequence[Any]]) -> None:
        self.batch = batch
        self.given = {**echoed, **batch.columns, **batch.tables}
        self.columns = [batch.rights.scope(operation).label("_may")]
        self.fields: list[list[str]] = []
        self._add_writing(operation)
        self.seen: list[list[str]] = []
        self._add_seeing()

    def _add_writing(self, operation: str) -> None:
        batch = self.batch
        by_rows: dict[Any, list[str]] = {}
        for key in (*batch.columns, *batch.tables):
            if not values.is_system(batch.ctx):
                by_rows.setdefault(batch.rights.rows(operation, [key]), []).append(key)
        for n, (scopes, keys) in enumerate(by_rows.items()):
            if scopes:
                self.columns.append(batch.rights.scope(operation, keys[:1]).label(f"_may{n}"))
                self.fields.append(keys)

    def _add_seeing(self) -> None:
        if not self.batch.rights.may("view"):
            return
        selection = self.batch.rights.selection()
        by_mask: dict[str, list[str]] = {}
        for key in self.given:
            mask = selection.mask(key)
            if mask is not None:
                if mask[0] not in by_mask:
                    self.columns.append(mask[1].label(mask[0]))
                by_mask.setdefault(mask[0], []).append(key)
        self.seen = list(by_mask.values())

    def judge(self, position: int, flags: Sequence[Any]) -> None:
        """Refuse a row the operation is not allowed on; make fields that are closed in it read-only.

        A field he does not see in this row is refused whatever he sends: an accepted guess would tell its value.
        """
        if not flags[0]:
            self.batch.errors[position] = [FieldError("", "op_denied")]
        for granted, keys in zip(flags[1:], self.fields, strict=False):
            if not granted:
                self.batch.closed.setdefault(position, set()).update(keys)
        for shown, keys in zip(flags[1 + len(self.fields) :], self.seen, strict=False):
            for key in keys if not shown else ():
                if self.given[key][position] is not ABSENT:
                    self.batch.refuse(position, FieldError(key, "field_read_only"))


def _merge(changed: Changed, revs: Sequence[int | None], base: Mapping[int, Mapping[str, Any]]) -> None:
    """Where others wrote after the revision a writer started from, keep what does not overlap."""
    batch = changed.batch
    stale: dict[int, int] = {}
    for position, rev in enumerate(revs):
        if rev is None or position in batch.errors or rev == changed.held[position]["rev"]:
            continue
        if 1 <= rev < changed.held[position]["rev"]:
            stale[position] = rev
        else:
            _conflict(batch, position, [], changed.held[position]["rev"])
    if stale:
        found = merging.changes_since(
            batch.ctx, batch.entity.key, {changed.ids[p]: rev for p, rev in stale.items()}
        )
        base = dict(base)
        for position, rev in stale.items():
            since = found[changed.ids[position]]
            if len(since) == changed.held[position]["rev"] - rev:
                base[position] = merging.base_of(since)
            else:  # part of the log is gone: nobody can tell what was changed
                _conflict(batch, position, [], changed.held[position]["rev"])
    for position, before in base.items():
        if position in batch.errors:
            continue
        overlaps = merging.merge(batch, position, changed.held[position], before)
        if overlaps:
            _conflict(batch, position, overlaps, changed.held[position]["rev"])


def _conflict(batch: Batch, position: int, overlaps: list[merging.Overlap], rev: int) -> None:
    batch.conflicts[position] = merging.VersionConflict(overlaps, rev)
    for name in [overlap.field for overlap in overlaps] or ["rev"]:
        batch.refuse(position, FieldError(name, "conflict_version"))


def _compare(changed: Changed, echoed: Mapping[str, Sequence[Any]]) -> None:
    """Find the values that differ from what the rows hold, and refuse those of read-only fields."""
    batch = changed.batch
    for key, column in batch.columns.items():
        for position in list(batch.positions()):
            value = column[position]
            if value is not ABSENT and value != changed.held[position][key]:
                changed.new[position][key] = value
    for key, sent in echoed.items():
        for position in list(batch.positions()):
            value = sent[position]
            if value is not ABSENT and value != computed.held_value(
                batch.ctx, batch.entity, changed.held[position], key
            ):
                batch.refuse(position, FieldError(key, "field_read_only"))
    for position, keys in batch.closed.items():
        for key in sorted(keys & changed.new[position].keys()):
            batch.refuse(position, FieldError(key, "field_read_only"))
    _follow_owner(changed)


def _follow_owner(changed: Changed) -> None:
    """A new owner brings his department, unless another is given."""
    moved = {
        p: new["owner"] for p, new in enumerate(changed.new) if "owner" in new and "owner_department" not in new
    }
    found = departments_of(changed.batch, {owner for owner in moved.values() if owner is not None})
    for position, owner in moved.items():
        department = found.get(owner)
        if department != changed.held[position]["owner_department"]:
            changed.new[position]["owner_department"] = department


def _check_set(changed: Changed) -> None:
    """Check the references and unique values that rules have set: nobody asked about them yet. Queries: 0 or 1."""
    batch = changed.batch
    named = {key for p, new in enumerate(changed.new) for key in new.keys() - batch.entered.get(p, set())}
    fields = [batch.entity.all_fields[key] for key in named - values.ASSIGNED]
    told = [field.key for field in fields if field.unique or field.behaviour.target is not None]
    if not told:
        return
    columns = {key: [new.get(key, ABSENT) for new in changed.new] for key in told}
    those = Batch(batch.ctx, batch.rights, batch.size, columns)
    asked = [*checks.references(those), *checks.uniques(those, changed.ids)]
    for check, answer in zip(asked, checks.ask(batch.ctx.conn, asked, single=False), strict=True):
        check.judge(batch, answer, checks.never)


def _check(
    changed: Changed,
    asked: Sequence[checks.Check],
    found: Sequence[set[Any]],
    unseen: Mapping[int, set[str]],
) -> None:
    batch = changed.batch

    def untouched(position: int, key: str) -> bool:
        if position in batch.errors and not changed.held[position]:
            return True
        seen = {key, *picking.looks_at(batch.entity.all_fields[key])}
        return not seen & changed.new[position].keys()

    for position in list(batch.positions()):
        for key, value in changed.new[position].items():
            if value is None and batch.entity.all_fields[key].required and key not in unseen.get(position, ()):
                batch.refuse_field(position, batch.entity.all_fields[key], "required")
    for check, answer in zip(asked, found, strict=True):
        check.held = {p: linking.ids_of(row.get(check.field.key)) for p, row in enumerate(changed.held)}
        check.judge(batch, answer, untouched)
    picking.refuse_unpickable(batch, untouched, changed.result)
    checks.refuse_doubles(batch, lambda position, key: changed.result(position)[key], untouched)
    trees.refuse_circles(batch, changed.ids, changed.new)
    partial.of_changed(changed)
    attaching.refuse_unfit(batch, changed.added_files())


def write(changed: Changed, touched: list[computed.Touched]) -> int:
    """The number of rows written and logged, computed fields along; what was touched is added to `touched`.

    Raises AccessDenied when a row would leave what the actor may edit, Conflict when the database refuses one.
    """
    batch = changed.batch
    places = changed.positions()
    if not places:
        return 0
    own = [dict(changed.new[p]) for p in places]
    rows = [changed.result(p) for p in places]
    derived = computed.for_changed_rows(batch.ctx, batch.entity, rows, own)
    _update(changed, places, [{**new, **more} for new, more in zip(own, derived, strict=True)])
    linking.reconnect(batch.ctx, batch.entity.key, [(changed.ids[p], changed.new[p]) for p in places])
    attaching.attach(batch.ctx, changed.added_files())
    _log(changed, places, own)
    for place, new, more in zip(places, own, derived, strict=True):
        if new:
            touched.append(
                computed.Touched.of_change(
                    batch.ctx.catalog, batch.entity, changed.ids[place], changed.held[place], {**new, **more}
                )
            )
    return len(places)


def _update(changed: Changed, places: Sequence[int], new: Sequence[Row]) -> None:
    """Rows that change the same fields go in one statement. Queries: 1 for each distinct set of fields."""
    batch, table = changed.batch, changed.batch.rights.table
    stamp = stamp_of(batch.ctx)
    groups: dict[tuple[str, ...], list[Row]] = {}
    for place, row in zip(places, new, strict=True):
        bound = {f"v_{key}": value for key, value in row.items()}
        bound |= {"at_id": changed.ids[place], "at_rev": changed.held[place]["rev"]}
        groups.setdefault(tuple(sorted(row)), []).append(bound)
    for keys, bound_rows in groups.items():
        stamped = {"updated_at": stamp.at, "updated_by": stamp.actor, "rev": table.c.rev + 1}
        given = {key: sa.bindparam(f"v_{key}", type_=table.c[key].type) for key in keys}
        statement = sa.update(table).values({**stamped, **given})
        statement = statement.where(table.c.id == sa.bindparam("at_id"), table.c.rev == sa.bindparam("at_rev"))
        with translated(batch.entity):
            done = batch.ctx.conn.execute(statement, bound_rows if len(bound_rows) > 1 else bound_rows[0]).rowcount
        if done != len(bound_rows):
            raise merging.VersionConflict()


def _log(changed: Changed, places: Sequence[int], own: Sequence[Row]) -> None:
    """Log the old values; a row that left what the actor may edit logs nothing and is refused."""
    batch = changed.batch
    fields = batch.entity.all_fields
    entries = []
    for place, new in zip(places, own, strict=True):
        held = changed.held[place]
        old = {key: fields[key].behaviour.dump(fields[key], held[key]) for key in new}
        entries.append((changed.ids[place], held["rev"] + 1, old))
    link = batch.entity.parent
    parents = [changed.result(place)[link] for place in places] if link else None
    assigned = any(new.keys() & values.ASSIGNED for new in own)
    scope = sa.true() if assigned else batch.rights.scope("edit")
    logged = changelog.append(
        batch.ctx.conn,
        stamp_of(batch.ctx),
        changelog.Entries(batch.entity.key, changelog.UPDATE, entries, link, parents),
        changelog.Rows(batch.rights.table, scope),
    )
    if logged != len(entries):
        raise AccessDenied(operation="edit")
