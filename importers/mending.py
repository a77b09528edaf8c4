"""Corrections of cells, applied before anything is parsed: single cells, or all equal ones of a column.

The file itself is never changed: an import is bound to it by its hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from .matching import Layout
from .options import Options
from .reader import Row, shown

Replacements = Mapping[int, Mapping[str, str]]


def mended_rows(rows: list[Row], layout: Layout, options: Options) -> list[Row]:
    """The data rows of the sheet with all corrections in them; a single cell's goes before its column's."""
    single = _by_row(options.fixes)
    equal = _by_column(layout, options.replace)
    chosen = [rows[number] for number in layout.data]
    if not single and not equal:
        return chosen
    return [_mended(row, single.get(number, {}), equal) for number, row in zip(layout.data, chosen, strict=True)]


def _mended(row: Row, single: Mapping[int, str], equal: Replacements) -> Row:
    mended: Row | None = None
    for column, words in equal.items():
        text = shown(row[column])
        if text in words:
            mended = mended or list(row)
            mended[column] = words[text]
    for column, text in single.items():
        if column < len(row):
            mended = mended or list(row)
            mended[column] = text
    return mended or row


def _by_row(fixes: Mapping[str, str]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = defaultdict(dict)
    for place, text in fixes.items():
        row, _, column = place[1:].partition("C")
        found[int(row) - 1][int(column) - 1] = text
    return found


def _by_column(layout: Layout, replace: Mapping[str, Mapping[str, str]]) -> Replacements:
    columns = {header: column for column, header in enumerate(layout.headers) if header}
    return {columns[header]: words for header, words in replace.items() if header in columns and words}
