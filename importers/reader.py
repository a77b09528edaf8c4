"""Reads a sheet of an Excel or OpenDocument workbook or a CSV file into plain rows, each cell as it was typed.

Numbers come as floats and dates as `date` or `datetime`, as the file holds them; text stays text (`00123`, `1E5`,
`NA`). Nothing is guessed here: what a cell means is decided by the field it is matched to.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import other_formats, sheet_scan
from .refusal import FileRefused
from .workbook_guard import Limits, opened

Row = list[Any]

_HEAD_LINES, _HEAD_CHARACTERS = 10, 100_000
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class TypedFormula:
    """A formula whose result the file does not hold; `text` is what was typed, with its equals sign."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class CellError:
    """An error that stands in a cell, such as #REF!."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Sheet:
    """One sheet: `rows[0]` is the sheet's first row, every row has `width` cells, empty cells are ''.

    `hidden` are positions of rows nobody sees in Excel, `merged` how many ranges of cells are merged: only the
    first cell of each holds a value.
    """

    name: str
    rows: list[Row]
    sheets: tuple[str, ...]
    kind: str
    hidden: frozenset[int] = frozenset()
    merged: int = 0

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0]) if self.rows else 0


def read(path: Path, sheet: str | None = None, limits: Limits | None = None) -> Sheet:
    """The named sheet of the file, or its first. Raises FileRefused with what is wrong with the file."""
    limits = limits or Limits()
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("import.empty_file")
    if size > limits.file_size:
        raise FileRefused("import.too_large", status=413)
    with path.open("rb") as stream:
        head = stream.read(8)
    other = other_formats.kind_of(path, head)
    if other is not None:
        return _read_other(path, other, sheet, limits)
    if head.startswith(b"PK\x03\x04"):
        return _read_workbook(path, sheet, limits)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"<htm", b"<!DO", b"<?xm", b"<HTM")):
        raise FileRefused("import.unsupported_type", status=415)
    return _read_csv(path, limits)


def sheet_names(path: Path, limits: Limits | None = None) -> tuple[str, ...]:
    """Names of the file's sheets, without reading them. Raises FileRefused as `read` does."""
    with path.open("rb") as stream:
        head = stream.read(8)
    if not head.startswith(b"PK\x03\x04") or other_formats.kind_of(path, head) is not None:
        return read(path, None, limits or Limits()).sheets
    with opened(path, limits or Limits()) as archive:
        return tuple(archive.parts)


def _read_workbook(path: Path, name: str | None, limits: Limits) -> Sheet:
    with opened(path, limits) as archive:
        names = tuple(archive.parts)
        if not names or (name is not None and name not in archive.parts):
            raise FileRefused("import.no_such_sheet", name=name or "")
        chosen = name or names[0]
        content = archive.sheet_bytes(chosen)
        percent = sheet_scan.styled_cells(content, archive.percent_styles())
        rich = sheet_scan.rich_cells(content, archive.rich_texts())
    rows = _calamine_rows(path, chosen)
    if rows and len(rows[0]) > limits.columns:
        raise FileRefused("import.too_many_columns", status=413, limit=limits.columns)
    _put(rows, {place: TypedFormula(text) for place, text in sheet_scan.formulas_without_value(content).items()})
    _put(rows, {place: CellError(text) for place, text in sheet_scan.error_cells(content).items()})
    for row, column in percent:
        if row < len(rows) and column < len(rows[row]) and isinstance(rows[row][column], float):
            rows[row][column] = f"{Decimal(repr(rows[row][column])) * 100:f}%"
    for (row, column), text in rich.items():
        if row < len(rows) and column < len(rows[row]) and isinstance(rows[row][column], str):
            rows[row][column] = text
    merged = len(sheet_scan.merged_ranges(content))
    return Sheet(chosen, rows, names, "xlsx", sheet_scan.hidden_rows(content), merged)


def _read_other(path: Path, kind: str, name: str | None, limits: Limits) -> Sheet:
    chosen, rows, names = other_formats.read_rows(path, kind, name, limits)
    _write_durations(rows)
    return Sheet(chosen, rows, names, kind)


def _put(rows: list[Row], cells: Mapping[tuple[int, int], Any]) -> None:
    """Put in what the reader gave as empty; a sheet may end in such cells, which the reader then leaves out."""
    width = max([len(rows[0]) if rows else 0, *(column + 1 for _, column in cells)])
    height = max([len(rows), *(row + 1 for row, _ in cells)])
    if cells and (height > len(rows) or width > len(rows[0])):
        for row in rows:
            row.extend([""] * (width - len(row)))
        rows.extend([""] * width for _ in range(height - len(rows)))
    for (row_number, column), value in cells.items():
        if rows[row_number][column] == "":
            rows[row_number][column] = value


def _calamine_rows(path: Path, name: str) -> list[Row]:
    rows = other_formats.sheet_rows(path, name)
    _write_durations(rows)
    return rows


def _write_durations(rows: list[Row]) -> None:
    for row in rows:
        for column, cell in enumerate(row):
            if isinstance(cell, timedelta):
                row[column] = duration_text(cell)


def duration_text(length: timedelta) -> str:
    """A length of time as a sheet shows it, hours going beyond 24: 30:05:00."""
    seconds = round(length.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _read_csv(path: Path, limits: Limits) -> Sheet:
    text = _decode(path.read_bytes())
    if "\0" in text:
        raise FileRefused("import.unsupported_type", status=415)
    csv.field_size_limit(1_000_000)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        raise FileRefused("import.bad_csv", reason=str(error)) from None
    if len(rows) > limits.rows + 1:
        raise FileRefused("import.too_many_rows", status=413, limit=limits.rows)
    width = max(map(len, rows), default=0)
    if width > limits.columns:
        raise FileRefused("import.too_many_columns", status=413, limit=limits.columns)
    return Sheet(path.stem, [row + [""] * (width - len(row)) for row in rows], (path.stem,), "csv")


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            position = error.start
    raise FileRefused("import.encoding", position=position)


def _delimiter(text: str) -> str:
    """What stands between the cells: the character that one of the first lines, the header, holds most often
    outside of quotes.
    """
    lines = _QUOTED.sub('""', text[:_HEAD_CHARACTERS]).splitlines()[:_HEAD_LINES]
    return max(",;\t|", key=lambda delimiter: (max(line.count(delimiter) for line in lines), delimiter == ","))


def shown(cell: Any) -> str:
    """A cell as its owner reads it, for samples and messages."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, float):
        return f"{cell:.15g}"
    return str(cell).strip()


def is_blank(row: Sequence[Any]) -> bool:
    """Whether no cell of the row holds anything but spaces."""
    return all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in row)
