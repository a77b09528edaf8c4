"""What a record says of itself on a card: its title, a few facts, a colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ...metadata.errors import UnknownField
from ...metadata.model import Field
from ..records import paths
from ..records.record import Record
from .rows import UNSEEN, cell_of, locked, plain_of

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True, slots=True)
class Fact:
    """A value with its name."""

    label: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Card:
    """A record on a board, in a gallery or on a day. `lane` is the value it stands under."""

    id: int
    rev: int
    title: str
    href: str
    facts: tuple[Fact, ...]
    color: str | None = None
    lane: Any = None


def visible(ctx: Context, entity: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """Those of the paths that the reader sees."""
    found = []
    for path in dict.fromkeys(wanted):
        try:
            paths.resolve(ctx.access, entity, path)
        except UnknownField:
            continue
        found.append(path)
    return tuple(found)


class CardMaker:
    """Makes cards of records of one entity; what each field needs is found out once."""

    def __init__(self, ctx: Context, entity: str, fields: Sequence[str]) -> None:
        self.ctx, self.entity = ctx, entity
        self.title = ctx.catalog.entity(entity).title
        self.shown = [(path, paths.resolve(ctx.access, entity, path)) for path in fields if path != self.title]
        self.lock = Markup(locked(ctx.lang))

    @property
    def columns(self) -> tuple[str, ...]:
        """The paths a request must read for the cards."""
        return (*visible(self.ctx, self.entity, [self.title]), *(path for path, _ in self.shown))

    def make(self, record: Record, *, lane: Any = None, color: str | None = None) -> Card:
        """The card of a record."""
        number = record["id"]
        field = self.ctx.catalog.entity(self.entity).all_fields[self.title]
        title = plain_of(self.ctx, field, self.title, record) if self.title in record else f"#{number}"
        facts = tuple(self._facts(record))
        return Card(number, record["rev"], title, f"/e/{self.entity}/{number}", facts, color or record.tint, lane)

    def _facts(self, record: Record) -> Iterator[Fact]:
        for path, chain in self.shown:
            html = self._html(chain, path, record)
            if html:
                yield Fact(" · ".join(part.text(self.ctx.lang) for part in chain), html)

    def _html(self, chain: tuple[Field, ...], path: str, record: Record) -> Markup:
        if path in record.masked:
            return self.lock
        value = record[path]
        if value is None:
            return Markup()
        cell = cell_of(self.ctx, chain[-1], path)
        label = record.labels.get(path)
        return Markup(UNSEEN if cell.reference and label is None else cell.show(value, label))
