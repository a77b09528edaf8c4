"""Base of the types whose values are keys of options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from markupsafe import escape

from ..errors import ValueRefused
from ..fieldtype import ExcelFormat, FieldType
from ..model import Field, Option, fold
from ..operators import CHOICE
from ..wording import text_of

OPTIONS_SCHEMA: Mapping[str, Any] = {
    "options": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/option"}}]}
}
EXAMPLE_OPTIONS = {
    "options": [
        {"key": "small", "label": {"zh": "小型", "en": "Small"}, "color": "blue", "aliases": ["S"]},
        {"key": "big", "label": "<b>大</b>", "color": "green", "category": "won"},
        {"key": "gone", "label": {"zh": "旧", "en": "Old"}, "retired": True, "category": "lost"},
    ]
}


def option_of(field: Field, word: str) -> Option:
    """The option a word names: by key, by a label in any language or by an alias; case and width do not matter.
    Raises ValueRefused for no option and for one that is retired.
    """
    option = field.choice_by_key.get(word) or field.choice_by_word.get(fold(word))
    if option is None:
        raise ValueRefused("unknown_option", value=word[:60])
    if option.retired:
        raise ValueRefused("retired_option", value=word[:60])
    return option


def key_of(field: Field, raw: Any) -> str:
    """The raw, if it is the key of an option, retired or not: conditions name options by key only.
    Raises ValueRefused.
    """
    if not isinstance(raw, str) or raw not in field.choice_by_key:
        raise ValueRefused("unknown_option", value=str(raw)[:60])
    return raw


def label_of(field: Field, key: str, lang: str) -> str:
    """The option's label; the bare key when the option exists no more."""
    option = field.choice_by_key.get(key)
    return text_of(option.label, lang, key) if option else key


def pills(field: Field, lang: str) -> dict[str, str]:
    """The HTML of each option, by key."""
    return {
        option.key: f'<span class="pill pill-{escape(option.color)}">{escape(text_of(option.label, lang))}</span>'
        for option in field.choices
    }


def unknown_pill(key: str) -> str:
    """The HTML of an option that exists no more."""
    return f'<span class="pill pill-gray">{escape(key)}</span>'


class Choice(FieldType):
    """Base of select, stage and multiselect."""

    needed: ClassVar[tuple[str, ...]] = ("options",)
    options_schema = OPTIONS_SCHEMA
    operators = CHOICE

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=14, choices=lambda lang: offered(field, lang))


def offered(field: Field, lang: str) -> tuple[str, ...]:
    """Labels of the options that may be chosen."""
    return tuple(text_of(option.label, lang, option.key) for option in field.choices if not option.retired)
