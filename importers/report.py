"""The report of an import: the user's own workbook with what became of each row beside it.

Refused cells turn red and carry the reason as a comment; one more column says the result in words. The workbook
can be corrected and imported again as it is: rows marked as in are not taken twice. openpyxl keeps the sheet's own
layout; sheets too long for it get a plain workbook of the refused rows only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from formloom.metadata.wording import say

from .matching import Layout
from .parsing import Source
from .reader import Sheet, shown
from .verdict import Verdicts, reason, result_column, row_text

ANNOTATED_CELLS = 400_000
"""Cells up to which the user's own workbook is annotated (about half a minute of work); plain beyond."""

_RED = PatternFill("solid", start_color="FFFFD6D6", end_color="FFFFD6D6")
_RESULT_WIDTH = 48


@dataclass(frozen=True, slots=True)
class Report:
    """What a report shows: the sheet, where its table stands, which columns filled fields, the results."""

    sheet: Sheet
    layout: Layout
    sources: Sequence[Source]
    verdicts: Verdicts
    lang: str

    @property
    def labels(self) -> Mapping[str, str]:
        """The names of the fields."""
        return {source.field.key: source.field.text(self.lang) for source in self.sources}

    def write(self, target: BinaryIO, path: Path) -> None:
        """Write the workbook; `path` is the file that was imported."""
        if self.sheet.kind == "xlsx" and len(self.sheet.rows) * self.sheet.width <= ANNOTATED_CELLS:
            self._annotate(target, path)
        else:
            self._write_refused(target)

    def _annotate(self, target: BinaryIO, path: Path) -> None:
        with path.open("rb") as stream:
            # From a stream, because a kept file has no ending by which openpyxl would know it.
            book = openpyxl.load_workbook(stream)
        page = book[self.sheet.name]
        found = result_column(self.layout.headers)
        column = (self.sheet.width if found is None else found) + 1
        page.cell(self.layout.header + 1, column, say("import.result", self.lang))
        page.column_dimensions[openpyxl.utils.get_column_letter(column)].width = _RESULT_WIDTH
        labels = self.labels
        for position, number in enumerate(self.layout.data):
            text = row_text(self.verdicts, position, labels, self.lang)
            if text:
                page.cell(number + 1, column, text).alignment = Alignment(wrap_text=True, vertical="top")
            self._mark(page, position, number, labels)
        book.active = book.index(page)
        book.save(target)

    def _mark(self, page: Worksheet, position: int, number: int, labels: Mapping[str, str]) -> None:
        columns = {source.field.key: source.column for source in self.sources}
        for error in self.verdicts.refused.get(position, ()):
            if error.field in columns:
                refused = page.cell(number + 1, columns[error.field] + 1)
                refused.fill = _RED
                refused.comment = Comment(reason(error, labels, self.lang), "Formloom", width=320, height=80)

    def _write_refused(self, target: BinaryIO) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        labels = self.labels
        with xlsxwriter.Workbook(target, options) as book:
            page = book.add_worksheet()
            bold = book.add_format({"bold": True})
            for column, header in enumerate([*self.layout.headers, say("import.result", self.lang)]):
                page.write_string(0, column, header, bold)
            refused = [position for position in range(len(self.layout.data)) if position in self.verdicts.refused]
            for row, position in enumerate(refused, 1):
                cells = self.sheet.rows[self.layout.data[position]]
                _plain_row(page, row, cells, row_text(self.verdicts, position, labels, self.lang))


def _plain_row(page: Any, row: int, cells: Sequence[Any], result: str) -> None:
    for column, cell in enumerate(cells):
        if cell != "":
            page.write_string(row, column, shown(cell))
    page.write_string(row, len(cells), result)
