"""Which regular expressions a document may use: those that cannot take long on any text.

Python's engine backtracks, so `(a+)+$` needs time exponential in the text. We allow what is surely cheap: no
repetition or choice inside an open repetition, no back-references or look-around, and a bounded product of the
ways in which the rest can be matched. Two open repetitions may fight over the same characters; three not.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from typing import Any

LONGEST_MATCHED = 1000
"""Longest text, in characters, that a pattern is tried on."""

_parser = import_module("re._parser")
"""How Python itself reads patterns; no public name leads there."""

_LONGEST_PATTERN = 500
_MOST_STEPS = 20 * LONGEST_MATCHED**2
_FEW = 16
_FLAGS = re.UNICODE.value

_OTHER = frozenset([128])
"""Stands for every character outside ASCII."""
_EVERYTHING = frozenset(range(129))

Fighting = list[frozenset[int]]


class _Unsafe(ValueError):
    pass


@lru_cache(maxsize=512)
def pattern_is_safe(pattern: str) -> bool:
    """Whether the pattern is a valid regular expression that runs in bounded time."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
            tree = _parser.parse(pattern)
        return tree.state.flags == _FLAGS and _steps(tree) <= _MOST_STEPS
    except (re.error, _Unsafe, Warning, OverflowError, RecursionError):
        return False


def _steps(tree: Iterable[Any]) -> int:
    measure = _Measure()
    measure.sequence(tree, [])
    return measure.ways * int(LONGEST_MATCHED**measure.overlapping)


class _Measure:
    """Counts the ways a pattern can be matched, and the open repetitions that overlap, while walking its tree."""

    def __init__(self) -> None:
        self.ways = 1
        self.overlapping = 0

    def sequence(self, tree: Iterable[Any], fighting: Fighting) -> Fighting:
        """Walks elements in order; returns the open repetitions that later ones can fight with."""
        for operation, argument in tree:
            fighting = self._element(str(operation), argument, fighting)
        return fighting

    def _element(self, operation: str, argument: Any, fighting: Fighting) -> Fighting:
        if operation == "AT":
            return fighting
        if operation == "SUBPATTERN":
            return self.sequence(_plain_group(argument), fighting)
        if operation == "BRANCH":
            return self._branch(argument[1], fighting)
        if operation in ("MAX_REPEAT", "MIN_REPEAT"):
            return self._repeat(argument, fighting)
        characters = _characters(operation, argument)
        return [other for other in fighting if other & characters]

    def _branch(self, branches: Any, fighting: Fighting) -> Fighting:
        self.ways *= len(branches)
        ends = [self.sequence(branch, fighting) for branch in branches]
        return max(ends, key=len)

    def _repeat(self, argument: Any, fighting: Fighting) -> Fighting:
        least, most, body = argument
        characters = _fixed_length(body)
        rivals = [other for other in fighting if other & characters]
        if int(most) <= _FEW:
            self.ways *= most - least + 1
            return rivals if least else fighting
        self.overlapping = max(self.overlapping, len(rivals) + 1)
        return [*(rivals if least else fighting), characters]


def _plain_group(argument: Any) -> Any:
    _, added_flags, removed_flags, body = argument
    if added_flags or removed_flags:
        raise _Unsafe
    return body


def _fixed_length(body: Iterable[Any]) -> frozenset[int]:
    """The characters of a repeated body, which must have one length. Raises _Unsafe."""
    found: frozenset[int] = frozenset()
    for operation, argument in body:
        if str(operation) == "SUBPATTERN":
            found |= _fixed_length(_plain_group(argument))
        elif str(operation) == "MAX_REPEAT" and argument[0] == argument[1] and argument[1] <= _FEW:
            found |= _fixed_length(argument[2])
        else:
            found |= _characters(str(operation), argument)
    return found


def _characters(operation: str, argument: Any) -> frozenset[int]:
    """The characters one single-character element matches, as ASCII codes and one code for all others."""
    if operation == "LITERAL":
        return frozenset([argument]) if argument < 128 else _OTHER
    if operation in ("ANY", "NOT_LITERAL"):
        return _EVERYTHING
    if operation == "RANGE":
        low, high = argument
        return frozenset(range(low, min(high, 127) + 1)) | (_OTHER if high > 127 else frozenset())
    if operation == "CATEGORY":
        return _CATEGORIES[str(argument)]
    if operation == "IN":
        negated = str(argument[0][0]) == "NEGATE"
        found = frozenset().union(*(_characters(str(o), a) for o, a in argument[negated:]))
        return (_EVERYTHING - found) | _OTHER if negated else found
    raise _Unsafe


_DIGITS = frozenset(range(48, 58)) | _OTHER
_SPACES = frozenset((*range(9, 14), *range(28, 33))) | _OTHER
_WORD = frozenset(code for code in range(128) if chr(code).isalnum() or code == 95) | _OTHER
_CATEGORIES = {
    "CATEGORY_DIGIT": _DIGITS,
    "CATEGORY_SPACE": _SPACES,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_NOT_DIGIT": (_EVERYTHING - _DIGITS) | _OTHER,
    "CATEGORY_NOT_SPACE": (_EVERYTHING - _SPACES) | _OTHER,
    "CATEGORY_NOT_WORD": (_EVERYTHING - _WORD) | _OTHER,
}
