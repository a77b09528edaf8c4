"""The nodes of a parsed Condition. Frozen; fields and operators are already looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..model import Field
from ..operators import Operator


@dataclass(frozen=True, slots=True)
class All:
    """Holds where all parts hold; without parts, everywhere."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where some part holds; without parts, everywhere, as nobody filters by saying nothing."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where the part does not."""

    part: Condition


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Compares one field. `path` leads to it over relations, `steps` are those relation fields."""

    path: str
    field: Field
    operator: Operator
    operand: Any
    steps: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Children:
    """Holds where some (or, with `some` false, no) record of `entity`, whose field `by` points here, satisfies
    `part`. `name` is what the JSON called them. With `through` they are those a field of ours points at.
    """

    some: bool
    name: str
    entity: str
    by: str
    part: Condition
    through: str | None = None


@dataclass(frozen=True, slots=True)
class FromForm:
    """An operand that is the value of another field of the form being filled in."""

    field: Field


Condition = All | AnyOf | Not | Comparison | Children
