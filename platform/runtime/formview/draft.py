"""What a form holds: the raw text of every input, as a record has it or as somebody typed it.

Nothing typed is ever lost: a refused form is shown again from the very texts that were sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...metadata.errors import FieldError, InvalidInput
from ...metadata.fields.choice import OTHER
from ...metadata.model import Field
from ...metadata.wording import Phrase
from ..http.call import Pairs
from ..records.record import Record

if TYPE_CHECKING:
    from ..context import Context

Raw = str | list[str]

_CELL = re.compile(r"([a-z][a-z0-9_]*)\[(\d{1,6})\]\.([a-z][a-z0-9_]*)", re.ASCII)
_OWN = re.compile(r"_[a-z_]+|_")
TABLES = "_table"
TOUCHED = "_touched"
EXACT = "_exact"
TYPED = "_text."
WRITTEN = "_other."


@dataclass
class Line:
    """One row of a sub-table: raw texts by field, titles of references, its id and revision when it exists.

    `number` is the one its inputs were sent under.
    """

    raws: dict[str, Raw] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    rev: str = ""
    number: int = 0

    def is_blank(self, start: Mapping[str, Raw]) -> bool:
        """Whether nothing stands in it but what every new row starts with."""
        return not self.id and all(not raw or raw == start.get(key) for key, raw in self.raws.items())


@dataclass
class Draft:
    """Raw texts by field, titles of references, rows of sub-tables, and what is wrong with each by name.

    `values` are typed values where they are known: of the record, or the defaults. `touched` names the inputs
    somebody has changed by hand, `unfound` those in which he wrote what names no record.
    """

    raws: dict[str, Raw] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()
    unfound: list[str] = field(default_factory=list)
    rev: str = ""

    def complain(self, errors: Iterable[FieldError], lang: str) -> None:
        """Note what is wrong, the first complaint of each input."""
        for error in errors:
            self.errors.setdefault(error.field, error.message(lang))


def raw_of(ctx: Context, field: Field, value: Any) -> Raw:
    """The text an input shows for a value; `parse` reads it back to the same value, or where `exact_of` gives a
    text, to one near it.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(ctx.zone).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, bool):
        return "1" if value else "0"
    dumped = field.behaviour.entry(field, value, ctx.lang)
    if isinstance(value, Decimal):
        return _short(str(dumped))
    return [str(each) for each in dumped] if isinstance(dumped, list | tuple) else str(dumped)


def exact_of(field: Field, value: Any) -> str:
    """The whole text of a value of which its input shows less, an instant with seconds; empty for the others."""
    if isinstance(value, datetime) and (value.second or value.microsecond):
        return str(field.behaviour.dump(field, value))
    return ""


def _short(number: str) -> str:
    """A number without zeros that say nothing: 50 for 50.00, 1.25 for 1.2500, but 12.50."""
    whole, _, rest = number.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest.ljust(2, '0')}" if rest else whole


def draft_of_record(ctx: Context, entity: str, record: Record) -> Draft:
    """The draft of a stored record."""
    fields = ctx.catalog.entity(entity).all_fields
    tables = {table.key: table for table in ctx.catalog.children[entity]}
    draft = Draft(titles=dict(record.labels), values=record, rev=str(record.get("rev", "")))
    for key, value in record.items():
        if key in tables:
            draft.lines[key] = [_line(ctx, tables[key], child, number) for number, child in enumerate(value)]
        elif key in fields:
            draft.raws[key] = raw_of(ctx, fields[key], value)
    return draft


def _line(ctx: Context, table: Field, child: Record, number: int) -> Line:
    fields = ctx.catalog.entity(table.option("target")).all_fields
    raws = {key: raw_of(ctx, fields[key], value) for key, value in child.items() if key in fields}
    return Line(raws, dict(child.labels), dict(child), str(child["id"]), str(child["rev"]), number)


def draft_of_values(ctx: Context, entity: str, values: Mapping[str, Any]) -> Draft:
    """The draft of a new record that starts with these typed values."""
    fields = ctx.catalog.entity(entity).all_fields
    raws = {key: raw_of(ctx, fields[key], value) for key, value in values.items() if key in fields}
    return Draft(raws, values=dict(values))


def draft_of_copy(ctx: Context, entity: str, record: Record) -> Draft:
    """The draft of a new record like another, as far as its reader sees that one and may write the new one."""
    draft = Draft()
    _copy(ctx, entity, record, draft.raws, draft.titles)
    for table in ctx.catalog.children[entity]:
        if table.key in ctx.access.entity(entity).creatable and record.get(table.key):
            start = start_of(ctx, table.option("target"))
            draft.lines[table.key] = [Line(dict(start), number=n) for n, _ in enumerate(record[table.key])]
            for line, child in zip(draft.lines[table.key], record[table.key], strict=True):
                _copy(ctx, table.option("target"), child, line.raws, line.titles)
    return draft


def _copy(ctx: Context, entity: str, record: Record, raws: dict[str, Raw], titles: dict[str, str]) -> None:
    rights = ctx.access.entity(entity)
    for key in rights.creatable & rights.entity.fields.keys() & record.keys():
        found = rights.entity.fields[key]
        refers = found.behaviour.target is not None or found.behaviour.several is not None
        unseen = refers and record[key] is not None and key not in record.labels
        # Files belong to one record; a copy begins without them.
        own = found.unique or not found.copy or found.behaviour.files
        if own or unseen or key in record.masked or isinstance(record[key], list):
            continue
        raws[key] = raw_of(ctx, found, record[key])
        if key in record.labels:
            titles[key] = record.labels[key]


def start_of(ctx: Context, entity: str) -> dict[str, Raw]:
    """What the inputs of a new row of a sub-table hold before anything is entered: the constant defaults."""
    found: dict[str, Raw] = {}
    for one in ctx.catalog.entity(entity).fields.values():
        if one.default is not None and not one.behaviour.computed:
            found[one.key] = raw_of(ctx, one, one.behaviour.parse(one, one.default))
        elif one.behaviour.widget(one).kind == "checkbox":
            found[one.key] = "0"
    return found


def draft_of_form(ctx: Context, entity: str, form: Pairs) -> Draft:
    """The draft somebody sent. Names that are no input of ours stay in it and are refused when it is written."""
    rights = ctx.access.entity(entity)
    known = rights.readable | rights.creatable
    tables = {t.key: t.option("target") for t in ctx.catalog.children[entity] if t.key in known}
    draft = Draft(rev=form.one("_rev"))
    draft.lines = {key: [] for key in form.many(TABLES) if key in tables}
    exact = _exact(form)
    rows: dict[tuple[str, int], Line] = {}
    for name in form:
        cell = _CELL.fullmatch(name)
        texts = exact.get((name, form.many(name)[-1])) or _with_other(form, name)
        if cell and cell[1] in draft.lines:
            number = int(cell[2])
            _put(rows.setdefault((cell[1], number), Line(number=number)), cell[3], texts)
        elif not _OWN.fullmatch(name) and not name.startswith((TYPED, WRITTEN)):
            draft.raws[name] = _raw(texts)
    starts = {key: start_of(ctx, tables[key]) for key in draft.lines}
    typed = {name.removeprefix(TYPED): form.many(name)[-1] for name in form if name.startswith(TYPED)}
    typed = {name: text for name, text in typed.items() if text.strip()}
    cells = [cell for cell in map(_CELL.fullmatch, typed) if cell]
    written_in = {(cell[1], int(cell[2])) for cell in cells}
    for place in sorted(rows, key=lambda place: place[1]):
        if place in written_in or not rows[place].is_blank(starts[place[0]]):
            draft.lines[place[0]].append(rows[place])
    draft.touched = frozenset(_placed_anew(draft, form.one(TOUCHED).split()))
    for name, text in typed.items():
        _note_unfound(draft, name, text)
    return draft


def _with_other(form: Pairs, name: str) -> Sequence[str]:
    """The texts of an input, with what was written for the choice of something else."""
    texts = form.many(name)
    if OTHER not in texts:
        return texts
    written = OTHER + form.one(WRITTEN + name)
    return [written if text == OTHER else text for text in texts]


def _note_unfound(draft: Draft, sent: str, text: str) -> None:
    """Keep what was written into a picker that holds nothing."""
    for name in _placed_anew(draft, [sent]):
        cell = _CELL.fullmatch(name)
        holder: Draft | Line = draft.lines[cell[1]][int(cell[2])] if cell else draft
        key = cell[3] if cell else name
        if holder.raws.get(key) == "":
            holder.titles[key] = text
            draft.unfound.append(name)


def _exact(form: Pairs) -> dict[tuple[str, str], list[str]]:
    """The whole text by an input's name and the text that was shown in it, for inputs that show less."""
    parts = [text.split(" ") for text in form.many(EXACT)]
    return {(part[0], part[1]): [part[2]] for part in parts if len(part) == 3}


def _placed_anew(draft: Draft, names: Iterable[str]) -> Iterator[str]:
    """The names of inputs with the numbers that their rows have in the draft."""
    places = {(table, line.number): n for table, lines in draft.lines.items() for n, line in enumerate(lines)}
    for name in names:
        cell = _CELL.fullmatch(name)
        if cell is None:
            yield name
        elif (cell[1], int(cell[2])) in places:
            yield f"{cell[1]}[{places[cell[1], int(cell[2])]}].{cell[3]}"


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


def written(ctx: Context, entity: str, draft: Draft, *, new: bool) -> dict[str, Any]:
    """The raw values of a draft as Records takes them. Raises InvalidInput for what names nothing."""
    if draft.unfound:
        raise InvalidInput(
            fields=[
                FieldError(name, "invalid_reference", {"reason": Phrase("pick.unfound")}) for name in draft.unfound
            ]
        )
    values: dict[str, Any] = _without_gaps(ctx, entity, draft.raws) if new else dict(draft.raws)
    targets = {table.key: table.option("target") for table in ctx.catalog.children[entity]}
    for table, lines in draft.lines.items():
        values[table] = [_written_line(ctx, targets[table], line) for line in lines]
    return values


def _without_gaps(ctx: Context, entity: str, raws: Mapping[str, Raw]) -> dict[str, Any]:
    """Without what a new record may not leave empty and says by itself."""
    fields = ctx.catalog.entity(entity).fields
    filling = {f.key for f in fields.values() if f.required and (f.default is not None or f.default_formula)}
    return {key: raw for key, raw in raws.items() if raw or key not in filling}


def _written_line(ctx: Context, entity: str, line: Line) -> dict[str, Any]:
    if not line.id:
        return _without_gaps(ctx, entity, line.raws)
    own: dict[str, Any] = {"id": int(line.id) if line.id.isascii() and line.id.isdigit() else line.id}
    if line.rev.isascii() and line.rev.isdigit():
        own["rev"] = int(line.rev)
    return {**line.raws, **own}
