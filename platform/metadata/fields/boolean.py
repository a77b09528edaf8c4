"""Yes or no."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field, fold
from ..operators import YES_NO
from ..wording import say
from .raw import text_of

_YES = ("true", "yes", "y", "1", "on", "是", "对", "有", "√", "✓", "✔")
_NO = ("false", "no", "n", "0", "off", "否", "错", "不是", "无", "×", "✗", "✘")
_MEANING = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}


class Boolean(FieldType):
    """True, False or not said."""

    name = "boolean"
    label_words = (
        "是否",
        "已启用",
        "有效",
        "有无",
        "启用",
        "yes/no",
        "active",
        "enabled",
        "停用",
        "已",
        "免费",
        "discontinued",
        "deleted",
        "flag",
        "is",
        "has",
    )
    kind = "boolean"
    operators = YES_NO
    examples = Examples(
        valid=(
            (True, True),
            ("否", False),
            ("Ｙ", True),
            ("√", True),
            ("×", False),
            (1, True),
            (0.0, False),
            ("FALSE", False),
            ("", None),
        ),
        invalid=tuple((raw, "not_a_boolean") for raw in ("maybe", 2, "-1", [True])),
        invalid_json=("true", 1, "是", []),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return sa.Boolean()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "boolean"}

    def parse(self, field: Field, raw: Any) -> bool | None:
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, list | dict | tuple):
            raise ValueRefused("not_a_boolean")
        text = text_of(raw)
        if text is None:
            return None
        meaning = _MEANING.get(fold(text))
        if meaning is None:
            raise ValueRefused("not_a_boolean")
        return meaning

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else say("boolean.yes" if value else "boolean.no", lang)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        yes = f'<span class="check yes" role="img" aria-label="{say("boolean.yes", lang)}">✓</span>'
        no = f'<span class="check no" role="img" aria-label="{say("boolean.no", lang)}">–</span>'
        return lambda value, label: "" if value is None else yes if value else no

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("checkbox")

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat("@", width=8, choices=lambda lang: (say("boolean.yes", lang), say("boolean.no", lang)))
