"""Codes on labels: text that is also drawn as a QR code or a bar code."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, InputWidget
from ..model import Field
from .raw import text_of
from .symbols import bar_code, qr_code
from .text import LENGTH_SCHEMA, Text

_FIRST_PRINTABLE, _LAST_PRINTABLE = " ", "~"
_DRAWN = {"qr": qr_code, "code128": bar_code}


class Code(Text):
    """Text of a label, as a scanner types it. Where there is room it is drawn, so that it can be scanned again."""

    name = "code"
    options_schema = {
        "max_length": {**LENGTH_SCHEMA, "maximum": 500},
        "pattern": {"type": "string", "maxLength": 500},
        "symbol": {"enum": list(_DRAWN)},
    }
    label_words = ("条码", "条形码", "二维码", "扫码", "序列号", "barcode", "qr code", "serial number", "sku")
    examples = Examples(
        valid=((" 6901234567892 ", "6901234567892"), (6901234567892.0, "6901234567892"), ("A-1 b", "A-1 b")),
        invalid=(
            ("条码", "not_printable_ascii"),
            ("a" * 61, "too_long"),
            ("a\0b", "bad_character"),
            (6.9012345678901234e17, "precision_lost"),
            ({}, "not_text"),
        ),
        invalid_json=(12, True, "x" * 61),
        options={"symbol": "code128", "max_length": 60},
    )
    default_length = 200

    def parse(self, field: Field, raw: Any) -> str | None:
        text = super().parse(field, text_of(raw))
        if text is not None and field.option("symbol") == "code128" and not _can_be_bars(text):
            raise ValueRefused("not_printable_ascii")
        return text

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: "" if value is None else f'<span class="mono">{escape(value)}</span>'

    def large(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        draw = _DRAWN[field.option("symbol", "qr")]

        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            return f'<span class="code-drawn">{draw(value)}<span class="mono">{escape(value)}</span></span>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("code", {"type": "text", "maxlength": self.longest(field), "autocomplete": "off"})


def _can_be_bars(text: str) -> bool:
    return all(_FIRST_PRINTABLE <= character <= _LAST_PRINTABLE for character in text)
