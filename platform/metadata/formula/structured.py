"""Functions that take a part of a value which is not one plain thing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from . import sql
from .kinds import as_text, named_options, wanted
from .node import ZONE, Node, apply, number
from .rows import Function, constant_text
from .tree import refusal

READ_AS = ("plain", "place", "region", "point", "rich", "clock", "list", "people", "records", "files", "json")
"""What a field may be read as: what is written as text first, then what only functions here take."""

SETS = ("list", "people", "records", "files")
MARK = "、"
_STEP = re.compile(r"(?P<key>[^\W\d][\w-]{0,59})|(?P<place>0|[1-9][0-9]{0,4})")
_DEEPEST_STEP = 10


def _place_part(name: str, *, of_region: bool = True) -> Callable[[Sequence[Node], int], Node]:
    kinds = ("place", "region") if of_region else ("place",)

    def build(arguments: Sequence[Node], position: int) -> Node:
        [value] = arguments
        if value.kind not in kinds:
            raise refusal("wants_place" if of_region else "wants_address", position, name=name.upper())
        return apply(f"{value.kind}_{name}", value)

    return build


def _point(node: Node, position: int, name: str) -> Node:
    if node.kind != "point":
        raise refusal("wants_point", position, name=name)
    return node


def _degrees(name: str) -> Callable[[Sequence[Node], int], Node]:
    def build(arguments: Sequence[Node], position: int) -> Node:
        return apply(name, _point(arguments[0], position, name.upper()), digits=3, places=6)

    return build


def _distance(arguments: Sequence[Node], position: int) -> Node:
    """`DISTANCE(a, b)` of two fields, or `DISTANCE(a, latitude, longitude)`."""
    one = _point(arguments[0], position, "DISTANCE")
    if len(arguments) == 2:
        return apply("metres", one, _point(arguments[1], position, "DISTANCE"), digits=8, whole=True)
    return apply("metres", one, _fixed_point(arguments[1:], position), digits=8, whole=True)


def _fixed_point(degrees: Sequence[Node], position: int) -> Node:
    from ..fields.geo import Point

    lat, lng = (node.constant for node in degrees)
    if not (isinstance(lat, Decimal) and isinstance(lng, Decimal) and abs(lat) <= 90 and abs(lng) <= 180):
        raise refusal("wants_degrees", position)
    point = Point(round(float(lat), 6) + 0.0, round(float(lng), 6) + 0.0)
    return Node("point", lambda record, env: point, lambda source, env: sql.literal(point.text(), "text"))


def count_of(node: Node, position: int) -> Node:
    """How many a set has."""
    return apply("count_of", node, digits=4, whole=True)


def _has(arguments: Sequence[Node], position: int) -> Node:
    members, one = arguments
    if members.kind == "list":
        return apply(
            "has_word", members, wanted(named_options(one, members, position), "text", position), certain=True
        )
    if members.kind in ("people", "records"):
        if one.kind != "reference":
            raise refusal("has_wants_link", position)
        return apply("has_id", members, one, certain=True)
    raise refusal("wants_set", position, name="HAS")


def _contains(arguments: Sequence[Node], position: int) -> Node:
    if arguments[0].kind in SETS:
        return _has(arguments, position)
    text, part = (as_text(argument, position) for argument in arguments)
    return apply("holds", text, part, certain=True)


def _join(arguments: Sequence[Node], position: int) -> Node:
    members = arguments[0]
    if members.kind != "list":
        raise refusal("no_names" if members.kind in SETS else "wants_set", position, name="JOIN")
    mark = MARK
    if len(arguments) == 2:
        mark = "" if arguments[1].kind == "null" else constant_text(arguments[1], position)
    return apply("in_a_row", members, fixed(mark, mark))


def _json(arguments: Sequence[Node], position: int) -> Node:
    value, path = arguments[0], constant_text(arguments[1], position)
    if value.kind != "json":
        raise refusal("wants_json", position)
    steps = [
        _STEP.fullmatch(step) for step in path.replace("[", ".").replace("]", "").removeprefix(".").split(".")
    ]
    if not all(steps) or len(steps) > _DEEPEST_STEP:
        raise refusal("bad_json_path", position, path=path[:40])
    keys = [step[0] for step in steps if step]
    quoted = "{" + ",".join(f'"{key}"' for key in keys) + "}"
    return apply("json_part", value, fixed(json.dumps(keys), quoted))


def _value(arguments: Sequence[Node], position: int) -> Node:
    return apply("value_of", as_text(arguments[0], position), digits=15, places=9)


def _clock_part(seconds: int, most: int) -> Callable[[Sequence[Node], int], Node]:
    def build(arguments: Sequence[Node], position: int) -> Node:
        passed = apply(
            "floor", apply("divide", seconds_of(arguments[0], position), number(seconds), **_EXACT), **_WHOLE
        )
        return apply("modulo", passed, number(most), **_WHOLE)

    return build


_EXACT: dict[str, Any] = {"digits": 6, "places": 20, "dusty": True}
_WHOLE: dict[str, Any] = {"digits": 5, "whole": True}


def seconds_of(node: Node, position: int) -> Node:
    """Seconds since midnight of a moment, or of a text that is a time of day."""
    if node.kind == "datetime":
        node = apply("clock_of", node, ZONE)
    return apply("clock_seconds", wanted(node, "text", position), digits=5, whole=True, unit=1)


def fixed(python: str, postgres: str) -> Node:
    """A text that may be empty, in the form each back end has it."""
    return Node("text", lambda record, env: python, lambda source, env: sql.PerDatabase(python, postgres))


STRUCTURED = (
    Function("PROVINCE", 1, 1, _place_part("province")),
    Function("CITY", 1, 1, _place_part("city")),
    Function("DISTRICT", 1, 1, _place_part("district")),
    Function("STREET", 1, 1, _place_part("street", of_region=False)),
    Function("POSTCODE", 1, 1, _place_part("postcode", of_region=False)),
    Function("LATITUDE", 1, 1, _degrees("latitude")),
    Function("LONGITUDE", 1, 1, _degrees("longitude")),
    Function("DISTANCE", 2, 3, _distance),
    Function("HAS", 2, 2, _has),
    Function("CONTAINS", 2, 2, _contains),
    Function("JOIN", 1, 2, _join),
    Function("JSON", 2, 2, _json),
    Function("VALUE", 1, 1, _value),
    Function("HOUR", 1, 1, _clock_part(3600, 24)),
    Function("MINUTE", 1, 1, _clock_part(60, 60)),
)
