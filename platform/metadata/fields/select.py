"""One of several options."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy.types import TypeEngine

from ..columns import plain_text
from ..fieldtype import CellRenderer, Examples, InputWidget
from ..model import Field
from .choice import (
    EXAMPLE_OPTIONS,
    Choice,
    key_of,
    keys_schema,
    label_of,
    option_of,
    other_of,
    pills,
    unknown_pill,
)
from .raw import text_of


class Select(Choice):
    """The key of one option. Retired options are shown but not accepted any more."""

    name = "select"
    label_words: ClassVar[tuple[str, ...]] = (
        "状态",
        "类型",
        "类别",
        "级别",
        "等级",
        "性别",
        "来源",
        "行业",
        "分类",
        "优先级",
        "方式",
        "阶段",
        "status",
        "type",
        "category",
        "level",
        "grade",
        "gender",
        "source",
        "industry",
        "priority",
        "kind",
        "款式",
    )
    kind = "text"
    examples = Examples(
        valid=(
            ("small", "small"),
            ("小型", "small"),
            ("ＳＭＡＬＬ", "small"),
            ("s", "small"),
            ("<b>大</b>", "big"),
            ("", None),
        ),
        invalid=(
            ("medium", "unknown_option"),
            ("gone", "retired_option"),
            ("旧", "retired_option"),
            (["a"], "not_text"),
        ),
        invalid_json=("medium", "Small", 1, ["small"]),
        options=EXAMPLE_OPTIONS,
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return plain_text()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return keys_schema(field)

    def parse(self, field: Field, raw: Any) -> str | None:
        word = text_of(raw)
        return None if word is None else other_of(field, word) or option_of(field, word).key

    def operand(self, field: Field, raw: Any) -> str | None:
        return None if raw in (None, "") else key_of(field, raw)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else label_of(field, value, lang)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        shown = pills(field, lang)

        def show(value: Any, label: str | None) -> str:
            return "" if value is None else shown.get(value) or unknown_pill(value)

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("select")
