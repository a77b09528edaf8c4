"""Which cells of a column a field would take: the exact answer, from the distinct cells alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from formloom.metadata.errors import FieldError, ValueRefused
from formloom.metadata.model import Field

from ..parsing import scaled
from .facts import ERROR, FORMULA, Cell, Facts

SHOWN_MISFITS = 50


@dataclass(frozen=True, slots=True)
class Misfit:
    """A distinct cell a field refuses: what stands there, how often, at which position first, and why."""

    text: str
    count: int
    first: int
    error: FieldError


@dataclass(frozen=True, slots=True)
class Fit:
    """How many cells a field takes and refuses; `misfits` are the commonest refused ones, `texts` all of them."""

    taken: int
    refused: int
    misfits: tuple[Misfit, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The part of the cells that is taken, 0 to 1."""
        return self.taken / (self.taken + self.refused) if self.taken + self.refused else 0.0


def fit(field: Field, facts: Facts, factor: Decimal | None = None) -> Fit:
    """What the field makes of the column. References to records are judged by `fit_among`."""
    cells = [cell for cell in facts.cells if cell.kind != ERROR]
    raws: list[Any] = [cell.value.text if cell.kind == FORMULA else cell.value for cell in cells]
    if factor is not None:
        raws = [scaled(raw, factor) for raw in raws]
    values, bad = field.behaviour.parse_column(field, raws)
    refused = [(cells[position], refusal.at(field.key)) for position, refusal in bad.items()]
    del values
    return _fit(facts, [*refused, *_errors(field, facts)])


def fit_among(field: Field, facts: Facts, words: Collection[str], clean: Any = None) -> Fit:
    """What a reference makes of the column whose records are called by `words`."""
    refused = []
    for cell in facts.cells:
        if cell.kind != ERROR and (clean(cell.text) if clean else cell.text) not in words:
            refusal = ValueRefused("unknown_reference", text=cell.text[:60])
            refused.append((cell, refusal.at(field.key)))
    return _fit(facts, [*refused, *_errors(field, facts)])


def of_refusals(field: Field, facts: Facts, refused: Sequence[tuple[Cell, FieldError]]) -> Fit:
    """What a field makes of the column, of which these cells are refused, and errors with them."""
    return _fit(facts, [*refused, *_errors(field, facts)])


def _errors(field: Field, facts: Facts) -> list[tuple[Cell, FieldError]]:
    return [(cell, FieldError(field.key, "cell_error", {"text": cell.text[:20]})) for cell in facts.of(ERROR)]


def _fit(facts: Facts, refused: Sequence[tuple[Cell, FieldError]]) -> Fit:
    count = sum(cell.count for cell, _ in refused)
    commonest = sorted(refused, key=lambda pair: (-pair[0].count, pair[0].first))
    misfits = tuple(Misfit(cell.text, cell.count, cell.first, error) for cell, error in commonest[:SHOWN_MISFITS])
    return Fit(facts.filled - count, count, misfits, tuple(dict.fromkeys(cell.text for cell, _ in commonest)))
