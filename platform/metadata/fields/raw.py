"""What arrives, as clean text: the first step of every parser.

A raw is form text, a JSON value or a spreadsheet cell. Blanks and zero-width characters around it are dropped;
text of nothing else is empty. NUL and lone surrogates, which databases refuse, are refused here.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ..errors import ValueRefused

_BLANK = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_EXACT_FLOAT = 10**15


def text_of(raw: Any) -> str | None:
    """The raw as text without blanks around it, None for empty. Raises ValueRefused for what is no scalar."""
    if raw is None:
        return None
    text = raw if isinstance(raw, str) else _written(raw)
    # Neither is printable, as most texts are.
    if not text.isprintable() and ("\0" in text or _SURROGATE.search(text)):
        raise ValueRefused("bad_character")
    return text.strip(_BLANK) or None


def narrow(raw: Any) -> str | None:
    """As `text_of`, with full-width digits, letters and signs made half-width."""
    text = text_of(raw)
    if text is None or text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).strip(_BLANK) or None


def _written(raw: Any) -> str:
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return _written_float(raw)
    if isinstance(raw, int):
        return _written_integer(raw)
    if isinstance(raw, Decimal):
        return format(raw, "f")
    if isinstance(raw, datetime):
        return str(raw.date()) if raw.time() == time() else raw.isoformat(" ", "seconds")
    if isinstance(raw, date | time):
        return raw.isoformat()
    raise ValueRefused("not_text")


def _written_float(raw: float) -> str:
    """The digits a spreadsheet shows. A longer code typed as a number has already lost its last digits."""
    if not abs(raw) < _EXACT_FLOAT:  # also NaN
        raise ValueRefused("precision_lost")
    return format(Decimal(f"{raw:.15g}"), "f")


def _written_integer(raw: int) -> str:
    if abs(raw) >= 10**40:
        raise ValueRefused("out_of_range")
    return str(raw)
