"""What the owner of a proposal may change: names, types, relations, what is taken. Each change is checked whole.

A change is `{"sheet": name, "column": position, "set": {…}}`, without `column` for the sheet, without `sheet` for
the application. What follows from it is done with it: options for a select, another title, counts of what fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from formloom.metadata.errors import InvalidInput
from formloom.metadata.fieldtype import FIELD_TYPES, FieldType
from formloom.metadata.wording import LANGUAGES

from ..matching import Layout, match_columns
from ..plan import importable
from . import naming
from .choices import COLORS, all_choices
from .judging import Judge
from .proposal import LEVELS, MISFITS, MODES, Column, Proposal, Sheet

if TYPE_CHECKING:
    from formloom.runtime.context import Context

MOST_CHANGES, MOST_WORDS = 500, 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")
_ICON = re.compile(r"[a-z0-9-]{1,60}")
LENGTHS = ("text", "textarea")
_NO_CELLS = frozenset("file image signature subtable stage json form_ref template_ref pool tree".split())
"""Types whose values are uploaded or drawn, or whose meaning takes more than a column to say."""


class Changing:
    """Applies changes to one proposal; `reread` finds a sheet's table anew below another header row."""

    def __init__(
        self, ctx: Context, proposal: Proposal, judge: Judge, reread: Callable[[Sheet, int], Sheet]
    ) -> None:
        self.ctx = ctx
        self.proposal = proposal
        self.judge = judge
        self.reread = reread

    def apply(self, raw: Any) -> None:
        """Make one change. Raises InvalidInput, with nothing changed that a caller would keep."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("set"), Mapping) or not raw["set"]:
            raise _bad("set")
        if unknown := raw.keys() - {"sheet", "column", "set"}:
            raise _bad(sorted(unknown)[0])
        if raw.get("sheet") is None:
            _put(raw["set"], _APPLICATION, self.proposal, self)
            return
        sheet = self.proposal.sheet(str(raw["sheet"]))
        if sheet is None or not sheet.usable:
            raise _bad("sheet")
        if raw.get("column") is None:
            _put(raw["set"], _SHEET, sheet, self)
            return
        column = sheet.column(raw["column"]) if type(raw["column"]) is int else None
        if column is None:
            raise _bad("column")
        _put(raw["set"], _COLUMN, (sheet, column), self)

    def settled(self, sheet: Sheet) -> None:
        """Count again what fits, in the sheet and where others point at it."""
        self.judge.note_all(sheet)


def _bad(name: str) -> InvalidInput:
    return InvalidInput("application.bad_change", name=str(name)[:60])


Setter = Callable[[Any, Any, Changing], None]


def _put(given: Mapping[str, Any], setters: Mapping[str, Setter], what: Any, changing: Changing) -> None:
    for name, value in given.items():
        if name not in setters:
            raise _bad(name)
        setters[name](what, value, changing)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(str(value))
    return value


def _text(value: Any, most: int = MOST_WORDS) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise InvalidInput("application.bad_words", most=most)
    return " ".join(value.split())


def _words(now: Mapping[str, str], value: Any) -> dict[str, str]:
    """A label with the languages given in it changed; a plain text is said in all of them."""
    if isinstance(value, str):
        return dict.fromkeys(LANGUAGES, _text(value))
    if not isinstance(value, Mapping) or not value or value.keys() - set(LANGUAGES):
        raise _bad("label")
    return {**now, **{lang: _text(text) for lang, text in value.items()}}


def _key(value: Any) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise InvalidInput("application.bad_key")
    return value


def _one_of(value: Any, known: Any, name: str) -> str:
    if value not in known:
        raise _bad(name)
    return str(value)


# --- the application -----------------------------------------------------------------------------------------


def _name_application(proposal: Proposal, value: Any, changing: Changing) -> None:
    proposal.label = _words(proposal.label, value)


def _menu(proposal: Proposal, value: Any, changing: Changing) -> None:
    proposal.menu = _flag(value)


def _mode(proposal: Proposal, value: Any, changing: Changing) -> None:
    proposal.mode = _one_of(value, MODES, "mode")


def _grants(proposal: Proposal, value: Any, changing: Changing) -> None:
    if not isinstance(value, Mapping) or value.keys() - changing.ctx.catalog.roles.keys():
        raise _bad("grants")
    given = {**proposal.grants, **value}
    proposal.grants = {role: _one_of(level, LEVELS, "grants") for role, level in given.items() if level}


# --- a sheet -------------------------------------------------------------------------------------------------


def _include_sheet(sheet: Sheet, value: Any, changing: Changing) -> None:
    sheet.include = _flag(value)
    changing.settled(sheet)


def _name_sheet(sheet: Sheet, value: Any, changing: Changing) -> None:
    sheet.label = _words(sheet.label, value)


def _key_sheet(sheet: Sheet, value: Any, changing: Changing) -> None:
    sheet.key = _key(value)


def _icon(sheet: Sheet, value: Any, changing: Changing) -> None:
    if not isinstance(value, str) or not _ICON.fullmatch(value):
        raise _bad("icon")
    sheet.icon = value


def _title(sheet: Sheet, value: Any, changing: Changing) -> None:
    if type(value) is not int or sheet.column(value) is None:
        raise _bad("title")
    sheet.title = value
    changing.settled(sheet)


def _header(sheet: Sheet, value: Any, changing: Changing) -> None:
    if type(value) is not int or not 1 <= value <= 1_000:
        raise _bad("header")
    fresh = changing.reread(sheet, value)
    if not fresh.usable:
        raise InvalidInput("application.no_table_there", row=value)
    sheet.header, sheet.rows, sheet.notes = fresh.header, fresh.rows, fresh.notes
    sheet.columns, sheet.title, sheet.joins = fresh.columns, fresh.title, []
    changing.settled(sheet)


def _into(sheet: Sheet, value: Any, changing: Changing) -> None:
    """Make the sheet rows of an entity that exists, matching its columns as an ordinary import does; '' undoes."""
    if value != "":
        changing.ctx.access.entity(str(value)).require("import")
    sheet.into = str(value)
    match_fields(changing.ctx, sheet)
    changing.settled(sheet)


def match_fields(ctx: Context, sheet: Sheet) -> None:
    """Match the columns to the fields of the entity the sheet goes into."""
    for column in sheet.columns:
        column.field = ""
    if not sheet.into:
        return
    for match in match_columns(_layout_of(sheet), [], importable(ctx, sheet.into)):
        matched = sheet.column(match.column)
        if matched is not None and match.field:
            matched.field, matched.include = match.field, True


def _layout_of(sheet: Sheet) -> Layout:
    width = max(column.at for column in sheet.columns) + 1
    by_place = {column.at: column.header for column in sheet.columns}
    return Layout(sheet.header - 1, tuple(by_place.get(at, "") for at in range(width)), (), ())


# --- a column ------------------------------------------------------------------------------------------------

Place = tuple[Sheet, Column]


def _include(place: Place, value: Any, changing: Changing) -> None:
    place[1].include = _flag(value)
    changing.settled(place[0])


def _name(place: Place, value: Any, changing: Changing) -> None:
    place[1].label = _words(place[1].label, value)


def _key_column(place: Place, value: Any, changing: Changing) -> None:
    place[1].key = _key(value)


def _type(place: Place, value: Any, changing: Changing) -> None:
    sheet, column = place
    kind = FIELD_TYPES.get(value if isinstance(value, str) else "")
    if kind is None or kind.name not in offered_types():
        raise _bad("type")
    column.type, column.settings = kind.name, {}
    if "options" in kind.needed and not column.options:
        found = all_choices(changing.judge.facts(sheet, column))
        column.options = found.dump() if found else []
    if "target" not in kind.needed:
        column.target, column.parent = "", False
    if kind.name in LENGTHS and column.counts.longest > 500:
        column.settings = {"max_length": min(100_000, column.counts.longest * 2)}
    changing.settled(sheet)


def offered_types() -> list[str]:
    """Types a column may become: those whose values stand in one cell, the common ones first."""
    first = ["text", "textarea", "integer", "decimal", "money", "percent", "date", "datetime", "boolean"]
    first += ["select", "multiselect", "phone", "email", "url", "relation", "user", "department"]
    known = [name for name, kind in FIELD_TYPES.items() if _holds_a_cell(name, kind)]
    return [*(name for name in first if name in known), *sorted(set(known) - set(first))]


def _holds_a_cell(name: str, kind: FieldType) -> bool:
    """Whether a sheet's cell can hold a value, and nothing but options or a target has to be said first."""
    if name in _NO_CELLS or kind.computed or kind.numbered or set(kind.needed) - {"options", "target"}:
        return False
    return "target" not in kind.needed or name == "relation"


def _required(place: Place, value: Any, changing: Changing) -> None:
    place[1].required = _flag(value)


def _unique(place: Place, value: Any, changing: Changing) -> None:
    place[1].unique = _flag(value)
    changing.settled(place[0])


def _target(place: Place, value: Any, changing: Changing) -> None:
    sheet, column = place
    kind, _, name = str(value).partition(":")
    known = changing.proposal.sheet(name) if kind == "sheet" else changing.ctx.catalog.entities.get(name)
    if kind not in ("sheet", "entity") or known is None:
        raise _bad("target")
    if kind == "sheet" or FIELD_TYPES[column.type].several != "target":
        column.type = "relation"
    column.settings, column.target, column.unique = {}, str(value), False
    if kind != "sheet":
        column.parent = False
    changing.settled(sheet)


def _parent(place: Place, value: Any, changing: Changing) -> None:
    sheet, column = place
    if _flag(value):
        for other in sheet.columns:
            other.parent = False
        if not column.target.startswith("sheet:"):
            raise InvalidInput("application.parent_is_no_sheet")
    column.parent = bool(value)
    changing.settled(sheet)


def _field(place: Place, value: Any, changing: Changing) -> None:
    sheet, column = place
    known = {field.key for field in importable(changing.ctx, sheet.into)} if sheet.into else set()
    if value != "" and value not in known:
        raise _bad("field")
    column.field, column.include = str(value), value != ""
    changing.settled(sheet)


def _misfits(place: Place, value: Any, changing: Changing) -> None:
    place[1].misfits = _one_of(value, MISFITS, "misfits")


def _options(place: Place, value: Any, changing: Changing) -> None:
    """Options as [{label, color?, key?}]; a key is kept where the label is one of before."""
    sheet, column = place
    if not isinstance(value, list) or len(value) > 2_000 or not all(isinstance(each, Mapping) for each in value):
        raise _bad("options")
    labels = [_text(each.get("label"), 200) for each in value]
    made = naming.option_keys(labels)
    column.options = [
        {"key": key, "label": label, "color": _one_of(each.get("color", "gray"), COLORS, "color")}
        for key, label, each in zip(made, labels, value, strict=True)
    ]
    changing.settled(sheet)


_APPLICATION: Mapping[str, Setter] = {
    "label": _name_application,
    "menu": _menu,
    "mode": _mode,
    "grants": _grants,
}
_SHEET: Mapping[str, Setter] = {
    "include": _include_sheet,
    "label": _name_sheet,
    "key": _key_sheet,
    "icon": _icon,
    "title": _title,
    "header": _header,
    "into": _into,
}
_COLUMN: Mapping[str, Setter] = {
    "include": _include,
    "label": _name,
    "key": _key_column,
    "type": _type,
    "required": _required,
    "unique": _unique,
    "target": _target,
    "parent": _parent,
    "field": _field,
    "misfits": _misfits,
    "options": _options,
}
