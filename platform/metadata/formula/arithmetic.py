"""Operators and functions of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from . import numbers, sql
from .kinds import alike, in_one_unit, settled, unit_of, wanted
from .node import Node, apply, number
from .rows import Function, constant_whole
from .tree import refusal


def calculated(sign: str, left: Node, right: Node, position: int) -> Node:
    """`left sign right` of two numbers."""
    left, right = wanted(left, "number", position), wanted(right, "number", position)
    if sign in "+-":
        left, right = in_one_unit([left, right])
    return _OPERATORS[sign](left, right, position)


def _sum(left: Node, right: Node, position: int) -> Node:
    return apply("add", left, right, **_facts_of_sum(left, right))


def _difference(left: Node, right: Node, position: int) -> Node:
    turned = signed("-", right, position)
    if left.chain is not None and left.chain[0] == "add":
        return _sum(left, turned, position)
    # What follows goes on with it as with a sum.
    return replace(apply("subtract", left, right, **_facts_of_sum(left, right)), chain=("add", (left, turned)))


def _facts_of_sum(left: Node, right: Node) -> dict[str, Any]:
    return {
        "digits": max(left.digits, right.digits) + 1,
        "places": max(left.places, right.places),
        "dusty": left.dusty or right.dusty,
        "whole": left.whole and right.whole,
        "unit": unit_of((left, right)),
    }


def _product(left: Node, right: Node, position: int) -> Node:
    return apply(
        "multiply",
        left,
        right,
        digits=left.digits + right.digits,
        places=left.places + right.places,
        dusty=left.dusty or right.dusty,
        whole=left.whole and right.whole,
        # Twice a number of seconds is one; days times 24 are meant to be hours, which nothing here can know.
        unit=1 if {left.unit, right.unit} == {0, 1} else 0,
    )


def divided(left: Node, right: Node, position: int) -> Node:
    """The quotient, empty by zero."""
    return apply("divide", left, right, digits=left.digits + right.places + 1, places=numbers.PLACES, dusty=True)


def _power(base: Node, exponent: Node, position: int) -> Node:
    if not exponent.whole:
        raise refusal("whole_exponent", position)
    highest = numbers.HIGHEST_POWER
    if isinstance(exponent.constant, Decimal):
        highest = constant_whole(exponent, position, 0, numbers.HIGHEST_POWER)
    digits = base.digits * max(highest, 1)
    return apply(
        "power", base, exponent, digits=digits, places=numbers.PLACES, dusty=not base.whole, whole=base.whole
    )


_OPERATORS: dict[str, Callable[[Node, Node, int], Node]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": divided,
    "^": _power,
}


def signed(sign: str, operand: Node, position: int) -> Node:
    """`-x`, `+x` or `x%`."""
    operand = wanted(operand, "number", position)
    facts = {"digits": operand.digits, "places": operand.places, "dusty": operand.dusty, "whole": operand.whole}
    facts["unit"] = operand.unit
    if sign == "-":
        if isinstance(operand.constant, Decimal):
            return number(-operand.constant)
        return apply("negate", operand, **facts)
    if sign == "%":
        return apply("percent", operand, **(facts | {"places": operand.places + 2, "whole": False}))
    return operand


def _rounding(name: str) -> Callable[[Sequence[Node], int], Node]:
    def build(arguments: Sequence[Node], position: int) -> Node:
        value = settled(arguments[0], position)
        places = constant_whole(arguments[1], position, -9, 9) if len(arguments) == 2 else 0
        others = [number(places)] if name != "round_up" else [_ten(places), _ten(-places)]
        facts = {"digits": value.digits + 10, "places": max(places, 0), "whole": places <= 0}
        return apply(name, value, *others, **facts)

    return build


def _ten(power: int) -> Node:
    return number(Decimal(1).scaleb(power))


def _absolute(arguments: Sequence[Node], position: int) -> Node:
    value = wanted(arguments[0], "number", position)
    return apply("abs", value, digits=value.digits, places=value.places, dusty=value.dusty, whole=value.whole)


def floored(value: Node, position: int) -> Node:
    """The next whole number below."""
    value = settled(value, position)
    return apply("floor", value, digits=value.digits + 1, whole=True)


def _modulo(arguments: Sequence[Node], position: int) -> Node:
    value, by = (settled(argument, position) for argument in arguments)
    places = max(value.places, by.places)
    return apply("modulo", value, by, digits=by.digits, places=places, whole=value.whole and by.whole)


def _extreme(name: str) -> Callable[[Sequence[Node], int], Node]:
    def build(arguments: Sequence[Node], position: int) -> Node:
        values = alike(arguments, position)
        kind = values[0].kind
        if kind == "number":
            return apply(name, *values, **_widest(values))
        if kind not in ("date", "datetime"):
            raise refusal("not_ordered", position)
        return _extreme_day(min if name == "least" else max, f"{name}_text", values, kind)

    return build


def _widest(values: Sequence[Node]) -> dict[str, Any]:
    return {
        "digits": max(value.digits for value in values),
        "places": max(value.places for value in values),
        "dusty": any(value.dusty for value in values),
        "whole": all(value.whole for value in values),
        "unit": unit_of(values),
    }


def _extreme_day(pick: Callable[..., Any], name: str, values: Sequence[Node], kind: str) -> Node:
    # SQLite keeps days and moments as text in which order is that of time.
    texted = apply(name, *values)
    steps = [value.python for value in values]
    return replace(
        texted,
        kind=kind,
        python=lambda record, env: pick(
            (found for step in steps if (found := step(record, env)) is not None), default=None
        ),
        sql=lambda source, env: sa.type_coerce(texted.sql(source, env), sql.TYPES[kind]),
    )


def _total(arguments: Sequence[Node], position: int) -> Node:
    values = in_one_unit([wanted(argument, "number", position) for argument in arguments])
    facts = _widest(values)
    return apply("total", *values, **(facts | {"digits": facts["digits"] + len(values)}))


ARITHMETIC = (
    Function("ROUND", 1, 2, _rounding("round")),
    Function("ROUNDUP", 1, 2, _rounding("round_up")),
    Function("ROUNDDOWN", 1, 2, _rounding("round_down")),
    Function("ABS", 1, 1, _absolute),
    Function("INT", 1, 1, lambda arguments, position: floored(arguments[0], position)),
    Function("MOD", 2, 2, _modulo),
    Function("MIN", 1, None, _extreme("least")),
    Function("MAX", 1, None, _extreme("greatest")),
    Function("SUM", 1, None, _total),
)
