"""What derived fields are computed from, as far as seeing them goes.

A formula or roll-up tells about its inputs, so it is shown to whoever sees all of them, or where its designer
published it. Inputs on the record itself, in its lines and in the parent of a line are judged by the same grant;
inputs behind a relation or among other records by what the actor sees of those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..metadata.catalog import Catalog
from ..metadata.conditions import parse, paths
from ..metadata.errors import FormloomError
from ..metadata.model import Entity, Field
from ..metadata.results import rollup_source

NOBODYS = ""
"""Name of an input nobody sees: what cannot be understood hides what depends on it."""


class Input(NamedTuple):
    """A field that a derived field reads; `same_grant`: by right of the grant that shows the derived one."""

    entity: str
    name: str
    same_grant: bool


Inputs = Mapping[str, Mapping[str, frozenset[Input]]]
"""By entity and derived field; published ones are left out."""


def inputs_of(catalog: Catalog) -> Inputs:
    """What each derived field must not tell to who does not see it."""
    return {
        key: {
            field.key: frozenset(_inputs(catalog, entity, field))
            for field in entity.fields.values()
            if field.behaviour.computed and not field.publish
        }
        for key, entity in catalog.entities.items()
    }


def _inputs(catalog: Catalog, entity: Entity, field: Field) -> Iterator[Input]:
    formula = catalog.formulas.get((entity.key, field.key))
    if formula is not None:
        for path in formula.reads:
            yield from _along(catalog, entity, path, same_grant=True)
    elif "of" in field.options:
        yield from _rollup_inputs(catalog, entity, field)


def _rollup_inputs(catalog: Catalog, entity: Entity, field: Field) -> Iterator[Input]:
    source = rollup_source(field, catalog.entities)
    if source is None:
        return
    child, link, aggregated = source
    lines = _is_lines(catalog, entity, field.option("of", "").partition(".")[0])
    if lines:
        yield Input(entity.key, field.option("of").partition(".")[0], True)
    else:
        yield Input(child, link, False)
    if aggregated:
        yield from _along(catalog, catalog.entities[child], aggregated, same_grant=lines)
    if field.option("where") is not None:
        yield from _where_inputs(catalog, catalog.entities[child], field.option("where"), same_grant=lines)


def _where_inputs(catalog: Catalog, child: Entity, where: Any, *, same_grant: bool) -> Iterator[Input]:
    try:
        read = paths(parse(where, child, catalog))
    except FormloomError:
        yield Input(child.key, NOBODYS, False)
        return
    for path in read:
        yield from _along(catalog, child, path, same_grant=same_grant)


def _is_lines(catalog: Catalog, entity: Entity, name: str) -> bool:
    """Whether the field is a sub-table of lines that belong to the entity."""
    field = entity.fields.get(name)
    if field is None or not field.holds_lines:
        return False
    target = catalog.entities.get(field.option("target", ""))
    return target is not None and target.parent == entity.key


def _along(catalog: Catalog, entity: Entity, path: str, *, same_grant: bool) -> Iterator[Input]:
    """Every field that following `path` from `entity` reads."""
    here: Entity | None = entity
    for name in path.split("."):
        if here is None or name not in here.all_fields:
            return
        yield Input(here.key, name, same_grant)
        belongs = name == here.parent or _is_lines(catalog, here, name)
        same_grant = same_grant and belongs
        here = catalog.entities.get(here.all_fields[name].option("target", ""))
