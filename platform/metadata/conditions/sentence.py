"""A Condition in words, as a person would say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..model import Entity, Field
from ..operators import Branch, Circle, Me
from ..operators.spans import Between, Days, Instant, Window
from ..wording import say
from .parse import Entities
from .tree import All, AnyOf, Children, Comparison, Condition, FromForm, Not

Naming = Callable[[Field, Any], str | None]
"""(reference field, id) -> its title, or None when it is not known."""


def sentence(
    condition: Condition, entity: Entity, catalog: Entities, lang: str, naming: Naming | None = None
) -> list[str]:
    """One sentence for each part that must hold. `naming` gives titles of references, else they are `#7`."""
    speaker = _Speaker(catalog, lang, naming or (lambda field, key: None))
    parts = condition.parts if isinstance(condition, All) else (condition,)
    return [speaker.say(part, entity) for part in parts]


class _Speaker:
    def __init__(self, catalog: Entities, lang: str, naming: Naming) -> None:
        self.catalog = catalog
        self.lang = lang
        self.naming = naming

    def say(self, condition: Condition, entity: Entity) -> str:
        match condition:
            case All(parts):
                return self._joined(parts, entity, "condition.and")
            case AnyOf(parts):
                return self._joined(parts, entity, "condition.or")
            case Not(part):
                return say("condition.not", self.lang, inner=self.say(part, entity))
            case Children():
                return self._children(condition)
            case Comparison():
                return self._test(condition)

    def _joined(self, parts: tuple[Condition, ...], entity: Entity, mark: str) -> str:
        if not parts:
            return say("condition.everything", self.lang)
        said = [self._grouped(part, entity) for part in parts]
        return say(mark, self.lang).join(said)

    def _grouped(self, part: Condition, entity: Entity) -> str:
        said = self.say(part, entity)
        composed = isinstance(part, All | AnyOf) and len(part.parts) > 1
        return say("condition.group", self.lang, inner=said) if composed else said

    def _children(self, condition: Children) -> str:
        child = self.catalog.entities[condition.entity]
        name = child.text(self.lang, plural=True)
        if condition.part == All():
            return say("condition.any_child" if condition.some else "condition.no_child", self.lang, children=name)
        inner = self.say(condition.part, child)
        return say("condition.some" if condition.some else "condition.none", self.lang, children=name, inner=inner)

    def _test(self, test: Comparison) -> str:
        name = test.field.text(self.lang)
        for step in reversed(test.steps):
            name = say("condition.path", self.lang, first=step.text(self.lang), then=name)
        said = [name, say(f"op.{test.operator.name}", self.lang)]
        if test.operator.operand != "none":
            said.append(self._operand(test))
        return " ".join(said)

    def _operand(self, test: Comparison) -> str:
        kind, operand = test.operator.operand, test.operand
        if isinstance(operand, Branch):
            operand = operand.tops
        if kind == "category":
            category = test.field.choice_by_key[operand[0]].category
            return say(f"category.{category}", self.lang)
        if kind == "two" and isinstance(operand, tuple):
            return self._range(*(item if item is None else self._value(test.field, item) for item in operand))
        if kind == "many" and isinstance(operand, tuple):
            return say("condition.list", self.lang).join(self._value(test.field, item) for item in operand)
        return str(operand) if kind == "text" else self._value(test.field, operand)

    def _value(self, field: Field, value: Any) -> str:
        match value:
            case None:
                return say("condition.empty", self.lang)
            case Me():
                return say("condition.me", self.lang)
            case FromForm(other):
                return say("condition.from_form", self.lang, field=other.text(self.lang))
            case Circle(centre, km):
                return say("condition.circle", self.lang, point=self._value(field, centre), km=f"{km:g}")
            case Days() | Window() | Between() | Instant():
                return self._span(field, value)
        behaviour = field.behaviour
        if isinstance(value, str) and field.choices:
            value = (value,) if isinstance(behaviour.dump(field, ()), list) else value
        if behaviour.several is not None:
            several = value if isinstance(value, tuple) else (value,)
            titles = "\n".join(self.naming(field, one) or f"#{one}" for one in several)
            return behaviour.plain(field, several, self.lang, titles)
        label = self.naming(field, value) if behaviour.target is not None else None
        return behaviour.plain(field, value, self.lang, label)

    def _span(self, field: Field, span: Days | Window | Between | Instant) -> str:
        match span:
            case Days(first, last):
                return str(first) if first == last else self._range(str(first), str(last))
            case Instant(at):
                return field.behaviour.plain(field, at, self.lang)
            case Window(unit, start, end):
                return (
                    self._unit(unit, start)
                    if start == end
                    else self._range(self._unit(unit, start), self._unit(unit, end))
                )
            case Between(low, high):
                return self._range(
                    None if low is None else self._span(field, low),
                    None if high is None else self._span(field, high),
                )

    def _unit(self, unit: str, offset: int) -> str:
        if -1 <= offset <= 1:
            return say(f"window.{unit}.{offset}", self.lang)
        return say(f"window.{'ago' if offset < 0 else 'ahead'}.{unit}", self.lang, count=abs(offset))

    def _range(self, low: str | None, high: str | None) -> str:
        if low is None or high is None:
            key = "condition.open_low" if low is None else "condition.open_high"
            return say(key, self.lang, low=low, high=high)
        return say("condition.range", self.lang, low=low, high=high)
