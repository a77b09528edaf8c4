"""A list as a draft makes it, drawn by what draws the lists of members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...metadata import reading
from ...metadata.layouts import ListLayout
from ...metadata.wording import text_of
from ..listview.groups import group_heads, number_cells, summed, totals_shown
from ..listview.rows import draw_rows
from ..listview.screen import ListScreen
from ..listview.state import ListState
from ..records.listrequest import ListRequest
from ..render import render
from .samples import Samples
from .workspace import Workspace

if TYPE_CHECKING:
    from ..context import Context

ROWS, ROWS_IN_GROUPS = 12, 40


class DraftScreen(ListScreen):
    """What the templates of lists ask for, of a list in which nothing can be done yet."""

    @property
    def selectable(self) -> bool:
        """Rows are not marked."""
        return False


def draw_list(work: Workspace, seen: Context, document: Mapping[str, Any]) -> str:
    """A list with its first rows, groups and numbers."""
    layout = reading.read_list(document)
    entity = seen.catalog.entity(layout.entity)
    state = state_of(seen, layout)
    records = Samples(work.ctx, seen)
    page = records.list(state.request)
    heads = group_heads(seen, state, pick=False, records=records)
    data = {
        "list": DraftScreen(seen, state, page),
        "entity": entity,
        "chosen": layout,
        "quick": [entity.all_fields[key] for key in layout.quick_filters if key in entity.all_fields],
        "rows": draw_rows(seen, entity.key, state.columns, page.items, pick=False, heads=heads),
        "totals": _totals(seen, state, records),
        "lists": [text_of(other["label"], seen.lang) for other in work.of_kind("list", entity.key)],
    }
    return bytes(render(seen, "design/list.html", fragment=True, **data).body).decode()


def state_of(seen: Context, layout: ListLayout) -> ListState:
    """The list as it opens."""
    request = ListRequest.of_layout(seen.access, layout.entity, layout)
    whole = replace(request, limit=ROWS_IN_GROUPS if layout.group else ROWS)
    if layout.group:
        whole = whole.grouped(layout.group)
    return ListState(layout, {}, whole, request.sort, request.columns)


def _totals(seen: Context, state: ListState, records: Samples) -> dict[str, str] | None:
    """The numbers below the list, by column; None where it has none."""
    if not totals_shown(seen, state):
        return None
    whole = replace(state, request=replace(state.request, group=None))
    groups = summed(seen, whole, records).groups
    return number_cells(seen, whole, groups[0].values[1:]) if groups else {}
