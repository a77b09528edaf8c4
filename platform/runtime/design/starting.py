"""Documents as they start: what a designer opens on where nobody has designed anything yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...metadata.fieldtype import FIELD_TYPES
from ...metadata.wording import LANGUAGES, say

Documents = Mapping[tuple[str, str], Mapping[str, Any]]

USUAL_COLUMNS = 7


def starting(documents: Documents, kind: str, key: str) -> Mapping[str, Any] | None:
    """The document called `key` as it would start, or None where nothing starts so."""
    entity = documents.get(("entity", key.partition(".")[0]))
    start = _STARTS.get(kind)
    if start is None or entity is None or "." not in key:
        return None
    return {"kind": kind, "key": key, "entity": entity["key"], **start(entity)}


def worded(key: str, **data: str) -> dict[str, str]:
    """A label in every language."""
    return {lang: say(key, lang, **data) for lang in LANGUAGES}


def _placed(entity: Mapping[str, Any]) -> list[str]:
    return [field["key"] for field in entity["fields"] if not field.get("hidden")]


def _form(entity: Mapping[str, Any]) -> dict[str, Any]:
    section = {"key": "main", "label": worded("design.start.section"), "columns": 2, "fields": _placed(entity)}
    return {"label": entity["label"], "sections": [section]}


def _list(entity: Mapping[str, Any]) -> dict[str, Any]:
    types = {field["key"]: FIELD_TYPES.get(field["type"]) for field in entity["fields"] if not field.get("hidden")}
    fields = [key for key, kind in types.items() if kind is not None and kind.sortable]
    columns = [entity["title"], *(key for key in fields if key != entity["title"])][:USUAL_COLUMNS]
    return {"label": worded("design.start.list"), "columns": [*columns, "updated_at"]}


def _detail(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {"label": entity["label"], "highlights": ["owner", "updated_at"], "timeline": True}


_STARTS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "form": _form,
    "list": _list,
    "detail": _detail,
}


def new_entity(key: str, label: Any, icon: str | None) -> dict[str, Any]:
    """A new entity: one field to call its records by."""
    name = {"key": "name", "type": "text", "label": worded("design.start.name"), "required": True}
    found = {
        "kind": "entity",
        "key": key,
        "label": label,
        "title": "name",
        "fields": [{**name, "searchable": True}],
    }
    return {**found, "icon": icon} if icon else found
