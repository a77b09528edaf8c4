"""Text of several lines."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import escape

from ..fieldtype import CellRenderer, Examples, ExcelFormat, InputWidget
from ..model import Field
from .text import LENGTH_SCHEMA, Text

_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_CLIPPED = 300


class Textarea(Text):
    """Lines end in a line feed; other control characters are dropped. Lists show the beginning."""

    name = "textarea"
    label_words = (
        "备注",
        "说明",
        "描述",
        "详情",
        "简介",
        "内容",
        "意见",
        "原因",
        "需求",
        "要求",
        "remark",
        "remarks",
        "note",
        "notes",
        "description",
        "comment",
        "comments",
        "details",
        "reason",
        "评价",
        "memo",
    )
    options_schema = {"max_length": LENGTH_SCHEMA, "rows": {"type": "integer", "minimum": 1, "maximum": 40}}
    sortable = False
    examples = Examples(
        valid=(("一行\r\n二行", "一行\n二行"), ("<script>", "<script>"), ("\n \n", None)),
        invalid=(("a\0b", "bad_character"), ("x" * 5001, "too_long"), ({"a": 1}, "not_text")),
        invalid_json=(1, False, {}),
        options={"max_length": 5000},
    )
    default_length = 20_000

    def clean(self, text: str) -> str:
        return _DROPPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return _clipped

    def large(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: "" if value is None else f'<span class="lines">{escape(value)}</span>'

    def widget(self, field: Field) -> InputWidget:
        return InputWidget(
            "textarea", {"rows": field.option("rows", 4), "maxlength": self.longest(field)}, wide=True
        )

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=40)


def _clipped(value: Any, label: str | None) -> str:
    if value is None:
        return ""
    shown = value if len(value) <= _CLIPPED else value[:_CLIPPED] + "…"
    return f'<span class="clip">{escape(shown)}</span>'
