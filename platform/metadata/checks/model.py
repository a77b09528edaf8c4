"""The documents under check, read as far as they can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import reading
from ..model import Entity, Field, OptionSet
from .finding import Identity

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Model:
    """Documents that are valid in themselves, by identity; `broken` are those that are not."""

    documents: Mapping[Identity, Document]
    entities: Mapping[str, Entity]
    option_sets: Mapping[str, OptionSet]
    broken: frozenset[Identity]

    @classmethod
    def read(cls, documents: Iterable[Document], broken: Iterable[Identity] = ()) -> Model:
        """The model of valid documents."""
        by_identity = {(document["kind"], document["key"]): document for document in documents}
        sets = {key: reading.read_option_set(d) for (kind, key), d in by_identity.items() if kind == "option_set"}
        entities = [document for (kind, _), document in by_identity.items() if kind == "entity"]
        roles = reading.read_roles_as_options(d for (kind, _), d in by_identity.items() if kind == "role")
        return cls(by_identity, reading.read_entities(entities, sets | roles), sets, frozenset(broken))

    def of_kind(self, kind: str) -> dict[str, Document]:
        """Documents of one kind by key."""
        return {key: document for (found, key), document in self.documents.items() if found == kind}

    def knows(self, kind: str, key: str) -> bool:
        """Whether such a document exists, valid or not."""
        return (kind, key) in self.documents or (kind, key) in self.broken

    def path(self, entity: str, path: str, *, several: bool = False) -> list[Field] | None:
        """The fields a dotted path names; None when it leads nowhere, empty when it leads into a broken entity.

        Every part but the last is a relation: only those lead to exactly one record. With `several` a part may
        point at several.
        """
        found: list[Field] = []
        at = entity
        for part in path.split("."):
            if ("entity", at) in self.broken:
                return []
            if found and not _leads(found[-1], several):
                return None
            field = self.entities[at].all_fields.get(part) if at in self.entities else None
            if field is None:
                return None
            found.append(field)
            at = str(field.option("target", ""))
        return found


def _leads(field: Field, several: bool) -> bool:
    return field.behaviour.target == "target" or (several and field.behaviour.several == "target")
