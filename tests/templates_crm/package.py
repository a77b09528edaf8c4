"""The CRM package as plain JSON and CSV, read without any of the platform's code."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "templates_crm"
SYSTEM = {"id", "rev", "owner", "owner_department", "created_at", "created_by", "updated_at", "updated_by"}

Document = dict[str, Any]


@cache
def documents() -> tuple[Document, ...]:
    """All documents of the package."""
    found: list[Document] = []
    for path in sorted(FOLDER.rglob("*.json")):
        if path.name == "formloom.json" or "demo" in path.relative_to(FOLDER).parts:
            continue
        content = json.loads(path.read_text("utf-8"))
        found += content if isinstance(content, list) else [content]
    return tuple(found)


def of_kind(kind: str) -> dict[str, Document]:
    """Documents of a kind by key."""
    return {document["key"]: document for document in documents() if document["kind"] == kind}


def fields_of(entity: str) -> dict[str, Document]:
    """Declared fields of an entity by key, with the link to its parent."""
    document = of_kind("entity")[entity]
    fields = {field["key"]: field for field in document["fields"]}
    if "parent" in document:
        fields[document["parent"]] = {"key": document["parent"], "type": "relation", "target": document["parent"]}
    return fields


def knows(entity: str, path: str) -> bool:
    """Whether `path` (`amount`, `account.owner`) leads to a field of `entity` or of what it points at."""
    head, _, tail = path.partition(".")
    field = fields_of(entity).get(head)
    if not tail:
        return field is not None or head in SYSTEM
    return field is not None and "target" in field and knows(field["target"], tail)


def conditions(condition: Any) -> Iterator[Document]:
    """The leaves of a Condition."""
    for part in condition.get("all", condition.get("any", ())):
        yield from conditions(part)
    if "not" in condition:
        yield from conditions(condition["not"])
    if "field" in condition:
        yield condition


def options_of(field: Document) -> set[str]:
    """Option keys of a select, multiselect or stage field."""
    options = field["options"]
    listed = of_kind("option_set")[options]["options"] if isinstance(options, str) else options
    return {option["key"] for option in listed}


@cache
def organisation() -> Document:
    """The sample departments and users."""
    content: Document = json.loads((FOLDER / "demo" / "organisation.json").read_text("utf-8"))
    return content


@cache
def samples() -> dict[str, list[dict[str, str]]]:
    """Sample rows by entity, in the order they are loaded."""
    found = {}
    for path in sorted((FOLDER / "demo" / "records").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem.partition("_")[2]] = list(csv.DictReader(file))
    return found
