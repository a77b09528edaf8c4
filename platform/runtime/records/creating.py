"""New rows: read, complete, check, number, write, log. One record and a hundred thousand take the same way.

Lines of sub-tables come along: they are read and checked with their records, so that all errors are told at once,
and written when their records have ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import AccessDenied, FieldError
from ...metadata.model import Field
from ...rbac.decisions import WITH_PARENT
from .. import changelog
from ..files import attaching
from . import cases, checks, computed, defaults, filling, linking, partial, sequences, values
from .batch import ABSENT, Batch, pivot
from .insertion import insert
from .integrity import translated
from .outlook import Outlook
from .picking import refuse_unpickable
from .revealing import judge_set_aside
from .rowset import among

if TYPE_CHECKING:
    from ..context import Context


@dataclass
class Lines:
    """Rows of one sub-table: `owners` are the positions of their records, `numbers` their places within them."""

    table: Field
    new: New
    owners: list[int]
    numbers: list[int]


@dataclass
class New:
    """Rows that may be written, or say why not."""

    batch: Batch
    lines: list[Lines] = field(default_factory=list)

    def keep(self, positions: Sequence[int]) -> None:
        """Go on with some of the rows only."""
        places = {old: new for new, old in enumerate(positions)}
        self.batch.keep(positions)
        for lines in self.lines:
            kept = [n for n, owner in enumerate(lines.owners) if owner in places]
            lines.new.keep(kept)
            lines.owners = [places[lines.owners[n]] for n in kept]
            lines.numbers = [lines.numbers[n] for n in kept]


def prepare(
    ctx: Context, entity: str, given: Mapping[str, Sequence[Any]], size: int, source: values.Source
) -> New:
    """New records, read and checked; refusals are in the batch. Raises UnknownField, AccessDenied."""
    rights = ctx.access.entity(entity)
    rights.require("create")
    new = New(Batch(ctx, rights, size))
    _read(new, given, source)
    _check(new, None)
    return new


def prepare_lines(
    parent: Batch,
    table: Field,
    rows: Sequence[tuple[int, int, Any]],
    source: values.Source,
    records: Mapping[int, Mapping[str, Any]] | None = None,
) -> Lines:
    """New lines of `table`, each (position of its record, its place, raw row); their refusals go to the parent.
    `records` are those they belong to, as they will be, where the batch does not hold the whole of them.
    """
    rights = parent.ctx.access.entity(table.option("target"))
    if not (rights.may("create") or rights.may(WITH_PARENT)):
        raise AccessDenied(operation="create")
    lines = Lines(table, New(Batch(parent.ctx, rights, len(rows))), [r[0] for r in rows], [r[1] for r in rows])
    given = pivot([{k: v for k, v in raw.items() if v or k not in ("id", "rev")} for _, _, raw in rows])
    around = {
        f"{table.entity}.{key}": [column[owner] for owner in lines.owners]
        for key, column in parent.columns.items()
    }
    above = _above(parent, lines, records)
    _read(lines.new, given, source, around, above)
    _check(lines.new, table.entity, above)
    hand_up(parent, lines.new.batch, table.key, lines.owners, lines.numbers)
    return lines


def _above(parent: Batch, lines: Lines, records: Mapping[int, Mapping[str, Any]] | None) -> cases.Above:
    whole = records or {owner: parent.row(owner) for owner in set(lines.owners)}
    return Outlook(parent.ctx, parent.entity.key, whole), dict(enumerate(lines.owners))


def hand_up(parent: Batch, child: Batch, key: str, owners: Sequence[int], numbers: Sequence[int]) -> None:
    """Tell the parents what was refused in their lines, as `lines[2].qty`."""
    for position, errors in child.errors.items():
        at = f"{key}[{numbers[position]}]"
        for error in errors:
            name = f"{at}.{error.field}" if error.field else at
            parent.refuse(owners[position], FieldError(name, error.code, error.data))
    for position, warnings in child.warnings.items():
        told = [warned.within(f"{key}[{numbers[position]}]") for warned in warnings]
        parent.warnings.setdefault(owners[position], []).extend(told)


def _read(
    new: New,
    given: Mapping[str, Sequence[Any]],
    source: values.Source,
    around: Mapping[str, Sequence[Any]] | None = None,
    above: cases.Above | None = None,
) -> None:
    batch = new.batch
    echoed = values.read(batch, given, source, "create")
    values.refuse_read_only(batch, echoed, {})
    judge_set_aside(batch)
    cases.note_entered(batch)
    filling.into_new(batch, typed=source == "typed")
    defaults.fill(batch, around)
    defaults.fill_owner(batch)
    cases.settle_new(new, above)
    for table in batch.ctx.catalog.children[batch.entity.key]:
        column = batch.tables.get(table.key, ())
        rows = [
            (owner, number, raw)
            for owner, given_rows in enumerate(column)
            for number, raw in enumerate(given_rows or ())
        ]
        for owner in {owner for owner, _, _ in rows} if table.key in batch.closed_tables else ():
            batch.refuse(owner, FieldError(table.key, "field_read_only"))
        if rows and table.key not in batch.closed_tables:
            new.lines.append(prepare_lines(batch, table, rows, source))


def _check(new: New, link: str | None, above: cases.Above | None = None) -> None:
    batch = new.batch
    cases.check_new(new, above, link)
    asked = [*checks.references(batch), *checks.uniques(batch)]
    for check, found in zip(asked, _ask(batch, asked), strict=True):
        check.judge(batch, found, checks.never)
    refuse_unpickable(batch, checks.never, batch.row)
    attaching.refuse_unfit(batch, attaching.in_new(batch))
    checks.refuse_doubles(batch, lambda position, key: batch.columns[key][position])
    partial.of_new(batch, link, above[1] if above else {})


def _ask(batch: Batch, asked: Sequence[checks.Check]) -> list[set[Any]]:
    """What the checks find. A single record that needs a number takes it in the same statement. Queries: 1."""
    ctx = batch.ctx
    waiting = [
        f for f in batch.entity.fields.values() if f.behaviour.numbered and not checks.places_of(batch, f.key)
    ]
    if batch.size != 1 or batch.errors or not waiting:
        return checks.ask(ctx.conn, asked, batch.size == 1)
    selects = [check.chosen for check in asked if check.chosen is not None]
    taken, answers = sequences.take_asking(ctx.conn, waiting[0], ctx.env.today, checks.as_columns(selects))
    batch.numbers[waiting[0].key] = taken
    told = iter(answers)
    return [set() if check.chosen is None else {next(told)} for check in asked]


def write(new: New, touched: list[computed.Touched], link: tuple[str, Sequence[int]] | None = None) -> list[int]:
    """The ids of the rows, now written with their lines and logged; what was touched is added to `touched`.

    `link` is a sub entity's link and the parent of each row. Raises AccessDenied when a row would be outside what
    the actor may create, Conflict when the database refuses one.
    """
    batch = new.batch
    if not batch.size:
        return []
    ctx, table, entity = batch.ctx, batch.rights.table, batch.entity
    if link is not None:
        batch.columns[link[0]] = list(link[1])
    elif entity.parent:
        _append(batch, entity.parent)
    _number(batch)
    _stamp(batch)
    columns = {key: _complete(column) for key, column in batch.columns.items()}
    columns |= computed.for_new_rows(ctx, entity, columns, batch.size)
    with translated(entity):
        ids = insert(ctx.conn, table, {k: c for k, c in columns.items() if k in table.c}, batch.size)
    linking.connect(ctx, entity, columns, ids)
    attaching.attach(ctx, attaching.in_new(batch, ids))
    operation = "create" if link is None or batch.rights.may("create") else WITH_PARENT
    these = sa.and_(_these(ctx, table, ids), batch.rights.scope(operation))
    rows = changelog.Rows(table, these, entity.parent)
    logged = changelog.append_from(ctx.conn, stamp_of(ctx), entity.key, changelog.CREATE, rows)
    if logged != batch.size:
        raise AccessDenied(operation="create")
    links = computed.links_in(ctx.catalog, entity, columns)
    touched.append(computed.Touched.of_rows(entity, ids, links, "created"))
    for lines in new.lines:
        parents = [ids[owner] for owner in lines.owners]
        lines.new.batch.columns["position"] = list(lines.numbers)
        write(lines.new, touched, (lines.table.entity, parents))
    return ids


def _append(batch: Batch, link: str) -> None:
    """Lines that come by themselves stand behind those their records have. Queries: 1."""
    if "position" in batch.columns:
        return
    conn, table = batch.ctx.conn, batch.rights.table
    parents = batch.columns[link]
    last = sa.select(table.c[link], sa.func.max(table.c.position)).where(among(conn, table.c[link], set(parents)))
    following = {parent: position + 1 for parent, position in conn.execute(last.group_by(table.c[link]))}
    batch.columns["position"] = []
    for parent in parents:
        batch.columns["position"].append(following.get(parent, 0))
        following[parent] = following.get(parent, 0) + 1


def _these(ctx: Context, table: sa.Table, ids: Sequence[int]) -> sa.ColumnElement[bool]:
    if ctx.conn.dialect.name == "sqlite" and ids[-1] - ids[0] == len(ids) - 1:
        return table.c.id.between(ids[0], ids[-1])
    return among(ctx.conn, table.c.id, ids)


def stamp_of(ctx: Context) -> changelog.Stamp:
    """Who writes, when and why."""
    return changelog.Stamp(None if values.is_system(ctx) else ctx.actor.id, ctx.env.now, ctx.cause)


def _complete(column: list[Any]) -> list[Any]:
    return [None if value is ABSENT else value for value in column] if ABSENT in column else column


def _number(batch: Batch) -> None:
    """Give numbers where none was given; go on after those that were. Queries: 1 for each numbered field."""
    ctx = batch.ctx
    for numbered in batch.entity.fields.values():
        if not numbered.behaviour.numbered:
            continue
        if numbered.key in batch.numbers:
            batch.columns[numbered.key] = [batch.numbers[numbered.key]]
            continue
        column = _complete(batch.columns.get(numbered.key) or [None] * batch.size)
        given = [value for value in column if value is not None]
        if given:
            sequences.notice(ctx.conn, numbered, ctx.env.today, given)
        if len(given) < batch.size:
            fresh = iter(sequences.take(ctx.conn, numbered, ctx.env.today, batch.size - len(given)))
            column = [next(fresh) if value is None else value for value in column]
        batch.columns[numbered.key] = column


def _stamp(batch: Batch) -> None:
    stamp = stamp_of(batch.ctx)
    own = {
        "created_at": stamp.at,
        "created_by": stamp.actor,
        "updated_at": stamp.at,
        "updated_by": stamp.actor,
    }
    for key, value in own.items():
        column = batch.columns.get(key) or [value]
        batch.columns[key] = [value if v is ABSENT or v is None else v for v in column] * (
            batch.size // len(column)
        )
