"""Numbers as people and sheets write them, and the base of every number type.

`1,234`, `￥1,234.50`, `1.2万`, `３亿`, `(12)` for minus twelve. A number has at most 15 significant digits, as in
a spreadsheet; places beyond the field's scale are rounded half up, more digits are refused.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar, TypeVar

from sqlalchemy.types import TypeEngine

from ..columns import SIGNIFICANT_DIGITS, ExactNumber
from ..errors import ValueRefused
from ..fieldtype import ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import COMPARE
from .raw import narrow

_LONGEST_WRITTEN = 60
_NUMBER = re.compile(
    r"(?P<before>[-+])?\s*(?:[¥$€£]|RMB|CNY|USD|人民币)?\s*(?P<after>[-+])?\s*"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?P<places>\.[0-9]*)?\s*"
    r"(?P<unit>[万亿])?\s*(?:元整?|圆整?|RMB|CNY|USD)?(?P<percent>%)?",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_UNITS = {None: 0, "万": 4, "亿": 8}
_DASHES = str.maketrans("−–—﹣", "----")

Amount = TypeVar("Amount", Decimal, int)

LIMITS_SCHEMA = {name: {"type": ["number", "string"]} for name in ("min", "max", "exclusive_min", "exclusive_max")}


def decimal_of(raw: Any, *, percent: bool = False) -> Decimal | None:
    """The number that is written, exactly; None for empty. Raises ValueRefused."""
    if isinstance(raw, str):
        return Decimal(raw) if _DIGITS.fullmatch(raw) else _written_number(raw, percent)
    if raw is None:
        return None
    if isinstance(raw, bool):
        raise ValueRefused("not_a_number")
    if isinstance(raw, int):
        # Digits of a monstrous integer are never written out.
        return Decimal(raw) if abs(raw) < 10**40 else _refuse("out_of_range")
    if isinstance(raw, float):
        return Decimal(f"{raw:.15g}") if abs(raw) < 1e40 else _refuse("not_a_number")
    if isinstance(raw, Decimal):
        return raw if raw.is_finite() else _refuse("not_a_number")
    raise ValueRefused("not_a_number")


def _refuse(code: str) -> Any:
    raise ValueRefused(code)


def _written_number(raw: str, percent: bool) -> Decimal | None:
    text = narrow(raw)
    if text is None:
        return None
    text = text.translate(_DASHES)
    negative = text.startswith("(") and text.endswith(")")
    match = _NUMBER.fullmatch(text[1:-1].strip() if negative else text) if len(text) <= _LONGEST_WRITTEN else None
    if match is None or (match["whole"] is None and (match["places"] or ".") == "."):
        raise ValueRefused("not_a_number")
    signs = [sign for sign in (match["before"], match["after"]) if sign]
    if len(signs) > 1 or (negative and signs) or (match["percent"] and not percent):
        raise ValueRefused("not_a_number")
    number = Decimal((match["whole"] or "0").replace(",", "") + (match["places"] or ""))
    number = number.scaleb(_UNITS[match["unit"]])
    return -number if negative or signs == ["-"] else number


def within_digits(value: Decimal) -> Decimal:
    """The value, if it has no more than 15 digits. Raises ValueRefused."""
    _, digits, exponent = value.normalize().as_tuple()
    if len(digits) + max(int(exponent), 0) > SIGNIFICANT_DIGITS:
        raise ValueRefused("out_of_range")
    return value


def within_limits(field: Field, value: Amount) -> Amount:
    """The value, if it lies between the field's limits. Raises ValueRefused."""
    for name, code, broken in _LIMITS:
        limit = field.options.get(name)
        if limit is not None and broken(value, Decimal(str(limit))):
            raise ValueRefused(code, limit=limit)
    return value


_CEILING = Decimal(10**SIGNIFICANT_DIGITS)
_MOST_PLACES = 9
_QUANTA = [Decimal(1).scaleb(-places) for places in range(_MOST_PLACES + 1)]
_FULL = [Decimal(10 ** (SIGNIFICANT_DIGITS - places)) for places in range(_MOST_PLACES + 1)]
"""By places: from this size on a number may have more than 15 digits."""

_LIMITS: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ("min", "too_small", operator.lt),
    ("max", "too_large", operator.gt),
    ("exclusive_min", "not_above", operator.le),
    ("exclusive_max", "not_below", operator.ge),
)


class Number(FieldType):
    """Base of decimal, money and percent: a Decimal with `scale` places, dumped as text."""

    numeric = True
    kind = "number"
    operators = COMPARE
    aggregates: ClassVar[tuple[str, ...]] = ("sum", "avg", "min", "max", "count", "count_distinct")
    default_scale = 4
    accepts_percent = False

    def scale(self, field: Field) -> int:
        """Places after the point."""
        return int(field.option("scale", self.default_scale))

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return ExactNumber(self.scale(field))

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$", "maxLength": 32}

    def parse(self, field: Field, raw: Any) -> Decimal | None:
        number = decimal_of(raw, percent=self.accepts_percent)
        if number is None:
            return None
        scale = self.scale(field)
        if not -_CEILING < number < _CEILING:
            raise ValueRefused("out_of_range")
        rounded = number.quantize(_QUANTA[scale], ROUND_HALF_UP)
        if not -_FULL[scale] < rounded < _FULL[scale]:
            within_digits(rounded)
        # A minus before zero would be kept and shown.
        return within_limits(field, rounded or abs(rounded)) if field.options or not rounded else rounded

    def operand(self, field: Field, raw: Any) -> Any:
        number = decimal_of(raw, percent=self.accepts_percent)
        return None if number is None else within_digits(number)

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else format(value, "f")

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else without_trailing_zeros(value)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "text", "inputmode": "decimal", "autocomplete": "off"})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat("#,##0" + ("." + "0" * self.scale(field) if self.scale(field) else ""), width=14)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        return None if value is None else float(value)


def without_trailing_zeros(value: Decimal) -> str:
    """`1,234.5` for 1234.5000: thousands grouped, no zeros at the end."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
