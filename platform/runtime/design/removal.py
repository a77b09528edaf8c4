"""Taking a field out of everything that shows it, so that it can go; what cannot let go of it is told."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...metadata.checks import Place, places
from ...metadata.wording import text_of
from .drafts import Identity
from .saying import titled

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
        "uses": [{"label": titled(work, identity), "count": count} for identity, count in counts.items()],
        "documents": [_cleaned(work, identity, some) for identity, some in paths.items()],
    }


ABOUT = ("form", "list", "detail", "rule", "grant")
"""Kinds of documents that are about one entity, and are nothing without it."""


def entity_uses(work: Workspace, key: str) -> dict[str, Any]:
    """Where an entity is named: {uses: [{label, count}], blocks: [{label, href}], documents}, as of `uses`.

    `documents` are those that go with it, as None, and those that can do without; `blocks` are fields of other
    entities that point at it, about which somebody must decide first. Raises NotFound.
    """
    gone = _going(work, str(work.document("entity", key)["key"]))
    before = list(work.documents.values())
    after = [each for identity, each in work.documents.items() if identity not in gone]
    named = [p for p in places(before, work.catalog or work.ctx.catalog, after) if p.document not in gone]
    counts = Counter(place.document for place in named if place.document[0] != "entity")
    pointing = dict.fromkeys(_pointing(work, place) for place in named if place.document[0] == "entity")
    freed = {identity: [place.path for place in named if place.document == identity] for identity in counts}
    with_it = [{"id": ":".join(one), "document": None, "base": _base(work, one)} for one in sorted(gone)]
    return {
        "uses": [{"label": titled(work, identity), "count": count} for identity, count in counts.items()],
        "blocks": [{"label": label, "href": href} for label, href in pointing],
        "documents": [*with_it, *(_cleaned(work, identity, paths) for identity, paths in freed.items())],
    }


def _going(work: Workspace, key: str) -> set[Identity]:
    """An entity with its lines, and what is about them."""
    every = work.documents.items()
    keys = {key} | {one[1] for one, document in every if one[0] == "entity" and document.get("parent") == key}
    about = {one for one, document in every if one[0] in ABOUT and document["entity"] in keys}
    return about | {("entity", each) for each in keys}


def _pointing(work: Workspace, place: Place) -> tuple[str, str]:
    """A field that names what goes, in words, and its designer."""
    document = work.documents[place.document]
    steps = place.path.strip("/").split("/")
    number = steps[1] if len(steps) > 1 else ""
    fields = document["fields"]
    named = next((f for f in fields if f["key"] == number), None)
    named = fields[int(number)] if number.isdigit() and int(number) < len(fields) else named
    lang = work.ctx.lang
    label = text_of(document["label"], lang)
    field = "" if named is None else f" · {text_of(named.get('label'), lang, named['key'])}"
    return f"{label}{field}", f"/admin/design/entity/{document['key']}"


def _base(work: Workspace, identity: Identity) -> Mapping[str, Any] | None:
    draft = work.drafts.get(identity)
    return draft.base if draft is not None else work.ctx.catalog.documents.get(identity)


def _cleaned(work: Workspace, identity: Identity, paths: list[str]) -> dict[str, Any]:
    document = copy.deepcopy(dict(work.documents[identity]))
    # From the back, so that earlier places keep their numbers.
    for path in sorted({_whole(path) for path in paths}, key=_order, reverse=True):
        steps = path.strip("/").split("/")
        if steps[0] == "composer":
            document.pop("composer", None)
        else:
            _take_out(document, steps)
    if identity[0] == "list":
        _drop_ways(document)
    return {"id": ":".join(identity), "document": document, "base": _base(work, identity)}


def _drop_ways(document: dict[str, Any]) -> None:
    """Take away the ways of a list that have lost the field they need."""
    for way, name in NEEDED.items():
        if way in document and name not in document[way]:
            del document[way]
            if document.get("view") == way:
                del document["view"]


def _whole(path: str) -> str:
    """The path of what goes as one: a number of a record's page means nothing with half of its condition."""
    steps = path.split("/")
    return "/".join(steps[:3]) if steps[1] == "statistics" else path


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
