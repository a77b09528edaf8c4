"""The type of field that a label suggests: 联系电话 a phone number, 合同金额 money. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from .fieldtype import FIELD_TYPES
from .model import fold

USUAL = "text"
"""What a label without any known word suggests."""

_BRACKETS = re.compile(r"[(\[{（【].*?[)\]}）】]")
_LATIN_WORD = re.compile(r"[a-z0-9]+")


def guess_type(label: str) -> str:
    """The key of the type whose word stands in the label: of several the longest word, of those the last, since
    the end says what it is, in 客户电话 and in `customer phone`. What stands in brackets, a unit or a hint, says
    nothing.
    """
    text = fold(_BRACKETS.sub(" ", label)) or fold(label)
    found = max(_found(text), default=None)
    return USUAL if found is None else found[2]


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """(length of the word, where it ends, type) of every word in the text."""
    for word, name in _words():
        at = text.rfind(word)
        if at >= 0 and _stands_alone(text, word, at):
            yield len(word) * _weight(word), at + len(word), name


def _weight(word: str) -> int:
    """A Chinese character says about as much as three letters."""
    return 1 if word.isascii() else 3


def _stands_alone(text: str, word: str, at: int) -> bool:
    """Whether a Latin word is no part of another: `date` not in `update`."""
    if not word.isascii():
        return True
    around = text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]
    return not _LATIN_WORD.search(around)


@lru_cache(maxsize=1)
def _words() -> tuple[tuple[str, str], ...]:
    """Each word with its type, as they are compared."""
    return tuple((fold(word), name) for name, kind in FIELD_TYPES.items() for word in kind.label_words)
