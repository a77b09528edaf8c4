"""What the reader may name: dotted paths and the metadata as he sees it.

A field he may not see does not exist for him. That is held by construction: conditions he writes are parsed
against a Catalog without it, so every answer is the one for a made-up name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from ...metadata.catalog import Catalog
from ...metadata.errors import NotFound, UnknownField
from ...metadata.model import Entity, Field
from .kept import keep

if TYPE_CHECKING:
    from ...rbac.access import Access

DEEPEST_PATH = 4


def resolve(access: Access, entity: str, path: str) -> tuple[Field, ...]:
    """The fields along a path, relations all but the last. Raises UnknownField for hidden and unknown alike."""
    parts = path.split(".")
    if len(parts) > DEEPEST_PATH:
        raise UnknownField(path)
    found: list[Field] = []
    here: str | None = entity
    for part in parts:
        if here is None:
            raise UnknownField(path)
        try:
            rights = access.entity(here)
            field = rights.field(part)
        except (NotFound, UnknownField):
            raise UnknownField(path) from None
        if field.key not in rights.readable:
            # He may fill it in, and that is all he may.
            raise UnknownField(path)
        found.append(field)
        here = field.option("target") if field.behaviour.target == "target" else None
    return tuple(found)


def present(access: Access, entity: str, path: str) -> str:
    """The path with present keys where it says former ones. Raises UnknownField."""
    return ".".join(field.key for field in resolve(access, entity, path))


def compared(access: Access, entity: str, path: str) -> tuple[Field, ...]:
    """The fields along a path whose values are ordered or gathered. Raises UnknownField for masked ones too."""
    chain = resolve(access, entity, path)
    if any(field.key in access.entity(field.entity).masked for field in chain):
        raise UnknownField(path)
    return chain


def as_seen(access: Access) -> Catalog:
    """The Catalog with only the entities and fields the reader may see and compare, made once per Catalog and
    actor. What is shown to him in part only is not among them.
    """

    def build() -> Catalog:
        entities = {key: _entity_as_seen(access, key) for key in access.entities()}
        return replace(access.catalog, entities=MappingProxyType(entities))

    return keep(access.catalog, ("as_seen", access.actor), build)


def _entity_as_seen(access: Access, key: str) -> Entity:
    entity = access.catalog.entity(key)
    rights = access.entity(key)
    readable = rights.readable - rights.veiled
    return replace(
        entity,
        fields=_only(entity.fields, readable),
        system_fields=_only(entity.system_fields, readable),
    )


def _only(fields: Mapping[str, Field], readable: frozenset[str]) -> Mapping[str, Field]:
    return MappingProxyType({key: field for key, field in fields.items() if key in readable})


def entities_along(catalog: Catalog, entity: str, given: Iterable[str]) -> frozenset[str]:
    """The other entities that following these paths, and the titles at their ends, reads."""
    found: set[str] = set()
    waiting = [(entity, path) for path in given]
    while waiting:
        here, path = waiting.pop()
        head, _, rest = path.partition(".")
        field = catalog.entities[here].all_fields.get(head)
        target = field.option("target") if field is not None else head
        if target not in catalog.entities:
            continue
        known = target in found
        found.add(target)
        if rest or not known:
            waiting.append((target, rest or catalog.entities[target].title))
    return frozenset(found)
