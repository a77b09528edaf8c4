"""The values of a record as its page shows them: facts by section, tables of lines, the stage, the highlights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from markupsafe import Markup

from ...metadata.fieldtype import CellRenderer
from ...metadata.layouts import Detail, Placed, Section
from ...metadata.model import Field
from ...metadata.wording import text_of
from ..formview.choosing import Arrangement, arranged_on_page
from ..formview.draft import Draft
from ..formview.inputs import summed
from ..formview.preview import ruled
from ..records.record import Record

if TYPE_CHECKING:
    from ..context import Context


MANY_EMPTY = 4
"""From so many empty fields on, a section shows the others only."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value as HTML. `locked` says that the reader may not see it in this row, `reveals` that he
    sees it in part and may look at it whole.
    """

    field: Field
    label: str
    html: Markup
    empty: bool
    locked: bool = False
    wide: bool = False
    reveals: bool = False
    explains: bool = False
    """Whether the reader, who designs the entity, may ask why the value is what it is."""


@dataclass(frozen=True, slots=True)
class LineCell:
    """A value of a line as HTML; `reveal` is where it may be looked at whole, where it is shown in part."""

    html: Markup
    reveal: str = ""


@dataclass(frozen=True, slots=True)
class LinesTable:
    """A sub-table: headings, rows of HTML cells, sums of the numeric columns."""

    key: str
    label: str
    headings: tuple[Field, ...]
    rows: tuple[tuple[LineCell, ...], ...]
    totals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactSection:
    """A titled group of facts, with the sub-tables that stand in it."""

    key: str
    label: str
    columns: int
    facts: tuple[Fact, ...]
    tables: tuple[LinesTable, ...]
    editable: bool
    tab: str | None = None
    bad: ClassVar[bool] = False
    hidden: ClassVar[bool] = False

    @property
    def empty(self) -> int:
        """How many facts say nothing."""
        return sum(fact.empty and not fact.locked for fact in self.facts)

    @property
    def hides(self) -> bool:
        """Whether what says nothing is better not shown at first."""
        return self.empty >= MANY_EMPTY


@dataclass(frozen=True, slots=True)
class StageStep:
    """One step of the stage bar. `state` is done, current, open or closed (a way to end)."""

    key: str
    label: str
    color: str
    state: str


class Facts:
    """Shows one record to one reader."""

    def __init__(self, ctx: Context, entity: str, record: Record) -> None:
        self.ctx = ctx
        self.record = record
        self.rights = ctx.access.entity(entity)
        self.entity = self.rights.entity
        self.tables = {table.key: table for table in ctx.catalog.children[entity]}
        self.detail: Detail | None = ctx.catalog.detail_of(entity)

    @cached_property
    def hidden(self) -> set[str]:
        """The fields that rules hide in this record."""
        return ruled(self.ctx, self.entity.key, Draft(values=self.record), self.record).hidden

    def fact(self, placed: Placed) -> Fact:
        """One fact."""
        field = self.entity.all_fields[placed.field]
        value = self.record.get(field.key)
        label = self.record.labels.get(field.key)
        html = field.behaviour.large(field, self.ctx.lang, self.ctx.zone)(value, label)
        if value is not None and field.behaviour.target is not None and label is None:
            html = "—"
        wide = placed.span > 1 or field.behaviour.widget(field).wide
        locked = field.key in self.record.masked
        reveals = value is not None and self.rights.may_reveal(field.key)
        explains = not locked and field.behaviour.computed and self.designs
        empty = value in (None, ())
        return Fact(field, field.text(self.ctx.lang), Markup(html), empty, locked, wide, reveals, explains)

    @cached_property
    def designs(self) -> bool:
        """Whether the reader designs the entity."""
        access = self.ctx.access
        return access.administrator or access.may(self.entity.key, "design")

    @cached_property
    def arrangement(self) -> Arrangement:
        """The sections of the page and their tabs, as they are laid out."""
        return arranged_on_page(self.ctx, self.entity.key, self.record)

    def sections(self) -> list[FactSection]:
        """The sections that have anything the reader may see."""
        found = self.built(self.arrangement.sections)
        return [section for section in found if section.facts or section.tables]

    def built(self, sections: Sequence[Section]) -> list[FactSection]:
        """These sections, also those that have nothing to show: for whoever designs them."""
        return [self._section(section) for section in sections]

    def _section(self, section: Section) -> FactSection:
        seen = [p for p in section.fields if p.field in self.rights.readable and p.field in self.entity.all_fields]
        seen = [placed for placed in seen if placed.field not in self.hidden]
        facts = tuple(self.fact(placed) for placed in seen if placed.field not in self.tables)
        tables = tuple(self._lines(placed) for placed in seen if placed.field in self.tables)
        editable = "edit" in self.record.may and any(p.field in self.rights.writable for p in seen)
        label = text_of(section.label, self.ctx.lang)
        return FactSection(section.key, label, section.columns, facts, tables, editable, section.tab)

    def _lines(self, placed: Placed) -> LinesTable:
        table = self.tables[placed.field]
        child = self.ctx.access.entity(table.option("target"))
        fields = child.entity.fields
        keys = placed.columns or [k for k, f in fields.items() if k != child.entity.parent and not f.hidden]
        shown = tuple(fields[key] for key in keys if key in fields and key in child.readable)
        lines: Sequence[Record] = self.record.get(table.key) or ()
        renderers = [field.behaviour.cell(field, self.ctx.lang, self.ctx.zone) for field in shown]
        revealed = {field.key for field in shown if child.may_reveal(field.key)}

        def cell(line: Record, field: Field, render: CellRenderer) -> LineCell:
            value = line.get(field.key)
            may = field.key in revealed and value is not None
            at = f"/e/{child.entity.key}/{line['id']}/reveal/{field.key}" if may else ""
            return LineCell(Markup(render(value, line.labels.get(field.key))), at)

        rows = tuple(tuple(cell(line, *each) for each in zip(shown, renderers, strict=True)) for line in lines)
        sums = summed(shown)
        totals = tuple(self._total(field, lines) if field.key in sums else "" for field in shown)
        return LinesTable(table.key, table.text(self.ctx.lang), shown, rows, totals if lines else ())

    def _total(self, field: Field, lines: Sequence[Record]) -> str:
        values = [line[field.key] for line in lines if line.get(field.key) is not None]
        return field.behaviour.plain(field, sum(values), self.ctx.lang) if values else ""

    def highlights(self) -> list[Fact]:
        """The key facts of the header."""
        keys = self.detail.highlights if self.detail else ()
        return [self.fact(Placed(key)) for key in keys if key in self.rights.readable]

    def title(self) -> str:
        """The record's name."""
        key = self.entity.title
        if key in self.rights.readable and self.record.get(key) is not None:
            field = self.entity.all_fields[key]
            text = field.behaviour.plain(field, self.record[key], self.ctx.lang, self.record.labels.get(key))
            if text:
                return text
        return f"#{self.record['id']}"

    def stage(self) -> tuple[Field, list[StageStep]] | None:
        """The stage field and its steps, when the page has a stage bar."""
        key = self.detail.stage if self.detail else None
        if key is None or key not in self.rights.readable or key in self.record.masked:
            return None
        field = self.entity.fields[key]
        now = self.record.get(key)
        steps = [choice for choice in field.choices if not choice.retired or choice.key == now]
        order = [choice.key for choice in steps]
        at = order.index(now) if now in order else -1
        found = []
        for place, choice in enumerate(steps):
            ending = choice.category in ("won", "lost")
            state = (
                "current" if place == at else "done" if place < at and not ending else "end" if ending else "open"
            )
            found.append(StageStep(choice.key, text_of(choice.label, self.ctx.lang), choice.color, state))
        return field, found

    def may_move_stage(self) -> bool:
        """Whether the reader may set the stage of this record."""
        key: Any = self.detail.stage if self.detail else None
        return key in self.rights.writable and "edit" in self.record.may
