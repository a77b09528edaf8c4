"""Finds columns whose values are records that are in the system already: customers named in a sheet of visits.

A value counts as found exactly when an import would find it: by title or by a unique field, among what the owner
of the workbook may see. A sample rules entities out for all columns at once; every value is looked at before a
relation is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formloom.metadata.errors import FormloomError
from formloom.metadata.fields.multi_relation import names_in
from formloom.metadata.model import Entity
from formloom.metadata.reading import read_field

from ..references import resolve_column
from .facts import TEXT, Facts
from .proposal import Column, Proposal, Sheet
from .relating import CONTAINED, TELLING_LENGTH, TELLING_VALUES, is_called_like

if TYPE_CHECKING:
    from formloom.runtime.context import Context

SAMPLE = 40
NAMED_SHARE, FEWEST = 0.7, 2
"""The part that has to be found, and how many, where a column is called like the entity."""
SEVERAL = 0.2
"""The part of cells that name more than one record, from which a column does."""
MOST_ENTITIES = 200
_POINTING = ("text", "select", "multiselect", "tags", "code", "credit_code", "textarea")
_NUMBER = re.compile(r"-?\d{1,6}(\.\d+)?")

FactsOf = Callable[[Sheet, Column], Facts]


@dataclass(frozen=True)
class Candidate:
    """A column that might point somewhere. `names` are what its cells name, and how often each stands there."""

    sheet: Sheet
    column: Column
    names: dict[str, int]
    several: bool

    @property
    def sample(self) -> list[str]:
        """Some of the names, from all over the column."""
        known = list(self.names)
        return known[:: max(1, len(known) // SAMPLE)][:SAMPLE]


def point_at_existing(ctx: Context, proposal: Proposal, facts: FactsOf) -> None:
    """Propose relations to entities that exist. Statements: a few for each entity, whatever the sheets' length."""
    waiting = list(_candidates(proposal, facts))
    best: dict[int, tuple[float, Entity, Candidate, int]] = {}
    for entity in _entities(ctx) if waiting else ():
        sampled = _found(ctx, entity, {name for each in waiting for name in each.sample})
        likely = [each for each in waiting if _may_be(each, entity, sampled)]
        known = _found(ctx, entity, {name for each in likely for name in each.names})
        for each in likely:
            taken = sum(count for name, count in each.names.items() if name in known)
            strength = _strength(each, entity, taken)
            if strength > best.get(id(each), (0.0,))[0]:
                best[id(each)] = (strength, entity, each, taken)
    for _, entity, each, taken in best.values():
        _point(entity, each, taken)


def _entities(ctx: Context) -> Iterator[Entity]:
    """The entities whose records may be pointed at, and which there are not too many of to look at all."""
    keys = [key for key in ctx.access.entities() if not ctx.catalog.entities[key].parent]
    return (ctx.catalog.entities[key] for key in keys[:MOST_ENTITIES])


def _candidates(proposal: Proposal, facts: FactsOf) -> Iterator[Candidate]:
    for sheet in proposal.used:
        for column in sheet.used:
            own = column.at == sheet.title or (column.unique and not column.target)
            if column.target or own or column.type not in _POINTING or sheet.into:
                continue
            cells = facts(sheet, column)
            if set(cells.kinds) <= {TEXT} and cells.longest <= 500:
                yield _candidate(sheet, column, cells)


def _candidate(sheet: Sheet, column: Column, cells: Facts) -> Candidate:
    apart = sum(count for text, count in cells.texts.items() if len(names_in(text)) > 1)
    several = apart >= SEVERAL * cells.filled
    names: dict[str, int] = {}
    for text, count in cells.texts.items():
        for name in names_in(text) if several else [text]:
            names[name] = names.get(name, 0) + count
    return Candidate(sheet, column, names, several)


def _found(ctx: Context, entity: Entity, names: set[str]) -> set[str]:
    """Those of the names by which an import would find a record."""
    words = sorted(names)
    link = read_field("proposed", {"key": "link", "type": "relation", "label": "", "target": entity.key}, {})
    try:
        ids, _ = resolve_column(ctx, link, words)
    except FormloomError:
        return set()  # nobody may look these up by name
    return {word for word, found in zip(words, ids, strict=True) if found is not None}


def _is_called_like(each: Candidate, entity: Entity) -> bool:
    called = {text for lang in ("zh", "en") for text in (entity.text(lang), entity.text(lang, plural=True))}
    return any(is_called_like(each.column.header, name) for name in (*called, entity.key))


def _may_be(each: Candidate, entity: Entity, known: set[str]) -> bool:
    """Whether a sample speaks for it."""
    sample = each.sample
    hits = sum(name in known for name in sample)
    wanted = NAMED_SHARE if _is_called_like(each, entity) else CONTAINED
    return hits > 0 and hits >= (wanted - 0.1) * len(sample)


def _strength(each: Candidate, entity: Entity, taken: int) -> float:
    """How much speaks for it, above 1; 0 where that is not enough."""
    filled = sum(each.names.values())
    share = taken / filled
    if _is_called_like(each, entity):
        return 2 + share if share >= NAMED_SHARE and len(each.names) >= FEWEST else 0.0
    if share < CONTAINED or len(each.names) < TELLING_VALUES or all(map(_NUMBER.fullmatch, each.names)):
        return 0.0
    average = sum(map(len, each.names)) / len(each.names)
    return 1 + share if average >= TELLING_LENGTH else 0.0


def _point(entity: Entity, each: Candidate, taken: int) -> None:
    column, filled = each.column, sum(each.names.values())
    kind = "multi_relation" if each.several else "relation"
    column.type, column.proposed, column.target = kind, kind, f"entity:{entity.key}"
    column.settings, column.options, column.unique = {}, [], False
    column.required = column.counts.blanks == 0 and taken == filled
    data = {"entity": entity.label, "found": taken, "filled": filled}
    column.evidence = [["found_existing", data]]
