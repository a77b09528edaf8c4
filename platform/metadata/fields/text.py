"""Text on one line, and the base of every type that is stored as text."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from sqlalchemy.types import TypeEngine

from ..columns import plain_text
from ..errors import ValueRefused
from ..fieldtype import Examples, FieldType, InputWidget
from ..model import Field
from ..operators import TEXT
from .pattern import LONGEST_MATCHED
from .raw import text_of

DEFAULT_LENGTH = 500
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
LENGTH_SCHEMA = {"type": "integer", "minimum": 1, "maximum": 100_000}


class Text(FieldType):
    """One line. Line breaks and tabs inside become blanks; other control characters are dropped."""

    name = "text"
    kind: ClassVar[str | None] = "text"
    operators = TEXT
    options_schema = {"max_length": LENGTH_SCHEMA, "pattern": {"type": "string", "maxLength": 500}}
    examples = Examples(
        valid=(
            ("上海织表科技", "上海织表科技"),
            ("  <script>alert(1)</script> ", "<script>alert(1)</script>"),
            ("00123", "00123"),
            (" \u200b ", None),
            ("一\n二", "一 二"),
            (123.0, "123"),
            (310115198001010000, "310115198001010000"),
        ),
        invalid=(
            ("a\0b", "bad_character"),
            ("x" * 41, "too_long"),
            (3.10115198001010000e17, "precision_lost"),
            (["a"], "not_text"),
        ),
        invalid_json=(12, True, ["a"], "x" * 41),
        options={"max_length": 40},
    )
    default_length = DEFAULT_LENGTH

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return plain_text()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.longest(field)}

    def longest(self, field: Field) -> int:
        """The most code points a value may have."""
        return int(field.option("max_length", self.default_length))

    def parse(self, field: Field, raw: Any) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        text = self.clean(text)
        longest = self.longest(field)
        if len(text) > longest:
            raise ValueRefused("too_long", max=longest)
        self.match(field, text)
        return text

    def operand(self, field: Field, raw: Any) -> str | None:
        text = text_of(raw)
        if text is not None and len(text) > DEFAULT_LENGTH:
            raise ValueRefused("too_long", max=DEFAULT_LENGTH)
        return text

    def match(self, field: Field, text: str) -> None:
        """Refuses text that does not match the field's pattern as a whole. Raises ValueRefused."""
        pattern = field.option("pattern")
        if pattern and (len(text) > LONGEST_MATCHED or not re.fullmatch(pattern, text)):
            raise ValueRefused("pattern_mismatch")

    def clean(self, text: str) -> str:
        """The text as this type keeps it."""
        return text if text.isprintable() else _CONTROL.sub(_blank_or_nothing, text)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "text", "maxlength": self.longest(field)})


def _blank_or_nothing(match: re.Match[str]) -> str:
    return " " if set(match[0]) & set("\t\n\v\f\r\x85\u2028\u2029") else ""
