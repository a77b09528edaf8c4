"""Formatted text as a spreadsheet's cell has it: lines of runs, each with its marks; and the same as HTML.

Marks are letters: b bold, i italic, u underlined, s struck out, and 2, 3 or 4 for headings. Items of lists begin
with a bullet or a number, those within others two blanks further in. A link is underlined, its address follows in
angle brackets. What a cell cannot say (quotations, code) becomes plain lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from html.parser import HTMLParser
from itertools import groupby
from operator import itemgetter
from typing import Any

Run = tuple[str, str]
"""(text, marks)."""

SIZES = {"2": 16, "3": 14, "4": 12}
"""Points of headings, where plain text has 11."""

BULLET = "•"
_MARKS = {"b": "b", "strong": "b", "i": "i", "em": "i", "u": "u", "s": "s", "h2": "2", "h3": "3", "h4": "4"}
_TAGS = {"b": "b", "i": "i", "u": "u", "s": "s"}
_BREAKS = ("p", "div", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "br", "hr")
_ITEM = re.compile(rf"(?P<depth>(?:  )*)(?:{BULLET}|(?P<number>[0-9]{{1,4}})\.) ")
_ADDRESS = re.compile(r" <((?:https?|mailto|tel):[^\s<>]+)>")


class Runs(str):
    """Text that knows how its parts are formatted. Cells of the same text in other formats are different."""

    runs: tuple[Run, ...]

    def __new__(cls, runs: Iterable[Run]) -> Runs:
        alike = groupby((run for run in runs if run[0]), key=itemgetter(1))
        kept = tuple(("".join(text for text, _ in group), marks) for marks, group in alike)
        made = super().__new__(cls, "".join(text for text, _ in kept))
        made.runs = kept
        return made

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True and (not isinstance(other, Runs) or self.runs == other.runs)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    @property
    def formatted(self) -> bool:
        """Whether any part has a mark."""
        return any(marks for _, marks in self.runs)


def runs_of(html: str) -> Runs:
    """Clean HTML as runs."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [line for line in reader.lines if "".join(text for text, _ in line).strip()]
    return Runs(run for number, line in enumerate(lines) for run in ([("\n", "")] if number else []) + line)


class _Reader(HTMLParser):
    """Collects lines of runs from clean HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[list[Run]] = [[]]
        self.marks: list[str] = []
        self.lists: list[int | None] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.lines.append([])
        if tag in ("ul", "ol"):
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self.lists:
            self.lines[-1].append((self._item(), ""))
        elif tag in _MARKS:
            self.marks.append(_MARKS[tag])
        elif tag == "a":
            self.addresses.append(dict(attributes).get("href") or "")
            self.marks.append("u" if self.addresses[-1] else "")

    def _item(self) -> str:
        number = self.lists[-1]
        sign = BULLET if number is None else f"{number + 1}."
        if number is not None:
            self.lists[-1] = number + 1
        return f"{'  ' * (len(self.lists) - 1)}{sign} "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "a" and self.addresses:
            self.marks.pop()
            address = self.addresses.pop()
            if address:
                self.lines[-1].append((f" <{address}>", ""))
        elif tag in _MARKS and self.marks:
            self.marks.pop()
        if tag in _BREAKS and tag != "br":
            self.lines.append([])

    def handle_data(self, data: str) -> None:
        marks = "".join(sorted(set("".join(self.marks))))
        for number, part in enumerate(data.split("\n")):
            if number:
                self.lines.append([])
            if part:
                self.lines[-1].append((part, marks))


def html_of(text: str) -> str:
    """HTML of a cell, plain or with runs: lists where lines begin like items, else a paragraph for each line."""
    runs = text.runs if isinstance(text, Runs) else ((text, ""),)
    blocks = [_block(line) for line in _lines(runs)]
    return "".join(_nested([block for block in blocks if block[2]]))


def _lines(runs: Sequence[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for text, marks in runs:
        first, *others = text.split("\n")
        line.append((first, marks))
        for part in others:
            yield line
            line = [(part, marks)]
    yield line


Block = tuple[int, str, str]
"""(how deep, `ul`, `ol` or the tag of a block, HTML within)."""


def _block(line: Sequence[Run]) -> Block:
    plain = "".join(text for text, _ in line)
    item = _ITEM.match(plain)
    if item:
        return len(item["depth"]) // 2 + 1, "ol" if item["number"] else "ul", _inline(_without(line, item.end()))
    said = [marks for text, marks in line if text.strip()]
    heading = next((level for level in SIZES if said and all(level in marks for marks in said)), "")
    bare = [(text, marks.replace("b", "") if heading else marks) for text, marks in line]
    return 0, f"h{heading}" if heading else "p", _inline(bare).strip()


def _without(line: Sequence[Run], length: int) -> list[Run]:
    """The line without its first characters."""
    left = []
    for text, marks in line:
        cut = min(length, len(text))
        length -= cut
        left.append((text[cut:], marks))
    return left


def _inline(line: Sequence[Run]) -> str:
    """Runs as HTML; an address behind an underlined run makes that a link."""
    parts: list[tuple[str, str]] = []
    for said, marks in line:
        address = _ADDRESS.match(said) if parts and "u" in parts[-1][1] else None
        if address:
            before, given = parts.pop()
            linked = _marked(before, given.replace("u", ""))
            parts.append((f'<a href="{escape(address[1])}">{linked}</a>', "html"))
        rest = said[address.end() :] if address else said
        if rest:
            parts.append((rest, marks))
    return "".join(text if marks == "html" else _marked(text, marks) for text, marks in parts)


def _marked(text: str, marks: str) -> str:
    html = escape(text, quote=False)
    for mark in reversed(marks):
        tag = _TAGS.get(mark)
        html = f"<{tag}>{html}</{tag}>" if tag else html
    return html


def _nested(blocks: Sequence[Block]) -> Iterator[str]:
    """The blocks with the items of lists put into lists, deeper ones into the item before."""
    open_lists: list[str] = []
    for depth, tag, html in blocks:
        while len(open_lists) > depth or (open_lists and len(open_lists) == depth and open_lists[-1] != tag):
            yield f"</li></{open_lists.pop()}>"
        if depth and len(open_lists) == depth:
            yield "</li>"
        while len(open_lists) < depth:
            yield f"<{tag}>" + ("<li>" if len(open_lists) + 1 < depth else "")
            open_lists.append(tag)
        yield f"<li>{html}" if depth else f"<{tag}>{html}</{tag}>"
    while open_lists:
        yield f"</li></{open_lists.pop()}>"


def marks_of(sized: dict[str, Any]) -> str:
    """Marks of a run in a workbook: `b`, `i`, `u`, `strike` as given, `sz` in points."""
    names = {"b": "b", "i": "i", "s": "strike", "u": "u"}
    marks = "".join(letter for letter, name in names.items() if sized.get(name))
    heading = next((level for level, points in SIZES.items() if sized.get("sz") == points), "")
    return "".join(sorted(heading + marks))
