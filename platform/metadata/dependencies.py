"""Which stored computed fields must be computed anew when other fields change, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from .catalog import Catalog
from .model import Entity, Field
from .results import rollup_source

Place = tuple[str, str]
"""(entity key, field key)."""


def resolve_path(entities: Mapping[str, Entity], entity: str, path: str) -> list[Place] | None:
    """Every field a dotted path names, from `entity` on; None when a part of it leads nowhere.

    Each part but the last is a relation or a sub-table of the entity reached so far.
    """
    places: list[Place] = []
    at: str | None = entity
    for part in path.split("."):
        owner = entities.get(at) if at else None
        field = owner.all_fields.get(part) if owner else None
        if owner is None or field is None:
            return None
        places.append((owner.key, part))
        at = field.option("target")
    return places


def reads(catalog: Catalog, field: Field) -> frozenset[Place]:
    """The fields a computed field looks at; empty for fields that are entered."""
    formula = catalog.formulas.get((field.entity, field.key))
    if formula is not None:
        paths = (resolve_path(catalog.entities, field.entity, path) or [] for path in formula.reads)
        return frozenset(place for path in paths for place in path)
    return frozenset(_rollup_reads(catalog, field))


def _rollup_reads(catalog: Catalog, field: Field) -> Iterator[Place]:
    if "function" not in field.options:
        return
    source = rollup_source(field, catalog.entities)
    if source is None or source[0] not in catalog.entities:
        return
    child, link, aggregated = source
    yield (child, link)
    if aggregated:
        yield (child, aggregated)
    for name in condition_fields(field.option("where")):
        yield from resolve_path(catalog.entities, child, name) or ()


def condition_fields(raw: object) -> Iterator[str]:
    """The paths a raw Condition names, without checking it."""
    if isinstance(raw, Mapping):
        for name in ("field", "some", "none"):
            if isinstance(raw.get(name), str):
                yield raw[name]
        for name in ("all", "any", "not"):
            yield from condition_fields(raw.get(name))
    elif isinstance(raw, list | tuple):
        for item in raw:
            yield from condition_fields(item)


def computed_fields(catalog: Catalog) -> Iterable[Field]:
    """All fields the product computes, virtual ones included."""
    return (f for entity in catalog.entities.values() for f in entity.fields.values() if f.behaviour.computed)


def graph(catalog: Catalog) -> dict[Place, frozenset[Place]]:
    """For each computed field, the fields it reads."""
    return {(field.entity, field.key): reads(catalog, field) for field in computed_fields(catalog)}


def affected(catalog: Catalog, changed: Collection[Place]) -> list[tuple[str, tuple[str, ...]]]:
    """Stored computed fields among `changed` or reading one of them, directly or not, as (entity, fields) in an
    order in which each is computed after what it reads. Raises ValueError when fields read each other in a circle.
    """
    known = graph(catalog)
    dirty = set(changed)
    groups: list[tuple[str, tuple[str, ...]]] = []
    for place in in_order(known):
        if place not in known or (place not in dirty and not known[place] & dirty):
            continue
        dirty.add(place)
        entity, key = place
        if key not in catalog.tables[entity].c:
            continue
        if groups and groups[-1][0] == entity:
            groups[-1] = (entity, (*groups[-1][1], key))
        else:
            groups.append((entity, (key,)))
    return groups


def in_order(known: Mapping[Place, Collection[Place]]) -> list[Place]:
    """The places, what is read before what reads it. Raises ValueError naming a circle."""
    try:
        return list(TopologicalSorter(known).static_order())
    except CycleError as error:
        raise ValueError(error.args[1]) from None
