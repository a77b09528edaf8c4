"""Compiled formulas, and compiling those of a whole set of entities."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..conditions.source import Env, Source, TableSource
from ..errors import FormulaError
from ..model import Entity, Field
from ..results import is_lookup, rollup_source
from . import numbers, sql
from .compiler import Compiler
from .kinds import as_text, in_seconds, wanted
from .lookup import compile_lookup
from .node import DEEPEST_SQL, HEAVIEST, Evaluate, Node, Translate, apply, number
from .tree import read, refusal

if TYPE_CHECKING:
    from ..catalog import Catalog

Place = tuple[str, str]
"""(entity key, field key)."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A compiled formula of an entity.

    `result` is number, text, date, datetime, boolean, reference or null. `reads` are the paths it looks at,
    as `lines.amount`; of those that are not in `valued` it only asks whether they are empty.
    `volatile` says that its value changes with the clock, directly or through another field; `personal` that it
    asks who is acting.

    `python(record, env)`: `record` holds a value under each path of `reads`, for a sub-table's path a list of the
    children's values; what is missing is empty. `sql(source, env)` is an expression over the rows of a Source;
    `weight` and `depth` measure it.
    """

    text: str
    entity: str
    result: str
    reads: frozenset[str]
    valued: frozenset[str]
    volatile: bool
    personal: bool
    python: Evaluate
    sql: Translate
    weight: int = 1
    depth: int = 1


def compile(text: str, entity: Entity, entities: Mapping[str, Entity] | Catalog) -> Formula:
    """The formula on its own, not yet fitted to a field: numbers are Decimals of any length.

    Raises FormulaError.
    """
    return _compile(text, entity, entities, None)


def compile_default(field: Field, entities: Mapping[str, Entity] | Catalog) -> Formula:
    """The field's `default_formula`; its values fit the field. Raises FormulaError."""
    known = entities if isinstance(entities, Mapping) else entities.entities
    text = str(field.default_formula)
    place = (field.key, text)
    return _kept(known, field.entity, place, lambda: _compile(text, known[field.entity], known, field))


def _kept(entities: Mapping[str, Entity], owner: str, place: object, make: Callable[[], Formula]) -> Formula:
    """What `make` gives, as made before where all entities it looks at are the same objects."""
    kept = entities[owner].__dict__.setdefault("_formulas", {})
    known = kept.get(place)
    if known is not None and all(entities.get(key) is entity for key, entity in known[1].items()):
        return known[0]  # type: ignore[no-any-return]
    made = make()
    seen = {place[0] for place in _places(made, entities)} | {owner}
    seen |= {str(entities[key].all_fields[name].option("target")) for key, name in _places(made, entities)}
    kept[place] = (made, {key: entities.get(key) for key in seen})
    return made


def compile_all(entities: Mapping[str, Entity]) -> dict[Place, Formula]:
    """The formulas of all formula fields, their values fitted to the fields.

    Raises FormulaError with the data `entity` and `field`; also for fields that compute each other in a circle.
    """
    found = {
        (field.entity, field.key): _compile_field(field, entities)
        for entity in entities.values()
        for field in entity.fields.values()
        if "formula" in field.options or is_lookup(field)
    }
    return _with_volatile(found, _ordered(found, entities), entities)


def _compile_field(field: Field, entities: Mapping[str, Entity]) -> Formula:
    return _kept(entities, field.entity, field.key, lambda: _compile_anew(field, entities))


def _compile_anew(field: Field, entities: Mapping[str, Entity]) -> Formula:
    with _named_in_errors(field.entity, field.key):
        if is_lookup(field):
            return compile_lookup(field, entities)
        formula = _compile(field.option("formula"), entities[field.entity], entities, field)
        if formula.personal:
            raise refusal("personal")
        return formula


@contextmanager
def _named_in_errors(entity: str, field: str) -> Iterator[None]:
    try:
        yield
    except FormulaError as error:
        error.data.update(entity=entity, field=field)
        raise


def _compile(text: str, entity: Entity, entities: Mapping[str, Entity] | Catalog, field: Field | None) -> Formula:
    compiler = Compiler(entity, entities if isinstance(entities, Mapping) else entities.entities)
    node = compiler.node(read(text))
    if field is not None:
        node = _fitted(node, field)
    elif node.kind not in (*sql.TYPES, "null"):
        node = as_text(node, 1)
    return Formula(
        text=text,
        entity=entity.key,
        result=node.kind,
        reads=frozenset(compiler.reads),
        valued=frozenset(compiler.valued),
        volatile=compiler.volatile,
        personal=compiler.personal,
        python=node.python,
        sql=lambda source, env: node.sql(_seen_at(source, env), env),
        weight=node.weight,
        depth=node.depth,
    )


def _seen_at(source: Source, env: Env) -> Source:
    """The source, able to compute volatile fields that the formula reads."""
    return source.at(env) if isinstance(source, TableSource) and source.env is None else source


def _fitted(node: Node, field: Field) -> Node:
    """The node with its values as the field keeps them. Raises FormulaError."""
    kind = field.behaviour.kind
    if kind is None:
        raise refusal("no_result", type=field.type)
    if kind == "number":
        unit = field.behaviour.unit
        return _fitted_number(in_seconds(wanted(node, kind, 1)) if unit else wanted(node, kind, 1), field)
    if kind == "text":
        return _fitted_text(as_text(node, 1), field)
    node = wanted(node, kind, 1)
    column_type = field.behaviour.column(field) or sql.TYPES[kind]
    return replace(node, sql=lambda source, env: sa.type_coerce(node.sql(source, env), column_type))


def _fitted_number(node: Node, field: Field) -> Node:
    column_type = field.behaviour.column(field)
    assert column_type is not None
    places = getattr(column_type, "scale", None) or 0
    fitted = apply("finished", node, number(places), number(numbers.limit(places)))
    compute = fitted.python
    whole = isinstance(column_type, sa.Integer)

    def whole_or_empty(record: Mapping[str, Any], env: Env) -> int | None:
        value = compute(record, env)
        return None if value is None else int(value)

    return replace(
        fitted,
        python=whole_or_empty if whole else compute,
        sql=lambda source, env: sql.stored(fitted.sql(source, env), column_type),
    )


def _fitted_text(node: Node, field: Field) -> Node:
    longest = getattr(field.behaviour, "longest", None)
    if longest is not None:
        node = apply("left", node, number(longest(field)))
    elif node.texts is None:
        raise refusal("no_option", 1)
    elif wrong := node.texts - field.choice_by_key.keys():
        raise refusal("unknown_option", 1, value=", ".join(sorted(wrong))[:40])
    column_type = field.behaviour.column(field) or sql.TYPES["text"]
    return replace(
        node, sql=lambda source, env: sa.type_coerce(sql.ByCodePoint(node.sql(source, env)), column_type)
    )


def _ordered(formulas: Mapping[Place, Formula], entities: Mapping[str, Entity]) -> list[Place]:
    """All computed fields, each after those it reads. Raises FormulaError for a circle."""
    graph = {place: set(_places(formula, entities)) for place, formula in formulas.items()}
    for entity in entities.values():
        for field in entity.fields.values():
            if "function" in field.options:
                graph[entity.key, field.key] = set(_read_by_rollup(field, entities))
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        places: list[Place] = error.args[1]
        refused = refusal("circle", path=" → ".join(map(".".join, places)))
        refused.data.update(entity=places[0][0], field=places[0][1])
        raise refused from None


def _places(formula: Formula, entities: Mapping[str, Entity]) -> Iterator[Place]:
    for path in formula.reads:
        yield from _along(path, formula.entity, entities)


def _along(path: str, start: str, entities: Mapping[str, Entity]) -> Iterator[Place]:
    """Every field that a path passes."""
    here: Entity | None = entities.get(start)
    for part in path.split("."):
        if here is None or part not in here.all_fields:
            return
        yield here.key, part
        here = entities.get(here.all_fields[part].option("target", ""))


def _read_by_rollup(field: Field, entities: Mapping[str, Entity]) -> Iterator[Place]:
    source = rollup_source(field, entities)
    if source is None or source[0] not in entities:
        return
    child, link, aggregated = source
    for path in (link, *([aggregated] if aggregated else []), *_named(field.option("where"))):
        yield from _along(path, child, entities)


def _named(raw: Any) -> Iterator[str]:
    """The paths a raw Condition names."""
    if isinstance(raw, Mapping):
        if isinstance(raw.get("field"), str):
            yield raw["field"]
        for name in ("all", "any", "not"):
            yield from _named(raw.get(name))
    elif isinstance(raw, list | tuple):
        for item in raw:
            yield from _named(item)


def _with_volatile(
    formulas: dict[Place, Formula], order: list[Place], entities: Mapping[str, Entity]
) -> dict[Place, Formula]:
    """The formulas with `volatile` set where they read a volatile one. Roll-ups are stored and stop it."""
    for place in order:
        formula = formulas.get(place)
        if formula is not None:
            read = [formulas[other] for other in _places(formula, entities) if other in formulas]
            with _named_in_errors(*place):
                formulas[place] = _around(formula, [other for other in read if other.volatile])
    return formulas


def _around(formula: Formula, inner: Sequence[Formula]) -> Formula:
    """The formula that reads these volatile ones, whose SQL stands inside its own. Raises FormulaError."""
    if not inner:
        return formula
    depth = formula.depth + max(other.depth for other in inner)
    weight = formula.weight * max(other.weight for other in inner)
    if depth > DEEPEST_SQL or weight > HEAVIEST:
        raise refusal("too_nested")
    return replace(formula, volatile=True, depth=depth, weight=weight)
