"""Where documents name what a change removes or gives another type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .. import dependencies
from ..catalog import Catalog
from ..model import Entity, Field
from .finding import Place
from .model import Document, Model
from .references import Reference, references


def places(documents: Iterable[Document], current: Catalog, after: Iterable[Document]) -> list[Place]:
    """Nodes of the present `documents`, and formulas of `current`, that name what goes away or changes its type.

    `after` are the documents as they will be; those that go away themselves are not listed.
    """
    model = Model.read(after)
    touched = set(touched_fields(current.entities, model.entities))
    gone = {(kind, key) for kind, key in current.documents if (kind, key) not in model.documents}
    found: list[Place] = []
    for document in documents:
        identity = (document["kind"], document["key"])
        if identity not in gone:
            found += _in_document(document, current, touched, gone)
    found += _in_formulas(current, touched)
    return sorted(set(found), key=lambda place: (place.document, place.path))


def touched_fields(before: Mapping[str, Entity], after: Mapping[str, Entity]) -> Iterator[dependencies.Place]:
    """The fields that go away, with their entity or alone, or become another type."""
    for key, entity in before.items():
        if after.get(key) is entity:
            continue
        for name, field in entity.fields.items():
            left = after[key].fields.get(name) if key in after else None
            if left is None or _differs(field, left):
                yield (key, name)


def _differs(before: Field, after: Field) -> bool:
    return before.type != after.type or before.option("target") != after.option("target")


def _in_document(
    document: Document, current: Catalog, touched: set[dependencies.Place], gone: set[tuple[str, str]]
) -> Iterator[Place]:
    identity = (document["kind"], document["key"])
    for reference in references(document, current.entities):
        if reference.kind != "field":
            if (reference.kind, reference.name) in gone:
                yield Place(identity, reference.path, f"{reference.kind} {reference.name}")
            continue
        for entity, field in _named(reference, current):
            if (entity, field) in touched:
                yield Place(identity, reference.path, f"{entity}.{field}")


def _named(reference: Reference, current: Catalog) -> Iterable[dependencies.Place]:
    return dependencies.resolve_path(current.entities, reference.owner, reference.name) or ()


def _in_formulas(current: Catalog, touched: set[dependencies.Place]) -> Iterator[Place]:
    for (entity, key), read in dependencies.graph(current).items():
        if (entity, key) in touched:
            continue
        for place in sorted(read & touched):
            yield Place(("entity", entity), f"/fields/{key}", ".".join(place))
