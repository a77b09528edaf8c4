"""The Catalog: an immutable compiled snapshot of all metadata, with a version.

`build` is a pure function of the documents. A process keeps the newest Catalog it has seen and builds another when
the stored version has moved; the copy in memory is never the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from . import fields as _fields  # noqa: F401  (fills the registry of field types)
from . import reading
from .errors import NotFound
from .layouts import Dashboard, Detail, Form, ListLayout, Menu
from .model import Entity, Field, Grant, OptionSet, Role, Rule
from .physical import AS_USUAL, Links, Names, Tables
from .results import is_lookup

if TYPE_CHECKING:
    from .formula import Formula

Document = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Catalog:
    """All metadata of one version. Mappings are by key and never change."""

    version: int
    entities: Mapping[str, Entity]
    option_sets: Mapping[str, OptionSet]
    lists: Mapping[str, ListLayout]
    forms: Mapping[str, Form]
    details: Mapping[str, Detail]
    dashboards: Mapping[str, Dashboard]
    menus: Mapping[str, Menu]
    roles: Mapping[str, Role]
    grants: Mapping[str, Grant]
    rules: Mapping[str, Rule]
    formulas: Mapping[tuple[str, str], Formula]
    tables: Tables
    links: Links
    documents: Mapping[tuple[str, str], Document]

    def entity(self, key: str) -> Entity:
        """The entity. Raises NotFound."""
        try:
            return self.entities[self.former.get(key, key)]
        except KeyError:
            raise NotFound() from None

    def table(self, key: str) -> sa.Table:
        """The entity's table. Raises NotFound."""
        try:
            return self.tables[self.former.get(key, key)]
        except KeyError:
            raise NotFound() from None

    @cached_property
    def former(self) -> Mapping[str, str]:
        """Former keys of entities, each with the present one."""
        return {
            old: key for key, entity in self.entities.items() for old in entity.was if old not in self.entities
        }

    def is_virtual(self, field: Field) -> bool:
        """Whether the field is computed in each read because its formula looks at the clock."""
        formula = self.formulas.get((field.entity, field.key))
        return formula is not None and formula.volatile

    @cached_property
    def referrers(self) -> Mapping[str, tuple[Field, ...]]:
        """For each entity, the fields (of any entity) by which records point at it, at one or at several."""
        found: dict[str, list[Field]] = {key: [] for key in self.entities}
        for entity in self.entities.values():
            for field in entity.fields.values():
                target, kind = field.option("target"), field.behaviour
                if "target" in (kind.target, kind.several) and not kind.computed and target in found:
                    found[target].append(field)
        return {key: tuple(fields) for key, fields in found.items()}

    @cached_property
    def lists_of(self) -> Mapping[str, tuple[ListLayout, ...]]:
        """The list layouts of each entity, the default first, then by position and key."""
        found: dict[str, list[ListLayout]] = {key: [] for key in self.entities}
        for layout in sorted(self.lists.values(), key=lambda x: (not x.default, x.position, x.key)):
            found.setdefault(layout.entity, []).append(layout)
        return {key: tuple(layouts) for key, layouts in found.items()}

    @cached_property
    def forms_of(self) -> Mapping[str, tuple[Form, ...]]:
        """The forms of each entity, in the order in which one is looked for."""
        found: dict[str, list[Form]] = {key: [] for key in self.entities}
        for form in sorted(self.forms.values(), key=lambda x: (x.position, x.key)):
            found.setdefault(form.entity, []).append(form)
        return {key: tuple(forms) for key, forms in found.items()}

    @cached_property
    def rules_of(self) -> Mapping[str, tuple[Rule, ...]]:
        """The active rules of each entity that has any, in their order."""
        found: dict[str, list[Rule]] = {}
        for rule in sorted(self.rules.values(), key=lambda x: (x.position, x.key)):
            if rule.active and rule.entity in self.entities:
                found.setdefault(rule.entity, []).append(rule)
        return {key: tuple(rules) for key, rules in found.items()}

    def form_of(self, entity: str) -> Form | None:
        """The entity's first form, if one is designed."""
        return next(iter(self.forms_of.get(entity, ())), None)

    def detail_of(self, entity: str) -> Detail | None:
        """The entity's detail layout, if one is designed."""
        return next((detail for detail in self.details.values() if detail.entity == entity), None)

    @cached_property
    def children(self) -> Mapping[str, tuple[Field, ...]]:
        """For each entity, its sub-table fields."""
        return {
            key: tuple(f for f in entity.fields.values() if f.holds_lines) for key, entity in self.entities.items()
        }


def build(documents: Iterable[Document], version: int = 0, names: Names = AS_USUAL) -> Catalog:
    """The Catalog of valid documents. Pure; raises what formulas raise, checks belong before it.

    `names` is for a moment when tables and columns are not yet called as the documents say.
    """
    by_kind: dict[str, list[Document]] = {}
    everything = list(documents)
    for document in everything:
        by_kind.setdefault(document["kind"], []).append(document)

    def read(kind: str, reader: Callable[[Document], T]) -> dict[str, T]:
        return {document["key"]: reader(document) for document in by_kind.get(kind, ())}

    option_sets = read("option_set", reading.read_option_set)
    offered = option_sets | reading.read_roles_as_options(by_kind.get("role", ()))
    entities = reading.read_entities(by_kind.get("entity", ()), offered)
    formulas = _compile_formulas(entities)

    tables = Tables(entities, _virtual(formulas), names)
    return Catalog(
        version=version,
        entities=entities,
        option_sets=option_sets,
        lists=read("list", reading.read_list),
        forms=read("form", reading.read_form),
        details=read("detail", reading.read_detail),
        dashboards=read("dashboard", reading.read_dashboard),
        menus=read("menu", reading.read_menu),
        roles=read("role", reading.read_role),
        grants=read("grant", reading.read_grant),
        rules=read("rule", reading.read_rule),
        formulas=formulas,
        tables=tables,
        links=Links(entities, tables),
        documents={(document["kind"], document["key"]): document for document in everything},
    )


def _virtual(formulas: Mapping[tuple[str, str], Formula]) -> dict[str, frozenset[str]]:
    """By entity, the fields that are computed in each read."""
    found: dict[str, frozenset[str]] = {}
    for (entity, field), formula in formulas.items():
        if formula.volatile:
            found[entity] = found.get(entity, frozenset()) | {field}
    return found


def _compile_formulas(entities: Mapping[str, Entity]) -> Mapping[tuple[str, str], Formula]:
    fields = (field for entity in entities.values() for field in entity.fields.values())
    if not any("formula" in field.options or is_lookup(field) for field in fields):
        return {}
    from .formula import compile_all

    return compile_all(entities)
