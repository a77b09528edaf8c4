"""Numbers of cards as texts: short enough to be glanced at, or in full."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...metadata.model import Field

_UNITS = {
    "zh": (("", 1, 1e4), ("万", 1e4, 1e8), ("亿", 1e8, float("inf"))),
    "en": (("", 1, 1e4), ("K", 1e3, 1e6), ("M", 1e6, 1e9), ("B", 1e9, float("inf"))),
}
"""By language: unit, its size, the number from which the next one is used."""


def short(value: float, lang: str) -> str:
    """A number in few characters, by the units of the language: 1,284 · 12.3万 · 1.2M."""
    for unit, size, end in _UNITS["zh" if lang == "zh" else "en"]:
        # What would be rounded up to the next unit is said in it: 1亿, not 10,000万.
        rounded = round(value / size, 1 if unit else 0)
        if abs(rounded) * size < end:
            break
    if unit:
        return f"{rounded:,.1f}".removesuffix(".0") + unit
    whole = value == int(value) or abs(value) >= 1000
    return f"{value:,.0f}" if whole else f"{value:,.2f}"


def short_of(field: Field | None, value: Any, lang: str) -> str:
    """A measure's value in few characters, with its unit; a date as it is read."""
    if value is None:
        return "–"
    if not is_number(value):
        return full_of(field, value, lang)
    return short(float(value), lang) + unit_of(field)


def full_of(field: Field | None, value: Any, lang: str) -> str:
    """A measure's value in full."""
    if value is None:
        return "–"
    if is_number(value):
        return f"{value:,}" + unit_of(field)
    return field.behaviour.plain(field, value, lang) if field else str(value)


def unit_of(field: Field | None) -> str:
    """What stands behind each of a field's numbers: `%` or nothing."""
    if field is None:
        return ""
    return str(field.behaviour.of(field).widget(field).attributes.get("suffix", ""))


def is_number(value: Any) -> bool:
    """Whether a value has a size."""
    return isinstance(value, int | float | Decimal)


def size_of(value: Any) -> float:
    """How long a value's bar is; 0 for what has no size."""
    return float(value) if is_number(value) else 0.0


def change(value: Any, before: Any) -> int | None:
    """Per cent more (or less) than before; None without anything to compare with."""
    if not before or not is_number(value) or not is_number(before):
        return None
    return round((float(value) - float(before)) / abs(float(before)) * 100)
