"""What the address of a list says, read and written: the saved list, search, filter, order, columns, page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from ...metadata.errors import InvalidInput, NotFound, UnknownField
from ...metadata.layouts import ListLayout
from ..records.listrequest import ListRequest, check_group
from .branching import at_the_top, tree_shown

if TYPE_CHECKING:
    from ..context import Context
    from ..http.call import Pairs

PLACES = ("list", "view", "q", "filter", "group", "sort", "columns", "month", "after")
BESIDE = "open"
"""Stands in the address for the record that is open beside the list; it changes nothing of the list."""
NO_LIST = "-"
"""Stands in the address where no saved list is meant, but all rows as without any."""
NO_GROUP = "-"
"""Stands in the address where the reader wants no groups though the saved list has them."""
USUAL_COLUMNS = 8
ALWAYS_SHOWN = ("owner", "updated_at")


@lru_cache(maxsize=500)
def _quoted(part: str) -> str:
    """A part of an address. The heads of a table lead to as many addresses, alike but for one part."""
    return quote_plus(part)


@dataclass(frozen=True, slots=True)
class ListState:
    """A list as its reader asked for it. `given` are the parts that stand in the address, `request` is checked.

    `sort` and `columns` are those that are shown; the request has the group besides. `tree` is the field by which
    rows stand below each other in this list.
    """

    layout: ListLayout | None
    given: dict[str, str]
    request: ListRequest
    sort: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    view: str = "table"
    tree: str | None = None

    @property
    def path(self) -> str:
        """The address without its query."""
        return f"/e/{self.request.entity}"

    def href(self, **changes: str | None) -> str:
        """The address with some parts changed; None takes a part away. Another state begins at its first page."""
        parts = {**self.given, "after": None, **changes}
        query = "&".join(f"{name}={_quoted(part)}" for name in PLACES if (part := parts.get(name)))
        return self.path + ("?" + query if query else "")

    @property
    def parts(self) -> list[Any]:
        """The reader's filter as conditions that all hold, each raw."""
        return parts_of(self.request.filter)

    def without(self, index: int) -> str:
        """The address without one of `parts`."""
        kept = [part for position, part in enumerate(self.parts) if position != index]
        return self.href(filter=written(kept))


def read_state(ctx: Context, entity: str, query: Pairs) -> ListState:
    """The state in a query. Names that are no place of ours filter, `city=…`. Raises NotFound, InvalidInput."""
    ctx.access.entity(entity).require("view")
    params = {name: query.one(name) for name in query if name != BESIDE}
    layout = _layout(ctx, entity, params.get("list", ""))
    shorthand = {name: value for name, value in params.items() if name not in PLACES}
    names = {"filter": "filter", "sort": "sort", "fields": "columns", "search": "q", "after": "after"}
    asked = {name: params[place] for name, place in names.items() if params.get(place)}
    asked.setdefault("fields", "" if layout else ",".join(usual_columns(ctx, entity)))
    request = ListRequest.parse(ctx.access, entity, {**shorthand, **asked}, layout)
    given = {name: value for name in PLACES if (value := params.get(name))}
    if request.filter is not None:
        given["filter"] = written(parts_of(request.filter)) or ""
    view = _view(ctx, layout, params.get("view", ""))
    group = _group(ctx, entity, layout, params.get("group", "")) if view == "table" else None
    whole = request.grouped(group) if group else request
    tree = tree_shown(ctx, layout, whole, view)
    return ListState(layout, given, at_the_top(whole, tree), request.sort, request.columns, view, tree)


def ways_of(ctx: Context, layout: ListLayout | None) -> list[str]:
    """The ways a saved list can be shown to this reader: those whose fields he sees."""
    ways = ["table"]
    if layout is None:
        return ways
    readable = ctx.access.entity(layout.entity).readable
    if layout.kanban is not None and layout.kanban.by in readable:
        ways.append("kanban")
    if layout.calendar is not None and layout.calendar.start in readable:
        ways.append("calendar")
    if layout.gallery is not None:
        ways.append("gallery")
    return ways


def _view(ctx: Context, layout: ListLayout | None, asked: str) -> str:
    """How the list is shown: as asked, else as it opens. Raises InvalidInput for a way it cannot be shown."""
    ways = ways_of(ctx, layout)
    if asked:
        if asked not in ways:
            raise InvalidInput("bad_parameter", name="view")
        return asked
    return layout.view if layout is not None and layout.view in ways else "table"


def _group(ctx: Context, entity: str, layout: ListLayout | None, asked: str) -> str | None:
    """What rows are grouped by: what is asked for, else the layout's if the reader sees it."""
    if asked:
        return None if asked == NO_GROUP else check_group(ctx.access, entity, asked)
    if layout is None or layout.group is None:
        return None
    try:
        return check_group(ctx.access, entity, layout.group)
    except UnknownField:
        return None


def _layout(ctx: Context, entity: str, key: str) -> ListLayout | None:
    layouts = ctx.catalog.lists_of[entity]
    if key == NO_LIST:
        return None
    if not key:
        return layouts[0] if layouts else None
    found = next((layout for layout in layouts if layout.key == key), None)
    if found is None:
        raise NotFound()
    return found


def usual_columns(ctx: Context, entity: str) -> Iterator[str]:
    """What a list without a layout shows: the title, fields that ask for it or the first, owner, last change."""
    rights = ctx.access.entity(entity)
    title = rights.entity.title
    tables = {child.key for child in ctx.catalog.children[entity]}
    fields = [
        field.key
        for field in rights.entity.fields.values()
        if field.key in rights.readable and field.key not in tables and not field.hidden and field.key != title
    ]
    if title in rights.readable:
        yield title
    wanted = [key for key in fields if rights.entity.fields[key].in_list]
    yield from wanted or fields[:USUAL_COLUMNS]
    yield from (key for key in ALWAYS_SHOWN if key in rights.readable)


def parts_of(condition: Any) -> list[Any]:
    """The conditions of which all must hold; a condition that is not such a list is its only part."""
    if condition is None:
        return []
    if isinstance(condition, dict) and condition.keys() == {"all"} and isinstance(condition["all"], list):
        return [part for each in condition["all"] for part in parts_of(each)]
    return [condition]


def written(parts: list[Any]) -> str | None:
    """The JSON of conditions that all hold; None when there is none."""
    if not parts:
        return None
    return json.dumps(parts[0] if len(parts) == 1 else {"all": parts}, ensure_ascii=False, separators=(",", ":"))
