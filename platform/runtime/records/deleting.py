"""Rows go to the bin and come back, with their lines; what points at them is asked first.

A relation says what happens when its target goes: the deletion is refused, the reference is emptied, or the row
goes along. Everything that goes in one unit carries the same instant, and comes back by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import AccessDenied, Conflict, FieldError, NotFound
from ...metadata.model import Entity, Field
from ...metadata.wording import say
from .. import changelog
from . import checks, computed
from .batch import Batch
from .creating import stamp_of
from .integrity import translated
from .linking import points_at, reconnect, without
from .merging import VersionConflict
from .rowset import among

if TYPE_CHECKING:
    from ..context import Context

Rows = dict[int, dict[str, Any]]


class InUse(Conflict):
    """Live rows point at what should go. `count` is the number of those the actor sees, of `entity`."""

    code = "in_use"

    def message(self, lang: str) -> str:
        return say("records.in_use" if self.data["count"] else "records.in_use_hidden", lang, **self.data)


class NotAll(Conflict):
    """What would go along is in part out of the actor's sight. Neither what it is nor how much is told."""

    code = "delete_not_all"


@dataclass
class Removal:
    """Rows that go together, by entity, and references that are emptied because of it."""

    ctx: Context
    rows: dict[str, Rows] = field(default_factory=dict)
    emptied: list[tuple[Field, Rows]] = field(default_factory=list)

    def add(self, entity: str, rows: Rows) -> Rows:
        """The rows among these that were not going already."""
        known = self.rows.setdefault(entity, {})
        fresh = {record_id: row for record_id, row in rows.items() if record_id not in known}
        known.update(fresh)
        return fresh


def load(ctx: Context, entity: str, ids: Collection[int], op: str, *, deleted: bool = False) -> Rows:
    """The rows the actor may do `op` on. Raises NotFound when he may not see one, AccessDenied. Queries: 1."""
    rights = ctx.access.entity(entity)
    rights.require(op)
    table = rights.table
    state = table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None)
    chosen = sa.select(*table.c, rights.scope(op).label("_may"))
    chosen = chosen.where(among(ctx.conn, table.c.id, ids), state, rights.scope("view")).order_by(table.c.id)
    if ctx.conn.dialect.name != "sqlite":
        chosen = chosen.with_for_update(of=table)
    rows = {row["id"]: dict(row) for row in ctx.conn.execute(chosen).mappings()}
    if len(rows) != len(set(ids)):
        raise NotFound()
    if not all(row.pop("_may") for row in rows.values()):
        raise AccessDenied(operation=op)
    return rows


def prepare(ctx: Context, entity: str, ids: Sequence[int], revs: Mapping[int, int]) -> Removal:
    """All that goes when these rows go. Raises NotFound, AccessDenied, VersionConflict, InUse, NotAll."""
    rows = load(ctx, entity, ids, "delete")
    for record_id, rev in revs.items():
        if rows[record_id]["rev"] != rev:
            raise VersionConflict(rev=rows[record_id]["rev"])
    removal = Removal(ctx)
    _collect(removal, entity, rows)
    _refuse_used(removal)
    return removal


def lines_removal(ctx: Context, entity: str, rows: Rows) -> Removal:
    """All that goes when these lines go, taken out of their record by who may edit it. Raises InUse, NotAll."""
    removal = Removal(ctx)
    _collect(removal, entity, rows)
    _refuse_used(removal)
    return removal


def _collect(removal: Removal, entity: str, rows: Rows) -> None:
    fresh = removal.add(entity, rows)
    if not fresh:
        return
    ctx = removal.ctx
    for link in ctx.catalog.referrers[entity]:
        if is_line_of(ctx, link, entity):
            _collect(removal, link.entity, _pointing(ctx, link, fresh))
        elif link.option("on_delete") == "cascade":
            found = _pointing(ctx, link, fresh)
            _collect(removal, link.entity, _going_along(ctx, link.entity, found) if found else {})
        elif link.option("on_delete") in ("set_null", "unlink"):
            removal.emptied.append((link, _pointing(ctx, link, fresh)))


def _going_along(ctx: Context, entity: str, ids: Collection[int]) -> Rows:
    """The rows that go because what they point at goes. Raises NotAll, AccessDenied."""
    try:
        return load(ctx, entity, ids, "delete")
    except NotFound:
        raise NotAll() from None


def is_line_of(ctx: Context, link: Field, entity: str) -> bool:
    """Whether the relation is what ties a line to its record."""
    return ctx.catalog.entities[link.entity].parent == entity and link.key == entity


def _pointing(ctx: Context, link: Field, rows: Collection[int]) -> Rows:
    table = ctx.catalog.tables[link.entity]
    pointing = points_at(ctx.conn, ctx.catalog, link, rows)
    chosen = sa.select(table).where(pointing, table.c.deleted_at.is_(None))
    return {row["id"]: dict(row) for row in ctx.conn.execute(chosen).mappings()}


def _refuse_used(removal: Removal) -> None:
    """Refuse the removal while live rows that stay point at what goes. Raises InUse with the number of
    those the actor can see.
    """
    ctx = removal.ctx
    for entity, rows in removal.rows.items():
        for link in ctx.catalog.referrers[entity]:
            if is_line_of(ctx, link, entity) or link.option("on_delete", "restrict") != "restrict":
                continue
            table = ctx.catalog.tables[link.entity]
            staying = [points_at(ctx.conn, ctx.catalog, link, rows), table.c.deleted_at.is_(None)]
            if removal.rows.get(link.entity):
                staying.append(~among(ctx.conn, table.c.id, removal.rows[link.entity]))
            if ctx.conn.execute(sa.select(table.c.id).where(*staying).limit(1)).first() is not None:
                raise InUse(count=_visible(ctx, link, rows), entity=_named(ctx, link.entity))


def _visible(ctx: Context, link: Field, rows: Collection[int]) -> int:
    try:
        source = ctx.access.entity(link.entity).select()
    except NotFound:
        return 0
    if link.key not in ctx.access.entity(link.entity).readable:
        return 0
    shown = source.column(link.key).is_not(None)
    bare = ctx.catalog.tables[link.entity]
    pointing = source.column("id").in_(sa.select(bare.c.id).where(points_at(ctx.conn, ctx.catalog, link, rows)))
    return int(ctx.conn.scalar(sa.select(sa.func.count()).select_from(source.from_).where(shown, pointing)) or 0)


def _named(ctx: Context, entity: str) -> str:
    return ctx.catalog.entities[entity].text(ctx.lang, plural=True) if ctx.access.may(entity, "view") else ""


def write(removal: Removal, touched: list[computed.Touched]) -> int:
    """The number of rows that went. Logged; what was touched is added to `touched`."""
    ctx = removal.ctx
    emptied: dict[tuple[str, str], tuple[Field, Rows]] = {}
    for link, rows in removal.emptied:
        emptied.setdefault((link.entity, link.key), (link, {}))[1].update(rows)
    for link, rows in emptied.values():
        staying = {r: row for r, row in rows.items() if r not in removal.rows.get(link.entity, {})}
        if staying:
            _empty(removal, link, staying, touched)
    for entity, rows in removal.rows.items():
        _mark(ctx, ctx.catalog.entities[entity], rows, ctx.env.now, changelog.DELETE)
        touched.append(_touched(ctx, entity, rows, "gone", removal.rows))
    return sum(len(rows) for rows in removal.rows.values())


def _empty(removal: Removal, link: Field, rows: Rows, touched: list[computed.Touched]) -> None:
    """Take what goes out of rows that point at it. Queries: 2, and 2 more where they point at several."""
    ctx, entity = removal.ctx, removal.ctx.catalog.entities[link.entity]
    gone = removal.rows[link.option("target")]
    new = {record_id: {link.key: without(row[link.key], gone)} for record_id, row in rows.items()}
    table, stamp = ctx.catalog.tables[link.entity], stamp_of(ctx)
    changes = {"rev": table.c.rev + 1, "updated_at": stamp.at, "updated_by": stamp.actor}
    if link.behaviour.several:
        one = sa.update(table).where(table.c.id == sa.bindparam("at"))
        bound = [{"at": record_id, "to": row[link.key]} for record_id, row in new.items()]
        ctx.conn.execute(
            one.values({**changes, link.key: sa.bindparam("to", type_=table.c[link.key].type)}), bound
        )
        reconnect(ctx, link.entity, list(new.items()))
    else:
        ctx.conn.execute(
            sa.update(table).where(among(ctx.conn, table.c.id, rows)).values({**changes, link.key: None})
        )
    dump = link.behaviour.dump
    entries = [
        (record_id, row["rev"] + 1, {link.key: dump(link, row[link.key])}) for record_id, row in rows.items()
    ]
    changelog.append(ctx.conn, stamp, changelog.Entries(link.entity, changelog.UPDATE, entries))
    for record_id, row in rows.items():
        touched.append(computed.Touched.of_change(ctx.catalog, entity, record_id, row, new[record_id], "bare"))


def _mark(ctx: Context, entity: Entity, rows: Collection[int], deleted_at: Any, op: str) -> None:
    table, stamp = ctx.catalog.tables[entity.key], stamp_of(ctx)
    changes = {
        "deleted_at": deleted_at,
        "rev": table.c.rev + 1,
        "updated_at": stamp.at,
        "updated_by": stamp.actor,
    }
    these = among(ctx.conn, table.c.id, rows)
    with translated(entity):
        ctx.conn.execute(sa.update(table).where(these).values(changes))
    changelog.append_from(ctx.conn, stamp, entity.key, op, changelog.Rows(table, these, entity.parent))


def _touched(
    ctx: Context, entity: str, rows: Rows, kind: str, along: Mapping[str, Collection[int]]
) -> computed.Touched:
    """Lines that go with their record leave its sums as they are: so it still shows them in the bin."""
    declared = ctx.catalog.entities[entity]
    columns = {key: [row[key] for row in rows.values()] for key in computed.links_of(ctx.catalog, declared)}
    links = computed.links_in(ctx.catalog, declared, columns)
    fields = declared.fields
    staying = {key: found - frozenset(along.get(fields[key].option("target"), ())) for key, found in links.items()}
    return computed.Touched.of_rows(declared, list(rows), links if kind == "back" else staying, kind)


def restore(ctx: Context, entity: str, ids: Sequence[int], touched: list[computed.Touched]) -> int:
    """The number of rows that came back: these, and what went along with them.

    Raises NotFound, AccessDenied, Conflict when a unique value is taken by now.
    """
    rows = load(ctx, entity, ids, "restore", deleted=True)
    declared = ctx.catalog.entities[entity]
    if declared.parent:
        _require_live(ctx, declared.parent, {row[declared.parent] for row in rows.values()})
    found: dict[str, Rows] = {}
    _collect_back(ctx, entity, rows, found)
    found = {key: back for key, back in found.items() if back}
    for key, back in found.items():
        _refuse_taken(ctx, key, back)
    for key, back in found.items():
        _mark(ctx, ctx.catalog.entities[key], back, None, changelog.RESTORE)
        touched.append(_touched(ctx, key, back, "back", {}))
    return sum(len(back) for back in found.values())


def _require_live(ctx: Context, parent: str, ids: Collection[int]) -> None:
    table = ctx.catalog.tables[parent]
    live = sa.select(sa.func.count()).select_from(table)
    if ctx.conn.scalar(live.where(among(ctx.conn, table.c.id, ids), table.c.deleted_at.is_(None))) != len(ids):
        raise Conflict("parent_deleted")


def _collect_back(ctx: Context, entity: str, rows: Rows, found: dict[str, Rows]) -> None:
    known = found.setdefault(entity, {})
    fresh = {record_id: row for record_id, row in rows.items() if record_id not in known}
    known.update(fresh)
    for link in ctx.catalog.referrers[entity] if fresh else ():
        if not (is_line_of(ctx, link, entity) or link.option("on_delete") == "cascade"):
            continue
        table = ctx.catalog.tables[link.entity]
        chosen = sa.select(table).where(among(ctx.conn, table.c[link.key], fresh), table.c.deleted_at.is_not(None))
        pointing = {row["id"]: dict(row) for row in ctx.conn.execute(chosen).mappings()}
        along = {r: row for r, row in pointing.items() if row["deleted_at"] == fresh[row[link.key]]["deleted_at"]}
        _collect_back(ctx, link.entity, along, found)


def _refuse_taken(ctx: Context, entity: str, rows: Rows) -> None:
    batch = Batch(ctx, ctx.access.entity(entity), len(rows))
    unique = [f.key for f in batch.entity.fields.values() if f.unique]
    batch.columns = {key: [row[key] for row in rows.values()] for key in unique}
    asked = checks.uniques(batch)
    for check, taken in zip(asked, checks.ask(ctx.conn, asked, batch.size == 1), strict=True):
        check.judge(batch, taken, checks.never)
    errors = [error for found in batch.errors.values() for error in found]
    if errors:
        raise Conflict("conflict_unique", fields=[FieldError(e.field, e.code, e.data) for e in errors])
