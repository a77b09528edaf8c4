"""The one door to the reader of workbooks, and what guards those that are no .xlsx: .xls and .ods.

Both go through the same reader as .xlsx. What guards them differs: an .xls cannot hold more than its format
allows, an .ods says in a few characters that a cell is repeated a million times, judged before it is read.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from .refusal import FileRefused
from .workbook_guard import Limits

OLE = b"\xd0\xcf\x11\xe0"
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_ENCRYPTED, _BOOKS = "EncryptedPackage".encode("utf-16-le"), ("Workbook".encode("utf-16-le"), b"B\0o\0o\0k\0\0\0")
_BROKEN = (KeyError, OSError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error)
_ROW = re.compile(rb"<table:table-row([^>]*?)(?:/>|>(.*?)</table:table-row>)", re.DOTALL)
_CELL = re.compile(rb"<table:(?:covered-)?table-cell([^>]*?)(/?)>")
_ROWS_REPEATED = re.compile(rb'table:number-rows-repeated="(\d{1,9})"')
_COLUMNS_REPEATED = re.compile(rb'table:number-columns-repeated="(\d{1,9})"')

Row = list[Any]


def kind_of(path: Path, head: bytes) -> str | None:
    """`xls` or `ods` for a workbook of that kind, else None. Raises FileRefused for one behind a password."""
    if head.startswith(OLE):
        content = path.read_bytes()
        if _ENCRYPTED in content:
            raise FileRefused("import.password")
        return "xls" if any(name in content for name in _BOOKS) else None
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path)
    return None


def _kind_of_archive(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
                return None
            if archive.read("mimetype").strip() != _SPREADSHEET:
                return None
            manifest = "META-INF/manifest.xml"
            small = manifest in names and archive.getinfo(manifest).file_size < 2**20
            if small and b"encryption-data" in archive.read(manifest):
                raise FileRefused("import.password")
    except (*_BROKEN, ValueError):
        return None
    return "ods"


def read_rows(path: Path, kind: str, name: str | None, limits: Limits) -> tuple[str, list[Row], tuple[str, ...]]:
    """The sheet's name, its rows, and the names of all sheets. Raises FileRefused."""
    if kind == "ods":
        _check_repeats(path, limits)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = tuple(s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet)
            if not names or (name is not None and name not in names):
                raise FileRefused("import.no_such_sheet", name=name or "")
            sheet = book.get_sheet_by_name(name or names[0])
            if sheet.total_width > limits.columns:
                raise FileRefused("import.too_many_columns", status=413, limit=limits.columns)
            if sheet.total_height > limits.rows + 1:
                raise FileRefused("import.too_many_rows", status=413, limit=limits.rows)
            return name or names[0], sheet.to_python(skip_empty_area=False), names
    except PasswordError:
        raise FileRefused("import.password") from None
    except (CalamineError, OSError, ValueError):
        raise FileRefused("import.unreadable") from None


def sheet_rows(path: Path, name: str) -> list[Row]:
    """The rows of a sheet of an .xlsx that has been proven safe. Raises FileRefused."""
    try:
        rows: list[Row] = (
            CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python(skip_empty_area=False)
        )
    except (CalamineError, OSError, ValueError):
        raise FileRefused("import.unreadable") from None
    return rows


def hidden_sheets(path: Path) -> frozenset[str]:
    """Names of the sheets nobody sees when the workbook is opened; none of a file that is no workbook."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            return frozenset(s.name for s in book.sheets_metadata if s.visible != SheetVisibleEnum.Visible)
    except (CalamineError, PasswordError, OSError, ValueError):
        return frozenset()


def _check_repeats(path: Path, limits: Limits) -> None:
    """Refuse an archive that unpacks to too much, and a row or cell with content repeated beyond the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo("content.xml").file_size
            if size > limits.unpacked_size or size > max(64 * 2**20, limits.ratio * path.stat().st_size):
                raise FileRefused("import.too_large", status=413)
            with archive.open("content.xml") as stream:
                content = stream.read(size + 1)
    except (*_BROKEN, ValueError):
        raise FileRefused("import.unreadable") from None
    if len(content) > size or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise FileRefused("import.unreadable")
    for table in content.split(b"<table:table ")[1:]:
        _check_extent(table, limits)


def _check_extent(table: bytes, limits: Limits) -> None:
    height = 0
    for row in _ROW.finditer(table):
        height += _repeated(_ROWS_REPEATED, row[1])
        width = _width(row[2] or b"")
        if width > limits.columns:
            raise FileRefused("import.too_many_columns", status=413, limit=limits.columns)
        if width and height > limits.rows + 1:
            raise FileRefused("import.too_many_rows", status=413, limit=limits.rows)


def _width(cells: bytes) -> int:
    """How far the last cell with content stands to the right; 0 when there is none."""
    at, last = 0, 0
    for cell in _CELL.finditer(cells):
        at += _repeated(_COLUMNS_REPEATED, cell[1])
        if b"office:value-type" in cell[1] or b"table:formula" in cell[1]:
            last = at
    return last


def _repeated(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1]) if found else 1
