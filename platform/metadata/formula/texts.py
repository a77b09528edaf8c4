"""Text in formulas. Empty text is no value; upper and lower case are those of ASCII letters, as in SQL."""

from __future__ import annotations

from decimal import Decimal

MOST_CHARACTERS = 100_000

_LOWER = {code: code + 32 for code in range(65, 91)}
_UPPER = {code: code - 32 for code in range(97, 123)}


def left(text: str, count: Decimal) -> str:
    """The first characters."""
    return text[: _count(count)]


def right(text: str, count: Decimal) -> str:
    """The last characters."""
    wanted = _count(count)
    return text[-wanted:] if wanted else ""


def middle(text: str, start: Decimal, count: Decimal) -> str:
    """Characters from `start`, which counts from 1."""
    first = max(_count(start), 1) - 1
    return text[first : first + _count(count)]


def _count(number: Decimal) -> int:
    return min(max(int(number), 0), MOST_CHARACTERS)


def lower(text: str) -> str:
    """With ASCII letters in lower case."""
    return text.translate(_LOWER)


def upper(text: str) -> str:
    """With ASCII letters in upper case."""
    return text.translate(_UPPER)


def trim(text: str) -> str:
    """Without blanks around it."""
    return text.strip(" ")


def length(text: str | None) -> Decimal:
    """The number of characters."""
    return Decimal(len(text or ""))


def join(*texts: str | None) -> str:
    """All of them in a row."""
    return "".join(text for text in texts if text is not None)


def written_boolean(value: bool) -> str:
    """TRUE or FALSE."""
    return "TRUE" if value else "FALSE"


def least(*texts: str | None) -> str | None:
    """The first by code point of what is not empty."""
    return min((text for text in texts if text is not None), default=None)


def greatest(*texts: str | None) -> str | None:
    """The last by code point of what is not empty."""
    return max((text for text in texts if text is not None), default=None)
