"""Sub-tables saved with their record: the given rows are what it has afterwards.

A row with an id is changed, one without is new, one that is missing goes. Where the record was changed by others
since the writer started, lines they added stay, and lines both changed are merged field by field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import AccessDenied, FieldError, ValueRefused
from ...metadata.model import Field
from ...metadata.wording import Phrase
from .. import changelog
from . import cases, computed, creating, deleting, merging, updating
from .batch import ABSENT, Batch, pivot
from .outlook import Outlook
from .rowset import among

if TYPE_CHECKING:
    from ..context import Context

Rows = dict[int, dict[str, Any]]

_NO_LINE = {"reason": Phrase("pick.line")}


@dataclass
class LinesPlan:
    """What becomes of the lines of one sub-table of several records. `owners` are positions of the records."""

    table: Field
    existing: dict[int, Rows]
    changed: updating.Changed | None = None
    places: list[tuple[int, int]] = field(default_factory=list)
    fresh: creating.Lines | None = None
    gone: Rows = field(default_factory=dict)
    order: dict[int, int] = field(default_factory=dict)
    fresh_order: list[int] = field(default_factory=list)
    inner: list[LinesPlan] = field(default_factory=list)


@dataclass
class _Sorted:
    """The given rows of one sub-table, sorted out: (position of the record, place, row) each."""

    fresh: list[tuple[int, int, dict[str, Any]]] = field(default_factory=list)
    fresh_order: list[int] = field(default_factory=list)
    kept: list[tuple[int, int, int, dict[str, Any]]] = field(default_factory=list)
    order: dict[int, int] = field(default_factory=dict)


def prepare(changed: updating.Changed, wanted: updating.Wanted) -> list[LinesPlan]:
    """What becomes of the sub-tables that were given; refusals go to the records. Queries: 2 for each."""
    plans = []
    for table in changed.batch.ctx.catalog.children[changed.batch.entity.key]:
        if table.key in changed.batch.tables:
            plans.append(_plan(changed, table, wanted))
    return plans


def _plan(changed: updating.Changed, table: Field, wanted: updating.Wanted) -> LinesPlan:
    batch = changed.batch
    given = {
        p: rows
        for p, rows in enumerate(batch.tables[table.key])
        if rows is not ABSENT and rows is not None and p not in batch.errors
    }
    existing = _existing(batch.ctx, table, [changed.ids[p] for p in given])
    for position in [p for p in given if batch.is_closed(p, table.key)]:
        if not _is_echo(batch, table, given.pop(position), existing[changed.ids[position]]):
            batch.refuse(position, FieldError(table.key, "field_read_only"))
    plan = LinesPlan(table, {p: existing[changed.ids[p]] for p in given})
    since = _since(changed, table, wanted, given)
    sorted_out = _Sorted()
    for position, rows in given.items():
        _sort(plan, batch, position, rows, sorted_out, since.get(position))
        sent = {line for p, _, line, _ in sorted_out.kept if p == position}
        spared = since[position].created if position in since else frozenset()
        missing = plan.existing[position].keys() - sent - spared
        plan.gone |= {line: plan.existing[position][line] for line in missing}
    plan.order, plan.fresh_order = sorted_out.order, sorted_out.fresh_order
    if plan.gone and not batch.ctx.access.entity(table.option("target")).may("delete"):
        raise AccessDenied(operation="delete")
    if sorted_out.kept:
        _prepare_kept(plan, changed, sorted_out, wanted, since)
    if sorted_out.fresh:
        whole = {owner: changed.result(owner) for owner, _, _ in sorted_out.fresh}
        plan.fresh = creating.prepare_lines(batch, table, sorted_out.fresh, wanted.source, whole)
    _bump(plan, changed)
    return plan


def _existing(ctx: Context, table: Field, parents: Sequence[int]) -> dict[int, Rows]:
    """Live lines by their record's id. Queries: 1."""
    child = ctx.catalog.tables[table.option("target")]
    link = child.c[table.entity]
    chosen = sa.select(child).where(among(ctx.conn, link, parents), child.c.deleted_at.is_(None))
    if ctx.conn.dialect.name != "sqlite":
        chosen = chosen.with_for_update()
    found: dict[int, Rows] = {parent: {} for parent in parents}
    for row in ctx.conn.execute(chosen.order_by(child.c.position, child.c.id)).mappings() if parents else ():
        found[row[table.entity]][row["id"]] = dict(row)
    return found


def _since(
    changed: updating.Changed, table: Field, wanted: updating.Wanted, given: Mapping[int, Any]
) -> dict[int, merging.LinesSince]:
    """What others did to the lines of records whose revision has moved, by position."""
    batch = changed.batch
    child = batch.ctx.catalog.entities[table.option("target")]
    found = {}
    for position, rev in enumerate(wanted.revs):
        if rev is not None and position in given and changed.held[position]["rev"] != rev:
            found[position] = merging.lines_since(batch.ctx, child, table.entity, changed.ids[position], rev)
    return found


def _sort(
    plan: LinesPlan,
    batch: Batch,
    position: int,
    rows: Sequence[Mapping[str, Any]],
    out: _Sorted,
    since: merging.LinesSince | None,
) -> None:
    existing = plan.existing[position]
    last = -1
    for place, raw in enumerate(rows):
        line = _line_id(raw)
        known = existing.get(line) if line else None
        # Lines keep their place as long as the order is right, so that moving one does not rewrite all.
        last = known["position"] if known is not None and known["position"] > last else last + 1
        rest = {key: value for key, value in raw.items() if key not in ("id", "rev", "position")}
        if line is None:
            out.fresh.append((position, place, rest))
            out.fresh_order.append(last)
        elif known is not None and line not in out.order:
            out.kept.append((position, place, line, rest))
            out.order[line] = last
        elif since is not None and line in since.deleted:
            _judge_deleted(plan, batch, (position, place, line), rest)
        else:
            batch.refuse(position, FieldError(f"{plan.table.key}[{place}].id", "invalid_reference", _NO_LINE))


def _line_id(raw: Mapping[str, Any]) -> int | None:
    """The id of a given row: None for a new one, 0 for one that cannot be."""
    given = raw.get("id")
    if given is None or given == "":
        return None
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    return int(given) if isinstance(given, str) and given.isascii() and given.isdigit() else 0


def _is_echo(batch: Batch, table: Field, rows: Sequence[Mapping[str, Any]], existing: Rows) -> bool:
    """Whether the given rows are the ones that are there, in their order and unchanged."""
    if [_line_id(raw) for raw in rows] != list(existing):
        return False
    held = existing.values()
    return all(_changed_key(batch.ctx, table, raw, line) is None for raw, line in zip(rows, held, strict=True))


def _changed_key(ctx: Context, table: Field, raw: Mapping[str, Any], held: Mapping[str, Any]) -> str | None:
    """The first field of a given line that is not as the line holds it. Raises UnknownField."""
    rights = ctx.access.entity(table.option("target"))
    for key, value in raw.items():
        field = rights.field(key)
        try:
            same = key not in held or field.behaviour.parse(field, value) == held[key]
        except ValueRefused:
            same = False
        if not same:
            return key
    return None


def _judge_deleted(plan: LinesPlan, batch: Batch, at: tuple[int, int, int], raw: Mapping[str, Any]) -> None:
    """A line that others deleted stays so, unless the writer changed it."""
    position, place, line = at
    table = batch.ctx.catalog.tables[plan.table.option("target")]
    held = batch.ctx.conn.execute(sa.select(table).where(table.c.id == line)).mappings().one()
    key = _changed_key(batch.ctx, plan.table, raw, dict(held))
    if key is not None:
        name = f"{plan.table.key}[{place}].{key}"
        batch.conflicts[position] = merging.VersionConflict([merging.Overlap(name, raw[key], None, None)])
        batch.refuse(position, FieldError(name, "conflict_version"))


def _prepare_kept(
    plan: LinesPlan,
    changed: updating.Changed,
    out: _Sorted,
    wanted: updating.Wanted,
    since: Mapping[int, merging.LinesSince],
) -> None:
    batch = changed.batch
    ids = [line for _, _, line, _ in out.kept]
    given = pivot([raw for *_, raw in out.kept])
    inner = updating.Wanted(ids, given, source=wanted.source)
    base = {
        n: since[position].base[line]
        for n, (position, _, line, _) in enumerate(out.kept)
        if position in since and line in since[position].base
    }
    owners_of = {n: position for n, (position, *_) in enumerate(out.kept)}
    whole = {position: changed.result(position) for position in set(owners_of.values())}
    above = (Outlook(batch.ctx, batch.entity.key, whole), owners_of)
    plan.changed = updating.prepare(batch.ctx, plan.table.option("target"), inner, base, above)
    plan.places = [(position, place) for position, place, _, _ in out.kept]
    plan.inner = prepare(plan.changed, inner)
    cases.judge_changed(plan.changed, plan.inner, above)
    child = plan.changed.batch
    for n, line in enumerate(ids):
        if n not in child.errors and plan.changed.held[n]["position"] != out.order[line]:
            plan.changed.new[n]["position"] = out.order[line]
    owners, places = zip(*plan.places, strict=True)
    creating.hand_up(batch, child, plan.table.key, owners, places)
    for n, conflict in child.conflicts.items():
        at = f"{plan.table.key}[{places[n]}]"
        overlaps = [merging.Overlap(f"{at}.{o.field}", o.mine, o.theirs, o.base) for o in conflict.overlaps]
        batch.conflicts[owners[n]] = merging.VersionConflict(overlaps, conflict.data.get("rev"))


def _bump(plan: LinesPlan, changed: updating.Changed) -> None:
    """The revision of a record moves with its lines."""
    moved = set()
    if plan.changed is not None:
        moved |= {plan.places[n][0] for n in plan.changed.positions()}
    if plan.fresh is not None:
        moved |= set(plan.fresh.owners)
    for position, rows in plan.existing.items():
        if not plan.gone.keys().isdisjoint(rows):
            moved.add(position)
    changed.bumped |= moved


def write(changed: updating.Changed, plans: Sequence[LinesPlan], touched: list[computed.Touched]) -> None:
    """Write what was planned. The records are written before."""
    ctx = changed.batch.ctx
    for plan in plans:
        if plan.gone:
            deleting.write(deleting.lines_removal(ctx, plan.table.option("target"), plan.gone), touched)
        if plan.changed is not None:
            updating.write(plan.changed, touched)
            write(plan.changed, plan.inner, touched)
        if plan.fresh is not None:
            plan.fresh.new.batch.columns["position"] = list(plan.fresh_order)
            parents = [changed.ids[owner] for owner in plan.fresh.owners]
            creating.write(plan.fresh.new, touched, (plan.table.entity, parents))


def touch_parents(ctx: Context, entity: str, parents: set[int]) -> None:
    """Move the revision of records whose lines were written by themselves. Queries: 3."""
    parent = ctx.catalog.entities[entity].parent
    parents = parents - {None}
    if parent is None or not parents:
        return
    table, stamp = ctx.catalog.tables[parent], creating.stamp_of(ctx)
    these = among(ctx.conn, table.c.id, parents)
    changes = {"rev": table.c.rev + 1, "updated_at": stamp.at, "updated_by": stamp.actor}
    ctx.conn.execute(sa.update(table).where(these).values(changes))
    above = ctx.catalog.entities[parent].parent
    changelog.append_from(ctx.conn, stamp, parent, changelog.UPDATE, changelog.Rows(table, these, above))
