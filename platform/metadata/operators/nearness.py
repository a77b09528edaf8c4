"""Operators of points on the map: within so many kilometres of a point.

The distance is that on a plane that touches the earth at the point asked for, which is true to a per mille
within a few hundred kilometres and needs nothing of a database but arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from .compare import EMPTINESS
from .operator import Clause, Column, Operator, read_present, refusal

if TYPE_CHECKING:
    from ..model import Field

KM_PER_DEGREE = 111.32
FARTHEST_KM = 2_000


@dataclass(frozen=True, slots=True)
class Circle:
    """A point, as a value of the field, and kilometres around it."""

    centre: Any
    km: float


class North(FunctionElement[float]):
    """The first number of `lat,lng`."""

    type = sa.Float()
    inherit_cache = True


class East(FunctionElement[float]):
    """The second number of `lat,lng`."""

    type = sa.Float()
    inherit_cache = True


@compiles(North)
def _north(element: Any, compiler: Any, **kw: Any) -> str:
    text = compiler.process(next(iter(element.clauses)), **kw)
    return f"CAST(substr({text}, 1, instr({text}, ',') - 1) AS REAL)"


@compiles(East)
def _east(element: Any, compiler: Any, **kw: Any) -> str:
    text = compiler.process(next(iter(element.clauses)), **kw)
    return f"CAST(substr({text}, instr({text}, ',') + 1) AS REAL)"


@compiles(North, "postgresql")
@compiles(East, "postgresql")
def _part_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    text = compiler.process(next(iter(element.clauses)), **kw)
    return f"CAST(split_part({text}, ',', {1 if isinstance(element, North) else 2}) AS double precision)"


def _read_circle(field: Field, raw: Any) -> Circle:
    if not isinstance(raw, Mapping) or raw.keys() != {"point", "km"}:
        raise refusal("needs_circle", field=field.key)
    try:
        km = float(raw["km"])
    except (TypeError, ValueError):
        raise refusal("needs_circle", field=field.key) from None
    if isinstance(raw["km"], bool) or not 0 < km <= FARTHEST_KM:
        raise refusal("needs_circle", field=field.key)
    return Circle(read_present(field, raw["point"]), km)


def _within(column: Column, circle: Circle) -> Clause:
    text = sa.type_coerce(column, sa.Text)
    north = (North(text) - circle.centre.lat) * KM_PER_DEGREE
    east = (East(text) - circle.centre.lng) * _km_east(circle)
    found: Clause = north * north + east * east <= circle.km * circle.km
    return found


def _lies_within(value: Any, circle: Circle) -> bool:
    if value is None:
        return False
    north = (value.lat - circle.centre.lat) * KM_PER_DEGREE
    east = (value.lng - circle.centre.lng) * _km_east(circle)
    return bool(north * north + east * east <= circle.km * circle.km)


def _km_east(circle: Circle) -> float:
    return KM_PER_DEGREE * cos(radians(circle.centre.lat))


NEARNESS: tuple[Operator, ...] = (
    Operator("near", "circle", _read_circle, _within, _lies_within),
    *EMPTINESS,
)
