"""What stands in a column, counted: its distinct cells as they were typed, how often each and where first.

pandas counts and nothing more. Every value goes through it as an object, so that text stays the text it was:
`00123`, `1E5` and `NA` are no numbers and nothing missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from ..reader import CellError, TypedFormula, shown

TEXT, NUMBER, DATE, MOMENT, TIME, YES_NO, ERROR, FORMULA = "t", "n", "d", "m", "c", "b", "e", "f"
_CLASSES: tuple[tuple[type, str], ...] = (
    (str, TEXT),
    (bool, YES_NO),
    (float, NUMBER),
    (int, NUMBER),
    (datetime, MOMENT),
    (date, DATE),
    (time, TIME),
    (CellError, ERROR),
    (TypedFormula, FORMULA),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A distinct cell: what kind it is, its value as typed, how often it stands there, the first position, and how
    its owner reads it.
    """

    kind: str
    value: Any
    count: int
    first: int
    text: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for again and again; worked out once.
        object.__setattr__(self, "text", shown(self.value))


@dataclass(frozen=True)
class Facts:
    """A column's distinct cells in the order they first come, and how many data rows the sheet has."""

    cells: tuple[Cell, ...]
    rows: int

    @cached_property
    def filled(self) -> int:
        """Number of cells that hold something."""
        return sum(cell.count for cell in self.cells)

    @property
    def blanks(self) -> int:
        """Number of rows without a value."""
        return self.rows - self.filled

    @cached_property
    def texts(self) -> dict[str, int]:
        """How often each text stands there; cells that read the same are one, however they were typed."""
        found: dict[str, int] = {}
        for cell in self.cells:
            found[cell.text] = found.get(cell.text, 0) + cell.count
        return found

    @property
    def distinct(self) -> int:
        """Number of different texts."""
        return len(self.texts)

    @property
    def unique(self) -> bool:
        """Whether no value stands there twice."""
        return self.filled > 0 and self.distinct == self.filled

    @cached_property
    def longest(self) -> int:
        """Characters of the longest text."""
        return max(map(len, self.texts), default=0)

    @cached_property
    def kinds(self) -> dict[str, int]:
        """How many cells there are of each kind."""
        found: dict[str, int] = {}
        for cell in self.cells:
            found[cell.kind] = found.get(cell.kind, 0) + cell.count
        return found

    def of(self, *kinds: str) -> Iterator[Cell]:
        """The distinct cells of these kinds."""
        return (cell for cell in self.cells if cell.kind in kinds)


def kind_of(value: Any) -> str:
    """The kind of a cell that is not empty."""
    return next((kind for known, kind in _CLASSES if value.__class__ is known or isinstance(value, known)), TEXT)


def count(cells: Sequence[Any]) -> Facts:
    """The facts of a column."""
    import pandas as pd  # slow to load, and only needed here

    by_class: dict[type, list[int]] = {}
    for place, cell in enumerate(cells):
        if not (cell is None or cell == "" or (isinstance(cell, str) and not cell.strip())):
            by_class.setdefault(cell.__class__, []).append(place)
    found: list[Cell] = []
    # 1, 1.0 and True are equal, and mean different things in a sheet.
    for places in by_class.values():
        series = pd.Series([cells[place] for place in places], dtype=object)
        codes, values = pd.factorize(series)
        counts = pd.Series(codes).value_counts(sort=False).to_dict()
        firsts = pd.Series(codes).drop_duplicates().index
        kind = kind_of(values[0])
        for number, (value, first) in enumerate(zip(values, firsts, strict=True)):
            found.append(Cell(kind, value, int(counts[number]), places[first]))
    return Facts(tuple(sorted(found, key=lambda cell: cell.first)), len(cells))


def _plain(cell: Any) -> Any:
    """The cell, None for one that is empty or of blanks only; errors and formulas as they can be compared."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    return cell


def packed(value: Any) -> list[Any] | None:
    """A cell as JSON, None for an empty one."""
    plain = _plain(value)
    return None if plain is None else [kind_of(plain), _dumped(plain)]


def unpacked(raw: list[Any] | None) -> Any:
    """The cell that `packed` wrote; '' for an empty one."""
    return "" if raw is None else _READ[raw[0]](raw[1])


def write(path: Path, facts: Facts) -> None:
    """Keep the facts of a column in a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    cells = [[cell.kind, _dumped(cell.value), cell.count, cell.first] for cell in facts.cells]
    partial.write_bytes(orjson.dumps({"rows": facts.rows, "cells": cells}))
    partial.replace(path)


def load(path: Path) -> Facts:
    """The facts a file keeps."""
    raw = orjson.loads(path.read_bytes())
    return Facts(tuple(Cell(kind, _READ[kind](v), n, first) for kind, v, n, first in raw["cells"]), raw["rows"])


def _dumped(value: Any) -> Any:
    if isinstance(value, str | float | int):
        return value if not isinstance(value, int) or abs(value) < 2**53 else str(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


_READ: dict[str, Any] = {
    TEXT: str,
    NUMBER: lambda value: int(value) if isinstance(value, str) else value,
    DATE: date.fromisoformat,
    MOMENT: datetime.fromisoformat,
    TIME: time.fromisoformat,
    YES_NO: bool,
    ERROR: CellError,
    FORMULA: TypedFormula,
}
