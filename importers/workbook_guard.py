"""Refuses workbooks that would cost more than they say, before anything unpacks them whole.

A few kilobytes can name a cell at the far corner of the sheet, or unpack to gigabytes; readers then allocate it
all. Everything here looks only at the archive's table of contents and at raw bytes of the sheet's own part.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from formloom.metadata.errors import FormloomError


class FileRefused(FormloomError):
    """The file cannot be read as a sheet, or is larger than the limits."""

    code, status = "import.file_refused", 422


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may hold. Sizes in bytes."""

    rows: int = 200_000
    columns: int = 200
    file_size: int = 50 * 2**20
    unpacked_size: int = 1024 * 2**20
    members: int = 2_000


_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<f[^>]*>([^<]*)</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[SheetArchive]:
    """The workbook's archive, closed at the end. Raises FileRefused."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError):
        raise FileRefused("import.unreadable") from None
    with archive:
        yield SheetArchive(archive, limits)


_BUILT_IN_PERCENT = frozenset({"9", "10"})


class SheetArchive:
    """An .xlsx as an archive: names of its sheets and the raw bytes of each. Raises FileRefused."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self.limits = limits
        self.archive = archive
        self._check_members()
        self.parts = self._sheet_parts()

    def _check_members(self) -> None:
        members = self.archive.infolist()
        names = [member.filename for member in members]
        if len(members) > self.limits.members or len(set(names)) != len(names):
            raise FileRefused("import.unreadable")
        if sum(member.file_size for member in members) > self.limits.unpacked_size:
            raise FileRefused("import.too_large", status=413)
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise FileRefused("import.macros", status=415)

    def _sheet_parts(self) -> Mapping[str, str]:
        try:
            book = self._xml("xl/workbook.xml")
            relations = self._xml("xl/_rels/workbook.xml.rels")
        except (KeyError, ValueError, ElementTree.ParseError):
            raise FileRefused("import.unreadable") from None
        targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
        return {
            sheet.get("name", ""): _part_name(targets.get(sheet.get(_RELATION), ""))
            for sheet in book.iter(f"{_MAIN}sheet")
        }

    def _xml(self, name: str) -> Element:
        root: Element = ElementTree.fromstring(self.archive.read(name), forbid_dtd=True)
        return root

    def sheet_bytes(self, name: str) -> bytes:
        """The raw XML of a sheet. Raises FileRefused when it is larger than it claims."""
        part = self.parts.get(name, "")
        try:
            declared = self.archive.getinfo(part).file_size
            with self.archive.open(part) as stream:
                content = stream.read(declared + 1)
        except (KeyError, OSError, RuntimeError, zipfile.BadZipFile):
            raise FileRefused("import.unreadable") from None
        if len(content) > declared:
            raise FileRefused("import.too_large", status=413)
        return content

    def percent_styles(self) -> frozenset[int]:
        """Numbers of the cell styles that show a number as a percentage."""
        try:
            styles = self._xml("xl/styles.xml")
        except KeyError:
            return frozenset()
        except (ValueError, ElementTree.ParseError):
            raise FileRefused("import.unreadable") from None
        own = {each.get("numFmtId"): each.get("formatCode", "") for each in styles.iter(f"{_MAIN}numFmt")}
        percent = _BUILT_IN_PERCENT | {number for number, code in own.items() if "%" in code}
        cells = styles.find(f"{_MAIN}cellXfs")
        used = [] if cells is None else [each.get("numFmtId") for each in cells]
        return frozenset(number for number, code in enumerate(used) if code in percent)

    def check_extent(self, content: bytes) -> None:
        """Refuse a sheet with a cell beyond the allowed rows or columns."""
        last_row = content.rfind(b"<row ")
        number = re.compile(rb'<row [^>]*?\br="(\d+)"').match(content, last_row) if last_row >= 0 else None
        if number and int(number.group(1)) > self.limits.rows + 1:
            raise FileRefused("import.too_many_rows", status=413, limit=self.limits.rows)
        if content.count(b"<row ") > self.limits.rows + 1:
            raise FileRefused("import.too_many_rows", status=413, limit=self.limits.rows)
        if _beyond(self.limits.columns).search(content):
            raise FileRefused("import.too_many_columns", status=413, limit=self.limits.columns)


def _part_name(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _beyond(columns: int) -> re.Pattern[bytes]:
    """Finds a cell right of the last allowed column; right for any limit from 27 to 702 columns."""
    first, second = divmod(columns, 26)
    head = chr(ord("A") + first - 1)
    after = chr(ord("A") + second)
    above = f"[{chr(ord(head) + 1)}-Z][A-Z]" if head < "Z" else "(?!)"
    return re.compile(rf'<c r="(?:[A-Z]{{3}}|{above}|{head}[{after}-Z])\d'.encode())


def formulas_without_value(content: bytes) -> dict[tuple[int, int], str]:
    """Formulas whose result the file does not hold, by (row, column) from 0.

    Readers give such a cell as empty, which would lose what was typed.
    """
    if b"<f" not in content:
        return {}
    return {
        (int(row) - 1, column_number(letters.decode()) - 1): "=" + _unescape(text.decode("utf-8", "replace"))
        for letters, row, text in _FORMULA.findall(content)
    }


def percent_cells(archive: SheetArchive, content: bytes) -> list[tuple[int, int]]:
    """Cells that show their number as a percentage, by (row, column) from 0: 0.13 is 13 % to its reader."""
    styles = archive.percent_styles()
    if not styles:
        return []
    wanted = b"|".join(str(style).encode() for style in sorted(styles))
    cell = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})" s="(?:' + wanted + rb')"')
    return [(int(row) - 1, column_number(letters.decode()) - 1) for letters, row in cell.findall(content)]


def column_number(letters: str) -> int:
    """The number of a column from its letters, A = 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _unescape(text: str) -> str:
    for name, character in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("apos", "'"), ("amp", "&")):
        text = text.replace(f"&{name};", character)
    return text
