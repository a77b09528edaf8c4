"""The report of an import: the user's own workbook with what became of each row beside it.

Refused cells turn red and carry the reason as a comment; one more column says the result in words. The workbook can
be corrected and imported again as it is: rows marked as in are not taken twice. openpyxl keeps the sheet's own
layout; sheets too long for it get a plain workbook of the refused rows only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def write_report(
    target: BinaryIO,
    *,
    path: Path,
    sheet: Sheet,
    layout: Layout,
    sources: Sequence[Source],
    verdicts: Verdicts,
    lang: str,
) -> None:
    """Write the report workbook of an import to `target`."""
    labels = {source.field.key: source.field.text(lang) for source in sources}
    columns = {source.field.key: source.column for source in sources}
    if sheet.kind == "xlsx" and len(sheet.rows) * sheet.width <= ANNOTATED_CELLS:
        _annotate(target, path, sheet, layout, columns, verdicts, labels, lang)
    else:
        _refused_only(target, sheet, layout, verdicts, labels, lang)


def _annotate(
    target: BinaryIO,
    path: Path,
    sheet: Sheet,
    layout: Layout,
    columns: Mapping[str, int],
    verdicts: Verdicts,
    labels: Mapping[str, str],
    lang: str,
) -> None:
    book = openpyxl.load_workbook(path)
    page = book[sheet.name]
    results = result_column(layout.headers)
    results = sheet.width if results is None else results
    _head(page, layout.header + 1, results + 1, lang)
    for position, number in enumerate(layout.data):
        text = row_text(verdicts, position, labels, lang)
        if text:
            cell = page.cell(number + 1, results + 1, text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        for error in verdicts.refused.get(position, ()):
            if error.field in columns:
                refused = page.cell(number + 1, columns[error.field] + 1)
                refused.fill = _RED
                refused.comment = Comment(reason(error, labels, lang), "Formloom", width=320, height=80)
    book.active = book.index(page)
    book.save(target)


def _head(page: Worksheet, row: int, column: int, lang: str) -> None:
    page.cell(row, column, say("import.result", lang))
    page.column_dimensions[openpyxl.utils.get_column_letter(column)].width = _RESULT_WIDTH


def _refused_only(
    target: BinaryIO, sheet: Sheet, layout: Layout, verdicts: Verdicts, labels: Mapping[str, str], lang: str
) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        page = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for column, header in enumerate([*layout.headers, say("import.result", lang)]):
            page.write_string(0, column, header, bold)
        row = 0
        for position, number in enumerate(layout.data):
            if position in verdicts.refused:
                row += 1
                _plain_row(page, row, sheet.rows[number], row_text(verdicts, position, labels, lang))


def _plain_row(page: Any, row: int, cells: Sequence[Any], result: str) -> None:
    for column, cell in enumerate(cells):
        if cell != "":
            page.write_string(row, column, shown(cell))
    page.write_string(row, len(cells), result)
