"""Arithmetic of formulas: exact decimals, so that every back end gives the same digits.

A quotient, a power and an average are rounded half up to 20 places. Where such a number is compared, cut or
written out, it is first settled to 9 places, so that `1/3*3 = 1` holds. How many digits can come together is known
when a formula is compiled, and bounded; so no operation here overflows.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from ..columns import SIGNIFICANT_DIGITS

MOST_DIGITS = 2_000
"""Digits before the point, and also after it, that the steps of one formula may come to."""

PLACES = 20
SETTLED_PLACES = 9
HIGHEST_POWER = 100

_EXACT = Context(prec=2 * MOST_DIGITS + PLACES, rounding=ROUND_HALF_UP, Emin=-99_999, Emax=99_999, traps=[])
_ONE = Decimal(1)
_HUNDREDTH = Decimal("0.01")

add = _EXACT.add
subtract = _EXACT.subtract
multiply = _EXACT.multiply
absolute = _EXACT.abs


def _unit(places: int) -> Decimal:
    return _ONE.scaleb(-places)


_PLACES = _unit(PLACES)
_SETTLED = _unit(SETTLED_PLACES)


def negate(value: Decimal) -> Decimal:
    """The value below zero."""
    return _EXACT.subtract(Decimal(0), value)


def percent(value: Decimal) -> Decimal:
    """A hundredth."""
    return _EXACT.multiply(value, _HUNDREDTH)


def divide(value: Decimal, by: Decimal) -> Decimal | None:
    """The quotient; None by zero."""
    return _EXACT.quantize(_EXACT.divide(value, by), _PLACES) if by else None


def power(base: Decimal, exponent: Decimal) -> Decimal | None:
    """The power for whole exponents from 0 to 100, else None."""
    if not 0 <= exponent <= HIGHEST_POWER:
        return None
    return _EXACT.quantize(_EXACT.power(base, exponent), _PLACES) if exponent else _ONE


def settle(value: Decimal) -> Decimal:
    """The value without the dust of divisions."""
    return _EXACT.quantize(value, _SETTLED)


def round_half_up(value: Decimal, places: Decimal) -> Decimal:
    """Rounded to whole, fixed `places`; halves go away from zero."""
    return _without_sign_of_zero(_EXACT.quantize(value, _unit(int(places))))


def round_down(value: Decimal, places: Decimal) -> Decimal:
    """Cut off after `places`."""
    scaled = value.scaleb(int(places), _EXACT)
    return _EXACT.multiply(scaled.to_integral_value("ROUND_DOWN", _EXACT), _unit(int(places)))


def round_up(value: Decimal, factor: Decimal, unit: Decimal) -> Decimal:
    """Away from zero to a multiple of `unit`, 1/`factor`."""
    whole = _EXACT.multiply(abs(value), factor).to_integral_value(ROUND_CEILING, _EXACT)
    return _EXACT.multiply(_EXACT.multiply(whole, unit), Decimal(-1 if value < 0 else 1))


def floor(value: Decimal) -> Decimal:
    """The next whole number below."""
    return value.to_integral_value(ROUND_FLOOR, _EXACT)


def modulo(value: Decimal, by: Decimal) -> Decimal | None:
    """What is left over, with the sign of `by`; None by zero."""
    if not by:
        return None
    return _EXACT.remainder(_EXACT.add(_EXACT.remainder(value, by), by), by)


def least(*values: Decimal | None) -> Decimal | None:
    """The least of what is not empty."""
    return min((value for value in values if value is not None), default=None)


def greatest(*values: Decimal | None) -> Decimal | None:
    """The greatest of what is not empty."""
    return max((value for value in values if value is not None), default=None)


def total(*values: Decimal | None) -> Decimal:
    """The sum of what is not empty."""
    result = Decimal(0)
    for value in values:
        if value is not None:
            result = _EXACT.add(result, value)
    return result


def mean(values: list[Decimal]) -> Decimal | None:
    """The average; None of nothing."""
    return divide(total(*values), Decimal(len(values))) if values else None


def compare(left: Decimal, right: Decimal) -> int:
    """-1, 0 or 1."""
    return (left > right) - (left < right)


def same(left: Decimal | None, right: Decimal | None) -> bool:
    """Whether they are equal; empty equals empty."""
    return left == right


def written(value: Decimal) -> str:
    """The digits, without zeros at the end."""
    text = format(_without_sign_of_zero(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def formatted(value: Decimal, factor: Decimal, places: Decimal, pattern: str, suffix: str) -> str:
    """The value times `factor`, with fixed places; grouped where the pattern has a comma."""
    shown = round_half_up(_EXACT.multiply(value, factor), places)
    return format(shown, ",f" if "," in pattern else "f") + suffix


def finished(value: Decimal, places: Decimal, limit: Decimal) -> Decimal | None:
    """The value as a field with `places` keeps it; None from `limit` on."""
    rounded = round_half_up(value, places)
    return rounded if abs(rounded) < limit else None


def limit(places: int) -> Decimal:
    """The first number too large for a field with `places`."""
    return _ONE.scaleb(SIGNIFICANT_DIGITS - places)


def _without_sign_of_zero(value: Decimal) -> Decimal:
    return value if value else abs(value)
