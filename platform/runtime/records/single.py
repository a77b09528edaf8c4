"""One record with its sub-tables, labels, and what its reader may do with it; and its neighbours in a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ...metadata.errors import NotFound
from ...metadata.model import Field
from .keyset import Key, ranges
from .listquery import order_keys, restrictions, source_of
from .listrequest import ListRequest
from .record import Record
from .selection import Selection, stored_fields

if TYPE_CHECKING:
    from ...rbac.access import EntityAccess
    from ..context import Context

ROW_OPERATIONS = ("edit", "delete")


def fetch(ctx: Context, entity: str, record_id: int, fields: Iterable[str] | None = None) -> Record:
    """The record. `fields` None means all of it. Raises NotFound. Queries: 1, and 1 for each sub-table."""
    rights = ctx.access.entity(entity)
    rights.require("view")
    tables = {field.key: field for field in sub_tables(ctx, entity)}
    asked = [*stored_fields(ctx.access, entity), *tables] if fields is None else list(fields)
    selection = Selection(ctx.access, entity, [path for path in asked if path not in tables], ctx.lang)
    source = rights.select()
    inner = sa.select(*selection.inner(source)).select_from(source.from_)
    page = inner.where(source.column("id") == record_id).subquery("page")
    columns, read = selection.outer(page)
    asked_tables = [path for path in asked if path in tables]
    flags = [_in_scope(ctx, entity, op, page.c.c_id) for op in ROW_OPERATIONS]
    flags += [_is_shown(rights, key, page.c.c_id) for key in asked_tables]
    asked_flags = [flag.label(f"flag{n}") for n, flag in enumerate(flags)]
    row = ctx.conn.execute(sa.select(*columns, *asked_flags).select_from(page)).first()
    if row is None:
        raise NotFound()
    record = read(row)
    granted = row[-len(flags) :]
    record.may = frozenset(op for op, may in zip(ROW_OPERATIONS, granted, strict=False) if may)
    hidden = [key for key, seen in zip(asked_tables, granted[len(ROW_OPERATIONS) :], strict=True) if not seen]
    record.masked |= frozenset(hidden)
    for path in asked_tables:
        record[path] = [] if path in hidden else children_of(ctx, tables[path], record_id)
    return record


def _is_shown(rights: EntityAccess, table: str, record_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the reader sees the sub-table in this row."""
    mask = rights.selection().mask(table)
    if mask is None:
        return sa.true()
    own: sa.Select[Any] = sa.select(rights.table.c.id).where(rights.table.c.id == record_id, mask[1])
    return own.correlate_except(rights.table).exists()


def _in_scope(ctx: Context, entity: str, op: str, record_id: ColumnElement[Any]) -> ColumnElement[bool]:
    rights = ctx.access.entity(entity)
    if not rights.may(op):
        return sa.false()
    own: sa.Select[Any] = sa.select(rights.table.c.id).where(rights.table.c.id == record_id, rights.scope(op))
    return own.correlate_except(rights.table).exists()


def sub_tables(ctx: Context, entity: str) -> list[Field]:
    """The entity's sub-table fields the reader may see."""
    readable = ctx.access.entity(entity).readable
    return [field for field in ctx.catalog.children[entity] if field.key in readable]


def children_of(ctx: Context, table: Field, parent_id: int) -> list[Record]:
    """The rows of one sub-table in their order. Queries: 1."""
    child = table.option("target")
    source = ctx.access.entity(child).select()
    where = [source.column(table.entity) == parent_id]
    keys = [Key(source.column("position"), filled=True), Key(source.column("id"), filled=True, is_id=True)]
    return rows_of(ctx, child, stored_fields(ctx.access, child), source, where=where, keys=keys)


def rows_of(
    ctx: Context,
    entity: str,
    fields: Iterable[str],
    source: Any,
    *,
    where: Sequence[ColumnElement[bool]],
    keys: Sequence[Key],
) -> list[Record]:
    """All rows of `source` under `where`, in the order of `keys`, with labels. Queries: 1."""
    selection = Selection(ctx.access, entity, fields, ctx.lang)
    marks = [key.column.label(f"s{n}") for n, key in enumerate(keys)]
    page = sa.select(*selection.inner(source), *marks).select_from(source.from_).where(*where).subquery("page")
    columns, read = selection.outer(page)
    order = [key.order(page.c[f"s{n}"]) for n, key in enumerate(keys)]
    rows = ctx.conn.execute(sa.select(*columns).select_from(page).order_by(*order))
    return [read(row) for row in rows]


def numbers(ctx: Context, entity: str, record_id: int, asked: Sequence[ColumnElement[Any]]) -> list[Any]:
    """What each expression is, for who sees the record. Raises NotFound. Queries: 1."""
    rights = ctx.access.entity(entity)
    rights.require("view")
    source = rights.select()
    named = [expression.label(f"n{place}") for place, expression in enumerate(asked)]
    chosen = sa.select(source.column("id"), *named).select_from(source.from_)
    row = ctx.conn.execute(chosen.where(source.column("id") == record_id)).first()
    if row is None:
        raise NotFound()
    return list(row[1:])


def neighbours(ctx: Context, request: ListRequest, record_id: int) -> tuple[int | None, int | None]:
    """Ids of the rows before and after a record in a list's order; None at its ends. Queries: 3."""
    source = source_of(ctx, request)
    where = restrictions(ctx, request, source)
    keys = order_keys(ctx, request, source)
    here = sa.select(*(key.column for key in keys)).select_from(source.from_)
    values = ctx.conn.execute(here.where(*where, source.column("id") == record_id)).first()
    if values is None:
        return None, None
    back = [replace(key, descending=not key.descending) for key in keys]
    return _first(ctx, source, where, back, values), _first(ctx, source, where, keys, values)


def _first(
    ctx: Context, source: Any, where: Sequence[ColumnElement[bool]], keys: Sequence[Key], values: Sequence[Any]
) -> int | None:
    for after in ranges(keys, values):
        nearest = sa.select(source.column("id")).select_from(source.from_).where(*where, after)
        found: int | None = ctx.conn.scalar(nearest.order_by(*(key.order() for key in keys)).limit(1))
        if found is not None:
            return found
    return None
