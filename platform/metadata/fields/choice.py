"""Base of the types whose values are keys of options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from markupsafe import escape

from ..errors import ValueRefused
from ..fieldtype import ExcelFormat, FieldType
from ..model import Field, Option, fold
from ..operators import CHOICE
from ..wording import say, text_of

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


OTHER = "other:"
"""What a written choice that is none of the options begins with, where a field takes one."""

LONGEST_OTHER = 200
_OTHER = re.compile(r"\s*(?:other|其他|其它)\s*[:：](.*)", re.IGNORECASE | re.DOTALL)


def other_of(field: Field, word: str) -> str | None:
    """`other:` and the text, where the field takes one and the word says so; None for all else.
    Raises ValueRefused.
    """
    match = _OTHER.fullmatch(word) if field.other and word not in field.choice_by_key else None
    if match is None:
        return None
    text = " ".join(match[1].split())
    if not text:
        raise ValueRefused("other_empty")
    if len(text) > LONGEST_OTHER:
        raise ValueRefused("too_long", max=LONGEST_OTHER)
    if "|" in text:
        raise ValueRefused("bad_character")
    return OTHER + text


def keys_schema(field: Field) -> dict[str, Any]:
    """The JSON Schema of one chosen key."""
    known = {"type": "string", "enum": list(field.choice_by_key)}
    written = {"type": "string", "pattern": f"^{OTHER}[^|]+$", "maxLength": len(OTHER) + LONGEST_OTHER}
    return {"anyOf": [known, written]} if field.other else known


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
    """The raw, if it is the key of an option, retired or not: conditions name options by key only. The key of one
    that went into another is that one's, so that what was written before goes on. Raises ValueRefused.
    """
    if isinstance(raw, str) and field.other and raw.startswith(OTHER):
        return raw
    if isinstance(raw, str) and raw in field.choice_by_key:
        return raw
    joined = next((choice.key for choice in field.choices if raw in choice.aliases), None)
    if joined is None:
        raise ValueRefused("unknown_option", value=str(raw)[:60])
    return joined


def label_of(field: Field, key: str, lang: str) -> str:
    """The option's label; the bare key when the option exists no more; what was written instead of one."""
    option = field.choice_by_key.get(key)
    if option is None and key.startswith(OTHER):
        return say("field.other", lang, text=key.removeprefix(OTHER))
    return text_of(option.label, lang, key) if option else key


def pills(field: Field, lang: str) -> dict[str, str]:
    """The HTML of each option, by key."""
    return {
        option.key: f'<span class="pill pill-{escape(option.color)}">{escape(text_of(option.label, lang))}</span>'
        for option in field.choices
    }


def unknown_pill(key: str) -> str:
    """The HTML of what is none of the options: one that exists no more, or something written."""
    return f'<span class="pill pill-gray">{escape(key.removeprefix(OTHER))}</span>'


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
