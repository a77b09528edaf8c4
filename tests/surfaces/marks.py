"""Marks: values that occur nowhere else, each with who may see it; and how they are found in the bytes of answers.

A mark is looked for in UTF-8 and in both byte orders of UTF-16, numbers with and without separators of thousands.
Workbooks are unpacked first, and what looks like base64 or escapes of an address is decoded.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from urllib.parse import unquote_to_bytes

ALL = frozenset({"boss"})
_SHAPES = re.compile(rb"zq[0-9a-f]{12}|\d{4}-\d\d-\d\d|\d[\d,]{8,}|<v>\d{1,5}</v>")
"""What marks look like: words, days, long numbers, days as a workbook has them."""

_PACKED = re.compile(rb"[A-Za-z0-9+/_-]{24,}")


@dataclass(frozen=True)
class Mark:
    """A value and where it stands; `seen_by` are the logins of those who may see it."""

    where: str
    forms: tuple[str, ...]
    seen_by: frozenset[str]


@dataclass
class Marks:
    """All marks of a world. Each method makes one and gives its value."""

    made: list[Mark] = field(default_factory=list)

    def _keep(self, where: str, forms: Iterable[str], seen_by: Iterable[str]) -> None:
        self.made.append(Mark(where, tuple(forms), ALL.union(seen_by)))

    def word(self, where: str, *seen_by: str) -> str:
        """A word."""
        text = "zq" + sha256(f"{len(self.made)} {where}".encode()).hexdigest()[:12]
        self._keep(where, [text], seen_by)
        return text

    def label(self, where: str) -> str:
        """The name of something hidden; who may fill in everything of a new firm must know it."""
        return self.word(f"label of {where}", "benno")

    def denied(self, where: str) -> str:
        """The name of a card, which even those read whom the card says nothing else."""
        return f"Denied {where}"

    def number(self, where: str, *seen_by: str) -> int:
        """A whole number of nine digits."""
        value = 200_000_003 + 1_000_033 * len(self.made)
        self.known(where, value, *seen_by)
        return value

    def known(self, where: str, value: int, *seen_by: str) -> None:
        """Note a number that is computed from a hidden one."""
        self._keep(where, [str(value)], seen_by)

    def day(self, where: str, *seen_by: str) -> str:
        """A day long ago."""
        value = (date(1905, 3, 1) + timedelta(days=11 * len(self.made))).isoformat()
        cell = f"<v>{(date.fromisoformat(value) - date(1899, 12, 30)).days}</v>"
        self._keep(where, [value, cell], seen_by)
        return value

    def search_for(self, login: str) -> Search:
        """What finds the marks this person may not see."""
        return Search([mark for mark in self.made if login not in mark.seen_by])


class Search:
    """Finds marks in answers."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self.where = {form.encode(): mark.where for mark in marks for form in mark.forms}

    def found(self, body: bytes) -> set[str]:
        """Names of the marks in the bytes of an answer."""
        shapes = {match.group().replace(b",", b"") for part in readings(body) for match in _SHAPES.finditer(part)}
        return {self.where[shape] for shape in shapes & self.where.keys()}


def readings(body: bytes) -> Iterator[bytes]:
    """The bytes, and everything they can be unpacked to."""
    yield body
    if b"\0" in body:
        yield body.replace(b"\0", b"")
    if b"%" in body:
        yield unquote_to_bytes(body)
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield packed.read(name)
    else:
        for match in _PACKED.finditer(body):
            text = match.group().replace(b"-", b"+").replace(b"_", b"/")
            try:
                yield base64.b64decode(text + b"=" * (-len(text) % 4))
            except (binascii.Error, ValueError):
                continue
