"""Proposes a type for a column, with the evidence: counts of cells, never a guess from a few rows alone.

A type is proposed when nearly all cells are of it; the few that are not are left for the owner to see. A sample
rules candidates out quickly, every distinct cell is looked at before one is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed
from typing import Any

from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.guess import speaks_of
from formloom.metadata.model import OptionSet
from formloom.metadata.reading import read_field

from ..matching import fold, unit_factor
from .book import Note
from .choices import Choices, choices_of, several_of, words_of
from .facts import DATE, ERROR, MOMENT, NUMBER, TEXT, TIME, YES_NO, Facts
from .fitting import Fit, fit, fit_among

TOLERANCE = 0.9
DATE_TOLERANCE = 0.8
SAMPLE = 400
LONG_TEXT, LONGEST_LINE = 120, 500
MONEY_PLACES = 2
SEVERAL_WORDS, REPEATED_WORDS, LONGEST_WORD = 1.8, 0.6, 16
"""Words a cell has on average, the part of them that may be different, and their length, in a column of tags."""

_LEADING_ZERO = re.compile(r"0\d+")
_DIGITS = re.compile(r"\d{16,}")
_PLAIN_DIGITS = re.compile(r"-?\d{1,15}(?:\.\d+)?")
_CURRENCY = re.compile(r"[¥￥$€£]|元$|RMB|CNY|USD|EUR", re.IGNORECASE)
_MOBILE = re.compile(r"(?:\+?86)?[ -]?1[3-9]\d[ -]?\d{4}[ -]?\d{4}")


@dataclass(frozen=True)
class Guess:
    """A proposed type with its settings, the options found, and why. `fit` is what it makes of the cells."""

    type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    choices: Choices | None = None
    evidence: tuple[Note, ...] = ()
    fit: Fit = field(default_factory=lambda: Fit(0, 0))


@dataclass(frozen=True)
class Surroundings:
    """What a column is guessed among: the words people and departments go by, and whether all cells are text."""

    people: Collection[str] = ()
    departments: Collection[str] = ()
    untyped: bool = False


def guess(header: str, facts: Facts, around: Surroundings) -> Guess:
    """The proposal for a column."""
    if not facts.cells:
        return Guess("text", evidence=(Note("empty_column", {}),))
    for attempt in _ATTEMPTS:
        found = attempt(header, facts, around)
        if found is not None:
            return found
    return _text(header, facts)


def field_of(kind: str, settings: Mapping[str, Any], choices: Choices | None = None) -> Any:
    """A Field of this type, to try cells on."""
    raw = {"key": "tried", "type": kind, "label": "", **settings}
    if choices is not None:
        raw["options"] = choices.dump()
    none: dict[str, OptionSet] = {}
    return read_field("tried", raw, none)


def tried(kind: str, facts: Facts, settings: Mapping[str, Any] | None = None, header: str = "") -> Fit:
    """What a type makes of the column; a poor answer may come from a sample."""
    if kind not in FIELD_TYPES:
        return Fit(0, facts.filled)
    probe = field_of(kind, settings or {})
    factor = unit_factor(header) if probe.behaviour.numeric else None
    if len(facts.cells) > 2 * SAMPLE:
        sample = changed(facts, cells=facts.cells[:: len(facts.cells) // SAMPLE])
        first = fit(probe, sample, factor)
        if first.share < DATE_TOLERANCE / 2:
            return Fit(0, facts.filled)
    return fit(probe, facts, factor)


def _counted(kind: str, facts: Facts, found: Fit, settings: Mapping[str, Any] | None = None, *more: Note) -> Guess:
    """The guess with the sentence that counts."""
    code = "all_fit" if not found.refused else "most_fit"
    note = Note(code, {"type": kind, "taken": found.taken, "filled": facts.filled, "refused": found.refused})
    return Guess(kind, settings or {}, None, (note, *more), found)


def _date(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    typed = sum(facts.kinds.get(kind, 0) for kind in (DATE, MOMENT))
    written = any(re.search(r"\d[-/.年]\d", cell.text) for cell in facts.of(TEXT))
    if not typed and not written:
        return None
    timed = any(cell.value.time() != cell.value.min.time() for cell in facts.of(MOMENT))
    colons = sum(cell.count for cell in facts.of(TEXT) if re.search(r"\d{4}.*\d:\d\d", cell.text))
    kind = "datetime" if timed or colons * 2 > facts.filled else "date"
    found = tried(kind, facts)
    return _counted(kind, facts, found) if found.share >= DATE_TOLERANCE else None


def _time(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    clock = sum(cell.count for cell in facts.of(TEXT) if re.fullmatch(r"\d{1,3}:\d\d(:\d\d)?", cell.text.strip()))
    if facts.kinds.get(TIME, 0) + clock < TOLERANCE * facts.filled:
        return None
    for kind in ("time", "duration"):
        found = tried(kind, facts)
        if found.share >= TOLERANCE:
            return _counted(kind, facts, found)
    return None


def _boolean(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    words = {cell.text for cell in facts.cells if cell.kind != ERROR}
    plain_digits = words <= {"0", "1"}
    if not 1 <= len(words) <= 6 or (plain_digits and len(words) < 2):
        return None
    if not speaks_of(header, "boolean") and (plain_digits or not (len(words) > 1 or facts.kinds.get(YES_NO))):
        return None
    found = tried("boolean", facts)
    return _counted("boolean", facts, found) if found.share >= TOLERANCE else None


def _named(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    """Types that both the header and the cells speak for, and those whose cells are unmistakable."""
    for kind in ("email", "url", "credit_code"):
        marked = {"email": "@", "url": "/"}.get(kind)
        if marked and not any(marked in text or "www." in text for text in facts.texts):
            continue
        if marked is None and not speaks_of(header, kind):
            continue
        found = tried(kind, facts)
        if found.share >= (DATE_TOLERANCE if speaks_of(header, kind) else TOLERANCE):
            return _counted(kind, facts, found)
    return _phone(header, facts)


def _phone(header: str, facts: Facts) -> Guess | None:
    mobiles = sum(n for text, n in facts.texts.items() if _MOBILE.fullmatch(text))
    if not speaks_of(header, "phone") and mobiles < TOLERANCE * facts.filled:
        return None
    found = tried("phone", facts)
    return _counted("phone", facts, found) if found.share >= DATE_TOLERANCE else None


def _kept_text(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    """Numbers that are names: leading zeros, more digits than a number keeps, digits typed as text."""
    texts = [cell for cell in facts.of(TEXT) if re.fullmatch(r"[\d-]+", cell.text)]
    if not texts:
        return None
    zeros = sum(cell.count for cell in texts if _LEADING_ZERO.fullmatch(cell.text))
    long = sum(cell.count for cell in texts if _DIGITS.fullmatch(cell.text))
    plain = sum(cell.count for cell in texts if _PLAIN_DIGITS.fullmatch(cell.text))
    if zeros:
        return _text(header, facts, Note("leading_zeros", {"count": zeros}))
    if long:
        return _text(header, facts, Note("long_digits", {"count": long}))
    named = speaks_of(header, "name_of_one") or speaks_of(header, "postcode")
    if (plain == facts.filled and not around.untyped) or (named and plain == facts.filled):
        return _text(header, facts, Note("digits_as_text", {"count": plain}))
    return None


def _number(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    if speaks_of(header, "postcode"):
        return None
    percents = sum(n for text, n in facts.texts.items() if text.rstrip().endswith(("%", "％")))
    if percents * 2 > facts.filled:
        found = tried("percent", facts)
        return _counted("percent", facts, found) if found.share >= TOLERANCE else None
    signs = sum(cell.count for cell in facts.of(TEXT) if _CURRENCY.search(cell.text))
    scale = _places(facts)
    settings: dict[str, Any] = {"scale": min(scale, 9)}
    found = tried("decimal", facts, {"scale": 9}, header)
    if found.share < TOLERANCE:
        return None
    if signs * 2 > facts.filled or (speaks_of(header, "money") and scale <= MONEY_PLACES):
        note = Note("currency_signs", {"count": signs}) if signs else Note("money_word", {})
        return _counted("money", facts, tried("money", facts, None, header), None, note)
    if scale == 0 and (whole := tried("integer", facts, None, header)).share >= TOLERANCE:
        return _counted("integer", facts, whole)
    return _counted("decimal", facts, tried("decimal", facts, settings, header), settings)


def _places(facts: Facts) -> int:
    """Places after the point that are used."""
    most = 0
    for cell in facts.of(NUMBER, TEXT):
        match = re.search(r"\.(\d+)(?:\s*[万亿])?\D*$", cell.text)
        if match:
            most = max(most, len(match[1].rstrip("0")))
        elif cell.kind == NUMBER and isinstance(cell.value, float) and not cell.value.is_integer():
            most = 9
    return most


def _people(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    for kind, words in (("user", around.people), ("department", around.departments)):
        if not words:
            continue
        found = fit_among(field_of(kind, {}), facts, words, fold)
        if found.share >= DATE_TOLERANCE:
            return _counted(kind, facts, found)
    return None


def _select(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    if speaks_of(header, "name_of_one"):
        return None
    found, several = choices_of(facts), several_of(facts)
    if found is not None and (several is None or len(several) > len(found)):
        note = Note("few_values", {"distinct": len(found), "filled": facts.filled})
        return Guess("select", {}, found, (note,), Fit(facts.filled, 0))
    if several is not None:
        note = Note("several_values", {"distinct": len(several), "filled": facts.filled})
        return Guess("multiselect", {}, several, (note,), Fit(facts.filled, 0))
    return None


def _named_tags(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    return _tags(header, facts, around) if speaks_of(header, "tags") else None


def _tags(header: str, facts: Facts, around: Surroundings) -> Guess | None:
    """Words of one's own: where the header says so, or most cells hold several short ones that come again."""
    if set(facts.kinds) - {TEXT}:
        return None
    words = words_of(facts)
    total = sum(words.values())
    free = total >= SEVERAL_WORDS * facts.filled and len(words) <= REPEATED_WORDS * total
    if not speaks_of(header, "tags") and not (free and max(map(len, words), default=0) <= LONGEST_WORD):
        return None
    found = tried("tags", facts)
    return _counted("tags", facts, found) if found.share >= TOLERANCE else None


def _text(header: str, facts: Facts, *notes: Note) -> Guess:
    lines = any("\n" in text for text in facts.texts)
    long = facts.longest > LONG_TEXT and not speaks_of(header, "address")
    if lines or long or (speaks_of(header, "textarea") and facts.longest > LONG_TEXT // 3):
        most = {"max_length": min(100_000, _round_up(facts.longest))} if facts.longest > 20_000 else {}
        found = tried("textarea", facts, most)
        note = Note("breaks" if lines else "long_text", {"longest": facts.longest})
        return Guess("textarea", most, None, (*notes, note), found)
    settings = {"max_length": max(_round_up(facts.longest), 20)}
    found = tried("text", facts, settings)
    note = Note("plain_text", {"longest": facts.longest, "distinct": facts.distinct})
    return Guess("text", settings, None, (*notes, note), found)


def _round_up(length: int) -> int:
    """A length with room, as a person would choose it."""
    wanted = length + length // 4
    return next((each for each in (20, 40, 60, 80, 120, 200, 300, LONGEST_LINE) if each >= wanted), wanted * 2)


_ATTEMPTS: tuple[Callable[[str, Facts, Surroundings], Guess | None], ...] = (
    _date,
    _time,
    _boolean,
    _named,
    _kept_text,
    _number,
    _people,
    _named_tags,
    _select,
    _tags,
)


def evidence_counts(found: Guess) -> Iterator[int]:
    """Counts the guess speaks of, for tests and reports."""
    yield from (found.fit.taken, found.fit.refused)
