"""A list as cards, each with a picture and a few facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from ...metadata.layouts import Gallery
from ..records.record import Page
from .cards import Card, CardMaker, visible
from .rows import cell_of

if TYPE_CHECKING:
    from ..context import Context
    from ..records import ListRequest
    from .state import ListState


@dataclass(frozen=True, slots=True)
class Picture:
    """A card with its cover as HTML; empty where there is none."""

    card: Card
    cover: Markup


class GalleryCards:
    """The gallery of a list for one reader."""

    def __init__(self, ctx: Context, state: ListState) -> None:
        assert state.layout is not None and state.layout.gallery is not None
        self.ctx, self.state = ctx, state
        spec: Gallery = state.layout.gallery
        entity = state.request.entity
        self.cover = next(iter(visible(ctx, entity, [spec.cover] if spec.cover else ())), None)
        wanted = [path for path in (spec.fields or state.columns[:5]) if path != self.cover]
        self.maker = CardMaker(ctx, entity, visible(ctx, entity, wanted))

    def request(self) -> ListRequest:
        """What the cards need of the list's rows."""
        columns = dict.fromkeys((*self.maker.columns, *([self.cover] if self.cover else ())))
        return replace(self.state.request, columns=tuple(columns))

    def cards(self, page: Page) -> list[Picture]:
        """The cards of a page of rows."""
        return [Picture(self.maker.make(record), self._cover(record)) for record in page.items]

    def _cover(self, record: dict[str, object]) -> Markup:
        value = record.get(self.cover) if self.cover else None
        if not value or self.cover is None:
            return Markup()
        field = self.ctx.catalog.entity(self.state.request.entity).all_fields[self.cover]
        return Markup(cell_of(self.ctx, field, self.cover).show(value, None))
