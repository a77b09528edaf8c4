"""What of a proposal would not work: cells a type refuses, relations to nothing, keys used twice. All of it.

Columns are judged exactly, by the facts of all their cells; `judge` notes the counts in the proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formloom.metadata.checks.names import ENTITY_WORDS, FIELD_WORDS, SQL_WORDS
from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.model import Field
from formloom.metadata.reading import read_field

from ..matching import fold, unit_factor
from ..plan import importable
from ..references import resolve_column
from .documents import settings_of, title_of
from .facts import ERROR, Facts
from .fitting import Fit, fit, fit_among, of_refusals
from .proposal import Column, Proposal, Sheet

if TYPE_CHECKING:
    from formloom.runtime.context import Context

FactsOf = Callable[[Sheet, Column], Facts]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to decide first: a wording key with its data, at a sheet and a column (by position) if any."""

    code: str
    sheet: str = ""
    column: int | None = None
    data: dict[str, Any] | None = None


class Judge:
    """Judges columns of one proposal. `facts` reads what is known of a column's cells."""

    def __init__(self, ctx: Context, proposal: Proposal, facts: FactsOf) -> None:
        self.ctx = ctx
        self.proposal = proposal
        self.facts = facts

    def note(self, sheet: Sheet, column: Column) -> None:
        """Put the counts of taken and refused cells into the column."""
        found = self.fit(sheet, column)
        column.taken, column.refused = found.taken, found.refused

    def note_all(self, sheet: Sheet) -> None:
        """Put in the counts of a sheet's columns, and of all that point at it."""
        for column in sheet.columns:
            self.note(sheet, column)
        for other, column in self.proposal.relations():
            if self.proposal.target_of(column) is sheet and other is not sheet:
                self.note(other, column)

    def fit(self, sheet: Sheet, column: Column) -> Fit:
        """What the column's field makes of its cells."""
        facts = self.facts(sheet, column)
        field = self._field(sheet, column)
        if field is None:
            return Fit(facts.filled, 0)
        target = self.proposal.target_of(column)
        if target is not None and not target.into:
            return fit_among(field, facts, self.names(target))
        if field.behaviour.target is not None or field.behaviour.several is not None:
            return self._resolved(field, facts)
        return fit(field, facts, unit_factor(column.header) if field.behaviour.numeric else None)

    def _field(self, sheet: Sheet, column: Column) -> Field | None:
        if sheet.into:
            by_key = {field.key: field for field in importable(self.ctx, sheet.into)}
            return by_key.get(column.field)
        return field_of(self.proposal, column)

    def _resolved(self, field: Field, facts: Facts) -> Fit:
        """References to what exists already: people, departments, records of other entities."""
        points = "target" in (field.behaviour.target, field.behaviour.several)
        if points and field.option("target") not in self.ctx.catalog.entities:
            return Fit(0, facts.filled)
        cells = [cell for cell in facts.cells if cell.kind != ERROR]
        _values, refused = resolve_column(self.ctx, field, [cell.value for cell in cells])
        return of_refusals(field, facts, [(cells[n], error.at(field.key)) for n, error in refused.items()])

    def names(self, target: Sheet) -> set[str]:
        """All that records of a sheet may be called by: what is in its title and its unique columns."""
        title = title_of(target)
        naming = [column for column in target.used if column.unique or column is title]
        return {text for column in naming for text in self.facts(target, column).texts}


def field_of(proposal: Proposal, column: Column) -> Field | None:
    """The column's future field; None while its type still lacks something."""
    raw: dict[str, Any] = {"key": column.key, "type": column.type, "label": "", **settings_of(column)}
    needed = FIELD_TYPES[column.type].needed
    if "options" in needed:
        raw["options"] = column.options
    if "target" in needed:
        raw["target"] = proposal.target_key(column)
        if not raw["target"]:
            return None
    return read_field("proposed", raw, {})


def problems(ctx: Context, proposal: Proposal) -> list[Problem]:
    """Everything that has to be decided before the application can be made."""
    found = [] if proposal.used else [Problem("nothing_chosen")]
    keys: dict[str, str] = {}
    for sheet in proposal.used:
        found.extend(_of_into(ctx, sheet) if sheet.into else _of_sheet(ctx, proposal, sheet, keys))
        found.extend(_of_cells(proposal, sheet))
    return found


def _of_into(ctx: Context, sheet: Sheet) -> Iterator[Problem]:
    if sheet.into not in ctx.catalog.entities:
        yield Problem("no_entity", sheet.name, data={"key": sheet.into})
    elif not sheet.used:
        yield Problem("nothing_matched", sheet.name)
    chosen = [column.field for column in sheet.used]
    for column in sheet.used:
        if chosen.count(column.field) > 1:
            yield Problem("field_twice", sheet.name, column.at, {"field": column.field})


def _of_sheet(ctx: Context, proposal: Proposal, sheet: Sheet, keys: dict[str, str]) -> Iterator[Problem]:
    if sheet.key in ctx.catalog.entities:
        yield Problem("entity_exists", sheet.name, data={"key": sheet.key})
    if sheet.key in ENTITY_WORDS or sheet.key in SQL_WORDS:
        yield Problem("reserved", sheet.name, data={"key": sheet.key})
    if keys.setdefault(sheet.key, sheet.name) != sheet.name:
        yield Problem("key_twice", sheet.name, data={"key": sheet.key, "other": keys[sheet.key]})
    own = [column for column in sheet.used if column is not sheet.link]
    if not own:
        yield Problem("no_columns", sheet.name)
    for column in own:
        yield from _of_column(proposal, sheet, column, [each.key for each in own])
    yield from _of_parent(proposal, sheet)


def _of_column(proposal: Proposal, sheet: Sheet, column: Column, keys: Sequence[str]) -> Iterator[Problem]:
    where = (sheet.name, column.at)
    if keys.count(column.key) > 1:
        yield Problem("field_key_twice", *where, {"key": column.key})
    if column.key in FIELD_WORDS or column.key in SQL_WORDS:
        yield Problem("reserved", *where, {"key": column.key})
    needed = FIELD_TYPES[column.type].needed
    if "options" in needed and not column.options:
        yield Problem("no_options", *where)
    if "target" in needed and not proposal.target_key(column):
        yield Problem("no_target", *where)


def _of_parent(proposal: Proposal, sheet: Sheet) -> Iterator[Problem]:
    link = sheet.link
    if link is None:
        return
    target = proposal.target_of(link)
    if target is None or target is sheet or target.into:
        yield Problem("no_parent", sheet.name, link.at)
    elif target.link is not None:
        yield Problem("parent_has_parent", sheet.name, link.at, {"sheet": target.name})
    if any(proposal.target_of(c) is sheet for s, c in proposal.relations() if s is not sheet):
        yield Problem("lines_pointed_at", sheet.name)


def _of_cells(proposal: Proposal, sheet: Sheet) -> Iterator[Problem]:
    """Cells whose row would be refused; with `rows` they are left out and reported, in nobody's way."""
    if proposal.mode == "rows":
        return
    for column in sheet.used:
        for code in ("kept_out", "lacking", "repeated"):
            count = getattr(column, code)
            if count and not (sheet.into and code != "kept_out"):
                yield Problem(code, sheet.name, column.at, {"count": count})


def spoken(words: Sequence[str]) -> set[str]:
    """Words as people and departments are looked up by."""
    return {fold(word) for word in words}
