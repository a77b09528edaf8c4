"""Compiled rules: when a rule holds, what it then does, and everything it looks at. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from . import conditions, formula
from .conditions import Condition
from .conditions.parse import Entities
from .formula import Formula
from .layouts import Form
from .model import Effect, Entity, Rule

if TYPE_CHECKING:
    from .catalog import Catalog
    from .wording import Label

SHOW, HIDE, REQUIRE, LOCK, SET, REFUSE = "show", "hide", "require", "lock", "set", "refuse"
"""The types of effects."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One effect of a rule, with everything it depends on resolved.

    `fields` are the fields it is about, those of its sections among them; `reads` the paths that decide it;
    `heads` their first parts.
    """

    rule: str
    type: str
    fields: tuple[str, ...]
    condition: Condition | None
    reads: frozenset[str]
    heads: frozenset[str]
    since: date | None = None
    formula: Formula | None = None
    message: Label = ""
    warns: bool = False

    def counts(self, today: date, created: date | None, changed: Collection[str]) -> bool:
        """Whether it judges a row made on that day, some fields of which are written now."""
        if self.since is None:
            return True
        if today < self.since:
            return False
        old = created is not None and created < self.since
        return not old or not (self.heads | set(self.fields)).isdisjoint(changed)


@dataclass(frozen=True, slots=True)
class Rules:
    """The deeds of one entity's rules, in their order."""

    deeds: tuple[Deed, ...]

    @property
    def reads(self) -> frozenset[str]:
        """Every path some deed looks at."""
        return frozenset[str]().union(*(deed.reads for deed in self.deeds))

    def of(self, *types: str) -> tuple[Deed, ...]:
        """The deeds of these types."""
        return tuple(deed for deed in self.deeds if deed.type in types)


def compile_rules(catalog: Catalog, entity: str) -> Rules:
    """The rules of an entity. Raises FormloomError for rules that the checks would refuse."""
    sections = sections_of(catalog, entity)
    deeds = [
        deed
        for rule in catalog.rules_of.get(entity, ())
        for deed in compile_rule(rule, catalog.entities[entity], catalog, sections)
    ]
    return Rules(tuple(deeds))


def compile_rule(
    rule: Rule, entity: Entity, entities: Entities, sections: Mapping[str, tuple[str, ...]]
) -> tuple[Deed, ...]:
    """The deeds of one rule. Raises FormloomError."""
    condition = None if rule.when is None else conditions.parse(rule.when, entity, entities)
    paths = frozenset[str]() if condition is None else conditions.paths(condition)
    return tuple(_deed(rule, effect, (condition, paths), entity, entities, sections) for effect in rule.effects)


def _deed(
    rule: Rule,
    effect: Effect,
    when: tuple[Condition | None, frozenset[str]],
    entity: Entity,
    entities: Entities,
    sections: Mapping[str, tuple[str, ...]],
) -> Deed:
    compiled = compile_set(effect, entity, entities) if effect.type == SET else None
    reads = when[1] | (compiled.reads if compiled else frozenset())
    named = [effect.field] if effect.type == SET else [*effect.fields]
    named += [key for section in effect.sections for key in sections.get(section, ())]
    return Deed(
        rule=rule.key,
        type=effect.type,
        fields=tuple(dict.fromkeys(named)),
        condition=when[0],
        reads=reads,
        heads=frozenset(path.partition(".")[0] for path in reads),
        since=rule.since,
        formula=compiled,
        message=effect.message,
        warns=effect.severity == "warning",
    )


def compile_set(effect: Effect, entity: Entity, entities: Entities) -> Formula:
    """The formula of a `set`, fitted to its field. Raises FormulaError."""
    field = replace(entity.fields[effect.field], default_formula=effect.formula)
    return formula.compile_default(field, entities.entities)


def sections_of(catalog: Catalog, entity: str) -> dict[str, tuple[str, ...]]:
    """The fields of each section of the entity's forms and details, by the section's key."""
    layouts: list[Any] = [*catalog.forms_of.get(entity, ())]
    layouts += [detail for detail in catalog.details.values() if detail.entity == entity]
    found: dict[str, tuple[str, ...]] = {}
    for layout in layouts:
        for section in layout.sections:
            fields = (*found.get(section.key, ()), *(placed.field for placed in section.fields))
            found[section.key] = tuple(dict.fromkeys(fields))
    return found


def choice_of(form: Form, catalog: Catalog) -> Condition | None:
    """When a form is used; None is for every record. Raises FormloomError."""
    return None if form.when is None else conditions.parse(form.when, catalog.entities[form.entity], catalog)
