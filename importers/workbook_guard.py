"""Refuses workbooks that would cost more than they say, before anything unpacks them whole.

A few kilobytes can name a cell at the far corner of the sheet, or unpack to gigabytes; readers then allocate it
all. Here the archive's table of contents is judged, and the parts a reader unpacks are proven to be as long as
they say.
"""

from __future__ import annotations

import copy
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException, ElementTree

from formloom.metadata.fields.runs import Runs

from . import sheet_scan
from .refusal import FileRefused

__all__ = ["FileRefused", "Limits", "SheetArchive", "opened"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may hold. Sizes in bytes; `ratio` is how many times its size a large file may unpack to."""

    rows: int = 200_000
    columns: int = 200
    file_size: int = 50 * 2**20
    unpacked_size: int = 1024 * 2**20
    members: int = 2_000
    ratio: int = 200


_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BUILT_IN_PERCENT = frozenset({"9", "10"})
_SMALL = 64 * 2**20
_CHUNK = 2**20
_STYLES = "xl/styles.xml"
_SHARED = ("xl/sharedstrings.xml", _STYLES)
_BROKEN = (KeyError, OSError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error)


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[SheetArchive]:
    """The workbook's archive, closed at the end. Raises FileRefused."""
    try:
        archive = zipfile.ZipFile(path)
    except (*_BROKEN, ValueError):
        raise FileRefused("import.unreadable") from None
    with archive:
        yield SheetArchive(archive, limits, path.stat().st_size)


class SheetArchive:
    """An .xlsx as an archive: names of its sheets and the raw bytes of each. Raises FileRefused."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits, size: int) -> None:
        self.limits = limits
        self.archive = archive
        self.rich: set[str] = set()
        self._check_members(size)
        self.parts = self._sheet_parts()

    def _check_members(self, size: int) -> None:
        members = self.archive.infolist()
        names = [_plain_name(member.filename) for member in members]
        if len(members) > self.limits.members or len(set(names)) != len(names):
            raise FileRefused("import.unreadable")
        unpacked = sum(member.file_size for member in members)
        if unpacked > self.limits.unpacked_size or unpacked > max(_SMALL, self.limits.ratio * size):
            raise FileRefused("import.too_large", status=413)
        if any(name.endswith("vbaproject.bin") for name in names):
            raise FileRefused("import.macros", status=415)

    def _sheet_parts(self) -> Mapping[str, str]:
        book = self._xml("xl/workbook.xml")
        relations = self._xml("xl/_rels/workbook.xml.rels")
        targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
        return {
            sheet.get("name", ""): _part_name(targets.get(sheet.get(_RELATION), ""))
            for sheet in book.iter(f"{_MAIN}sheet")
        }

    def _xml(self, name: str) -> Element:
        try:
            root: Element = ElementTree.fromstring(self._content(name), forbid_dtd=True)
        except (ElementTree.ParseError, DefusedXmlException, ValueError):
            raise FileRefused("import.unreadable") from None
        return root

    def _content(self, name: str) -> bytes:
        return b"".join(self._chunks(name))

    def _chunks(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of a part. Raises FileRefused when they are more than the archive says."""
        try:
            declared = self.archive.getinfo(name).file_size
            with self._unpacking(name, declared + _CHUNK) as stream:
                read = 0
                while chunk := stream.read(_CHUNK):
                    read += len(chunk)
                    if read > declared:
                        raise FileRefused("import.too_large", status=413)
                    yield chunk
        except _BROKEN:
            raise FileRefused("import.unreadable") from None

    def _unpacking(self, name: str, most: int) -> IO[bytes]:
        # The module stops reading at the length the archive states; other readers do not.
        honest = copy.copy(self.archive.getinfo(name))
        honest.file_size = most
        return self.archive.open(honest)

    def sheet_bytes(self, name: str) -> bytes:
        """The raw XML of a sheet in canonical form, once it and the parts read with it are proven safe."""
        content = sheet_scan.canonical(self._content(self.parts.get(name, "")))
        sheet_scan.check_extent(content, self.limits.rows + 1, self.limits.columns)
        for part in self.archive.namelist():
            if _plain_name(part) in _SHARED:
                self._check_shared(part)
        return content

    def rich_texts(self) -> dict[int, Runs]:
        """The texts of the workbook that are formatted in parts; the sheet was read before."""
        found: dict[int, Runs] = {}
        for part in self.rich:
            found = sheet_scan.rich_texts(self._content(part))
        return found

    def _check_shared(self, name: str) -> None:
        tail = b""
        for chunk in self._chunks(name):
            if b"<!DOCTYPE" in tail + chunk:
                raise FileRefused("import.unreadable")
            if b"<rPr>" in tail + chunk and "sharedstrings" in name.lower():
                self.rich.add(name)
            tail = chunk[-9:]

    def percent_styles(self) -> frozenset[int]:
        """Numbers of the cell styles that show a number as a percentage."""
        if _STYLES not in self.archive.namelist():
            return frozenset()
        styles = self._xml(_STYLES)
        own = {each.get("numFmtId"): each.get("formatCode", "") for each in styles.iter(f"{_MAIN}numFmt")}
        percent = _BUILT_IN_PERCENT | {number for number, code in own.items() if "%" in code}
        cells = styles.find(f"{_MAIN}cellXfs")
        used = [] if cells is None else [each.get("numFmtId") for each in cells]
        return frozenset(number for number, code in enumerate(used) if code in percent)


def _plain_name(name: str) -> str:
    """A part's name as readers look for it, who mind neither case nor the slash's direction."""
    return name.lower().replace("\\", "/")


def _part_name(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
