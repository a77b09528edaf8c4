"""Small documents that tests of the store, the plan and the checks share."""

from __future__ import annotations

from typing import Any


def entity(key: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An entity with a text field `name` as its title and the given fields."""
    name = {"key": "name", "type": "text", "label": "Name"}
    return {"kind": "entity", "key": key, "label": key.title(), "title": "name", "fields": [name, *fields], **more}


def field(key: str, kind: str = "text", **options: Any) -> dict[str, Any]:
    """A field of an entity's document."""
    return {"key": key, "type": kind, "label": key.title(), **options}
