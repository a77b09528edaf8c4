"""What the check step of the wizard shows: equal refused cells together, refused rows, rows as they will be."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from formloom.metadata.errors import FieldError
from formloom.metadata.fields.multi_relation import names_in
from formloom.metadata.fieldtype import CellRenderer
from formloom.metadata.model import Field
from formloom.metadata.wording import say
from formloom.runtime.records import ListRequest, Record, Records

from .matching import Layout
from .mending import mended_rows
from .parsing import Source, parse_columns
from .plan import resolve
from .reader import Row, Sheet, shown
from .staging import Import
from .standing import staged_sheet
from .suggestions import suggestions
from .verdict import Verdicts, reason

if TYPE_CHECKING:
    from formloom.runtime.context import Context

SHOWN_ROWS = 100
SHOWN_GROUPS = 30
TABS = ("created", "updated", "skipped", "refused")


@dataclass(frozen=True, slots=True)
class EqualCells:
    """Refused cells of one column that hold the same text: how many, why, and what they may have meant."""

    header: str
    label: str
    text: str
    reason: str
    rows: tuple[int, ...]
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """A refused cell: where it is (`R12C3`), what it is called, what stands in it and why it was refused."""

    place: str
    label: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A refused row: its number in the sheet, what tells it from others, its refused cells, other reasons."""

    number: int
    name: str
    cells: tuple[RefusedCell, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewCell:
    """A value as it will be shown, and the one it replaces where it is another."""

    html: Markup
    before: Markup | None = None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row that will be stored: its number in the sheet, the record it changes, its values."""

    number: int
    record: int | None
    cells: tuple[PreviewCell, ...]


class Checked:
    """A checked import beside its sheet."""

    def __init__(self, ctx: Context, record: Import, verdicts: Verdicts) -> None:
        self.ctx = ctx
        self.record = record
        self.verdicts = verdicts
        self.sheet: Sheet = staged_sheet(ctx, record)
        self.layout: Layout
        self.sources: Sequence[Source]
        self.layout, self.sources = resolve(ctx, record.entity, self.sheet, record.options)
        self.rows: list[Row] = mended_rows(self.sheet.rows, self.layout, record.options)
        self.by_field = {source.field.key: source for source in self.sources}
        self.labels = {source.field.key: source.field.text(ctx.lang) for source in self.sources}

    def positions(self, tab: str) -> list[int]:
        """Positions of the first rows of a tab."""
        return sorted(getattr(self.verdicts, tab))[:SHOWN_ROWS]

    def equal_cells(self) -> list[EqualCells]:
        """Refused cells by column, text and reason, the commonest first."""
        found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        errors: dict[tuple[str, str, str], FieldError] = {}
        for position, refusals in self.verdicts.refused.items():
            for error in refusals:
                if error.field in self.by_field:
                    key = (error.field, self._text(position, error.field), error.message(self.ctx.lang))
                    found[key].append(position)
                    errors[key] = error
        commonest = sorted(found.items(), key=lambda item: (-len(item[1]), item[1][0]))[:SHOWN_GROUPS]
        return [self._equal(key, errors[key], positions) for key, positions in commonest]

    def _equal(self, key: tuple[str, str, str], error: FieldError, positions: Sequence[int]) -> EqualCells:
        name, text, why = key
        source = self.by_field[name]
        offered = suggestions(self.ctx, source.field, text, error, self.ctx.lang)
        rows = tuple(self.layout.data[position] + 1 for position in sorted(positions)[:5])
        header = self.layout.headers[source.column]
        return EqualCells(header, self.labels[name], text, why, (len(positions), *rows), tuple(offered))

    def _text(self, position: int, key: str) -> str:
        return shown(self.rows[position][self.by_field[key].column])

    def refused_rows(self) -> list[RefusedRow]:
        """The first refused rows."""
        return [self._refused(position) for position in self.positions("refused")]

    def _refused(self, position: int) -> RefusedRow:
        number = self.layout.data[position]
        cells, reasons = [], []
        for error in self.verdicts.refused[position]:
            source = self.by_field.get(error.field)
            if source is None:
                reasons.append(reason(error, self.labels, self.ctx.lang))
                continue
            place, label = f"R{number + 1}C{source.column + 1}", self.labels[error.field]
            text = self._text(position, error.field)
            cells.append(RefusedCell(place, label, text, error.message(self.ctx.lang)))
        return RefusedRow(number + 1, self.name(position), tuple(cells), tuple(reasons))

    def name(self, position: int) -> str:
        """What tells the row from others: the cell of the title, else the first."""
        title = self.by_field.get(self.ctx.catalog.entity(self.record.entity).title)
        return shown(self.rows[position][title.column if title else 0])

    def skipped(self) -> list[tuple[int, str, str]]:
        """(row number, name, why) of the first skipped rows."""
        return [
            (
                self.layout.data[position] + 1,
                self.name(position),
                say(f"import.skipped.{self.verdicts.skipped[position]}", self.ctx.lang),
            )
            for position in self.positions("skipped")
        ]

    def warnings(self) -> list[tuple[str, int, list[int]]]:
        """(words, number of rows, numbers of the first of them) of what the importing person should know."""
        found: dict[str, list[int]] = defaultdict(list)
        for position, errors in sorted(self.verdicts.warnings.items()):
            for error in errors:
                found[reason(error, self.labels, self.ctx.lang)].append(self.layout.data[position] + 1)
        return [(words, len(numbers), numbers[:5]) for words, numbers in found.items()]

    def preview(self, tab: str) -> list[PreviewRow]:
        """The first rows that would be created or changed, as they will be stored."""
        positions = self.positions(tab)
        columns = parse_columns(self.ctx, [self.rows[p] for p in positions], self.sources)
        shows = {s.field.key: s.field.behaviour.cell(s.field, self.ctx.lang, self.ctx.zone) for s in self.sources}
        held = self._held([self.verdicts.updated[p] for p in positions]) if tab == "updated" else {}
        found = []
        for index, position in enumerate(positions):
            record_id = self.verdicts.updated.get(position) if tab == "updated" else None
            record = held.get(record_id) if record_id else None
            cells = tuple(
                self._cell(field, columns.values[field.key][index], position, record, shows[field.key])
                for field in (source.field for source in self.sources)
            )
            found.append(PreviewRow(self.layout.data[position] + 1, record_id, cells))
        return found

    def _cell(
        self,
        field: Field,
        value: Any,
        position: int,
        record: Record | None,
        show: CellRenderer,
    ) -> PreviewCell:
        # What a reference means was found by what was typed, which reads better than its number.
        label = self._text(position, field.key) if field.behaviour.target else None
        if field.behaviour.several:
            label = "\n".join(names_in(self._text(position, field.key)))
        html = Markup("" if value is None else show(value, label))
        if record is None:
            return PreviewCell(html)
        held = record.get(field.key)
        before = Markup("—" if held is None else show(held, record.labels.get(field.key)))
        if value is None:  # an empty cell leaves what the record holds
            return PreviewCell(before)
        return PreviewCell(html) if held == value else PreviewCell(html, before)

    def _held(self, ids: Sequence[int]) -> dict[int, Record]:
        """The records to change, as they are. Queries: 1."""
        if not ids:
            return {}
        wanted = {"field": "id", "op": "in", "value": list(ids)}
        keys = dict.fromkeys(["id", *(source.field.key for source in self.sources)])
        params = {"filter": json.dumps(wanted), "fields": ",".join(keys), "limit": str(len(ids))}
        request = ListRequest.parse(self.ctx.access, self.record.entity, params, None)
        return {record["id"]: record for record in Records(self.ctx).list(request).items}
