"""Numbers given by the system, such as `KH00042` or `HT202611-0007`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from ..fieldtype import Examples, InputWidget
from ..model import Field
from .text import Text

_PLACE = re.compile(r"\{(YYYY|YY|MM|DD|seq:([1-9]))\}")
DEFAULT_PATTERN = "{seq:5}"
PATTERN_SCHEMA = r"^(?:[^{}]|\{(?:YYYY|YY|MM|DD)\})*\{seq:[1-9]\}(?:[^{}]|\{(?:YYYY|YY|MM|DD)\})*$"


def scope_of(pattern: str, day: date) -> str:
    """What the sequence counts within: the pattern with its date rendered and the sequence's place still open.
    Two days with the same scope continue one sequence; another scope starts at 1.
    """
    year = f"{day.year:04d}"
    parts = {"YYYY": year, "YY": year[2:], "MM": f"{day.month:02d}", "DD": f"{day.day:02d}"}
    return _PLACE.sub(lambda match: parts.get(match[1], match[0]), pattern)


def number(scope: str, sequence: int) -> str:
    """The number of `sequence` within a scope; it grows beyond its width rather than start again."""
    return _PLACE.sub(lambda match: str(sequence).zfill(int(match[2])), scope)


def matcher(pattern: str) -> Callable[[str], tuple[str, int]]:
    """What tells of a text in which (scope, sequence) it was numbered; ("", 0) where by another pattern."""
    digits = {"YYYY": "[0-9]{4}", "YY": "[0-9]{2}", "MM": "[0-9]{2}", "DD": "[0-9]{2}"}
    known, place = "", ""
    for part in re.split(r"(\{[^{}]*\})", pattern):
        if part.startswith("{seq:"):
            known, place = known + "([0-9]{1,15})", part
        else:
            known += digits[part[1:-1]] if part.startswith("{") else re.escape(part)
    written = re.compile(known)

    def match(text: str) -> tuple[str, int]:
        found = written.fullmatch(text)
        return ("", 0) if found is None else (text[: found.start(1)] + place + text[found.end(1) :], int(found[1]))

    return match


class Autonumber(Text):
    """Text that only the system writes. The pattern takes {YYYY} {YY} {MM} {DD} and one {seq:N}."""

    name = "autonumber"
    label_words = ("编号", "单号", "流水号", "订单号", "合同号", "编码", "serial no", "order no")
    options_schema = {"pattern": {"type": "string", "maxLength": 60, "pattern": PATTERN_SCHEMA}}
    examples = Examples(
        valid=(("KH00042", "KH00042"), (" ", None)),
        invalid=(("x" * 101, "too_long"), ("a\0", "bad_character")),
        invalid_json=(42, True),
        options={"pattern": "KH{seq:5}"},
    )
    numbered = True
    needed = ("pattern",)
    default_length = 100

    def match(self, field: Field, text: str) -> None:
        """Nothing: the pattern is how numbers are made, and imported ones may look different."""

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("readonly")
