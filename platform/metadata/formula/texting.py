"""Functions of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from . import days, sql
from .kinds import as_text, settled
from .node import ZONE, Node, apply, literal, number
from .rows import Function, constant_text
from .tree import refusal

_NUMBER_FORMAT = re.compile(r"(#,##)?0(\.0{1,9})?(%)?")
_MOST_FORMATTED_DIGITS = 40


def joined(parts: Sequence[Node], position: int) -> Node:
    """The texts in a row; empty ones are nothing."""
    return apply("join", *(as_text(part, position) for part in parts))


def _cut(name: str, counts: int) -> Callable[[Sequence[Node], int], Node]:
    def build(arguments: Sequence[Node], position: int) -> Node:
        numbers = [settled(argument, position) for argument in arguments[1:]]
        numbers += [number(1)] * (counts - len(numbers))
        return apply(name, as_text(arguments[0], position), *numbers)

    return build


def _plain(name: str) -> Callable[[Sequence[Node], int], Node]:
    return lambda arguments, position: apply(name, as_text(arguments[0], position))


def _length(arguments: Sequence[Node], position: int) -> Node:
    return apply("length", as_text(arguments[0], position), digits=9, whole=True)


def _formatted(arguments: Sequence[Node], position: int) -> Node:
    value, pattern = arguments[0], constant_text(arguments[1], position)
    if value.kind == "number":
        return _formatted_number(settled(value, position), pattern, position)
    if value.kind not in ("date", "datetime") or not days.is_pattern(pattern):
        raise refusal("unknown_format", position, format=pattern[:40])
    patterns = literal(pattern, "text"), literal(days.postgres_pattern(pattern), "text")
    if value.kind == "date":
        return apply("day_format", value, *patterns)
    return apply("moment_format", value, ZONE, *patterns)


def _formatted_number(value: Node, pattern: str, position: int) -> Node:
    match = _NUMBER_FORMAT.fullmatch(pattern)
    if match is None:
        raise refusal("unknown_format", position, format=pattern[:40])
    if value.digits > _MOST_FORMATTED_DIGITS - 3:
        raise refusal("too_many_digits", position)
    places = len(match[2]) - 1 if match[2] else 0
    factor, suffix = (Decimal(100), "%") if match[3] else (Decimal(1), "")
    whole = ("999," if match[1] else "999") * (_MOST_FORMATTED_DIGITS // 3) + "990"
    shown = f"FM{whole}.{'0' * places}" if places else f"FM{whole}"
    return apply(
        "number_format",
        value,
        number(factor),
        number(places),
        _kept(pattern, shown),
        _kept(suffix, suffix),
    )


def _kept(python: str, postgres: str) -> Node:
    """A text that may be empty, in the form each back end has it."""
    return Node("text", lambda record, env: python, lambda source, env: sql.PerDatabase(python, postgres))


TEXTING = (
    Function("CONCAT", 1, None, joined),
    Function("LEFT", 1, 2, _cut("left", 1)),
    Function("RIGHT", 1, 2, _cut("right", 1)),
    Function("MID", 3, 3, _cut("middle", 2)),
    Function("LEN", 1, 1, _length),
    Function("LOWER", 1, 1, _plain("lower")),
    Function("UPPER", 1, 1, _plain("upper")),
    Function("TRIM", 1, 1, _plain("trim")),
    Function("TEXT", 2, 2, _formatted),
)
