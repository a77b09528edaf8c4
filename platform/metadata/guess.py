"""The type of field that a label suggests: 联系电话 a phone number, 合同金额 money. Pure.

The words are those of the types themselves (`FieldType.label_words`) and of `OTHER_WORDS`; there is no other list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from .fieldtype import FIELD_TYPES
from .model import fold

USUAL = "text"
"""What a label without any known word suggests."""

OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "name_of_one": ("id", "no", "number", "code", "key", "代码", "工号", "学号", "账号", "卡号"),
    "postcode": ("邮编", "邮政编码", "postcode", "post code", "postal code", "postal", "zip", "zip code"),
}
"""Words for what is no type of its own: numbers that tell one thing from another, and those of the post."""

_ALIKE = {"name_of_one": ("autonumber", "code", "credit_code", "id_card")}
"""Types whose words say the same."""

_BRACKETS = re.compile(r"[(\[{（【].*?[)\]}）】]")
_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LATIN_WORD = re.compile(r"[a-z0-9]+")


def guess_type(label: str) -> str:
    """The key of the type whose word stands in the label: of several the longest word, of those the last, since
    the end says what it is, in 客户电话 and in `customer phone`. What stands in brackets, a unit or a hint, says
    nothing.
    """
    text = _plain(label)
    found = max(((len(word) * _weight(word), end, name) for word, end, name in _found(text)), default=None)
    return USUAL if found is None else found[2]


def speaks_of(label: str, name: str) -> bool:
    """Whether a word of the type, or of one of `OTHER_WORDS`, stands in the label: not within a longer word that
    says something else, as `number` does in `number of boxes`.
    """
    text, names = _plain(label), (name, *_ALIKE.get(name, ()))
    others = [(end - len(word), end) for word, end, other in _found(text) if other not in names]
    return any(
        not any(start <= end - len(word) and end <= stop and stop - start > len(word) for start, stop in others)
        for each in names
        for word, end in _standing(text, _words_of(each))
    )


def _plain(label: str) -> str:
    """The label as it is compared: without brackets, `UnitPrice` and `unit_price` as two words."""
    spaced = _CASE.sub(" ", label).replace("_", " ")
    return fold(_BRACKETS.sub(" ", spaced)) or fold(spaced)


def _found(text: str) -> Iterator[tuple[str, int, str]]:
    """(word, where it ends, type) of every word of a type in the text."""
    for name in FIELD_TYPES:
        for word, end in _standing(text, _words_of(name)):
            yield word, end, name


def _standing(text: str, words: Iterable[str]) -> Iterator[tuple[str, int]]:
    """(word, where it ends) of the words that stand in the text."""
    for word in words:
        at = text.rfind(word)
        if at >= 0 and _stands_alone(text, word, at):
            yield word, at + len(word)


def _weight(word: str) -> int:
    """A Chinese character says about as much as three letters."""
    return 1 if word.isascii() else 3


def _stands_alone(text: str, word: str, at: int) -> bool:
    """Whether a Latin word is no part of another: `date` not in `update`."""
    if not word.isascii():
        return True
    around = text[at - 1 : at] + text[at + len(word) : at + len(word) + 1]
    return not _LATIN_WORD.search(around)


@cache
def _words_of(name: str) -> tuple[str, ...]:
    """The words of a type, or of one of `OTHER_WORDS`, as they are compared."""
    words = OTHER_WORDS[name] if name in OTHER_WORDS else FIELD_TYPES[name].label_words
    return tuple(map(fold, words))
