"""Writes Excel workbooks: exports of any length and blank templates that guide whoever fills them in.

Text is always written as text, so that a value that begins with `=` never becomes a formula. Rows are streamed;
memory does not grow with their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from formloom.metadata.errors import FormloomError
from formloom.metadata.fields.runs import SIZES, Runs
from formloom.metadata.model import Entity, Field
from formloom.metadata.wording import say, text_of

CELL_CHARACTERS = 32_767
"""What Excel holds in one cell; longer text is refused, never cut."""
SHEET_ROWS = 1_048_576
TEMPLATE_ROWS = 2_000
"""Rows of a template that get dropdowns and formats."""
INLINE_CHOICES = 255
"""Characters Excel allows in a dropdown written into the cell's rule; longer lists go to a sheet of their own."""

_FORBIDDEN_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")


class ExportRefused(FormloomError):
    """Something does not fit into an Excel sheet."""

    code, status = "export.refused", 422


def sheet_name(text: str) -> str:
    """A legal sheet name: no reserved characters, at most 31."""
    return _FORBIDDEN_IN_SHEET_NAME.sub(" ", text).strip()[:31] or "Sheet1"


def write_export(
    target: Path | BinaryIO,
    *,
    title: str,
    fields: Sequence[Field],
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> int:
    """Write rows of prepared Excel values (see `FieldType.to_excel`) and return their number.

    Raises ExportRefused for text longer than a cell or more rows than a sheet.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(sheet_name(title))
        formats = [book.add_format(_look(field)) for field in fields]
        fonts = _Fonts(book)
        _write_header(book, sheet, fields, headers)
        count = 0
        for count, row in enumerate(rows, 1):
            if count >= SHEET_ROWS:
                raise ExportRefused("export.too_many_rows", limit=SHEET_ROWS - 1)
            for column, value in enumerate(row):
                if isinstance(value, Runs) and value.formatted and 1 < len(value) <= CELL_CHARACTERS:
                    fonts.write(sheet, count, column, value, formats[column])
                else:
                    _write_cell(sheet, count, column, value, formats[column])
        if count:
            sheet.autofilter(0, 0, count, len(fields) - 1)
    return count


def _write_header(
    book: xlsxwriter.Workbook, sheet: Worksheet, fields: Sequence[Field], headers: Sequence[str]
) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#EEF2F6", "bottom": 1, "valign": "vcenter"})
    sheet.freeze_panes(1, 0)
    for column, field in enumerate(fields):
        sheet.set_column(column, column, field.behaviour.excel(field).width)
        sheet.write_string(0, column, headers[column], bold)


def _look(field: Field) -> dict[str, Any]:
    """The format of a column's cells."""
    excel = field.behaviour.excel(field)
    return {"num_format": excel.number_format, **({"text_wrap": True, "valign": "top"} if excel.wrap else {})}


class _Fonts:
    """Writes text whose parts are formatted; each combination of marks is one format of the workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.known: dict[str, Format] = {}

    def write(self, sheet: Worksheet, row: int, column: int, text: Runs, cell_format: Format) -> None:
        """One cell."""
        runs = text.runs
        if len(runs) == 1:
            # The library takes no text of one format only.
            [(only, marks)] = runs
            runs = ((only[:1], marks), (only[1:], marks))
        parts = [part for said, marks in runs for part in ([self._font(marks), said] if marks else [said])]
        if sheet.write_rich_string(row, column, *parts, cell_format):
            sheet.write_string(row, column, str(text), cell_format)

    def _font(self, marks: str) -> Format:
        if marks not in self.known:
            size = next((SIZES[mark] for mark in marks if mark in SIZES), None)
            look = {
                "bold": "b" in marks or size is not None,
                "italic": "i" in marks,
                "underline": int("u" in marks),
                "font_strikeout": "s" in marks,
            }
            self.known[marks] = self.book.add_format(look | ({"font_size": size} if size else {}))
        return self.known[marks]


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, cell_format: Format) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        if len(value) > CELL_CHARACTERS:
            raise ExportRefused("export.too_long", row=row + 1, limit=CELL_CHARACTERS)
        sheet.write_string(row, column, value, cell_format)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, cell_format)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(row, column, value, cell_format)
    elif isinstance(value, date | time | timedelta):
        sheet.write_datetime(row, column, value, cell_format)
    else:
        raise TypeError(f"no Excel cell for {type(value).__name__}")


def local_time(value: Any, zone: ZoneInfo) -> Any:
    """An instant as the wall clock of `zone` shows it, which is all a workbook can hold; others unchanged."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(zone).replace(tzinfo=None)
    return value


def write_template(target: Path | BinaryIO, *, entity: Entity, fields: Sequence[Field], lang: str) -> None:
    """Write a blank sheet for `fields`: required ones starred, choices as dropdowns, help as notes."""
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet(sheet_name(entity.text(lang)))
        headers = [field.text(lang) + ("*" if field.required else "") for field in fields]
        _write_header(book, sheet, fields, headers)
        choices = _ChoiceSheet(book, say("template.choices", lang))
        for column, field in enumerate(fields):
            _prepare_column(book, sheet, column, field, choices, lang)
        _write_guide(book, fields, lang)


def _prepare_column(
    book: xlsxwriter.Workbook, sheet: Worksheet, column: int, field: Field, choices: _ChoiceSheet, lang: str
) -> None:
    excel = field.behaviour.excel(field)
    sheet.set_column(column, column, excel.width, book.add_format({"num_format": excel.number_format}))
    note = _note(field, lang)
    if note:
        sheet.write_comment(0, column, note, {"x_scale": 2})
    if excel.choices is not None:
        options = {
            "validate": "list",
            "source": choices.source(field, excel.choices(lang)),
            "error_type": "warning",
        }
        sheet.data_validation(1, column, TEMPLATE_ROWS, column, options)


def _note(field: Field, lang: str) -> str:
    parts = [say("template.required", lang)] if field.required else []
    help_text = text_of(field.help, lang)
    return "\n".join([*parts, help_text] if help_text else parts)


def _write_guide(book: xlsxwriter.Workbook, fields: Sequence[Field], lang: str) -> None:
    guide = book.add_worksheet(sheet_name(say("template.guide", lang)))
    guide.set_column(0, 0, 24)
    guide.set_column(1, 1, 80)
    for row, field in enumerate(fields):
        guide.write_string(row, 0, field.text(lang))
        guide.write_string(
            row, 1, "  ".join(filter(None, [_note(field, lang).replace("\n", "  "), _sample(field)]))
        )


def _sample(field: Field) -> str:
    return next((str(raw) for raw, _value in field.behaviour.examples.valid if isinstance(raw, str)), "")


class _ChoiceSheet:
    """A hidden sheet that holds the dropdowns too long to be written into a rule."""

    def __init__(self, book: xlsxwriter.Workbook, name: str) -> None:
        self.book = book
        self.name = sheet_name(name)
        self.sheet: Worksheet | None = None
        self.columns = 0

    def source(self, field: Field, labels: Sequence[str]) -> Any:
        """What a dropdown's rule names as its list."""
        inline = len(",".join(labels)) <= INLINE_CHOICES and not any("," in label for label in labels)
        if inline:
            return list(labels)
        if self.sheet is None:
            self.sheet = self.book.add_worksheet(self.name)
            self.sheet.hide()
        self.sheet.write_column(0, self.columns, labels)
        letter = xlsxwriter.utility.xl_col_to_name(self.columns)
        self.columns += 1
        return f"='{self.name}'!${letter}$1:${letter}${len(labels)}"
