"""The application menu as members see it, each entry marked with its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...metadata.wording import text_of
from ..render import render
from ..shell import DASHBOARD_ICON, ENTITY_ICON, LIST_ICON

if TYPE_CHECKING:
    from ..context import Context
    from .workspace import Workspace

Document = Mapping[str, Any]


def draw_menu(work: Workspace, seen: Context, document: Document) -> str:
    """The menu, and what of the application does not stand in it."""
    items = _entries(seen, document["items"], "")
    template = render(seen, "design/menu.html", fragment=True, items=items)
    return bytes(template.body).decode()


def _entries(seen: Context, items: Sequence[Document], above: str) -> list[dict[str, Any]]:
    return [_entry(seen, item, f"{above}{number}") for number, item in enumerate(items)]


def _entry(seen: Context, item: Document, place: str) -> dict[str, Any]:
    label, symbol = _target(seen, item)
    return {
        "place": place,
        "label": text_of(item.get("label"), seen.lang) or label,
        "icon": item.get("icon") or symbol,
        "is_group": "items" in item,
        "items": _entries(seen, item.get("items", ()), f"{place}."),
    }


def _target(seen: Context, item: Document) -> tuple[str, str]:
    """What an entry without words of its own is called, and its icon."""
    catalog, lang = seen.catalog, seen.lang
    if board := catalog.dashboards.get(item.get("dashboard", "")):
        return text_of(board.label, lang), DASHBOARD_ICON
    if layout := catalog.lists.get(item.get("list", "")):
        entity = catalog.entities.get(layout.entity)
        return text_of(layout.label, lang), (entity.icon if entity else None) or LIST_ICON
    if entity := catalog.entities.get(item.get("entity", "")):
        return entity.text(lang, plural=True), entity.icon or ENTITY_ICON
    return str(item.get("entity") or item.get("list") or item.get("dashboard") or ""), "folder"
