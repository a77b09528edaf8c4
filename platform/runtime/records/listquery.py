"""Lists: one SELECT for a page of rows with their labels, one more for the count where it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ...metadata import conditions
from ...rbac.scope import is_steady
from . import cursor, paths, stretch
from .kept import Kept
from .keyset import Key, ranges
from .listrequest import ListRequest, check_filter
from .record import Page, Record
from .rowset import among
from .selection import Reading, Selection, column_behind

if TYPE_CHECKING:
    from ..context import Context

COUNT_CAP = 10_000
"""Where counting stops unless all are asked for: beyond it costs more than the page."""

KEPT_LISTS = 300
NEVER_EMPTY = frozenset({"id", "rev", "created_at", "updated_at"})

_kept: Kept[_Prepared] = Kept(KEPT_LISTS)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The statements of a list: a page of rows, and how many there are; `ends` columns at the end are the
    cursor's.
    """

    page: sa.Select[Any]
    count: sa.Select[Any]
    read: Reading
    ends: int


def fetch(ctx: Context, request: ListRequest) -> Page:
    """The page. Raises InvalidInput. Queries: 1, or 2 with a count of more than the page."""
    bound_to = _binding(ctx, request)
    prepared = _prepared(ctx, request, bound_to)
    rows = ctx.conn.execute(prepared.page).all()
    items = [prepared.read(row) for row in rows[: request.limit]]
    note_tints(request, items, rows, prepared.ends)
    following = None
    if len(rows) > request.limit:
        values = list(rows[request.limit - 1][-prepared.ends :])
        following = cursor.write(ctx.settings.secret, bound_to, values)
    if request.after is None and following is None:
        return Page(items, None, len(items))
    if request.count == "none":
        return Page(items, following)
    return Page(items, following, *_counted(ctx, request, prepared))


def note_tints(request: ListRequest, items: list[Record], rows: Sequence[Any], ends: int) -> list[Record]:
    """The records with their colours, which stand in their rows before the `ends` of the cursor."""
    if request.tints:
        for record, row in zip(items, rows, strict=False):
            place = row[-1 - ends]
            record.tint = None if place is None else request.tints[place][1]
    return items


def count(ctx: Context, request: ListRequest) -> tuple[int, bool]:
    """How many rows are under the request, and whether counting stopped at the cap. Queries: 1."""
    return _counted(ctx, request, _prepared(ctx, request, _binding(ctx, request)))


def _counted(ctx: Context, request: ListRequest, prepared: _Prepared) -> tuple[int, bool]:
    found = ctx.conn.scalar(prepared.count) or 0
    capped = request.count == "capped" and found > COUNT_CAP
    return (COUNT_CAP if capped else found), capped


def _prepared(ctx: Context, request: ListRequest, bound_to: str) -> _Prepared:
    """The statements, kept where another request of this person would get the same ones."""
    if request.after is not None:
        values = cursor.read(ctx.settings.secret, bound_to, request.after)
        return _prepare(ctx, request, values)[0]
    tints = (
        orjson.dumps([tint for tint, _ in request.tints], option=orjson.OPT_SORT_KEYS) if request.tints else b""
    )
    what = (request.columns, request.limit, request.count, request.labels, COUNT_CAP)
    place = (ctx.actor, ctx.lang, bound_to, what, tints)
    found = _kept.get(ctx.catalog, place)
    if found is None:
        found, steady = _prepare(ctx, request, None)
        if steady:
            _kept.put(ctx.catalog, place, found)
    return found


def _prepare(ctx: Context, request: ListRequest, after: Sequence[Any] | None) -> tuple[_Prepared, bool]:
    """(the statements, whether they are the same at every moment)."""
    source = source_of(ctx, request)
    where = [*restrictions(ctx, request, source), *_level(ctx, request, source)]
    keys = order_keys(ctx, request, source)
    selection = Selection(ctx.access, request.entity, request.columns, ctx.lang, request.labels)
    parts = row_ranges(ctx, request, selection, source, keys, [[*where, *each] for each in _after(keys, after)])
    cut = _cut(parts, keys, request.limit + 1)
    if stretch.begins(ctx, request, source, keys[0], after):
        cut = stretch.then(_near(ctx, request, selection, after), cut, request.limit + 1)
    page, read = page_statement(request, selection, keys, cut.subquery("page"))
    counted: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(source.from_).where(*where)
    if request.count == "capped":
        counted = counted.limit(COUNT_CAP + 1)
    count = sa.select(sa.func.count()).select_from(counted.subquery("counted"))
    return _Prepared(page, count, read, len(keys)), after is None and _is_steady(ctx, request, source)


def _is_steady(ctx: Context, request: ListRequest, source: Any) -> bool:
    """Whether the statements are the same at every moment: no scope, condition or field on the way moves."""
    entity, catalog = ctx.catalog.entity(request.entity), ctx.catalog
    raws = [request.filter, request.fixed, *(tint for tint, _ in request.tints)]
    given = [conditions.parse(raw, entity, catalog) for raw in raws if raw is not None]
    read = {*request.columns, *(key.removeprefix("-") for key in request.sort)}.union(
        *map(conditions.paths, given)
    )
    others = paths.entities_along(catalog, request.entity, read) & frozenset(ctx.access.entities())
    return (
        source.selection.steady
        and all(ctx.access.entity(other).selection().steady for other in others)
        and all(is_steady(condition, catalog) for condition in given)
    )


def counts_below(ctx: Context, request: ListRequest, ids: Collection[int]) -> Mapping[int, int]:
    """How many rows of a list stand right below each of these in its tree. Queries: 1."""
    if not ids or request.tree is None:
        return {}
    source = source_of(ctx, request)
    link = source.column(request.tree)
    chosen = sa.select(link, sa.func.count()).select_from(source.from_)
    counted = chosen.where(*restrictions(ctx, request, source), among(ctx.conn, link, ids)).group_by(link)
    return {row[0]: row[1] for row in ctx.conn.execute(counted)}


def fetch_ids(ctx: Context, request: ListRequest, limit: int) -> list[int]:
    """Ids of the rows under the request in its order, at most `limit`. Raises InvalidInput. Queries: 1."""
    source = source_of(ctx, request)
    where = restrictions(ctx, request, source)
    order = [key.order() for key in order_keys(ctx, request, source)]
    chosen = sa.select(source.column("id")).select_from(source.from_).where(*where).order_by(*order).limit(limit)
    return list(ctx.conn.scalars(chosen))


def source_of(ctx: Context, request: ListRequest) -> Any:
    """The secured selectable the request reads."""
    rights = ctx.access.entity(request.entity)
    operation = "restore" if request.deleted else request.operation
    rights.require(operation)
    return rights.select(operation, deleted=request.deleted)


def restrictions(ctx: Context, request: ListRequest, source: Any) -> list[ColumnElement[bool]]:
    """The conditions of the request on `source`: the layout's, the reader's, and the search."""
    found: list[ColumnElement[bool]] = []
    if request.fixed is not None:
        found.append(_trusted(ctx, request, source))
    if request.filter is not None:
        condition = check_filter(ctx.access, request.entity, request.filter)
        found.append(conditions.clause(condition, source.comparing(), ctx.env))
    if request.search:
        found.append(search_clause(ctx, request.entity, source, request.search))
    return found


def _trusted(ctx: Context, request: ListRequest, source: Any) -> ColumnElement[bool]:
    """A layout's own condition. It may name fields the reader does not see; it is then judged on bare rows."""
    condition = conditions.parse(request.fixed, ctx.catalog.entity(request.entity), ctx.catalog)
    seen = paths.as_seen(ctx.access)
    if all(_sees(seen, ctx, request.entity, path) for path in conditions.paths(condition)):
        return conditions.clause(condition, source.comparing(), ctx.env)
    bare = conditions.TableSource(ctx.catalog, request.entity)
    chosen = sa.select(bare.column("id")).select_from(bare.from_)
    found: ColumnElement[bool] = source.column("id").in_(chosen.where(conditions.clause(condition, bare, ctx.env)))
    return found


def _sees(seen: Any, ctx: Context, entity: str, path: str) -> bool:
    here = seen.entities.get(entity)
    for part in path.split("."):
        if here is None or part not in here.all_fields:
            return False
        here = seen.entities.get(here.all_fields[part].option("target", ""))
    return True


def searched_fields(ctx: Context, entity: str) -> list[str]:
    """The fields a search looks into: the title and those marked searchable, as far as the reader sees them."""
    rights = ctx.access.entity(entity)
    chosen = [f for f in rights.entity.fields.values() if f.searchable or f.key == rights.entity.title]
    return [f.key for f in chosen if f.key in rights.readable - rights.veiled and _can_contain(f)]


def _can_contain(field: Any) -> bool:
    operators = field.behaviour.of(field).operators
    return any(operator.name == "contains" and operator.operand == "text" for operator in operators)


def _searched_behind(ctx: Context, entity: str) -> list[str]:
    """The titles of what searchable relations point at, as paths, as far as the reader sees them."""
    rights = ctx.access.entity(entity)
    found = []
    for field in rights.entity.fields.values():
        kind, target = field.behaviour, str(field.option("target", ""))
        if not field.searchable or field.key not in rights.readable or not ctx.access.may(target, "view"):
            continue
        if "target" in (kind.target, kind.several):
            title = ctx.catalog.entity(target).title
            other = ctx.access.entity(target)
            if title in other.readable and _can_contain(other.entity.all_fields[title]):
                found.append(f"{field.key}.{title}")
    return found


def search_clause(ctx: Context, entity: str, source: Any, text: str) -> ColumnElement[bool]:
    """Rows in which some searched field, or the title of what one points at, contains `text` literally."""
    searched = [*searched_fields(ctx, entity), *_searched_behind(ctx, entity)]
    parts = [{"field": key, "op": "contains", "value": text} for key in searched]
    if not parts:
        return sa.false()
    condition = conditions.parse({"any": parts}, ctx.catalog.entity(entity), ctx.catalog)
    return conditions.clause(condition, source.comparing(), ctx.env)


def order_keys(ctx: Context, request: ListRequest, source: Any) -> list[Key]:
    """The order as keyset keys, ended by the id."""
    keys = []
    for part in request.sort:
        path = part.removeprefix("-")
        chain = paths.resolve(ctx.access, request.entity, path)
        column = column_behind(ctx.access, chain, source.column(chain[0].key))
        if path == request.group and chain[-1].choices:
            column = sa.case({choice.key: place for place, choice in enumerate(chain[-1].choices)}, value=column)
        keys.append(Key(column, part.startswith("-"), filled=path in NEVER_EMPTY, is_id=path == "id"))
        if path == "id":
            return keys
    descending = keys[-1].descending if keys else True
    return [*keys, Key(source.column("id"), descending, filled=True, is_id=True)]


def _binding(ctx: Context, request: ListRequest) -> str:
    return cursor.binding(
        ctx.actor.id,
        ctx.catalog.version,
        request.entity,
        request.sort,
        request.group,
        orjson.dumps([request.filter, request.fixed], option=orjson.OPT_SORT_KEYS),
        request.search,
        request.deleted,
        request.operation,
        *((request.tree, request.above) if request.tree else ()),
    )


def _level(ctx: Context, request: ListRequest, source: Any) -> list[ColumnElement[bool]]:
    """Of a tree the rows right below a row of the list, or at the top: those that stand below no row of the list,
    be it because there is none or because its reader does not see it.
    """
    if request.tree is None:
        return []
    link, upper = source.column(request.tree), source_of(ctx, request)
    ids = sa.select(upper.column("id")).select_from(upper.from_).where(*restrictions(ctx, request, upper))
    if request.above is not None:
        there = ids.where(upper.column("id") == request.above)
        return [link == request.above, sa.literal(request.above).in_(there)]
    is_whole = isinstance(ctx.access.entity(request.entity).scope(request.operation), sa.True_)
    if is_whole and request.filter is None and request.fixed is None and not request.search:
        return [link.is_(None)]
    return [sa.or_(link.is_(None), link.not_in(ids))]


def _after(keys: Sequence[Key], after: Sequence[Any] | None) -> list[list[ColumnElement[bool]]]:
    """The ranges of rows behind a row; one of all rows when there is none."""
    return [[]] if after is None else [[each] for each in ranges(keys, after)]


def _near(ctx: Context, request: ListRequest, selection: Selection, after: Sequence[Any] | None) -> sa.Select[Any]:
    """The rows of the stretch behind `after` that are under the request, in its order."""
    source = source_of(ctx, request)
    keys = order_keys(ctx, request, source)
    where = [*restrictions(ctx, request, source), *_level(ctx, request, source)]
    where.append(stretch.keep_to(ctx, request, source, keys[0], after))
    return row_ranges(ctx, request, selection, source, keys, [[*where, *_after(keys, after)[0]]])[0]


def row_ranges(  # noqa: PLR0913  (what a statement is made of)
    ctx: Context,
    request: ListRequest,
    selection: Selection,
    source: Any,
    keys: Sequence[Key],
    branches: Sequence[Sequence[ColumnElement[bool]]],
) -> list[sa.Select[Any]]:
    """A SELECT of each range of rows, in the list's order."""
    columns = [*selection.inner(source), *_tint(ctx, request, source)]
    marks = [key.column.label(f"s{n}") for n, key in enumerate(keys)]
    chosen = sa.select(*columns, *marks).select_from(source.from_).order_by(*(key.order() for key in keys))
    return [chosen.where(*where) for where in branches]


def _cut(parts: Sequence[sa.Select[Any]], keys: Sequence[Key], limit: int) -> sa.Select[Any]:
    """The first `limit` rows of disjoint ranges."""
    if len(parts) == 1:
        return parts[0].limit(limit)
    each = [part.limit(limit).subquery(f"range{n}") for n, part in enumerate(parts)]
    union = sa.union_all(*(sa.select(one) for one in each)).subquery("ranges")
    order = [key.order(union.c[f"s{n}"]) for n, key in enumerate(keys)]
    return sa.select(union).order_by(*order).limit(limit)


def _tint(ctx: Context, request: ListRequest, source: Any) -> list[ColumnElement[Any]]:
    """The place of the first tint whose condition holds, as a column; none where no row is tinted."""
    if not request.tints:
        return []
    parsed = [check_filter(ctx.access, request.entity, raw) for raw, _ in request.tints]
    cases = [(conditions.clause(condition, source.comparing(), ctx.env), n) for n, condition in enumerate(parsed)]
    return [sa.case(*cases).label("tint")]


def page_statement(
    request: ListRequest, selection: Selection, keys: Sequence[Key], page: sa.Subquery
) -> tuple[sa.Select[Any], Any]:
    """One SELECT over the page that was cut in a subquery: labels are looked up for its rows only."""
    outer, read = selection.outer(page)
    if request.tints:
        outer = [*outer, page.c.tint]
    ends = [page.c[f"s{n}"] for n in range(len(keys))]
    order = [key.order(end) for key, end in zip(keys, ends, strict=True)]
    return sa.select(*outer, *ends).select_from(page).order_by(*order), read
