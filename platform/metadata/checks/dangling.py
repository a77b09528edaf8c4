"""What documents name but nobody defines."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import Finding
from .model import Model
from .references import Reference, references

_IDS = {
    "entity": "M301",
    "field": "M302",
    "option_set": "M303",
    "role": "M304",
    "list": "M305",
    "dashboard": "M306",
}


def check(model: Model) -> Iterator[Finding]:
    """One finding per reference that leads nowhere."""
    for identity, document in model.documents.items():
        for reference in references(document, model.entities):
            if not _leads_somewhere(model, reference):
                data = {"name": reference.name, "owner": reference.owner}
                yield Finding(_IDS[reference.kind], identity, reference.path, data)


def _leads_somewhere(model: Model, reference: Reference) -> bool:
    if reference.kind != "field":
        return model.knows(reference.kind, reference.name)
    if not model.knows("entity", reference.owner):
        # Reported where the entity is named.
        return True
    return model.path(reference.owner, reference.name, several=reference.passes_several) is not None
