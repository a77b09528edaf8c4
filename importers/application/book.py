"""Finds the tables of a workbook: one for each sheet that has one, and in words what became of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..matching import HEADER_SEARCH_ROWS, Layout, find_layout, is_total
from ..other_formats import hidden_sheets
from ..reader import Row, Sheet, is_blank, read, sheet_names
from ..refusal import FileRefused
from ..workbook_guard import Limits

HEADER_FILLED, HEADER_TEXTS, HEADER_LENGTH = 0.6, 0.8, 80
"""A header fills so much of the widest row, is text to that part, and those texts are no longer than that."""
SEVERAL_ROWS = 2
"""Rows a second header needs below it to be taken for another table."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something the owner should know, as a wording key and its data."""

    code: str
    data: dict[str, object]


@dataclass(frozen=True)
class Table:
    """A sheet with its table. `layout` is None where there is none; `notes` say why, and what else is unusual."""

    name: str
    sheet: Sheet | None
    layout: Layout | None
    notes: tuple[Note, ...] = ()
    hidden: bool = False

    @property
    def columns(self) -> list[int]:
        """Positions of the columns that have a header or a value."""
        return [] if self.layout is None else [n for n, header in enumerate(self.layout.headers) if header]

    def cells(self, column: int) -> list[object]:
        """The data cells of a column, as typed, from top to bottom."""
        assert self.sheet is not None and self.layout is not None
        rows = self.sheet.rows
        return [rows[number][column] for number in self.layout.data]


def tables(
    path: Path, limits: Limits | None = None, told: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[Table]:
    """A Table for each sheet, one at a time. Raises FileRefused when nothing of the file can be read."""
    first = _first(path, limits)
    hidden = hidden_sheets(path)
    for number, name in enumerate(first):
        told(number, len(first))
        yield table(path, name, limits, hidden=name in hidden)


def _first(path: Path, limits: Limits | None) -> tuple[str, ...]:
    """The sheets' names, even where the first sheet itself is too large."""
    try:
        return sheet_names(path, limits)
    except FileRefused as error:
        if error.code not in ("import.too_many_columns", "import.too_many_rows"):
            raise
    wide = Limits(rows=2_000_000, columns=20_000)
    return read(path, None, wide).sheets


def table(
    path: Path, name: str, limits: Limits | None = None, *, header: int | None = None, hidden: bool = False
) -> Table:
    """The table of one sheet; `header` says in which row, from 0, its header stands."""
    try:
        sheet = read(path, name, limits)
    except FileRefused as error:
        return Table(name, None, None, (Note(error.code, dict(error.data)),), hidden)
    if all(is_blank(row) for row in sheet.rows):
        return Table(name, sheet, None, (Note("empty", {}),), hidden)
    layout = find_layout(sheet.rows, (), _header(sheet.rows) if header is None else header, sheet.hidden)
    if not layout.data:
        return Table(name, sheet, None, (Note("no_rows", {"row": layout.header + 1}),), hidden)
    if len([each for each in layout.headers if each]) == 1 and len(layout.data) < SEVERAL_ROWS:
        return Table(name, sheet, None, (Note("no_table", {}),), hidden)
    return Table(name, sheet, layout, tuple(_notes(sheet, layout, hidden)), hidden)


def _header(rows: Sequence[Row]) -> int | None:
    """The first row that is filled like the widest ones and holds short texts only; None where none reads so."""
    searched = rows[:HEADER_SEARCH_ROWS]
    widths = [sum(cell != "" for cell in row) for row in searched]
    for number, row in enumerate(searched):
        texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
        if widths[number] < HEADER_FILLED * max(widths) or is_total(row):
            continue
        short = [text for text in texts if len(text) <= HEADER_LENGTH]
        if len(short) >= HEADER_TEXTS * widths[number]:
            return number
    return None


def _notes(sheet: Sheet, layout: Layout, hidden: bool) -> Iterator[Note]:
    if hidden:
        yield Note("hidden_sheet", {})
    if layout.header:
        yield Note("header_row", {"row": layout.header + 1})
    if layout.totals:
        yield Note("totals", {"count": len(layout.totals)})
    if layout.hidden:
        yield Note("hidden_rows", {"count": len(layout.hidden)})
    if sheet.merged:
        yield Note("merged", {"count": sheet.merged})
    beside = _beside(layout.headers)
    if beside:
        yield Note("several_beside", {"count": beside + 1})
    below = _below(sheet.rows, layout)
    if below is not None:
        yield Note("several_below", {"row": below + 1})


def _beside(headers: Sequence[str]) -> int:
    """How often an empty column stands between filled ones: tables side by side."""
    filled = [bool(header) for header in headers]
    while filled and not filled[-1]:
        filled.pop()
    return sum(1 for before, here in zip([False, *filled], filled, strict=False) if before and not here)


def _below(rows: Sequence[Row], layout: Layout) -> int | None:
    """The row of a second header: after a blank row, all short texts where the rows above it had other values."""
    for before, number in zip(layout.data, layout.data[1:], strict=False):
        if number - before < SEVERAL_ROWS:
            continue
        if all(is_blank(rows[each]) for each in range(before + 1, number)) and _reads_like_header(rows, number):
            return number
    return None


def _reads_like_header(rows: Sequence[Row], number: int) -> bool:
    if number + SEVERAL_ROWS >= len(rows):
        return False
    texts = [cell for cell in rows[number] if cell != ""]
    if len(texts) < SEVERAL_ROWS or not all(isinstance(cell, str) and len(cell) < 40 for cell in texts):
        return False
    following = rows[number + 1]
    return any(
        isinstance(here, str) and here and not isinstance(next_cell, str)
        for here, next_cell in zip(rows[number], following, strict=True)
    )
