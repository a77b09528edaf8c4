"""Finds the header of a sheet and matches its columns to fields, with suggestions a person can correct.

A header is compared with each field's label in every language, its key and its aliases, after folding width and
case and dropping marks (`*`) and units (`(万元)`). Equal words match surely, similar ones are suggested.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rapidfuzz import fuzz

from formloom.metadata.errors import InvalidInput
from formloom.metadata.model import Field
from formloom.metadata.wording import LANGUAGES, text_of

from .reader import Row, is_blank, shown
from .sheet_scan import column_letters

SURE, LIKELY = 100, 75
HEADER_SEARCH_ROWS = 30
SAMPLES = 3

UNITS = {"万元": Decimal(10_000), "万": Decimal(10_000), "千元": Decimal(1_000), "亿元": Decimal(100_000_000)}
"""Units a header may put in brackets, with the factor its plain numbers are multiplied by."""

_TOTALS = re.compile(r"^(合\s*计|总\s*计|小\s*计|共\s*计|grand total|sub ?total|total|sum)[:：]?$", re.IGNORECASE)
_BRACKETS = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
_MARKS = re.compile(r"[\s*＊:：_\-./]+")


@dataclass(frozen=True, slots=True)
class Match:
    """A sheet column and the field it fills. `confidence` 0–100; `factor` multiplies plain numbers."""

    column: int
    header: str
    field: str | None
    confidence: int
    samples: tuple[str, ...] = ()
    factor: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a sheet's table stands: the header's row and the data rows, both counted from 0.

    `totals` and `hidden` are rows left out: sums of the others, and those nobody sees in Excel. A column with
    values but no header is named by its letters, `(D)`.
    """

    header: int
    headers: tuple[str, ...]
    data: tuple[int, ...]
    totals: tuple[int, ...]
    hidden: tuple[int, ...] = ()


def fold(text: Any) -> str:
    """Text for comparing headers: width and case folded, marks and bracketed units dropped."""
    plain = unicodedata.normalize("NFKC", shown(text)).casefold()
    return _MARKS.sub("", _BRACKETS.sub("", plain)) or _MARKS.sub("", plain)


def unit_factor(header: str) -> Decimal | None:
    """The factor of a unit in the header's brackets, as in 年营业额(万元); None without one."""
    for unit in _BRACKETS.findall(header):
        if unit.strip() in UNITS:
            return UNITS[unit.strip()]
    return None


def names_of(field: Field) -> tuple[str, ...]:
    """All folded names a header may call the field by."""
    labels = [text_of(field.label, language, field.key) for language in LANGUAGES]
    return tuple(dict.fromkeys(fold(name) for name in (*labels, field.key, *field.aliases, *field.was)))


def find_layout(
    rows: Sequence[Row],
    fields: Sequence[Field],
    header: int | None = None,
    hidden: Collection[int] = (),
) -> Layout:
    """The table in `rows`. The header is the row naming most fields, else the first that reads like one.

    Raises InvalidInput for a `header` below the sheet's last row.
    """
    if header is not None and header >= len(rows):
        raise InvalidInput("import.no_such_row", row=header + 1)
    row = _find_header(rows, fields) if header is None else header
    data: list[int] = []
    totals: list[int] = []
    left_out: list[int] = []
    for number in range(row + 1, len(rows)):
        if is_blank(rows[number]):
            continue
        (left_out if number in hidden else totals if is_total(rows[number]) else data).append(number)
    headers = _headers(rows, row, data) if rows else ()
    return Layout(row, headers, tuple(data), tuple(totals), tuple(left_out))


def _headers(rows: Sequence[Row], header: int, data: Sequence[int]) -> tuple[str, ...]:
    named = [shown(cell) for cell in rows[header]]
    for column, name in enumerate(named):
        if not name and any(rows[number][column] != "" for number in data):
            named[column] = f"({column_letters(column + 1)})"
    return _distinct(named)


def _find_header(rows: Sequence[Row], fields: Sequence[Field]) -> int:
    known = {name for field in fields for name in names_of(field)}
    best, best_score = 0, -1.0
    for number, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        texts = [cell for cell in row if isinstance(cell, str) and cell.strip()]
        named = sum(fold(cell) in known for cell in texts)
        # A title stands alone in its row; a header fills it with different short texts.
        score = named * 10 + len({fold(cell) for cell in texts if len(cell) < 60})
        if score > best_score:
            best, best_score = number, score
    return best


def _distinct(headers: Sequence[str]) -> tuple[str, ...]:
    """The headers, later ones of the same name with a number behind that no other has."""
    taken = set(headers)
    seen: set[str] = set()
    result = []
    for header in headers:
        name, number = header, 1
        while name and (name in seen or (number > 1 and name in taken)):
            number += 1
            name = f"{header} ({number})"
        seen.add(name)
        result.append(name)
    return tuple(result)


def is_total(row: Row) -> bool:
    """Whether the row is a sum of the others: a word for total leads it and most cells are empty."""
    filled = [cell for cell in row if cell != ""]
    lead = next((cell for cell in row if cell != ""), "")
    return isinstance(lead, str) and bool(_TOTALS.match(lead.strip())) and len(filled) <= max(2, len(row) // 2)


def match_columns(layout: Layout, rows: Sequence[Row], fields: Sequence[Field]) -> list[Match]:
    """A Match for each non-empty header; each field is given to at most one column, the surest first."""
    scored = sorted(
        (
            (_similarity(fold(header), field), -column, field.key)
            for column, header in enumerate(layout.headers)
            if header
            for field in fields
        ),
        reverse=True,
    )
    taken: dict[int, tuple[str, int]] = {}
    used: set[str] = set()
    for score, negative, key in scored:
        if score >= LIKELY and -negative not in taken and key not in used:
            taken[-negative] = (key, score)
            used.add(key)
    return [_match(column, header, taken, layout, rows) for column, header in enumerate(layout.headers) if header]


def _match(
    column: int, header: str, taken: dict[int, tuple[str, int]], layout: Layout, rows: Sequence[Row]
) -> Match:
    field, confidence = taken.get(column, (None, 0))
    return Match(column, header, field, confidence, _samples(column, layout, rows), unit_factor(header))


def _samples(column: int, layout: Layout, rows: Sequence[Row]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for number in layout.data[:200]:
        text = shown(rows[number][column])
        if text:
            found.setdefault(text[:60])
        if len(found) == SAMPLES:
            break
    return tuple(found)


def _similarity(header: str, field: Field) -> int:
    names = names_of(field)
    if header in names:
        return SURE
    return min(99, int(max((fuzz.ratio(header, name) for name in names if len(name) > 1), default=0)))
