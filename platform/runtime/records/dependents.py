"""Which stored computed fields follow from which fields, and how to get from a changed row to the rows concerned.

Worked out once per Catalog. A route is read from the changed row: up a link to the row it points at, or down to
the rows that point here. A formula that reads `account.name` is reached from an account down its link; a roll-up
over lines is reached from a line up to its record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from ...metadata import conditions
from ...metadata.catalog import Catalog
from ...metadata.model import Field
from ...metadata.results import branch_of, rollup_source
from .kept import keep

Place = tuple[str, str]
"""(entity, field)."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a route along the relation `link` of `entity`: up to what it points at, or down to its rows.

    `all_the_way`: up a tree to everything above, the rows themselves included.
    """

    entity: str
    link: str
    up: bool
    all_the_way: bool = False


Route = tuple[Hop, ...]


@dataclass(frozen=True)
class Dependents:
    """`edges`: for each field, the computed fields that read it and the route to their rows. `levels`: all stored
    computed fields, each behind everything it reads; those of one level do not read each other.
    """

    edges: Mapping[Place, tuple[tuple[Place, Route], ...]]
    levels: tuple[tuple[Place, ...], ...]
    gathering: frozenset[Place]

    def reading(self, place: Place) -> tuple[tuple[Place, Route], ...]:
        """The computed fields that read this field, with the routes to their rows."""
        return self.edges.get(place, ())

    def gathers(self, entity: str, key: str) -> bool:
        """Whether the field is computed from other rows that may come and go, not from what its row points at."""
        return (entity, key) in self.gathering

    def placed(self, entity: str) -> list[Place]:
        """The stored computed fields of an entity."""
        return [place for level in self.levels for place in level if place[0] == entity]


def dependents_of(catalog: Catalog) -> Dependents:
    """The dependents of a Catalog, worked out once. Raises CycleError where fields read each other in a circle."""
    return keep(catalog, "dependents", lambda: _build(catalog))


def _build(catalog: Catalog) -> Dependents:
    edges: dict[Place, dict[tuple[Place, Route], None]] = {}
    reads: dict[Place, set[Place]] = {}
    for entity in catalog.entities.values():
        for field in entity.fields.values():
            if not field.behaviour.computed or field.key not in catalog.tables[entity.key].c:
                continue
            target = (entity.key, field.key)
            reads[target] = set()
            for place, route in _inputs(catalog, field):
                edges.setdefault(place, {})[target, route] = None
                reads[target].add(place)
    gathering = {target for found in edges.values() for target, route in found if any(hop.up for hop in route)}
    return Dependents(
        {place: tuple(found) for place, found in edges.items()}, _levels(reads), frozenset(gathering)
    )


def _levels(reads: Mapping[Place, set[Place]]) -> tuple[tuple[Place, ...], ...]:
    sorter = TopologicalSorter({place: found & reads.keys() for place, found in reads.items()})
    sorter.prepare()
    levels = []
    while sorter.is_active():
        ready = sorter.get_ready()
        levels.append(tuple(sorted(ready)))
        sorter.done(*ready)
    return tuple(levels)


def _inputs(catalog: Catalog, field: Field) -> Iterator[tuple[Place, Route]]:
    formula = catalog.formulas.get((field.entity, field.key))
    if formula is not None:
        for path in formula.reads:
            yield from _along(catalog, field.entity, path, ())
        return
    source = rollup_source(field, catalog.entities)
    if source is None:
        return
    child, link, aggregated = source
    route: Route = (Hop(child, link, up=True),)
    tree = branch_of(field, catalog.entities)
    if tree is not None:
        above = Hop(tree.entity, tree.key, up=True, all_the_way=True)
        # A record that moves is taken out of what it stood below and into what it stands below.
        yield (tree.entity, tree.key), (Hop(tree.entity, tree.key, up=True), above)
        route = (*route, above)
    yield (child, link), route
    if aggregated:
        yield from _along(catalog, child, aggregated, route)
    where = field.option("where")
    if where is not None:
        for path in conditions.paths(conditions.parse(where, catalog.entities[child], catalog)):
            yield from _along(catalog, child, path, route)


def _along(catalog: Catalog, entity: str, path: str, route: Route) -> Iterator[tuple[Place, Route]]:
    """Every field that following `path` from `entity` reads, with its route: the way back, then `route`."""
    here = entity
    for part in path.split("."):
        field = catalog.entities[here].all_fields.get(part)
        if field is None:
            return
        if any(table.key == part for table in catalog.children[here]):
            child = field.option("target")
            route = (Hop(child, here, up=True), *route)
            yield (child, here), route
            here = child
            continue
        yield (here, part), route
        if "target" not in (field.behaviour.target, field.behaviour.several):
            return
        route = (Hop(here, part, up=False), *route)
        here = field.option("target")
