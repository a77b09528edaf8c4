"""Everything the list's template shows, worked out before it runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from markupsafe import Markup

from ...metadata import conditions
from ...metadata.model import Entity, Field
from ...metadata.wording import say, text_of
from ..records import paths
from ..records.kept import Kept
from ..records.record import Page
from ..shell import ENTITY_ICON
from .board import Board
from .branching import twigs_of
from .editing import editable
from .gallery import GalleryCards, Picture
from .groups import GroupChoice, group_choices, group_heads, totals_shown
from .month import Month
from .names import Names
from .pieces import Chip, Heading, Offer, Tab, Way
from .rows import draw_rows
from .state import ListState, ways_of

if TYPE_CHECKING:
    from ..context import Context

_drawn: Kept[Markup] = Kept(3_000)

NARROWEST, WIDEST, PIXELS_PER_CHARACTER, PADDING, TITLE_WIDTH = 88, 240, 7, 28, 260
WAYS = {"table": "table", "kanban": "layout-kanban", "calendar": "calendar", "gallery": "layout-grid"}
"""The icon of each way to show a list."""

TITLE_CHARACTERS = 24
"""How much of another record's title a column shows."""


def usual_width(field: Field, lang: str) -> int:
    """Pixels a column gets that says nothing itself: room for its values and its own name."""
    characters = field.behaviour.excel(field).width
    if field.choices:
        characters = max(_breadth(text_of(choice.label, lang, choice.key)) for choice in field.choices)
    if "target" in (field.behaviour.target, field.behaviour.several):
        characters = max(characters, TITLE_CHARACTERS)
    pixels = max(characters, _breadth(field.text(lang))) * PIXELS_PER_CHARACTER + PADDING
    return min(max(pixels, NARROWEST), WIDEST)


def _breadth(text: str) -> int:
    """How many Latin letters wide a text is; a Chinese character is as wide as two."""
    return sum(1 if character.isascii() else 2 for character in text)


@dataclass(frozen=True)
class ListScreen:
    """One list page for one reader."""

    ctx: Context
    state: ListState
    page: Page

    @property
    def entity(self) -> str:
        """The entity's key."""
        return self.state.request.entity

    @property
    def _model(self) -> Entity:
        return self.ctx.catalog.entity(self.entity)

    @property
    def title(self) -> str:
        """The entity's name for many."""
        return self._model.text(self.ctx.lang, plural=True)

    @property
    def icon(self) -> str:
        """The entity's icon."""
        return self._model.icon or ENTITY_ICON

    @property
    def layout(self) -> str:
        """The saved list's key, or nothing."""
        return self.state.layout.key if self.state.layout else ""

    @property
    def is_first(self) -> bool:
        """Whether this is what the entity's plain address shows."""
        return self.state.layout is None or self.state.layout == self.ctx.catalog.lists_of[self.entity][0]

    @property
    def path(self) -> str:
        """The address without its query."""
        return self.state.path

    @property
    def q(self) -> str:
        """What is searched."""
        return self.state.request.search

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parts of the address that a new search keeps."""
        return [(name, value) for name, value in self.state.given.items() if name not in ("q", "after")]

    @property
    def filter_text(self) -> str:
        """The reader's Condition as JSON, or nothing."""
        return self.state.given.get("filter", "")

    @property
    def sort_text(self) -> str:
        """The order, as the address would say it."""
        return ",".join(self.state.sort) if self._is_sorted else ""

    @property
    def column_keys(self) -> str:
        """The columns, as the address would say them."""
        return ",".join(self.state.columns)

    def drawn(self, part: str, caller: Callable[[], Markup]) -> Markup:
        """A part of the page that is the same whenever this reader asks for this address, drawn once."""
        place = (part, self._standing)
        found = _drawn.get(self.ctx.catalog, place)
        if found is None:
            found = caller()
            _drawn.put(self.ctx.catalog, place, found)
        return found

    @cached_property
    def _standing(self) -> Hashable:
        given = tuple(pair for pair in self.state.given.items() if pair[0] != "after")
        return self.ctx.actor, self.ctx.lang, self.entity, self.layout, given

    @cached_property
    def tabs(self) -> list[Tab]:
        """The saved lists of the entity. Another list is another question: only the search goes along."""
        found = []
        for layout in self.ctx.catalog.lists_of[self.entity]:
            current = self.state.layout is not None and layout.key == self.state.layout.key
            label = text_of(layout.label, self.ctx.lang, layout.key)
            found.append(Tab(label, f"{self.path}?list={layout.key}", current))
        return found

    @property
    def count_text(self) -> str | None:
        """How many rows there are; None when that is for `count_href` to find out, after the rows are there."""
        return None if self.page.count is None or self.state.request.tree else f"{self.page.count:,}"

    @property
    def count_href(self) -> str:
        """The address of the count."""
        return self.state.href().replace(self.path, f"{self.path}/count", 1)

    @property
    def range_text(self) -> str:
        """How many rows this page has."""
        return say("list.shown", self.ctx.lang, count=len(self.page.items))

    @cached_property
    def chips(self) -> list[Chip]:
        """The reader's filter, a sentence for each condition. Queries: 0, or 1 for each kind of thing it names."""
        seen = paths.as_seen(self.ctx.access)
        entity = seen.entity(self.entity)
        parsed = [conditions.parse(part, entity, seen) for part in self.state.parts]
        said = [conditions.sentence(part, entity, seen, self.ctx.lang, self._names.title) for part in parsed]
        if self._names.missing:
            self._names.fetch()
            said = [conditions.sentence(part, entity, seen, self.ctx.lang, self._names.title) for part in parsed]
        return [Chip(" ".join(words), self.state.without(index)) for index, words in enumerate(said)]

    @cached_property
    def _names(self) -> Names:
        return Names(self.ctx)

    @property
    def offers(self) -> list[Offer]:
        """Quick filters of the layout, else those the fields ask for, that are not in use."""
        layout = self.state.layout
        model = self.ctx.access.entity(self.entity).entity
        named = layout.quick_filters if layout else ()
        named = named or [field.key for field in model.fields.values() if field.quick_filter]
        rights = self.ctx.access.entity(self.entity)
        readable = rights.readable - rights.veiled
        used = {part.get("field") for part in self.state.parts if isinstance(part, dict)}
        keys = [key for key in named if key in readable and key not in used]
        fields = self._model.all_fields
        return [Offer(key, fields[key].text(self.ctx.lang)) for key in keys]

    @cached_property
    def columns(self) -> list[Heading]:
        """The heads of the table."""
        chosen = {c.field: c.width for c in self.state.layout.columns} if self.state.layout else {}
        return [self._heading(path, chosen.get(path), n == 0) for n, path in enumerate(self.state.columns)]

    @property
    def _is_sorted(self) -> bool:
        return self.state.sort != ("-id",)

    def _heading(self, path: str, width: int | None, first: bool) -> Heading:
        chain = paths.resolve(self.ctx.access, self.entity, path)
        field = chain[-1]
        usual = usual_width(field, self.ctx.lang)
        width = width or (max(usual, TITLE_WIDTH) if first else usual)
        label = " · ".join(part.text(self.ctx.lang) for part in chain)
        sort, rank = self._sorting(path)
        href, editable = self._sort_href(field, path, sort), path in self._editable
        reveals = self.ctx.access.entity(self.entity).may_reveal(path)
        return Heading(path, label, width, field.behaviour.numeric, href, sort, rank, editable, reveals)

    @cached_property
    def _editable(self) -> frozenset[str]:
        return editable(self.ctx, self.entity)

    def _sorting(self, path: str) -> tuple[str, int | None]:
        keys = self.state.sort if self._is_sorted else ()
        for rank, key in enumerate(keys, 1):
            if key.removeprefix("-") == path:
                return "desc" if key.startswith("-") else "asc", rank if len(keys) > 1 else None
        return "", None

    def _sort_href(self, field: Field, path: str, sort: str) -> str | None:
        """Where a click on the head leads: ascending, then descending, then as the list is by itself."""
        if not field.behaviour.sortable:
            return None
        return self.state.href(sort={"": path, "asc": f"-{path}", "desc": None}[sort])

    @cached_property
    def rows(self) -> Markup | None:
        """The rows as HTML; None when there are none."""
        if not self.page.items:
            return None
        state, pick = self.state, self.selectable
        heads, twigs = group_heads(self.ctx, state, pick=pick), twigs_of(self.ctx, state, self.page.items)
        return draw_rows(
            self.ctx, self.entity, state.columns, self.page.items, pick=pick, heads=heads, twigs=twigs
        )

    @cached_property
    def groups(self) -> list[GroupChoice]:
        """What rows may be grouped by."""
        return group_choices(self.ctx, self.state)

    @cached_property
    def group_label(self) -> str:
        """What rows are grouped by, in words; empty when they are not."""
        return next((choice.label for choice in self.groups if choice.current and choice.path), "")

    @property
    def totals_href(self) -> str | None:
        """The address of the numbers below the list; None where there are none to show."""
        shown = totals_shown(self.ctx, self.state)
        return self.state.href().replace(self.path, f"{self.path}/totals", 1) if shown else None

    @property
    def view(self) -> str:
        """How the list is shown."""
        return self.state.view

    @cached_property
    def ways(self) -> list[Way]:
        """The ways the list can be shown."""
        return [
            Way(say(f"list.view.{way}", self.ctx.lang), WAYS[way], self.state.href(view=way), way == self.view)
            for way in ways_of(self.ctx, self.state.layout)
        ]

    @cached_property
    def board(self) -> Board:
        """The list as a board."""
        return Board(self.ctx, self.state)

    @cached_property
    def month(self) -> Month:
        """The list as a month."""
        return Month(self.ctx, self.state)

    @property
    def gallery(self) -> list[Picture]:
        """The list as cards with pictures."""
        return GalleryCards(self.ctx, self.state).cards(self.page)

    @property
    def frozen(self) -> int:
        """How many columns stay while the others scroll."""
        return self.state.layout.frozen if self.state.layout else 1

    @property
    def tree(self) -> str | None:
        """The field by which rows stand below each other."""
        return self.state.tree

    @property
    def density(self) -> str | None:
        """How high rows are for readers who have not chosen."""
        return self.state.layout.density if self.state.layout else None

    @property
    def next_href(self) -> str | None:
        """The following page."""
        return self.state.href(after=self.page.next) if self.page.next else None

    @property
    def first_href(self) -> str | None:
        """The first page, from a later one."""
        return self.state.href() if self.state.request.after else None

    @property
    def clear_href(self) -> str:
        """The list without search and filter."""
        return self.state.href(q=None, filter=None)

    @property
    def drop_q_href(self) -> str:
        """The list without the search."""
        return self.state.href(q=None)

    def may(self, operation: str) -> bool:
        """Whether the reader may do `operation` on some row."""
        return self.ctx.access.may(self.entity, operation)

    @property
    def new_href(self) -> str | None:
        """The form for a new record; lines of a record are made in their record."""
        return f"{self.path}/new" if self._model.parent is None and self.may("create") else None

    @property
    def new_label(self) -> str:
        """What the button for a new record says."""
        return say("ui.command_new", self.ctx.lang, name=self._model.text(self.ctx.lang))

    @property
    def import_href(self) -> str | None:
        """The import wizard."""
        return f"/imports/new?entity={self.entity}" if self._model.parent is None and self.may("import") else None

    @property
    def template_href(self) -> str | None:
        """The empty workbook to fill in."""
        return f"/api/v1/excel-templates/{self.entity}" if self.import_href else None

    @property
    def may_export(self) -> bool:
        """Whether rows may leave as a workbook."""
        return self.may("export")

    @property
    def may_delete(self) -> bool:
        """Whether some row may be deleted."""
        return self._model.parent is None and self.may("delete")

    @property
    def selectable(self) -> bool:
        """Whether anything can be done with marked rows."""
        return self.may_delete or self.may_export or self.may_edit_many

    @property
    def may_edit_many(self) -> bool:
        """Whether a field of several rows may be changed at once."""
        return self._model.parent is None and self.may("batch_edit") and bool(self._editable)
