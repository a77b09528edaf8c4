"""From the tables of a workbook to a proposal: types, options, titles, keys, relations, lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.guess import speaks_of
from formloom.metadata.wording import LANGUAGES

from ..matching import unit_factor
from . import facts as counting
from . import naming, relating
from .book import Note, Table, tables
from .facts import Facts
from .guessing import Surroundings, guess
from .proposal import Column, Counts, Proposal, Sheet
from .relating import Link

SAMPLES, HEAD_ROWS = 3, 6
FEWEST_UNIQUE = 3
"""Rows below which no two equal values prove nothing."""
_NAME = re.compile(r"name|title|subject|名称|姓名|主题|标题|品名|名$", re.IGNORECASE)
_IDENTIFIER = re.compile(r"(?:\s(?:ID|No|Code|Number)|编号|编码|代码|ID)$", re.IGNORECASE)
"""What a number is called; a relation made of it is called as what it points at."""
_UNITS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
MOSTLY_DIFFERENT = 0.7
"""The part of names that are different, below which they name no record."""
_SURE = ("text", "integer", "decimal", "money", "percent", "date", "datetime", "select", "phone", "email", "user")
"""Types of which a column without blanks is proposed as required."""
_NAMES = ("text",)
_KEY_TYPES = ("text", "integer", "credit_code", "code")
_NAMING_TYPES = ("text", "email", "phone", "url", "code", "textarea", "integer", "select", "date", "autonumber")


@dataclass
class Reading:
    """What is known while a workbook is read: facts by sheet and column, and keys that are taken already."""

    folder: Path
    around: Surroundings = field(default_factory=Surroundings)
    taken: set[str] = field(default_factory=set)
    facts: dict[str, dict[int, Facts]] = field(default_factory=dict)
    pairs: dict[str, bool] = field(default_factory=dict)


def facts_file(folder: Path, number: int, header: int, column: int) -> Path:
    """Where the facts of a column are kept: of the sheet by its number, with its header in that row, from 1."""
    return folder / f"{number}.{header}.{column}.json"


def propose(
    path: Path, name: str, reading: Reading, told: Callable[[int, int], None] = lambda done, total: None
) -> Proposal:
    """The proposal for the workbook at `path`, called `name`. Raises FileRefused."""
    proposal = Proposal(label=words(naming.label_of(re.sub(r"\.\w{1,5}$", "", name))))
    for number, table in enumerate(tables(path, told=told)):
        proposal.sheets.append(propose_sheet(table, number, reading))
    relate(proposal, reading)
    return proposal


def words(text: str) -> dict[str, str]:
    """A label that says the same in every language, for its owner to translate."""
    return dict.fromkeys(LANGUAGES, text)


def propose_sheet(table: Table, number: int, reading: Reading) -> Sheet:
    """A sheet's proposal, still without relations."""
    key = naming.entity_key(table.name, reading.taken, f"sheet_{number + 1}")
    notes = [[note.code, dict(note.data)] for note in table.notes]
    label = words(naming.label_of(table.name))
    sheet = Sheet(table.name, key, label, naming.icon_of(table.name), notes=notes)
    if table.sheet is None or table.layout is None:
        sheet.usable = sheet.include = False
        return sheet
    reading.taken.add(key)
    sheet.include = not table.hidden
    sheet.header, sheet.rows, sheet.kind = table.layout.header + 1, len(table.layout.data), table.sheet.kind
    found = reading.facts[table.name] = {}
    around = Surroundings(reading.around.people, reading.around.departments, untyped=table.sheet.kind == "csv")
    taken: set[str] = set()
    for at in table.columns:
        found[at] = counting.count(table.cells(at))
        counting.write(facts_file(reading.folder, number, sheet.header, at), found[at])
        column = propose_column(at, table.layout.headers[at], found[at], around, taken)
        column.head = [counting.packed(cell) for cell in table.cells(at)[:HEAD_ROWS]]
        taken.add(column.key)
        sheet.columns.append(column)
    reading.pairs[table.name] = _pairs_differ(table)
    _settle(sheet, found)
    return sheet


def _pairs_differ(table: Table) -> bool:
    """Whether the first two columns together tell every row from the others."""
    columns = table.columns[:2]
    if len(columns) < len(("here", "there")):
        return False
    rows = list(zip(*(map(str, table.cells(at)) for at in columns), strict=True))
    return len(set(rows)) == len(rows)


def propose_column(at: int, header: str, facts: Facts, around: Surroundings, taken: set[str]) -> Column:
    """A column's proposal."""
    found = guess(header, facts, around)
    kind = found.type if found.type in FIELD_TYPES else "text"
    bare = _UNITS.sub("", header).strip() if unit_factor(header) and FIELD_TYPES[kind].numeric else ""
    return Column(
        at=at,
        header=header,
        key=naming.field_key(bare or header, taken, f"field_{at + 1}"),
        label=words(naming.label_of(bare or header)),
        type=kind,
        include=bool(facts.cells),
        settings=dict(found.settings),
        options=found.choices.dump() if found.choices else [],
        required=facts.blanks == 0 and facts.rows >= FEWEST_UNIQUE and not found.fit.refused and kind in _SURE,
        counts=counts_of(facts),
        taken=found.fit.taken,
        refused=found.fit.refused,
        proposed=kind,
        evidence=[_noted(note) for note in found.evidence],
    )


def _noted(note: Note) -> list[Any]:
    return [note.code, dict(note.data)]


def counts_of(facts: Facts) -> Counts:
    """The facts of a column in short."""
    samples = [text[:60] for text, _ in zip(facts.texts, range(SAMPLES), strict=False)]
    return Counts(facts.rows, facts.filled, facts.distinct, facts.longest, samples)


def _settle(sheet: Sheet, facts: Mapping[int, Facts]) -> None:
    """The title, and what has to be unique."""
    for column in sheet.columns:
        telling = _is_key(column, facts[column.at])
        if telling:
            column.unique = True
            column.evidence.append(["all_different", {"distinct": column.counts.distinct}])
    chosen = _title(sheet)
    sheet.title = None if chosen is None else chosen.at
    if chosen is not None:
        chosen.evidence.append(["title", {}])


def _is_key(column: Column, facts: Facts) -> bool:
    """Whether a column identifies: all different, and called or built like a number or a code."""
    if not facts.unique or facts.blanks or facts.rows < FEWEST_UNIQUE or column.refused:
        return False
    if speaks_of(column.header, "postcode"):
        return False
    return column.type in _KEY_TYPES and speaks_of(column.header, "name_of_one")


def _title(sheet: Sheet) -> Column | None:
    """What records are called by: a column of names if there is one, else the first text, else the first key."""
    fit = [c for c in sheet.columns if c.include and c.type in _NAMING_TYPES and not c.target]
    if not fit:
        return None

    def rank(column: Column) -> tuple[int, int, int, float]:
        counts = column.counts
        telling = counts.blanks == 0 and counts.distinct >= MOSTLY_DIFFERENT * counts.filled
        named = bool(_NAME.search(column.header)) and column.type in _NAMES
        return (named and telling, column.type in _NAMES and telling, column.unique, -column.at)

    return max(fit, key=rank)


def relate(proposal: Proposal, reading: Reading) -> None:
    """Put in the relations between the sheets, and which of them hold lines of others."""
    usable = [sheet for sheet in proposal.sheets if sheet.usable]
    known = [
        relating.Sheet(sheet.name, {c.at: c.header for c in sheet.columns}, reading.facts[sheet.name])
        for sheet in usable
    ]
    found = relating.links(known)
    for link in found:
        _point(proposal, link)
    for name, role in relating.roles(known, found, reading.pairs).items():
        sheet = proposal.sheet(name)
        column = sheet.column(role.column) if sheet else None
        if sheet is None or column is None:
            continue
        column.parent = True
        sheet.joins = list(role.joins)
        code = "join" if role.joins else "lines"
        sheet.notes.append([code, {"parent": role.parent, "other": next(iter(role.joins[1:]), "")}])
    for sheet in usable:
        _retitle(sheet)


def _point(proposal: Proposal, link: Link) -> None:
    sheet, target = proposal.sheet(link.sheet), proposal.sheet(link.target)
    column = sheet.column(link.column) if sheet else None
    key = target.column(link.key) if target else None
    if column is None or key is None:
        return
    column.type, column.proposed, column.target = "relation", "relation", f"sheet:{link.target}"
    column.settings, column.options, column.unique = {}, [], False
    column.taken, column.refused = link.filled - link.missing, link.missing
    column.required = column.counts.blanks == 0 and not link.missing and link.sheet != link.target
    key.unique = True
    data = {"sheet": link.target, "key": key.header, "found": column.taken, "filled": link.filled}
    column.evidence = [["found_in", data]]
    column.label = {lang: _IDENTIFIER.sub("", text).strip() or text for lang, text in column.label.items()}


def _retitle(sheet: Sheet) -> None:
    """A title that has become a relation gives way to another column."""
    now = sheet.column(sheet.title) if sheet.title is not None else None
    if now is None or now.target:
        chosen = _title(sheet)
        sheet.title = None if chosen is None else chosen.at


def headers_of(sheets: Sequence[Sheet]) -> dict[str, list[str]]:
    """The headers of each sheet, for reports."""
    return {sheet.name: [column.header for column in sheet.columns] for sheet in sheets}
