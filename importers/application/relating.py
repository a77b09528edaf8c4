"""Finds how sheets belong together: by the values they share, by what their columns are called, and by counts.

A column points at another sheet when nearly all its values stand in a column there that has no value twice.
Numbers alone prove little, 1 to 77 stand everywhere: for them the names have to agree too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from ..matching import fold
from .facts import Facts
from .naming import singular

CONTAINED = 0.9
MOSTLY = 0.97
TELLING_LENGTH, TELLING_VALUES = 3.0, 5
LIKE = 82

_ID = re.compile(r"(?:id|no|number|code|key|ref|名称|编号|编码|代码|单号|名|号)$")
_SELF = re.compile(
    r"report|manager|parent|superior|supervisor|boss|lead|refer|上级|主管|领导|经理|父|推荐人|介绍人|所属|上一",
    re.IGNORECASE,
)
_LINES = re.compile(r"detail|line|item|entry|entries|明细|分录|行|子表|条目", re.IGNORECASE)


@dataclass(frozen=True)
class Sheet:
    """A sheet as far as relations are concerned: its name, its headers and facts by column, its rows of texts."""

    name: str
    headers: Mapping[int, str]
    facts: Mapping[int, Facts]

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return next(iter(self.facts.values())).rows if self.facts else 0

    def keys(self) -> list[int]:
        """Columns that tell every row from the others, in the sheet's order."""
        return [n for n, facts in self.facts.items() if facts.unique and facts.blanks == 0 and facts.longest <= 80]


@dataclass(frozen=True, slots=True)
class Link:
    """A column that points at a key column of another sheet (or its own). `missing` of `filled` cells do not."""

    sheet: str
    column: int
    target: str
    key: int
    filled: int
    missing: int
    named: bool
    strength: float


@dataclass(frozen=True, slots=True)
class Role:
    """What a sheet is to others: lines of `parent` by its column, or a join of two."""

    parent: str
    column: int
    joins: tuple[str, ...] = ()


def links(sheets: Sequence[Sheet]) -> list[Link]:
    """The links between the sheets, at most one for each column, no two of which contradict each other."""
    found: dict[tuple[str, int], Link] = {}
    for sheet in sheets:
        for column in sheet.facts:
            candidates = [
                link for target in sheets for key in target.keys() if (link := _link(sheet, column, target, key))
            ]
            if candidates:
                best = max(candidates, key=lambda link: link.strength)
                found[(sheet.name, column)] = best
    return _without_circles(_without_echoes(list(found.values())), sheets)


def _link(sheet: Sheet, column: int, target: Sheet, key: int) -> Link | None:
    facts, held = sheet.facts[column], target.facts[key]
    own = sheet.name == target.name
    if not facts.cells or (own and column == key) or target.rows < 2:
        return None
    missing = sum(count for text, count in facts.texts.items() if text not in held.texts)
    contained = 1 - missing / facts.filled
    if contained < CONTAINED:
        return None
    likeness = _likeness(sheet.headers[column], target.headers[key], target.name)
    named = bool(_SELF.search(sheet.headers[column])) if own else likeness >= LIKE
    if own and not named:
        return None
    covers = facts.distinct / held.distinct
    if not named and not _telling(facts, contained, covers, likeness):
        return None
    if facts.unique and not own and column in sheet.keys() and _is_own_key(sheet, column, named):
        return None
    strength = contained + likeness / 100 + (1 if named else 0) + 0.1 * _first(target, key)
    return Link(sheet.name, column, target.name, key, facts.filled, missing, named, strength)


def _first(target: Sheet, key: int) -> float:
    """The first key column is usually the key."""
    keys = target.keys()
    return 1 - keys.index(key) / len(keys)


def _likeness(header: str, key: str, name: str) -> float:
    """How alike a column is called to a key or its sheet, 0 to 100."""
    here, there, sheet = _stem(header), _stem(key), _stem(name)
    if not here:
        return 0.0
    scores = [fuzz.ratio(here, each) for each in (there, sheet) if each]
    if fold(header) == fold(key) and there and not _is_bare(key):
        return 100.0
    if len(sheet) > 1 and (here.endswith(sheet) or here.startswith(sheet)):
        scores.append(95)
    return max(scores, default=0.0)


def is_called_like(header: str, name: str) -> bool:
    """Whether a column is called like what it might point at."""
    return _likeness(header, "", name) >= LIKE


def _stem(name: str) -> str:
    """The noun of a header: `customerID`, `customer_no` and `Customers` are all `customer`."""
    plain = fold(name)
    bare = _ID.sub("", plain)
    return singular(bare or plain)


def _is_bare(header: str) -> bool:
    """Whether a header says no more than that it is an id or a name."""
    return _ID.sub("", fold(header)) == ""


def _telling(facts: Facts, contained: float, covers: float, likeness: float) -> bool:
    """Whether the values alone prove that they mean the same."""
    numeric = all(re.fullmatch(r"-?\d{1,6}(\.\d+)?", text) for text in facts.texts)
    if numeric:
        # A short list of numbers used to its last one, by a column called a little like it.
        return contained == 1 and covers == 1 and facts.filled > 2 * facts.distinct and likeness >= 50
    average = sum(map(len, facts.texts)) / facts.distinct
    return contained >= MOSTLY and facts.distinct >= TELLING_VALUES and average >= TELLING_LENGTH


def _is_own_key(sheet: Sheet, column: int, named: bool) -> bool:
    """Whether a column without a value twice is rather the sheet's own key than the other's."""
    return not named or _likeness(sheet.headers[column], "", sheet.name) >= LIKE


def _without_echoes(found: Sequence[Link]) -> list[Link]:
    """Without columns that only repeat what a column called after the same sheet says already."""
    named = {(link.sheet, link.target) for link in found if link.named}
    kept, unnamed = [], set()
    for link in sorted(found, key=lambda link: -link.strength):
        pair = (link.sheet, link.target)
        if not link.named and (pair in named or pair in unnamed):
            continue
        if not link.named:
            unnamed.add(pair)
        kept.append(link)
    return sorted(kept, key=lambda link: (link.sheet, link.column))


def _without_circles(found: Sequence[Link], sheets: Sequence[Sheet]) -> list[Link]:
    """Without the weaker of two links that point at each other."""
    by_pair = {(link.sheet, link.target): link for link in found if link.sheet != link.target}
    kept = []
    for link in found:
        back = by_pair.get((link.target, link.sheet))
        if back is not None and link.sheet != link.target and back.strength > link.strength and not link.named:
            continue
        kept.append(link)
    return kept


def roles(sheets: Sequence[Sheet], found: Sequence[Link], pairs: Mapping[str, bool]) -> dict[str, Role]:
    """Which sheets hold lines of others, by name. `pairs`: whether two link columns together never repeat."""
    pointed = {link.target for link in found if link.sheet != link.target}
    decided: dict[str, Role] = {}
    for sheet in sheets:
        mine = [link for link in found if link.sheet == sheet.name and link.target != sheet.name]
        full = [link for link in mine if link.missing == 0 and sheet.facts[link.column].blanks == 0]
        if not full or sheet.name in pointed or any(n not in {m.column for m in mine} for n in sheet.keys()):
            continue
        joins = tuple(link.target for link in full[:2]) if _is_join(sheet, full, pairs) else ()
        parent = _parent_of(sheet, full, sheets)
        named = bool(_LINES.search(sheet.name)) or fold(sheet.name).startswith(_stem(parent.target))
        if joins or (named and sheet.rows > parent.filled / max(1, sheet.facts[parent.column].distinct)):
            decided[sheet.name] = Role(parent.target, parent.column, joins)
    return {name: role for name, role in decided.items() if role.parent not in decided}


def _is_join(sheet: Sheet, full: Sequence[Link], pairs: Mapping[str, bool]) -> bool:
    return len(full) == 2 and len(sheet.facts) <= 3 and pairs.get(sheet.name, False)


def _parent_of(sheet: Sheet, full: Sequence[Link], sheets: Sequence[Sheet]) -> Link:
    """The link to what the sheet's name begins with, else to what its rows cover best, else the first."""
    by_name = {each.name: each for each in sheets}

    def rank(link: Link) -> tuple[bool, float, int]:
        covers = sheet.facts[link.column].distinct / max(1, by_name[link.target].rows)
        return fold(sheet.name).startswith(_stem(link.target)), covers, -link.column

    return max(full, key=rank)


def order(names: Sequence[str], found: Sequence[tuple[str, str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """The names so that what is pointed at comes first, and the pairs that no order can satisfy."""
    left, placed, late = list(names), list[str](), set[tuple[str, str]]()
    pairs = [(here, there) for here, there in found if here != there and here in left and there in left]
    while left:
        ready = [n for n in left if all(there in placed for here, there in pairs if here == n)]
        if not ready:
            # Everything left waits for something left: begin with what waits for least.
            waiting = {n: [p for p in pairs if p[0] == n and p[1] in left] for n in left}
            chosen = min(left, key=lambda n: len(waiting[n]))
            late.update(waiting[chosen])
            ready = [chosen]
        placed.extend(ready)
        left = [n for n in left if n not in ready]
    return placed, late
