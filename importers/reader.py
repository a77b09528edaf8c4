"""Reads a sheet of an Excel workbook or a CSV file into plain rows, each cell as it was typed.

Numbers come as floats and dates as `date` or `datetime`, as the file holds them; text stays text (`00123`, `1E5`,
`NA`). Nothing is guessed here: what a cell means is decided by the field it is matched to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from .workbook_guard import FileRefused, Limits, formulas_without_value, opened, percent_cells

Row = list[Any]


@dataclass(frozen=True, slots=True)
class TypedFormula:
    """A formula whose result the file does not hold; `text` is what was typed, with its equals sign."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Sheet:
    """One sheet: `rows[0]` is the sheet's first row, every row has `width` cells, empty cells are ''."""

    name: str
    rows: list[Row]
    sheets: tuple[str, ...]
    kind: str

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
    if head.startswith(b"PK\x03\x04"):
        return _read_workbook(path, sheet, limits)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"<htm", b"<!DO", b"<?xm", b"<HTM")):
        raise FileRefused("import.unsupported_type", status=415)
    return _read_csv(path, limits)


def _read_workbook(path: Path, name: str | None, limits: Limits) -> Sheet:
    with opened(path, limits) as archive:
        names = tuple(archive.parts)
        if not names or (name is not None and name not in archive.parts):
            raise FileRefused("import.no_such_sheet", name=name or "")
        chosen = name or names[0]
        content = archive.sheet_bytes(chosen)
        archive.check_extent(content)
        percent = percent_cells(archive, content)
    rows = _calamine_rows(path, chosen)
    for (row, column), text in formulas_without_value(content).items():
        if row < len(rows) and column < len(rows[row]) and rows[row][column] == "":
            rows[row][column] = TypedFormula(text)
    for row, column in percent:
        if row < len(rows) and column < len(rows[row]) and isinstance(rows[row][column], float):
            rows[row][column] = f"{Decimal(repr(rows[row][column])) * 100:f}%"
    return Sheet(chosen, rows, names, "xlsx")


def _calamine_rows(path: Path, name: str) -> list[Row]:
    try:
        rows: list[Row] = (
            CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python(skip_empty_area=False)
        )
    except (CalamineError, OSError, ValueError):
        raise FileRefused("import.unreadable") from None
    return rows


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
    first = text.partition("\n")[0]
    return max(",;\t|", key=lambda delimiter: (first.count(delimiter), delimiter == ","))


def shown(cell: Any) -> str:
    """A cell as its owner reads it, for samples and messages."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, time | timedelta):
        return str(cell)
    return str(cell).strip()


def is_blank(row: Sequence[Any]) -> bool:
    """Whether no cell of the row holds anything but spaces."""
    return all(cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in row)
