"""The kind of field a label suggests: 联系电话 a telephone number, "Signed on" a day."""

from __future__ import annotations

from functools import lru_cache

from ...metadata.fieldtype import FIELD_TYPES
from ...metadata.model import fold

USUAL = "text"


@lru_cache(maxsize=1)
def _words() -> tuple[tuple[str, str], ...]:
    """(word, type), the longest word first."""
    found = [(fold(word), name) for name, kind in FIELD_TYPES.items() for word in kind.label_words]
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


def guessed_type(label: str) -> str:
    """The type whose word stands in the label, the longest word deciding; plain text without any."""
    folded = fold(label)
    return next((name for word, name in _words() if word in folded), USUAL)
