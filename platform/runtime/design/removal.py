"""Taking a field out of everything that shows it, so that it can go; what cannot let go of it is told."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...metadata.checks import places
from .drafts import Identity
from .publishing import title_of

if TYPE_CHECKING:
    from .workspace import Workspace

CLEANED = ("form", "list", "detail", "grant")
"""Kinds of documents out of which a field can be taken without asking what they mean then."""

NEEDED = {"kanban": "by", "calendar": "start"}
"""The ways of a list that are nothing without a field, and where they name it."""


def uses(work: Workspace, entity: str, field: str) -> dict[str, Any]:
    """Where a field is named: {uses: [{label, count}], documents: [{id, document, base}]}; these without it."""
    catalog = work.catalog or work.ctx.catalog
    before = list(work.documents.values())
    whole = work.document("entity", entity)
    kept = [each for each in whole["fields"] if each["key"] != field]
    after = [{**whole, "fields": kept} if each is whole else each for each in before]
    found = [place for place in places(before, catalog, after) if place.document != ("entity", entity)]
    counts = Counter(place.document for place in found)
    paths: dict[Identity, list[str]] = {}
    for place in found:
        if place.document[0] in CLEANED:
            paths.setdefault(place.document, []).append(place.path)
    return {
        "uses": [{"label": title_of(work, identity), "count": count} for identity, count in counts.items()],
        "documents": [_cleaned(work, identity, some) for identity, some in paths.items()],
    }


def _cleaned(work: Workspace, identity: Identity, paths: list[str]) -> dict[str, Any]:
    document = copy.deepcopy(dict(work.documents[identity]))
    # From the back, so that earlier places keep their numbers.
    for path in sorted(paths, key=_order, reverse=True):
        _take_out(document, path.strip("/").split("/"))
    if identity[0] == "list":
        _drop_ways(document)
    draft = work.drafts.get(identity)
    base = draft.base if draft is not None else work.ctx.catalog.documents.get(identity)
    return {"id": ":".join(identity), "document": document, "base": base}


def _drop_ways(document: dict[str, Any]) -> None:
    """Take away the ways of a list that have lost the field they need."""
    for way, name in NEEDED.items():
        if way in document and name not in document[way]:
            del document[way]
            if document.get("view") == way:
                del document["view"]


def _order(path: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in path.strip("/").split("/")]


def _take_out(document: Any, steps: list[str]) -> None:
    """Remove the item of the innermost list the path leads through, or the name at its end."""
    here, owner, at = document, None, None
    for step in steps:
        if isinstance(here, list):
            if not (step.isdigit() and int(step) < len(here)):
                return
            owner, at = here, int(step)
            here = here[at]
        elif isinstance(here, Mapping) and step in here:
            if step == steps[-1] and owner is None:
                owner, at = here, step
            here = here[step]
        else:
            return
    if owner is not None:
        del owner[at]  # type: ignore[index]
