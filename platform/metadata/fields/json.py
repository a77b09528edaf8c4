"""Structured data as it is."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from markupsafe import escape
from sqlalchemy.types import TypeEngine

from ..columns import plain_text
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import TEXT
from .raw import text_of

LONGEST = 100_000
DEEPEST = 30
_CLIPPED = 120
_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_OPERATORS = ("contains", "not_contains", "is_empty", "is_not_empty")


class Json(FieldType):
    """A JSON object or list. The value is its text in one spelling: without blanks, keys in the order given."""

    name = "json"
    read_as = "json"
    operators = tuple(operator for operator in TEXT if operator.name in _OPERATORS)
    sortable = False
    aggregates = ("count",)
    label_words = ("json", "扩展数据", "原始数据", "报文", "payload", "raw data")
    examples = Examples(
        valid=(
            ('{"b": 1, "a": [1.5, null, "织表"]}', '{"b":1,"a":[1.5,null,"织表"]}'),
            ({"a": "<script>"}, '{"a":"<script>"}'),
            ([1, "2"], '[1,"2"]'),
            ({"x": Decimal("1.50")}, '{"x":1.5}'),
            ("[]", "[]"),
            (" ", None),
        ),
        invalid=(
            ("{a: 1}", "not_json"),
            ('{"a": 1, "a": 2}', "not_json"),
            ("[NaN]", "not_json"),
            ("[1e999]", "not_json"),
            ("12", "not_json_object"),
            ('"text"', "not_json_object"),
            (12, "not_json_object"),
            ("[" * 31 + "]" * 31, "too_deep"),
            ('["' + "x" * LONGEST + '"]', "too_long"),
            ('["\\\\u0000"]', "bad_character"),
        ),
        invalid_json=("text", 12, True),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return plain_text()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": ["object", "array"]}

    def parse(self, field: Field, raw: Any) -> str | None:
        if isinstance(raw, dict | list):
            return _spelled(raw)
        text = text_of(raw)
        if text is None:
            return None
        if len(text) > 2 * LONGEST:
            raise ValueRefused("too_long", max=LONGEST)
        return _spelled(_read(text))

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else json.loads(value)

    def entry(self, field: Field, value: Any, lang: str) -> str:
        return pretty(value)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            text = value if len(value) <= _CLIPPED else value[:_CLIPPED] + "…"
            return f'<span class="mono clip">{escape(text)}</span>'

        return show

    def large(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: "" if value is None else f'<pre class="mono">{escape(pretty(value))}</pre>'

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("json", {"rows": 6}, wide=True)

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=40)


def pretty(value: str) -> str:
    """The text with a line for each part."""
    return json.dumps(json.loads(value), ensure_ascii=False, indent=2)


def _read(text: str) -> Any:
    if _depth(text) > DEEPEST:
        raise ValueRefused("too_deep", max=DEEPEST)
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ValueRefused("not_json") from None


def _depth(text: str) -> int:
    """How deep its lists and objects are nested, found without reading them."""
    deepest = depth = 0
    for part in _PARTS.findall(text):
        depth += (part in "[{") - (part in "]}")
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _bare(value: Any) -> float:
    """A number as our API reads it, as JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError("no part of JSON")


def _spelled(value: Any) -> str:
    if not isinstance(value, dict | list):
        raise ValueRefused("not_json_object")
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_bare)
    except (ValueError, TypeError, RecursionError):
        raise ValueRefused("not_json") from None
    if len(text) > LONGEST:
        raise ValueRefused("too_long", max=LONGEST)
    if "\\u0000" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueRefused("bad_character")
    if _depth(text) > DEEPEST:
        raise ValueRefused("too_deep", max=DEEPEST)
    return text
