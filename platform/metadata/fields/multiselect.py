"""Any number of options."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from sqlalchemy.types import TypeEngine

from ..columns import KeySet
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, InputWidget
from ..model import Field, fold
from ..operators import MULTI
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

_SEPARATOR = re.compile(r"[,，;；、|\n]")
_MOST = 1000


class Multiselect(Choice):
    """Keys of options in the options' order, each once. Text is split at commas, semicolons, 、 and |."""

    name = "multiselect"
    read_as = "list"
    operators = MULTI
    sortable = False
    examples = Examples(
        valid=(
            (["big", "small", "big"], ("small", "big")),
            ("小型、<b>大</b>", ("small", "big")),
            ("s；", ("small",)),
            ([], None),
            ("", None),
            ([""], None),
        ),
        invalid=(
            (["medium"], "unknown_option"),
            ("small,gone", "retired_option"),
            ({"small": True}, "not_text"),
            (["small"] * 1001, "too_many"),
        ),
        invalid_json=("small", ["medium"], ["small", "small"], [1]),
        options=EXAMPLE_OPTIONS,
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return KeySet()

    def json_schema(self, field: Field) -> dict[str, Any]:
        items = keys_schema(field)
        return {"type": "array", "items": items, "uniqueItems": True}

    def parse(self, field: Field, raw: Any) -> tuple[str, ...] | None:
        words = [word for part in _parts(field, raw) if (word := text_of(part)) is not None]
        if len(words) > _MOST:
            raise ValueRefused("too_many", max=_MOST)
        chosen = dict.fromkeys(other_of(field, word) or option_of(field, word).key for word in words)
        return (*_in_order(field, chosen), *(key for key in chosen if key not in field.choice_by_key)) or None

    def operand(self, field: Field, raw: Any) -> tuple[str, ...] | None:
        if raw in (None, "", []):
            return None
        chosen = dict.fromkeys(key_of(field, part) for part in (raw if isinstance(raw, list | tuple) else [raw]))
        return (*_in_order(field, chosen), *(key for key in chosen if key not in field.choice_by_key))

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else list(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        mark = "、" if lang == "zh" else ", "
        return mark.join(label_of(field, key, lang) for key in value or ())

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        shown = pills(field, lang)

        def show(value: Any, label: str | None) -> str:
            return "".join(shown.get(key) or unknown_pill(key) for key in value or ())

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("multiselect")


def _in_order(field: Field, chosen: Container[str]) -> tuple[str, ...]:
    return tuple(key for key in field.choice_by_key if key in chosen)


def _parts(field: Field, raw: Any) -> list[Any]:
    if isinstance(raw, list | tuple):
        return list(raw)
    text = text_of(raw)
    if text is None:
        return []
    # A label may itself hold a comma.
    return [text] if fold(text) in field.choice_by_word else _SEPARATOR.split(text)
