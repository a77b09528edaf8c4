"""Turns matched sheet columns into typed values, refusing cell by cell what the field does not take.

Whole columns at a time: each distinct cell is parsed once, and references are found set-based.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from formloom.metadata.errors import FieldError, ValueRefused
from formloom.metadata.model import Field

from .reader import CellError, Row, TypedFormula
from .references import Reader, resolve_column

_PLAIN_NUMBER = re.compile(r"^[￥¥$€]?\s*-?[\d,]+(\.\d+)?$")


@dataclass
class Columns:
    """Typed columns of one length, and what was refused: row position -> errors, in sheet order."""

    values: dict[str, list[Any]] = field(default_factory=dict)
    refused: dict[int, list[FieldError]] = field(default_factory=dict)
    warnings: dict[int, list[FieldError]] = field(default_factory=dict)

    def refuse(self, position: int, error: FieldError) -> None:
        """Note a refusal of the row at `position`."""
        self.refused.setdefault(position, []).append(error)

    def warn(self, position: int, error: FieldError) -> None:
        """Note something the importing person should know about the row; it goes in all the same."""
        self.warnings.setdefault(position, []).append(error)


@dataclass(frozen=True, slots=True)
class Source:
    """One matched column: its position in the sheet, the field it fills, the factor of its unit."""

    column: int
    field: Field
    factor: Decimal | None = None


def parse_columns(reader: Reader, rows: Sequence[Row], sources: Sequence[Source]) -> Columns:
    """Typed columns for `rows`. Nothing raises for a bad cell; it is refused at its row and field."""
    result = Columns()
    for source in sources:
        _parse_column(reader, [row[source.column] for row in rows], source, result)
    return result


def _parse_column(reader: Reader, raws: list[Any], source: Source, result: Columns) -> None:
    target = source.field
    formulas: dict[int, str] = {}
    for position, raw in enumerate(raws):
        if isinstance(raw, TypedFormula):
            formulas[position] = raws[position] = raw.text
        elif isinstance(raw, CellError):
            raws[position] = ""
            result.refuse(position, FieldError(target.key, "cell_error", {"text": raw.text[:20]}))
    if source.factor is not None:
        raws = [scaled(raw, source.factor) for raw in raws]
    if target.behaviour.target is not None or target.behaviour.several is not None:
        values, refused = resolve_column(reader, target, raws)
    else:
        values, refused = target.behaviour.parse_column(target, raws)
    result.values[target.key] = list(values)
    for position, refusal in refused.items():
        cause = ValueRefused("no_value") if position in formulas else refusal
        result.refuse(position, cause.at(target.key))
    for position in formulas.keys() - refused.keys():
        result.warn(position, FieldError(target.key, "formula_kept"))


def scaled(raw: Any, factor: Decimal) -> Any:
    """A plain number times the header's unit; a number with a unit of its own, and other text, unchanged."""
    if isinstance(raw, bool) or raw == "":
        return raw
    if isinstance(raw, int | float):
        return Decimal(repr(raw)) * factor
    if isinstance(raw, str):
        text = unicodedata.normalize("NFKC", raw).strip()
        if _PLAIN_NUMBER.match(text):
            return Decimal(re.sub(r"[^\d.\-]", "", text)) * factor
    return raw
