"""What a list is asked for, checked against the entity and the reader before anything is read.

Nothing is ever dropped from what a reader writes himself: a field he may not see, an order or a filter that means
nothing is refused. Only what a layout brings along adapts to him silently, because he did not write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from ...metadata import conditions
from ...metadata.errors import BadFilter, InvalidInput, UnknownField
from ...metadata.layouts import ListLayout
from . import paths
from .kept import Kept
from .selection import stored_fields

if TYPE_CHECKING:
    from ...rbac.access import Access

MOST_SORT_KEYS = 5
MOST_ROWS = 500
USUAL_ROWS = 50
LONGEST_SEARCH = 200
COUNTS = ("none", "capped", "exact")
NEWEST_FIRST = ("-id",)
KEPT_REQUESTS = 1_000

_SORT = re.compile(r"-?[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", re.ASCII)
_KNOWN = frozenset({"filter", "sort", "fields", "search", "limit", "after", "count", "deleted"})


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A checked request. `filter` is the reader's raw Condition, `fixed` one from a layout, which may use any
    field.

    `group` is the first of `sort` where rows stand in groups: options then go by their order, not their keys.
    `tints` are raw Conditions of a layout, each with the colour of rows for which it is the first to hold.
    `columns` and `sort` name fields or dotted paths; a leading `-` descends. `operation` is what the rows are read
    for: those exported may be fewer than those seen. Without `labels` references are read as their ids alone.
    With `tree`, a field by which records stand below each other, only those right below `above` are asked for, or
    those at the top.
    """

    entity: str
    columns: tuple[str, ...]
    filter: Any = None
    fixed: Any = None
    sort: tuple[str, ...] = NEWEST_FIRST
    search: str = ""
    limit: int = USUAL_ROWS
    after: str | None = None
    count: str = "none"
    deleted: bool = False
    operation: str = "view"
    group: str | None = None
    tints: tuple[tuple[Any, str], ...] = ()
    labels: bool = True
    tree: str | None = None
    above: int | None = None

    @classmethod
    def parse(
        cls,
        access: Access,
        entity: str,
        params: Mapping[str, str],
        layout: ListLayout | None = None,
        also: frozenset[str] = frozenset(),
    ) -> ListRequest:
        """The request in URL parameters: `filter` (JSON), `sort`, `fields`, `search`, `limit`, `after`, `count`,
        `deleted`; any other name is a filter, `city=…` or `amount__gte=…`, unless it is in `also`. What is not
        given comes from `layout`. Whoever asks the same again gets the same object. Raises NotFound, InvalidInput.
        """
        place = (access.actor, entity, layout.key if layout else "", tuple(params.items()), also)
        found = _read.get(access.catalog, place)
        if found is None:
            found = cls._parsed(access, entity, params, layout, also)
            _read.put(access.catalog, place, found)
        return found

    @classmethod
    def _parsed(
        cls,
        access: Access,
        entity: str,
        params: Mapping[str, str],
        layout: ListLayout | None,
        also: frozenset[str],
    ) -> ListRequest:
        access.entity(entity).require("view")
        request = cls.of_layout(access, entity, layout)
        shorthand = [(name, value) for name, value in params.items() if name not in _KNOWN and name not in also]
        return replace(
            request,
            columns=_columns(access, entity, params["fields"]) if params.get("fields") else request.columns,
            sort=_sort(access, entity, params["sort"]) if params.get("sort") else request.sort,
            filter=_filter(access, entity, params.get("filter", ""), shorthand),
            search=_search(params.get("search", "")),
            limit=_limit(params.get("limit", "")),
            after=params.get("after") or None,
            count=_choice("count", params.get("count", "") or "none", COUNTS),
            deleted=_choice("deleted", params.get("deleted", "") or "0", ("0", "1")) == "1",
        )

    def grouped(self, path: str) -> ListRequest:
        """The request with its rows in groups of equal values at `path`."""
        rest = tuple(key for key in self.sort if key.removeprefix("-") != path)
        columns = self.columns if path in self.columns else (*self.columns, path)
        return replace(self, group=path, sort=(path, *rest)[:MOST_SORT_KEYS], columns=columns)

    @classmethod
    def of_layout(cls, access: Access, entity: str, layout: ListLayout | None = None) -> ListRequest:
        """What a layout shows this reader: its columns and order without what he may not see."""
        if layout is None:
            return cls(entity, stored_fields(access, entity))
        columns = tuple(c.field for c in layout.columns if _is_visible(access, entity, c.field))
        look = paths.compared
        sort = tuple(key for key in layout.sort if _is_visible(access, entity, key.removeprefix("-"), look))
        tints = tuple((c.when, c.color) for c in layout.colors if _may_decide(access, entity, c.when))
        return cls(entity, columns, fixed=layout.filter, sort=sort or NEWEST_FIRST, tints=tints)


_read: Kept[ListRequest] = Kept(KEPT_REQUESTS)

Look = Callable[[Any, str, str], Sequence[Any]]
"""How a path is looked up: as it is shown, or as it is compared."""


def check_group(access: Access, entity: str, path: str) -> str:
    """What rows are grouped by, when that is something. Raises InvalidInput (bad_parameter), UnknownField."""
    if not paths.compared(access, entity, path)[-1].behaviour.sortable:
        raise InvalidInput("bad_parameter", name="group")
    return path


def _may_decide(access: Access, entity: str, condition: Any) -> bool:
    """Whether the reader sees all that a layout's condition looks at: a colour would tell him of the rest."""
    try:
        check_filter(access, entity, condition)
    except InvalidInput:
        return False
    return True


def _is_visible(access: Access, entity: str, path: str, look: Look = paths.resolve) -> bool:
    try:
        look(access, entity, path)
    except UnknownField:
        return False
    return True


def _columns(access: Access, entity: str, raw: str) -> tuple[str, ...]:
    columns = tuple(dict.fromkeys(part.strip() for part in raw.split(",")))
    return tuple(dict.fromkeys(paths.present(access, entity, path) for path in columns))


def check_sort(access: Access, entity: str, keys: Sequence[str]) -> tuple[str, ...]:
    """The order, when it is one. Raises InvalidInput (bad_sort), UnknownField."""
    if len(keys) > MOST_SORT_KEYS:
        raise InvalidInput("bad_sort", sort=f"{len(keys)} > {MOST_SORT_KEYS}")
    seen = set()
    for key in keys:
        path = key.removeprefix("-")
        if not _SORT.fullmatch(key) or path in seen:
            raise InvalidInput("bad_sort", sort=key[:80])
        seen.add(path)
        field = paths.compared(access, entity, path)[-1]
        if not field.behaviour.sortable:
            raise InvalidInput("bad_sort", sort=key[:80])
    return tuple(("-" if key.startswith("-") else "") + _present(access, entity, key) for key in keys)


def _present(access: Access, entity: str, key: str) -> str:
    return paths.present(access, entity, key.removeprefix("-"))


def _sort(access: Access, entity: str, raw: str) -> tuple[str, ...]:
    return check_sort(access, entity, [part.strip() for part in raw.split(",")])


def _filter(access: Access, entity: str, raw: str, shorthand: Sequence[tuple[str, str]]) -> Any:
    parts: list[Any] = [conditions.shorthand(shorthand)] if shorthand else []
    if raw:
        try:
            parts.append(orjson.loads(raw))
        except orjson.JSONDecodeError as error:
            raise BadFilter(reason=str(error)) from None
    if not parts:
        return None
    found = parts[0] if len(parts) == 1 else {"all": parts}
    check_filter(access, entity, found)
    return found


def check_filter(access: Access, entity: str, raw: Any) -> Any:
    """The parsed Condition of a reader's filter. Raises BadFilter, UnknownField (for hidden and unknown alike)."""
    seen = paths.as_seen(access)
    return conditions.parse(raw, seen.entity(entity), seen)


def _search(raw: str) -> str:
    text = raw.strip()
    if "\0" in text or len(text) > LONGEST_SEARCH:
        raise InvalidInput("bad_parameter", name="search")
    return text


def _limit(raw: str) -> int:
    if not raw:
        return USUAL_ROWS
    if not (raw.isascii() and raw.isdigit() and 0 < int(raw[:9]) <= MOST_ROWS and len(raw) <= 3):
        raise InvalidInput("bad_parameter", name="limit")
    return int(raw)


def _choice(name: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise InvalidInput("bad_parameter", name=name)
    return value
