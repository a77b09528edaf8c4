"""What computed fields give: the result of a roll-up or lookup follows from the field it looks at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from .fieldtype import FIELD_TYPES
from .model import Entity, Field

Seen = frozenset[tuple[str, str]]

_OWN_DEFINITION = frozenset(
    {"formula", "function", "of", "by", "branch", "where", "path", "filter", "on_delete", "fill", "expanded"}
)
"""Options that say how a field gets its value, not what the value is: who looks the value up has his own."""


def with_results(entity: Entity, entities: Mapping[str, Entity]) -> Entity:
    """The entity with the `result`, `scale`, target and choices of each roll-up and lookup, taken from the field
    it looks at.
    """
    changed = {key: resolved(field, entities) for key, field in entity.fields.items()}
    if all(field is entity.fields[key] for key, field in changed.items()):
        return entity
    # The same object while the results are the same: tables and formulas made for it serve on.
    before: Entity | None = entity.__dict__.get("_resolved")
    if before is not None and dict(before.fields) == changed:
        return before
    made = replace(entity, fields=MappingProxyType(changed))
    entity.__dict__["_resolved"] = made
    return made


def rollup_source(field: Field, entities: Mapping[str, Entity]) -> tuple[str, str, str | None] | None:
    """(child entity, its link back to us, aggregated field or None) of a roll-up; None where it leads nowhere."""
    head, _, tail = str(field.option("of", "")).partition(".")
    own = entities[field.entity].fields.get(head)
    if own is not None and field.option("by") is None:
        return (own.option("target", ""), field.entity, tail or None)
    return (head, field.option("by", field.entity), tail or None) if head in entities else None


def branch_of(field: Field, entities: Mapping[str, Entity]) -> Field | None:
    """The tree along which a roll-up takes in everything below its record, if it does."""
    if not field.option("branch"):
        return None
    return next((f for f in entities[field.entity].fields.values() if FIELD_TYPES[f.type].own_kind), None)


def resolved(field: Field, entities: Mapping[str, Entity], seen: Seen = frozenset()) -> Field:
    """The field with its result; what it looks at is resolved first. A circle is left to the checks."""
    place = (field.entity, field.key)
    if place in seen:
        return field
    if "function" in field.options and "of" in field.options:
        return _rollup(field, entities, seen | {place})
    if is_lookup(field):
        return _lookup(field, entities, seen | {place})
    return field


def is_lookup(field: Field) -> bool:
    """Whether the field shows a field of what a relation points at."""
    return "path" in field.options and FIELD_TYPES[field.type].computed


def _rollup(field: Field, entities: Mapping[str, Entity], seen: Seen) -> Field:
    source = rollup_source(field, entities)
    aggregated = None
    if source and source[2] and source[0] in entities:
        aggregated = entities[source[0]].all_fields.get(source[2])
    if aggregated is not None:
        aggregated = resolved(aggregated, entities, seen)
    options = dict(field.options)
    if "result" not in options:
        options["result"] = _result_of(options["function"], aggregated)
        if aggregated is not None and aggregated.option("scale") is not None:
            options.setdefault("scale", aggregated.option("scale"))
    choices = field.choices or (aggregated.choices if aggregated is not None else ())
    return replace(field, options=MappingProxyType(options), choices=choices)


def _result_of(function: str, aggregated: Field | None) -> str:
    if function in ("count", "count_distinct") or aggregated is None:
        return "integer"
    # A roll-up without a result is part of a circle; any plain type will do until the checks refuse it.
    inner = "integer" if _is_open(aggregated) else str(aggregated.option("result", aggregated.type))
    return "decimal" if function == "avg" and inner == "integer" else inner


def _is_open(field: Field) -> bool:
    return "result" not in field.options and ("function" in field.options or is_lookup(field))


def _lookup(field: Field, entities: Mapping[str, Entity], seen: Seen) -> Field:
    shown = _end_of(field, entities, seen)
    if shown is None or _is_open(shown):
        return replace(field, options=MappingProxyType({**field.options, "result": "text"}))
    settings = {name: value for name, value in shown.options.items() if name not in _OWN_DEFINITION}
    options: dict[str, Any] = {"result": result_type(shown), **settings, **field.options}
    return replace(field, options=MappingProxyType(options), choices=shown.choices)


def _end_of(field: Field, entities: Mapping[str, Entity], seen: Seen) -> Field | None:
    """The field at the end of a lookup's path."""
    here: Entity | None = entities.get(field.entity)
    found: Field | None = None
    for part in str(field.option("path")).split("."):
        found = here.all_fields.get(part) if here is not None else None
        if found is None:
            return None
        found = resolved(found, entities, seen)
        here = entities.get(str(found.option("target", "")))
    return found


def result_type(field: Field) -> str:
    """The type whose values a field holds, as one that nobody numbers or hangs anything on."""
    kind = FIELD_TYPES[str(field.option("result", field.type))]
    if kind.own_kind:
        return "relation"
    return "text" if kind.numbered else kind.name
