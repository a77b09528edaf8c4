"""A list as a draft makes it, drawn by what draws the lists of members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...metadata import reading
from ...metadata.layouts import ListLayout
from ..listview.board import Board
from ..listview.branching import at_the_top, tree_shown, twigs_of
from ..listview.gallery import GalleryCards, Picture
from ..listview.groups import group_heads, number_cells, summed, totals_shown
from ..listview.month import Month
from ..listview.rows import draw_rows
from ..listview.screen import WAYS, ListScreen
from ..listview.state import ListState, ways_of
from ..records.listrequest import ListRequest
from ..render import render
from .samples import Samples
from .workspace import Workspace

if TYPE_CHECKING:
    from ..context import Context

ROWS, ROWS_IN_GROUPS = 12, 40


@dataclass(frozen=True)
class DraftScreen(ListScreen):
    """What the templates of lists ask for, of a list in which nothing can be done yet. Rows are from `records`."""

    records: Samples

    @property
    def selectable(self) -> bool:
        """Rows are not marked."""
        return False

    @property
    def _ungrouped(self) -> ListState:
        """Only a table has groups."""
        request = ListRequest.of_layout(self.ctx.access, self.entity, self.state.layout)
        return replace(self.state, request=replace(request, limit=ROWS))

    @cached_property
    def board(self) -> Board:
        """The list as a board."""
        return Board(self.ctx, self._ungrouped, self.records)

    @cached_property
    def month(self) -> Month:
        """The list as a month."""
        return Month(self.ctx, self._ungrouped, self.records)

    @cached_property
    def gallery(self) -> list[Picture]:
        """The list as cards with pictures."""
        cards = GalleryCards(self.ctx, self._ungrouped)
        return cards.cards(self.records.list(cards.request()))


def draw_list(work: Workspace, seen: Context, document: Mapping[str, Any]) -> str:
    """A list with its first rows, groups and numbers, in each of the ways it can be shown."""
    layout = reading.read_list(document)
    entity = seen.catalog.entity(layout.entity)
    state = state_of(seen, layout)
    records = Samples(work.ctx, seen)
    page = records.list(state.request)
    heads, twigs = (
        group_heads(seen, state, pick=False, records=records),
        twigs_of(seen, state, page.items, records),
    )
    data = {
        "list": DraftScreen(seen, state, page, records),
        "entity": entity,
        "chosen": layout,
        "ways": {way: WAYS[way] for way in ways_of(seen, layout)},
        "quick": [entity.all_fields[key] for key in layout.quick_filters if key in entity.all_fields],
        "rows": draw_rows(seen, entity.key, state.columns, page.items, pick=False, heads=heads, twigs=twigs),
        "totals": _totals(seen, state, records),
    }
    return bytes(render(seen, "design/list.html", fragment=True, **data).body).decode()


def state_of(seen: Context, layout: ListLayout) -> ListState:
    """The list as it opens."""
    request = ListRequest.of_layout(seen.access, layout.entity, layout)
    whole = replace(request, limit=ROWS_IN_GROUPS if layout.group else ROWS)
    if layout.group:
        whole = whole.grouped(layout.group)
    view = layout.view if layout.view in ways_of(seen, layout) else "table"
    tree = tree_shown(seen, layout, whole, view)
    return ListState(layout, {}, at_the_top(whole, tree), request.sort, request.columns, view, tree)


def _totals(seen: Context, state: ListState, records: Samples) -> dict[str, str] | None:
    """The numbers below the list, by column; None where it has none."""
    if not totals_shown(seen, state):
        return None
    whole = replace(state, request=replace(state.request, group=None))
    groups = summed(seen, whole, records).groups
    return number_cells(seen, whole, groups[0].values[1:]) if groups else {}
