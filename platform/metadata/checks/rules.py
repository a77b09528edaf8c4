"""Checks of rules and of what fields say about each other: unique, depends, fill, mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import formula, reading, rules
from ..dependencies import condition_fields, in_order, resolve_path
from ..errors import FormloomError
from ..fieldtype import FIELD_TYPES
from ..model import Effect, Entity, Field, Rule
from .finding import Finding
from .model import Document, Model

Findings = Iterator[Finding]
Place = tuple[str, str]

PLAIN_OPERATORS = frozenset({"eq", "ne", "in", "not_in", "is_empty", "is_not_empty"})
"""What the condition of a unique field may ask: an index is made of it, which knows no moment and no person."""


def check(model: Model) -> Findings:
    """Findings that need no compiling."""
    for key, document in model.of_kind("rule").items():
        yield from _rule(model, document, ("rule", key))
    for key, document in model.of_kind("entity").items():
        for position, raw in enumerate(document["fields"]):
            field = model.entities[key].fields[raw["key"]]
            yield from _options(model, field, (("entity", key), f"/fields/{position}"))
    for key, document in model.of_kind("grant").items():
        yield from _revealed(model, document, ("grant", key))


def _rule(model: Model, document: Document, at: Place) -> Findings:
    entity = model.entities.get(document["entity"])
    if entity is None:
        return
    known = _sections(model, entity.key)
    for number, raw in enumerate(document["effects"]):
        path = f"/effects/{number}"
        for position, section in enumerate(raw.get("sections", ())):
            if section not in known:
                yield Finding("M501", at, f"{path}/sections/{position}", {"key": section, "entity": entity.key})
        if raw["type"] in (rules.SHOW, rules.HIDE) and not raw.get("fields") and not raw.get("sections"):
            yield Finding("M502", at, path, {})
        yield from _touches(entity, raw, (at, path))


def _touches(entity: Entity, raw: Document, where: tuple[Place, str]) -> Findings:
    """Nobody requires, locks or sets what is computed; system fields are not entered either."""
    at, path = where
    if raw["type"] in (rules.SHOW, rules.HIDE, rules.REFUSE):
        return
    named = [("field", raw.get("field", ""))]
    named += [(f"fields/{position}", key) for position, key in enumerate(raw.get("fields", ()))]
    for part, key in named:
        field = entity.all_fields.get(key)
        if field is None:
            continue
        rows = field.behaviour.column(field) is None and not field.behaviour.computed
        if field.behaviour.computed or field.system or (rows and raw["type"] == rules.SET):
            yield Finding("M503", at, f"{path}/{part}", {"key": key, "effect": raw["type"]})


def _sections(model: Model, entity: str) -> set[str]:
    layouts = [*model.of_kind("form").values(), *model.of_kind("detail").values()]
    return {s["key"] for each in layouts if each["entity"] == entity for s in each.get("sections", ())}


def _options(model: Model, field: Field, where: tuple[Place, str]) -> Findings:
    at, path = where
    entity = model.entities[field.entity]
    yield from _unique(entity, field, where)
    if field.mask is not None and (field.behaviour.kind != "text" or field.choices or field.behaviour.computed):
        yield Finding("M213", at, f"{path}/mask", {"key": field.key, "setting": "mask"})
    if field.mask is not None and entity.title == field.key:
        yield Finding("M508", at, f"{path}/mask", {"key": field.key})
    chooses = "options" in FIELD_TYPES[field.type].needed
    for setting in ("other", "depends"):
        if getattr(field, setting) and not chooses:
            yield Finding("M213", at, f"{path}/{setting}", {"key": field.key, "setting": setting})
    yield from _depends(entity, field, where)
    yield from _fill(model, field, where)


def _unique(entity: Entity, field: Field, where: tuple[Place, str]) -> Findings:
    at, path = where
    if field.uniqueness is None:
        return
    for key in field.uniqueness.columns:
        other = entity.all_fields.get(key)
        if other is not None and (other.behaviour.column(other) is None or other.behaviour.computed):
            yield Finding("M504", at, f"{path}/unique", {"key": key})
    condition = field.uniqueness.where
    named = [entity.all_fields.get(name) for name in condition_fields(condition)]
    plain = all(each is None or each.behaviour.kind in ("text", "boolean") for each in named)
    if condition is not None and not (plain and _is_plain(condition)):
        yield Finding("M505", at, f"{path}/unique/where", {"key": field.key})


def _is_plain(raw: Any) -> bool:
    """Whether the condition compares own fields with constants only."""
    if isinstance(raw, list):
        return all(map(_is_plain, raw))
    if not isinstance(raw, Mapping) or "some" in raw or "none" in raw:
        return False
    if "field" in raw:
        return "." not in raw["field"] and raw.get("op", "eq") in PLAIN_OPERATORS
    return all(map(_is_plain, raw.values()))


def _depends(entity: Entity, field: Field, where: tuple[Place, str]) -> Findings:
    at, path = where
    if field.depends is None:
        return
    other = entity.all_fields.get(field.depends)
    if other is not None and (not other.choices or other.key == field.key):
        yield Finding("M506", at, f"{path}/depends", {"key": field.key, "other": field.depends})
    elif other is not None:
        named = {key for choice in field.choices for key in choice.when}
        for key in sorted(named - other.choice_by_key.keys()):
            yield Finding("M507", at, f"{path}/options", {"key": key, "other": other.key})


def _fill(model: Model, field: Field, where: tuple[Place, str]) -> Findings:
    """What is filled fits: the same kind of value, or rows into rows."""
    at, path = where
    entity = model.entities[field.entity]
    for number, raw in enumerate(field.option("fill", ())):
        into = entity.fields.get(raw["to"])
        source = model.path(str(field.option("target")), raw["from"])
        if into is None or not source:
            continue
        if not _fits(source[-1], into, "map" in raw) or into.behaviour.computed or into.key == field.key:
            yield Finding("M509", at, f"{path}/fill/{number}", {"key": into.key, "source": raw["from"]})


def _fits(source: Field, into: Field, rows: bool) -> bool:
    stored = source.behaviour.column(source), into.behaviour.column(into)
    if rows or stored[0] is None or stored[1] is None:
        return rows and stored == (None, None)
    if source.behaviour.target is not None or into.behaviour.target is not None:
        same = source.behaviour.target == into.behaviour.target
        return same and source.option("target") == into.option("target")
    return into.behaviour.kind == "text" or source.behaviour.kind == into.behaviour.kind


def _revealed(model: Model, document: Document, at: Place) -> Findings:
    entity = model.entities.get(document["entity"])
    named = document.get("reveal", ())
    for position, name in enumerate(named if entity is not None and not isinstance(named, str) else ()):
        head, _, tail = name.partition(".")
        field = entity.all_fields.get(head) if entity else None
        child = model.entities.get(str(field.option("target", ""))) if field is not None and tail else None
        last = child.all_fields.get(tail) if child is not None else field
        if name != "*" and tail != "*" and last is not None and last.mask is None:
            yield Finding("M510", at, f"/reveal/{position}", {"key": name})


def meanings(model: Model) -> Findings:
    """What formulas of rules mean, and whether they end: a value set must not depend on itself."""
    graph: dict[Place, set[Place]] = {}
    origin: dict[Place, tuple[Place, str]] = {}
    for key, document in model.of_kind("rule").items():
        rule = reading.read_rule(document)
        entity = model.entities[rule.entity]
        for number, effect in enumerate(rule.effects):
            if effect.type != rules.SET:
                continue
            at, path = ("rule", key), f"/effects/{number}/formula"
            try:
                found = rules.compile_set(effect, entity, model)
            except FormloomError as error:
                yield Finding("M511", at, path, {"key": effect.field, "reason": error})
                continue
            if rule.active:
                place = (entity.key, effect.field)
                origin.setdefault(place, (at, path))
                graph.setdefault(place, set()).update(_read(model, rule, effect, found.reads))
    yield from _circles(model, graph, origin)


def _read(model: Model, rule: Rule, effect: Effect, paths: frozenset[str]) -> Iterator[Place]:
    for path in (*paths, *condition_fields(rule.when)):
        yield from resolve_path(model.entities, rule.entity, path) or ()


def _circles(model: Model, graph: dict[Place, set[Place]], origin: Mapping[Place, tuple[Place, str]]) -> Findings:
    """The first circle among what rules set, by way of computed fields too."""
    if not graph:
        return
    for entity in model.entities.values():
        for field in entity.fields.values():
            if field.behaviour.computed and (entity.key, field.key) not in graph:
                graph[entity.key, field.key] = set(_computed_from(model, field))
    try:
        in_order(graph)
    except ValueError as error:
        circle = error.args[0]
        place = next((place for place in circle if place in origin), None)
        if place is not None:
            at, path = origin[place]
            yield Finding("M512", at, path, {"circle": " → ".join(".".join(each) for each in circle)})


def _computed_from(model: Model, field: Field) -> Iterator[Place]:
    if "formula" in field.options:
        named = formula.compile(field.option("formula"), model.entities[field.entity], model.entities).reads
    else:
        named = frozenset({str(field.option("of"))}) if field.option("by") is None else frozenset()
    for path in named:
        yield from resolve_path(model.entities, field.entity, path) or ()
