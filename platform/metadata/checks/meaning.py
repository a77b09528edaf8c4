"""What conditions, formulas and roll-ups mean, once everything they name exists."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from .. import conditions, formula
from ..conditions.tree import All, AnyOf, Children, Comparison, Condition, Not
from ..errors import FormloomError, FormulaError
from ..fields.pattern import pattern_is_safe
from ..model import Entity, Field
from ..operators.spans import Between, Window
from ..results import branch_of, is_lookup, rollup_source
from .finding import Finding
from .model import Model
from .references import predicates
from .rules import meanings

Findings = Iterator[Finding]


def check(model: Model) -> Findings:
    """Findings in conditions, patterns and formulas."""
    for identity, document in model.documents.items():
        for predicate in predicates(document, model.entities):
            entity, form = model.entities[predicate.entity], model.entities.get(predicate.form or "")
            try:
                conditions.parse(predicate.raw, entity, model, form=form)
            except FormloomError as error:
                yield Finding("M224", identity, predicate.path, {"reason": error})
    yield from _patterns(model)
    yield from _rollups(model)
    yield from _formulas(model)


def _lookups(model: Model) -> Findings:
    for entity in model.entities.values():
        for position, field in enumerate(_declared(entity)):
            try:
                if is_lookup(field):
                    formula.compile_lookup(field, model.entities)
            except FormulaError as error:
                data = {"key": field.key, "reason": error}
                yield Finding("M228", ("entity", entity.key), f"/fields/{position}/path", data)


def _formulas(model: Model) -> Findings:
    lost = list(_lookups(model))
    yield from lost
    wrong = bool(lost)
    for entity in model.entities.values():
        for position, field in enumerate(_declared(entity)):
            for setting in ("formula", "default_formula"):
                error = _refusal(field, setting, model)
                if error is not None:
                    wrong = True
                    path = f"/fields/{position}/{setting}"
                    found = "M220" if setting == "formula" else "M221"
                    yield Finding(found, ("entity", entity.key), path, {"key": field.key, "reason": error})
    if not wrong:
        yield from _circles(model)
        yield from meanings(model)


def _refusal(field: Field, setting: str, model: Model) -> FormloomError | None:
    """Why the formula cannot be used, or None."""
    text = field.default_formula if setting == "default_formula" else field.option(setting)
    if text is None:
        return None
    try:
        # Compiled as a default, a formula is fitted to its field; what others there are does not matter yet.
        formula.compile_default(replace(field, default_formula=text), model.entities)
    except FormloomError as error:
        return error
    return None


def _circles(model: Model) -> Findings:
    try:
        compiled = formula.compile_all(model.entities)
        yield from _moving_rollups(model, {place for place, found in compiled.items() if found.volatile})
    except FormulaError as error:
        entity, key = error.data["entity"], error.data["field"]
        position = list(model.entities[entity].fields).index(key)
        yield Finding("M222", ("entity", entity), f"/fields/{position}", {"circle": error})


def _rollups(model: Model) -> Findings:
    for entity in model.entities.values():
        for position, field in enumerate(_declared(entity)):
            source = rollup_source(field, model.entities) if "function" in field.options else None
            if source is None:
                continue
            at, path = ("entity", entity.key), f"/fields/{position}"
            child, link, aggregated = model.entities[source[0]], source[1], source[2]
            if child.all_fields[link].option("target") != entity.key:
                yield Finding("M229", at, f"{path}/by", {"key": link, "entity": entity.key})
            if field.option("branch") and branch_of(field, model.entities) is None:
                yield Finding("M227", at, f"{path}/branch", {"key": field.key, "entity": entity.key})
            if aggregated is None:
                continue
            function = field.option("function")
            if function not in child.all_fields[aggregated].behaviour.aggregates:
                yield Finding("M223", at, f"{path}/function", {"key": aggregated, "function": function})


def _moving_rollups(model: Model, virtual: Collection[tuple[str, str]]) -> Findings:
    """Roll-ups are stored, and nothing would compute them anew when the clock moves on."""
    for entity in model.entities.values():
        for position, field in enumerate(_declared(entity)):
            source = rollup_source(field, model.entities) if "function" in field.options else None
            if source is None or source[0] not in model.entities:
                continue
            path = f"/fields/{position}"
            if (source[0], source[2]) in virtual:
                yield Finding("M226", ("entity", entity.key), f"{path}/of", {"key": field.key})
            elif _selects_moving(field.option("where"), model.entities[source[0]], model, virtual):
                yield Finding("M226", ("entity", entity.key), f"{path}/where", {"key": field.key})


def _selects_moving(raw: Any, entity: Entity, model: Model, virtual: Collection[tuple[str, str]]) -> bool:
    try:
        return raw is not None and _moves(conditions.parse(raw, entity, model), virtual)
    except FormloomError:
        # Reported where conditions are read.
        return False


def _moves(condition: Condition, virtual: Collection[tuple[str, str]]) -> bool:
    """Whether a condition selects others as time goes by."""
    match condition:
        case All(parts) | AnyOf(parts):
            return any(_moves(part, virtual) for part in parts)
        case Not(part):
            return _moves(part, virtual)
        case Children():
            return _moves(condition.part, virtual)
        case Comparison():
            relative = isinstance(condition.operand, Window | Between)
            return relative or (condition.field.entity, condition.field.key) in virtual


def _declared(entity: Entity) -> list[Field]:
    """The fields of an entity's document, in its order."""
    return [field for field in entity.fields.values() if field.key != entity.parent]


def _patterns(model: Model) -> Findings:
    for key, document in model.of_kind("entity").items():
        for position, raw in enumerate(document["fields"]):
            field = model.entities[key].fields[raw["key"]]
            if "pattern" in raw and not field.behaviour.numbered and not pattern_is_safe(raw["pattern"]):
                yield Finding("M218", ("entity", key), f"/fields/{position}/pattern", {"key": field.key})
