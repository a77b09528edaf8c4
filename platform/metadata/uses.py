"""Where what a change touches is used, and what becomes of each place: the part of a preview people read first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from .catalog import Catalog
from .checks import Finding, Place, touched_fields
from .nodes import aligned, join
from .nodewords import kind_in_words, path_in_words
from .wording import Label, say, text_of

Identity = tuple[str, str]

BREAKS, GOES, FOLLOWS, ANEW, LOOK = "breaks", "goes", "follows", "anew", "look"
"""What becomes of a place: it would lead nowhere (which refuses the changeset), goes with its document, names the
new key by itself, is computed anew, or should be looked at.
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """Something kept outside of documents that names fields: an import that waits. "" among its fields says that
    it names the entity itself, as the limit of a token does.
    """

    kind: str
    key: str
    label: Label
    entity: str
    fields: frozenset[str]


Collector = Callable[[Connection, Catalog], Iterable[Stored]]

_collectors: list[Collector] = []


def collector(function: Collector) -> Collector:
    """The same function, now asked in every preview for what is kept outside of documents."""
    if function not in _collectors:
        _collectors.append(function)
    return function


def kept_uses(conn: Connection, current: Catalog, desired: Catalog) -> list[tuple[Stored, str]]:
    """What is kept outside of documents and names what goes away or becomes another type, with that:
    `entity.field`, or an entity.
    """
    wanted: dict[str, set[str]] = {key: {""} for key in current.entities.keys() - desired.entities.keys()}
    for entity, key in touched_fields(current.entities, desired.entities):
        wanted.setdefault(entity, set()).add(key)
    found = [one for collect in _collectors if wanted for one in collect(conn, current)]
    named = ((one, key) for one in found for key in sorted(one.fields & wanted.get(one.entity, set())))
    return [(one, f"{one.entity}.{key}".rstrip(".")) for one, key in named]


def worded(
    places: Sequence[Place],
    findings: Sequence[Finding],
    current: Catalog | None,
    desired: Catalog | None,
    lang: str,
) -> list[dict[str, Any]]:
    """The documents in which places are, each {kind, key, label, kind_label, places: [{path, where, target,
    outcome, message}]}.
    """
    broken = {(finding.document, finding.path) for finding in findings if finding.severity == "error"}
    grouped: dict[Identity, list[dict[str, Any]]] = {}
    for place in places:
        document = _document(current, place.document)
        outcome = _outcome(place, broken, desired)
        shown = {
            "path": place.path,
            "where": path_in_words(_by_names(document, place.path), lang, document),
            "target": place.target,
            "outcome": outcome,
            "message": say(f"use.{outcome}", lang, target=_target_in_words(current, place.target, lang)),
        }
        grouped.setdefault(place.document, []).append(shown)
    return [
        {
            "kind": kind,
            "key": key,
            "label": text_of(_document(current, (kind, key)).get("label"), lang, key),
            "kind_label": kind_in_words(kind, lang),
            "places": shown,
        }
        for (kind, key), shown in grouped.items()
    ]


def _document(catalog: Catalog | None, identity: Identity) -> Mapping[str, Any]:
    return (catalog.documents.get(identity) if catalog is not None else None) or {}


def _outcome(place: Place, broken: set[tuple[Identity, str]], desired: Catalog | None) -> str:
    if (place.document, place.path) in broken or desired is None:
        return BREAKS
    if place.document not in desired.documents:
        return GOES
    entity, _, key = place.target.partition(".")
    now = desired.entities.get(desired.former.get(entity, entity))
    if now is not None and (now.key != entity or now.renamed.get(key)):
        return FOLLOWS
    computed = place.document[0] == "entity" and place.path.count("/") == 2
    return ANEW if computed else LOOK


def _by_names(document: Mapping[str, Any], pointer: str) -> str:
    """A JSON pointer with the names of items instead of their numbers."""
    path, here = "", document
    for part in pointer.strip("/").split("/"):
        at: Any = here
        if isinstance(at, list) and part.isdigit() and int(part) < len(at):
            path, here = join(path, list(aligned(at)[0])[int(part)]), at[int(part)]
        else:
            path, here = join(path, part), at.get(part, {}) if isinstance(at, Mapping) else {}
    return path


def _target_in_words(catalog: Catalog | None, target: str, lang: str) -> str:
    entity_key, _, key = target.partition(".")
    entity = catalog.entities.get(entity_key) if catalog is not None else None
    if entity is None:
        return target
    field = entity.all_fields.get(key)
    return entity.text(lang) if field is None else f"{entity.text(lang)} · {field.text(lang)}"
