"""Where a card and its marks lead: the list of exactly the rows behind a number.

The address names only what its reader may see. A condition of the document that he may not read stays out of it:
the rows are then offered in a list that has the condition itself, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ...metadata.errors import BadFilter, UnknownField
from ...metadata.layouts import ListLayout, Widget
from ...metadata.model import Field
from ..listview.state import NO_LIST, parts_of, written
from ..records.aggregate import Dimension
from ..records.listrequest import check_filter
from .period import bucket_span

if TYPE_CHECKING:
    from ..context import Context


class Drill:
    """The addresses of one widget. `narrowed` are the conditions its reader put on it himself."""

    def __init__(self, ctx: Context, widget: Widget, narrowed: Sequence[Any]) -> None:
        self.entity = widget.entity
        self.narrowed = list(narrowed)
        self.layout: ListLayout | None = None
        self.rest: list[Any] | None = None
        self.plain: dict[str, str] = {}
        self._choose(ctx, widget)

    def _choose(self, ctx: Context, widget: Widget) -> None:
        """Find the list, if possible the widget's own, whose filter and what is to be added make the widget's;
        where every list has other conditions, all rows without a list.
        """
        given = parts_of(widget.spec.get("filter"))
        layouts: tuple[ListLayout, ...] = tuple(ctx.catalog.lists_of.get(widget.entity, ()))
        own = [layout for layout in layouts if layout.key == widget.spec.get("list")]
        self.plain = {"list": NO_LIST} if layouts else {}
        for layout in (*own, *sorted(layouts, key=_breadth), None):
            rest = _beyond(given, layout)
            if rest is not None and _readable(ctx, widget.entity, rest):
                self.layout, self.rest = layout, rest
                return

    def to(self, *conditions: Any) -> str:
        """The address of the rows that also fulfil these conditions; empty where the reader can be shown none."""
        if self.rest is None:
            return ""
        query = {"list": self.layout.key} if self.layout else dict(self.plain)
        raw = written([*self.rest, *self.narrowed, *conditions])
        if raw:
            query["filter"] = raw
        return f"/e/{self.entity}" + ("?" + urlencode(query) if query else "")


def _breadth(layout: ListLayout) -> int:
    """Lists without a filter come first: they are what a chip-by-chip filter reads best in."""
    return len(parts_of(layout.filter))


def _beyond(given: Sequence[Any], layout: ListLayout | None) -> list[Any] | None:
    """What is left of the conditions in a list that has some of them; None when it has others."""
    rest = [_key(part) for part in given]
    for part in parts_of(layout.filter) if layout else ():
        if _key(part) not in rest:
            return None
        rest.remove(_key(part))
    return [json.loads(part) for part in rest]


def _key(condition: Any) -> str:
    return json.dumps(condition, sort_keys=True, ensure_ascii=False)


def _readable(ctx: Context, entity: str, conditions: list[Any]) -> bool:
    try:
        for condition in conditions:
            check_filter(ctx.access, entity, condition)
    except (BadFilter, UnknownField):
        return False
    return True


def is_of(dimension: Dimension, field: Field, key: Any) -> Any:
    """The Condition of the rows whose group has this key."""
    if key is None:
        return {"field": dimension.field, "op": "is_empty"}
    if dimension.bucket:
        first, last = bucket_span(key, dimension.bucket)
        return {"field": dimension.field, "op": "between", "value": [str(first), str(last)]}
    return {"field": dimension.field, "op": "eq", "value": field.behaviour.dump(field, key)}
