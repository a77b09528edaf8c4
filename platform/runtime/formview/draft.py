"""What a form holds: the raw text of every input, as a record has it or as somebody typed it.

Nothing typed is ever lost: a refused form is shown again from the very texts that were sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...metadata.errors import FieldError
from ...metadata.model import Field
from ..http.call import Pairs
from ..records.record import Record

if TYPE_CHECKING:
    from ..context import Context

Raw = str | list[str]

_CELL = re.compile(r"([a-z][a-z0-9_]*)\[(\d{1,6})\]\.([a-z][a-z0-9_]*)", re.ASCII)
_OWN = re.compile(r"_[a-z_]+|_")
TABLES = "_table"
MOST_LINES = 1_000


@dataclass
class Line:
    """One row of a sub-table: raw texts by field, titles of references, its id and revision when it exists."""

    raws: dict[str, Raw] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    rev: str = ""

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not self.id and not any(self.raws.values())


@dataclass
class Draft:
    """Raw texts by field, titles of references, rows of sub-tables, and what is wrong with each by name.

    `values` are typed values where they are known: of the record, or the defaults.
    """

    raws: dict[str, Raw] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    rev: str = ""

    def complain(self, errors: Iterable[FieldError], lang: str) -> None:
        """Note what is wrong, the first complaint of each input."""
        for error in errors:
            self.errors.setdefault(error.field, error.message(lang))


def raw_of(ctx: Context, field: Field, value: Any) -> Raw:
    """The text an input shows for a value; `parse` reads it back to the same value."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(ctx.zone).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, bool):
        return "1" if value else "0"
    dumped = field.behaviour.dump(field, value)
    return [str(each) for each in dumped] if isinstance(dumped, list | tuple) else str(dumped)


def draft_of_record(ctx: Context, entity: str, record: Record) -> Draft:
    """The draft of a stored record."""
    fields = ctx.catalog.entity(entity).all_fields
    tables = {table.key: table for table in ctx.catalog.children[entity]}
    draft = Draft(titles=dict(record.labels), values=record, rev=str(record.get("rev", "")))
    for key, value in record.items():
        if key in tables:
            draft.lines[key] = [_line(ctx, tables[key], child) for child in value]
        elif key in fields:
            draft.raws[key] = raw_of(ctx, fields[key], value)
    return draft


def _line(ctx: Context, table: Field, child: Record) -> Line:
    fields = ctx.catalog.entity(table.option("target")).all_fields
    raws = {key: raw_of(ctx, fields[key], value) for key, value in child.items() if key in fields}
    return Line(raws, dict(child.labels), dict(child), str(child["id"]), str(child["rev"]))


def draft_of_values(ctx: Context, entity: str, values: Mapping[str, Any]) -> Draft:
    """The draft of a new record that starts with these typed values."""
    fields = ctx.catalog.entity(entity).all_fields
    raws = {key: raw_of(ctx, fields[key], value) for key, value in values.items() if key in fields}
    return Draft(raws, values=dict(values))


def draft_of_form(ctx: Context, entity: str, form: Pairs) -> Draft:
    """The draft somebody sent. Names that are no input of ours stay in it and are refused when it is written."""
    tables = {table.key for table in ctx.catalog.children[entity]}
    draft = Draft(rev=form.one("_rev"))
    draft.lines = {key: [] for key in form.many(TABLES) if key in tables}
    rows: dict[tuple[str, int], Line] = {}
    for name in form:
        cell = _CELL.fullmatch(name)
        if cell and cell[1] in draft.lines:
            line = rows.setdefault((cell[1], int(cell[2])), Line())
            _put(line, cell[3], form.many(name))
        elif not _OWN.fullmatch(name):
            draft.raws[name] = _raw(form.many(name))
    for table, number in sorted(rows, key=lambda place: place[1]):
        if not rows[table, number].blank:
            draft.lines[table].append(rows[table, number])
    return draft


def _put(line: Line, key: str, texts: Sequence[str]) -> None:
    if key == "id":
        line.id = texts[-1]
    elif key == "rev":
        line.rev = texts[-1]
    else:
        line.raws[key] = _raw(texts)


def _raw(texts: Sequence[str]) -> Raw:
    """One text, or several where an input sends several. A switch sends 0 always and 1 when it is on."""
    if len(texts) > 1 and texts[0] == "":
        return [text for text in texts if text]
    return texts[-1] if texts else ""


def written(draft: Draft) -> dict[str, Any]:
    """The raw values of a draft as Records takes them."""
    values: dict[str, Any] = dict(draft.raws)
    for table, lines in draft.lines.items():
        values[table] = [_written_line(line) for line in lines]
    return values


def _written_line(line: Line) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if line.id.isdigit():
        own["id"] = int(line.id)
        if line.rev.isdigit():
            own["rev"] = int(line.rev)
    return {**line.raws, **own}
