"""What a refused cell may have meant: the nearest option or name, the possible readings of a date, a bare number.

Only what the field takes is offered, so that every suggestion can be applied with one click.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process

from formloom.metadata.errors import FieldError, ValueRefused
from formloom.metadata.model import Field
from formloom.metadata.wording import LANGUAGES, text_of
from formloom.rbac.tables import departments, users

from .references import Reader

MOST = 3
LIKELY_NAME = 55
MOST_NAMES = 5_000
"""Records of a target beyond which no names are compared."""

_NOTHING = frozenset(
    "待定 待补 待填 待确认 无 暂无 没有 未知 不详 空 略 "
    "n/a na nil none null tbd tba unknown - -- — —— / \\ ? ？ . x".split()
)
_DAY_FIRST_OR_NOT = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)(.*)")
_MONTH = re.compile(r"(\d{4})\s*(?:[-/.年])\s*(\d{1,2})\s*月?")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(.*)")
_DAY_OF_THIS_YEAR = re.compile(r"(\d{1,2})\s*[月/.-]\s*(\d{1,2})\s*[日号]?")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def suggestions(reader: Reader, field: Field, text: str, error: FieldError, lang: str) -> list[str]:
    """Texts the field takes that `text` may have meant, the likeliest first; '' stands for an empty cell."""
    found: list[str] = []
    for candidate in _candidates(reader, field, text, error, lang):
        if candidate not in found and candidate != text and _fits(field, candidate):
            found.append(candidate)
        if len(found) == MOST:
            break
    return found


def _candidates(reader: Reader, field: Field, text: str, error: FieldError, lang: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.casefold() in _NOTHING:
        yield ""
    guess = _GUESSES.get(error.code)
    if guess is not None:
        yield from guess(plain)
    if error.code in ("unknown_option", "retired_option"):
        yield from _nearest(plain, _labels(field, lang))
    if error.code == "unknown_reference" and not field.behaviour.several:
        yield from _nearest(plain, [(name, name) for name in _names(reader, field)])
    if error.code not in ("required", "repeated_in_file", "exists_already", "ambiguous_key"):
        yield ""


def _fits(field: Field, candidate: str) -> bool:
    if not candidate:
        return not field.required
    if field.behaviour.target is not None or field.behaviour.several is not None:
        return True
    try:
        field.behaviour.parse(field, candidate)
    except ValueRefused:
        return False
    return True


def _labels(field: Field, lang: str) -> list[tuple[str, str]]:
    """(word, label to offer) of each option in use, in every language."""
    return [
        (text_of(option.label, each, option.key), text_of(option.label, lang, option.key))
        for option in field.choices
        if not option.retired
        for each in LANGUAGES
    ]


def _nearest(text: str, words: Sequence[tuple[str, str]]) -> Iterator[str]:
    hits = process.extract(
        text.casefold(),
        [word.casefold() for word, _ in words],
        scorer=fuzz.WRatio,
        limit=2 * MOST,
        score_cutoff=LIKELY_NAME,
    )
    for _word, _score, position in hits:
        yield words[position][1]


def _names(reader: Reader, field: Field) -> list[str]:
    """Names of what the field may point at and the importing person sees; none where there are too many."""
    target = field.behaviour.target
    if target == "user":
        query = sa.select(users.c.name).where(users.c.is_active)
    elif target == "department":
        query = sa.select(departments.c.name_zh).where(departments.c.is_active)
    else:
        rights = reader.access.entity(field.option("target"))
        if rights.entity.title not in rights.readable:
            return []
        query = sa.select(rights.select().column(rights.entity.title))
    names = reader.conn.execute(query.limit(MOST_NAMES + 1)).scalars().all()
    return [] if len(names) > MOST_NAMES else [str(name) for name in names if name]


def _dates(text: str) -> Iterator[str]:
    """Readings of what is no clear day: both orders of day and month, the first of a month, this year's day."""
    if match := _DAY_FIRST_OR_NOT.fullmatch(text):
        first, second, year, rest = match.groups()
        full = int(year) + (2000 if len(year) == 2 else 0)
        for month, day in ((first, second), (second, first)):
            yield from _day(full, int(month), int(day), rest)
    elif match := _MONTH.fullmatch(text):
        yield from _day(int(match[1]), int(match[2]), 1)
    elif match := _DAY.fullmatch(text):
        year, month = int(match[1]), int(match[2])
        if 1 <= month <= 12 and year:
            yield from _day(year, month, calendar.monthrange(year, month)[1], match[4])
    elif match := _DAY_OF_THIS_YEAR.fullmatch(text):
        yield from _day(date.today().year, int(match[1]), int(match[2]))


def _day(year: int, month: int, day: int, rest: str = "") -> Iterator[str]:
    if 1 <= month <= 12 and 1 <= year <= 9999 and 1 <= day <= calendar.monthrange(year, month)[1]:
        yield f"{date(year, month, day).isoformat()}{rest}"


def _number(text: str) -> Iterator[str]:
    found = _NUMBER.findall(text)
    if len(found) == 1:
        yield found[0]


def _whole(text: str) -> Iterator[str]:
    for number in _number(text):
        yield number.partition(".")[0]


_GUESSES: dict[str, Callable[[str], Iterator[Any]]] = {
    "ambiguous_date": _dates,
    "impossible_date": _dates,
    "not_a_date": _dates,
    "not_a_datetime": _dates,
    "not_a_number": _number,
    "not_an_integer": _whole,
}
