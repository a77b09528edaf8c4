"""The beginning of a list, found along the index of its order. For SQLite, which plans without knowing the rows.

It takes the index of whatever is compared with a constant and sorts all it finds there, be it a fifth of a million
rows. Where matches are not rare, the page stands within a short stretch of the order's own index; where they are,
its plan is good. One statement walks the stretch and goes on with that plan only if the page is not full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ...metadata.physical import object_name
from .keyset import Key
from .listrequest import ListRequest

if TYPE_CHECKING:
    from ..context import Context

STRETCH = 6_000
"""Rows that are walked at most, in a few milliseconds: enough for a page of matches that are one in a hundred."""


def begins(ctx: Context, request: ListRequest, source: Any, key: Key, after: Sequence[Any] | None) -> bool:
    """Whether there is a stretch to walk from the list's beginning, or from the row with the values `after`.

    In ascending order empty values come first, and a bound would leave them out.
    """
    rights = ctx.access.entity(request.entity)
    path = _path(request)
    if ctx.conn.dialect.name != "sqlite" or request.deleted or request.group or path not in rights.table.c:
        return False
    if source.selection.mask(path) is not None or not _hint(request, rights.table):
        return False
    if after is not None:
        return after[0] is not None
    is_all = isinstance(rights.scope(request.operation), sa.True_)
    asked = request.filter is not None or request.fixed is not None or request.search
    return (key.descending or key.filled) and bool(asked or not is_all)


def _path(request: ListRequest) -> str:
    return request.sort[0].removeprefix("-") if request.sort else "id"


def _hint(request: ListRequest, table: sa.Table) -> str:
    """What keeps SQLite to the order's index; nothing when there is none."""
    if _path(request) == "id":
        return "NOT INDEXED"
    name = object_name("ix", request.entity, _path(request))
    return f"INDEXED BY {name}" if any(index.name == name for index in table.indexes) else ""


def keep_to(
    ctx: Context, request: ListRequest, source: Any, key: Key, after: Sequence[Any] | None
) -> ColumnElement[bool]:
    """Lets `source` be read along the index; the condition that ends the stretch."""
    table = ctx.access.entity(request.entity).table
    source.hint(_hint(request, table))
    column = table.alias().c[_path(request)]
    last = sa.select(column).order_by(column.desc() if key.descending else column.asc()).limit(1).offset(STRETCH)
    if after is not None:
        last = last.where(column <= after[0] if key.descending else column >= after[0])
    bound = last.scalar_subquery()
    found: ColumnElement[bool] = key.column >= bound if key.descending else key.column <= bound
    return found


def then(near: sa.Select[Any], rest: sa.Select[Any], limit: int) -> sa.CompoundSelect[Any]:
    """The rows of `near` when they are `limit`, else those of `rest`, which otherwise is not begun."""
    found = near.limit(limit).cte("near")
    count = sa.select(sa.func.count()).select_from(found).scalar_subquery()
    full = sa.select(found).limit(sa.case((count == limit, limit), else_=0))
    other = rest.limit(sa.case((count == limit, 0), else_=limit))
    return sa.union_all(sa.select(full.subquery("stretch")), sa.select(other.subquery("rest")))
