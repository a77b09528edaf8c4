"""Reads the JSON of a Condition. Whatever it does not understand is an error, never left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ..errors import UnknownField, ValueRefused
from ..model import Entity, Field
from ..operators import Branch, Operator, refusal
from ..wording import Phrase
from .tree import All, AnyOf, Children, Comparison, Condition, FromForm, Not

DEEPEST = 8
MOST_CONDITIONS = 200
MOST_STEPS = 4
DEEPEST_SQL = 75
"""Places of SQLite's parser stack, which has about 95, that the SQL of a condition may take."""

_GROUP, _NOT, _CHILDREN, _STEP, _TEST = 3, 5, 14, 6, 8
"""Places that each kind of node takes."""

_TEST_KEYS = frozenset({"field", "op", "value"})


class Entities(Protocol):
    """Where entities are looked up: a Catalog, or what one person sees of it."""

    @property
    def entities(self) -> Mapping[str, Entity]:
        """Entities by key."""


def parse(raw: Any, entity: Entity, catalog: Entities, *, form: Entity | None = None) -> Condition:
    """The Condition on `entity`. With `form`, operands may be `{"from": field of the form}`.

    Raises BadFilter, UnknownField (the whole path, whatever part of it is unknown).
    """
    condition = _Parser(catalog, form).condition(raw, entity, 1)
    if _places(condition) > DEEPEST_SQL:
        raise refusal("too_nested")
    return condition


def _places(condition: Condition) -> int:
    """Places of a parser's stack that the SQL takes."""
    match condition:
        case All(parts) | AnyOf(parts):
            return _GROUP + max(map(_places, parts), default=0)
        case Not(part):
            return _NOT + _places(part)
        case Children():
            return _CHILDREN + _places(condition.part)
        case Comparison():
            several = sum(1 for step in condition.steps if step.behaviour.several)
            return _TEST + _STEP * len(condition.steps) + (_CHILDREN - _STEP) * several


def shorthand(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The Condition JSON of `city=上海`, `amount__gte=10`, `grade__in=a,b`: all must hold."""
    return {"all": [_one_shorthand(name, value) for name, value in pairs]}


def _one_shorthand(name: str, value: str) -> dict[str, Any]:
    path, _, operator = name.partition("__")
    raw: Any = value
    if operator in ("in", "not_in", "between", "contains_all", "in_branch", "not_in_branch"):
        raw = value.split(",")
    elif operator in _WITHOUT_VALUE:
        raw = None
    return {"field": path, "op": operator or "eq", "value": raw}


_WITHOUT_VALUE = frozenset(
    ("is_empty", "is_not_empty", "is_me", "in_my_department", "in_my_departments_below", "is_my_subordinate")
)


class _Parser:
    def __init__(self, catalog: Entities, form: Entity | None) -> None:
        self.catalog = catalog
        self.form = form
        self.count = 0

    def condition(self, raw: Any, entity: Entity, depth: int) -> Condition:
        self.count += 1
        if depth > DEEPEST:
            raise refusal("too_deep", max=DEEPEST)
        if self.count > MOST_CONDITIONS:
            raise refusal("too_many", max=MOST_CONDITIONS)
        if not isinstance(raw, Mapping) or not raw:
            raise refusal("not_a_condition")
        if "field" in raw:
            return self._test(raw, entity)
        if "some" in raw or "none" in raw:
            return self._children(raw, entity, depth)
        return self._group(raw, entity, depth)

    def _group(self, raw: Mapping[str, Any], entity: Entity, depth: int) -> Condition:
        [name, *others] = raw
        if others or name not in ("all", "any", "not"):
            raise refusal("unknown_key", name=str(others[0] if others else name)[:60])
        if name == "not":
            part = self.condition(raw["not"], entity, depth + 1)
            if isinstance(part, All | AnyOf) and not part.parts:
                raise refusal("empty_not")
            return Not(part)
        if not isinstance(raw[name], list | tuple):
            raise refusal("not_a_condition")
        parts = tuple(self.condition(item, entity, depth + 1) for item in raw[name])
        return All(parts) if name == "all" else AnyOf(parts)

    def _children(self, raw: Mapping[str, Any], entity: Entity, depth: int) -> Condition:
        name = "some" if "some" in raw else "none"
        _only(raw, {name, "where"})
        child, by, through = self._child_of(str(raw[name]), entity)
        part = self.condition(raw["where"], child, depth + 1) if "where" in raw else All()
        return Children(name == "some", str(raw[name]), child.key, by, part, through)

    def _child_of(self, name: str, entity: Entity) -> tuple[Entity, str, str | None]:
        """The entity of the children, its field that points here (of a sub-table, or of `contact.account`), and
        our field where it is the one that points.
        """
        key, _, by = name.partition(".")
        field = entity.all_fields.get(key)
        if not by and field is not None and field.behaviour.several == "target":
            linked = self.catalog.entities.get(field.option("target", ""))
            if linked is None:
                raise UnknownField(name)
            return linked, "", key
        if not by and field is not None and field.holds_lines:
            key, by = field.option("target", ""), entity.key
        child = self.catalog.entities.get(key)
        link = child.all_fields.get(by) if child else None
        if child is None or link is None or link.option("target") != entity.key or not _refers(link):
            raise UnknownField(name)
        return child, by, None

    def _test(self, raw: Mapping[str, Any], entity: Entity) -> Comparison:
        _only(raw, _TEST_KEYS)
        steps, field = self._follow(raw["field"], entity)
        operator = operator_of(field, raw.get("op", "eq"))
        if operator.operand != "none" and "value" not in raw:
            raise refusal("needs_value", field=field.key)
        operand = self._operand(field, operator, raw.get("value"))
        path = ".".join(step.key for step in (*steps, field))
        return Comparison(path, field, operator, operand, steps)

    def _follow(self, path: Any, entity: Entity) -> tuple[tuple[Field, ...], Field]:
        """(relation fields passed, field at the end) of a dotted path."""
        if not isinstance(path, str):
            raise refusal("not_a_condition")
        *before, last = path.split(".")
        if len(before) > MOST_STEPS:
            raise refusal("path_too_long", path=path[:60], max=MOST_STEPS)
        here: Entity | None = entity
        steps: list[Field] = []
        for key in before:
            step = here.find(key) if here else None
            if step is None or not _refers(step):
                raise UnknownField(path)
            steps.append(step)
            here = self.catalog.entities.get(step.option("target", ""))
        field = here.find(last) if here else None
        if field is None or not field.behaviour.operators:
            raise UnknownField(path)
        return tuple(steps), field

    def _operand(self, field: Field, operator: Operator, raw: Any) -> Any:
        if isinstance(raw, Mapping) and set(raw) == {"from"}:
            return self._from_form(operator, raw["from"])
        try:
            return self._branch(field, operator, operator.read(field, raw))
        except ValueRefused as error:
            raise refusal("refused", field=field.key, why=Phrase(f"field.{error.code}", error.data)) from None

    def _branch(self, field: Field, operator: Operator, operand: Any) -> Any:
        """The operand; of a test for a branch with the tree it is in. Raises BadFilter where there is none."""
        if not operator.branch:
            return operand
        tree = tree_of(self.catalog.entities.get(field.option("target", "")))
        if tree is None:
            raise refusal("unknown_operator", field=field.key, op=operator.name)
        return Branch(tree.entity, tree.key, operand)

    def _from_form(self, operator: Operator, key: Any) -> FromForm:
        if self.form is None or operator.operand not in ("one", "moment"):
            raise refusal("no_form")
        field = self.form.find(key) if isinstance(key, str) else None
        if field is None:
            raise UnknownField(str(key))
        return FromForm(field)


def _refers(field: Field) -> bool:
    return "target" in (field.behaviour.target, field.behaviour.several)


def tree_of(entity: Entity | None) -> Field | None:
    """The field by which records of an entity stand below each other; None where they do not."""
    fields = entity.fields.values() if entity is not None else ()
    return next((field for field in fields if field.behaviour.own_kind), None)


def operator_of(field: Field, name: Any) -> Operator:
    """The field's operator of that name. Raises BadFilter."""
    for operator in field.behaviour.operators:
        if operator.name == name:
            return operator
    raise refusal("unknown_operator", field=field.key, op=str(name)[:40])


def _only(raw: Mapping[str, Any], keys: Iterable[str]) -> None:
    unknown = [str(key) for key in raw if key not in keys]
    if unknown:
        raise refusal("unknown_key", name=unknown[0][:60])
