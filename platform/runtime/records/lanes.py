"""The first rows of each of several values of a field: the columns of a board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .keyset import Key
from .listquery import note_tints, order_keys, page_statement, restrictions, row_ranges, source_of
from .listrequest import ListRequest
from .record import Record
from .selection import Selection

if TYPE_CHECKING:
    from ..context import Context


def fetch(ctx: Context, request: ListRequest, field: str, values: Sequence[Any], each: int) -> list[Record]:
    """The first `each` rows of every value in the request's order, all in one list; None among the values means
    empty. Each lane is cut by itself, along an index on the field where there is one. Raises InvalidInput.
    Queries: 1.
    """
    if not values:
        return []
    source = source_of(ctx, request)
    where = restrictions(ctx, request, source)
    keys = order_keys(ctx, request, source)
    columns = request.columns if field in request.columns else (*request.columns, field)
    selection = Selection(ctx.access, request.entity, columns, ctx.lang)
    lane = Key(source.column(field))
    ranges = row_ranges(ctx, request, selection, source, keys, [[*where, lane.equals(value)] for value in values])
    cut = [part.limit(each).subquery(f"lane{n}") for n, part in enumerate(ranges)]
    union = sa.union_all(*(sa.select(one) for one in cut)).subquery("page")
    page, read = page_statement(request, selection, keys, union)
    rows = ctx.conn.execute(page).all()
    return note_tints(request, [read(row) for row in rows], rows, len(keys))
