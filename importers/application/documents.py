"""From a proposal to the documents of one changeset: entities, option sets, layouts, menu, grants. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from formloom.metadata.catalog import Catalog
from formloom.metadata.fieldtype import FIELD_TYPES

from .proposal import Column, Proposal, Sheet, Words

Document = dict[str, Any]

LIST_COLUMNS, QUICK_FILTERS, HIGHLIGHTS, RELATED_COLUMNS = 9, 4, 3, 5
_TEXTS = ("text",)
_WIDE = ("textarea", "richtext", "json", "subtable", "address", "signature")
_SEARCHED = ("phone", "email")
_FILTERED = ("select", "boolean", "user", "department", "relation", "stage", "multiselect")
_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "view": ("view", "export"),
    "edit": ("view", "export", "create", "edit", "comment", "import"),
    "manage": (
        *("view", "export", "create", "edit", "comment", "import"),
        *("delete", "restore", "batch_edit", "assign", "print"),
    ),
}


def documents(proposal: Proposal, catalog: Catalog) -> list[Document]:
    """All documents the proposal leads to, for a site with this catalog."""
    maker = _Maker(proposal)
    made = [document for sheet in proposal.used if not sheet.into for document in maker.of(sheet)]
    return [*maker.sets.values(), *made, *maker.grants(), *_menu(proposal, catalog)]


class _Maker:
    def __init__(self, proposal: Proposal) -> None:
        self.proposal = proposal
        self.sets: dict[str, Document] = {}

    def of(self, sheet: Sheet) -> Iterator[Document]:
        """Entity, list, form and record page of a sheet."""
        columns = [column for column in sheet.used if column is not sheet.link]
        lines = self.lines_of(sheet)
        fields = [self.field(sheet, column) for column in columns]
        fields += [_table(child, {f["key"] for f in fields}) for child in lines]
        title = title_of(sheet)
        entity: Document = {"kind": "entity", "key": sheet.key, "label": _label(sheet.label), "icon": sheet.icon}
        parent = self.parent_of(sheet)
        if parent:
            entity["parent"] = parent
        yield {**entity, "title": title.key if title else "", "fields": fields}
        if not parent:
            yield _list(sheet, columns, title)
            yield _form(sheet, columns, [field["key"] for field in fields[len(columns) :]])
            yield self.detail(sheet, columns)

    def lines_of(self, sheet: Sheet) -> list[Sheet]:
        """The sheets whose rows are lines of this one's."""
        return [each for each in self.proposal.used if each is not sheet and self.parent_of(each) == sheet.key]

    def parent_of(self, sheet: Sheet) -> str:
        """Key of the entity whose records the rows are lines of; '' where they stand alone."""
        link = sheet.link
        target = self.proposal.target_of(link) if link else None
        return target.key if target is not None and target is not sheet and not target.into else ""

    def field(self, sheet: Sheet, column: Column) -> Document:
        """A column's field."""
        found: Document = {"key": column.key, "type": column.type, "label": _label(column.label)}
        found.update(settings_of(column))
        if column.header not in column.label.values() and len(column.header) <= 200:
            found["aliases"] = [column.header]
        if "options" in FIELD_TYPES[column.type].needed:
            found["options"] = self._set(sheet, column)
        if "target" in FIELD_TYPES[column.type].needed:
            found["target"] = self.proposal.target_key(column)
        if column.required and not self.is_late(sheet, column):
            found["required"] = True
        if column.unique:
            found["unique"] = True
        if searched(sheet, column):
            found["searchable"] = True
        return found

    def is_late(self, sheet: Sheet, column: Column) -> bool:
        """Whether a relation is filled once all rows are in, because it points into its own sheet."""
        return self.proposal.target_of(column) is sheet

    def _set(self, sheet: Sheet, column: Column) -> str:
        """Key of the option set of a column; columns with the same options share one."""
        content = json.dumps(column.options, sort_keys=True, ensure_ascii=False)
        for key, known in self.sets.items():
            if json.dumps(known["options"], sort_keys=True, ensure_ascii=False) == content:
                return key
        key = _free(f"{sheet.key}_{column.key}"[:46], self.sets)
        label = {lang: f"{sheet.label.get(lang, '')} · {text}"[:200] for lang, text in column.label.items()}
        self.sets[key] = {"kind": "option_set", "key": key, "label": _label(label), "options": column.options}
        return key

    def detail(self, sheet: Sheet, columns: Sequence[Column]) -> Document:
        """The record's page: a few facts on top, and what points at the record."""
        facts = [c.key for c in columns if c.type in _FILTERED and c is not title_of(sheet)]
        related = []
        for other, column in self.proposal.relations():
            alone = not other.into and not column.parent and not self.parent_of(other)
            if not alone or self.proposal.target_of(column) is not sheet:
                continue
            shown = [c.key for c in other.used if c is not column and c.type not in _WIDE]
            related.append({"entity": other.key, "by": column.key, "columns": shown[:RELATED_COLUMNS]})
        found = {"kind": "detail", "key": f"{sheet.key}.detail", "entity": sheet.key, "label": _label(sheet.label)}
        return {**found, "highlights": facts[:HIGHLIGHTS], "related": related, "timeline": True}

    def grants(self) -> Iterator[Document]:
        """A grant for each entity and level that roles were given."""
        for level in dict.fromkeys(self.proposal.grants.values()):
            members = [{"role": role} for role, given in sorted(self.proposal.grants.items()) if given == level]
            for sheet in self.proposal.used:
                if sheet.into or self.parent_of(sheet):
                    continue
                rights = "view" if level == "view" else "edit"
                yield {
                    "kind": "grant",
                    "key": f"{sheet.key}.{level}",
                    "entity": sheet.key,
                    "label": _label(sheet.label),
                    "members": members,
                    "operations": dict.fromkeys(_OPERATIONS[level], True),
                    "fields": {"*": rights},
                }


def settings_of(column: Column) -> Document:
    """The settings of a column's type that its type knows."""
    known = FIELD_TYPES[column.type].options_schema
    return {name: value for name, value in column.settings.items() if name in known}


def title_of(sheet: Sheet) -> Column | None:
    """The column records are called by."""
    used = [column for column in sheet.used if column is not sheet.link]
    chosen = next((column for column in used if column.at == sheet.title), None)
    suitable = [c for c in used if FIELD_TYPES[c.type].sortable and FIELD_TYPES[c.type].target is None]
    return chosen or next(iter([*suitable, *used]), None)


def searched(sheet: Sheet, column: Column) -> bool:
    """Whether the search box looks into a column: the title, and what tells records apart by text."""
    kind = FIELD_TYPES[column.type]
    texts = kind.kind in _TEXTS and kind.target is None and "options" not in kind.needed
    return texts and (column is title_of(sheet) or column.unique or column.type in _SEARCHED)


def _table(child: Sheet, taken: set[str]) -> Document:
    key = _free(child.key, taken)
    return {"key": key, "type": "subtable", "label": _label(child.label), "target": child.key}


def _free(key: str, taken: Any) -> str:
    number, candidate = 1, key
    while candidate in taken:
        number += 1
        candidate = f"{key}_{number}"
    return candidate


def _label(words: Words) -> Any:
    """A label: one text where it is the same in all languages."""
    said = {lang: text.strip() for lang, text in words.items() if text.strip()}
    return next(iter(said.values()), "?") if len(set(said.values())) <= 1 else said


def _list(sheet: Sheet, columns: Sequence[Column], title: Column | None) -> Document:
    shown = [column for column in columns if column.type not in _WIDE and column is not title]
    first = [title] if title else []
    keys = [column.key for column in (*first, *shown)][:LIST_COLUMNS]
    filters = [column.key for column in columns if column.type in _FILTERED][:QUICK_FILTERS]
    return {
        "kind": "list",
        "key": f"{sheet.key}.all",
        "entity": sheet.key,
        "label": _label(sheet.label),
        "columns": keys or ["created_at"],
        "quick_filters": filters,
        "default": True,
    }


def _form(sheet: Sheet, columns: Sequence[Column], tables: Sequence[str]) -> Document:
    placed: list[Any] = [
        {"field": column.key, "span": 2} if column.type in _WIDE else column.key for column in columns
    ]
    placed += [{"field": key, "span": 2} for key in tables]
    section = {"key": "main", "label": _label(sheet.label), "columns": 2, "fields": placed}
    return {
        "kind": "form",
        "key": f"{sheet.key}.form",
        "entity": sheet.key,
        "label": _label(sheet.label),
        "sections": [section],
    }


def _menu(proposal: Proposal, catalog: Catalog) -> list[Document]:
    """The site's menu with a group for the application; a site without a menu shows everything anyway."""
    maker = _Maker(proposal)
    fresh = [sheet for sheet in proposal.used if not sheet.into and not maker.parent_of(sheet)]
    menus = [document for (kind, _), document in catalog.documents.items() if kind == "menu"]
    if not proposal.menu or not menus or not fresh:
        return []
    chosen = next((menu for menu in menus if menu["key"] == "main"), menus[0])
    group = {"label": _label(proposal.label), "items": [{"entity": sheet.key} for sheet in fresh]}
    return [{**chosen, "items": [*chosen["items"], group]}]
