"""Options found in a column: few words that come again and again, alone or several in a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from formloom.metadata.model import fold

from .facts import TEXT, Facts
from .naming import option_keys

COLORS = ("blue", "green", "orange", "purple", "cyan", "pink", "teal", "yellow", "indigo", "red", "lime", "gray")
LONGEST_OPTION = 40
FEWEST_CELLS = 6
MOST_OPTIONS = 2_000
"""An option set's limit."""
_REPEATED = ((6, 2.0), (12, 3.0), (25, 4.0), (50, 20.0), (120, 80.0))
"""Up to so many options, if each stands so often on average."""

_SEPARATOR = re.compile(r"[,，;；、|]")
_MEANING: Mapping[str, str] = {
    "green": "done won active approved paid yes 已完成 成交 赢单 通过 已付 正常 启用 有效 在职 是",
    "red": "lost rejected cancelled overdue no 输单 失败 拒绝 取消 逾期 停用 作废 离职 否 高",
    "orange": "pending waiting hold 待 中 暂停 进行",
    "gray": "closed other none draft 关闭 其他 其它 无 草稿 未知",
}


@dataclass(frozen=True)
class Choices:
    """Options: key, label, colour and the other spellings the column has for it."""

    options: tuple[dict[str, Any], ...]

    def dump(self) -> list[dict[str, Any]]:
        """The options as a document lists them."""
        return [dict(option) for option in self.options]

    def __len__(self) -> int:
        return len(self.options)


def choices_of(facts: Facts) -> Choices | None:
    """The options of a column where few words repeat; None where they do not."""
    if facts.filled < FEWEST_CELLS or set(facts.kinds) - {TEXT}:
        return None
    spelled = _spellings(facts.texts)
    if facts.longest > LONGEST_OPTION or len(spelled) < 2 or not _repeats(len(spelled), facts.filled):
        return None
    return options_of(spelled)


def words_of(facts: Facts) -> dict[str, int]:
    """How often each word stands in cells that hold several."""
    found: dict[str, int] = {}
    for text, count in facts.texts.items():
        for word in filter(None, map(str.strip, _SEPARATOR.split(text))):
            found[word] = found.get(word, 0) + count
    return found


def several_of(facts: Facts) -> Choices | None:
    """The options of a column whose cells hold several words each."""
    if facts.filled < FEWEST_CELLS or set(facts.kinds) - {TEXT}:
        return None
    apart = sum(count for text, count in facts.texts.items() if _SEPARATOR.search(text))
    if apart * 4 < facts.filled:
        return None
    words: dict[str, int] = {}
    for text, count in facts.texts.items():
        for part in {part.strip() for part in _SEPARATOR.split(text)} - {""}:
            words[part] = words.get(part, 0) + count
    spelled = _spellings(words)
    fits = all(len(word) <= LONGEST_OPTION // 2 for word in words)
    again = len(spelled) > 1 and _repeats(len(spelled), sum(words.values()))
    return options_of(spelled) if fits and again else None


def all_choices(facts: Facts) -> Choices | None:
    """Every value of the column as an option, for who wants it so; None for too many or too long ones."""
    spelled = _spellings({text[:200]: count for text, count in facts.texts.items()})
    return options_of(spelled) if 0 < len(spelled) <= MOST_OPTIONS else None


def _repeats(distinct: int, filled: int) -> bool:
    return any(distinct <= most and filled / distinct >= often for most, often in _REPEATED)


def _spellings(texts: Mapping[str, int]) -> dict[str, list[str]]:
    """The commonest spelling of each word -> its other spellings; case and width make no difference."""
    by_word: dict[str, dict[str, int]] = {}
    for text, count in texts.items():
        by_word.setdefault(fold(text), {})[text] = count
    found = {}
    for spellings in by_word.values():
        best, *others = sorted(spellings, key=lambda text: (-spellings[text], text))
        found[best] = others
    return found


def options_of(spelled: Mapping[str, Sequence[str]]) -> Choices:
    """Options for words and their other spellings, in a natural order."""
    words = sorted(spelled, key=_order)
    keys = option_keys(words)
    colors = _colors(words)
    return Choices(
        tuple(
            {"key": key, "label": word, "color": color}
            for key, word, color in zip(keys, words, colors, strict=True)
        )
    )


def _order(word: str) -> tuple[int, float, str]:
    """Numbers by size, words by themselves."""
    match = re.match(r"\d+(?:\.\d+)?", word)
    return (0, float(match[0]), word) if match else (1, 0.0, word)


def _colors(words: Iterable[str]) -> list[str]:
    """A colour each: by meaning where the word has one, else in turn."""
    found = []
    for number, word in enumerate(words):
        plain = fold(word)
        meant = next((c for c, known in _MEANING.items() if any(plain == each for each in known.split())), None)
        found.append(meant or COLORS[number % len(COLORS)])
    return found
