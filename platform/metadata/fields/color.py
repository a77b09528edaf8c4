"""Colours."""

from __future__ import annotations

import re
from typing import Any

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, InputWidget
from ..model import Field
from .raw import narrow
from .text import Text

PALETTE = (
    "#e5484d", "#f76808", "#f5a524", "#ffd60a", "#46a758", "#12a594", "#0091ff", "#3e63dd",
    "#6e56cf", "#d6409f", "#8d6e63", "#687076", "#ffffff", "#c1c8cd", "#3a3f42", "#000000",
)  # fmt: skip
"""Offered at one click."""

_HEX = re.compile(r"#?(?P<digits>[0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*([0-9]{1,3})\s*[, ]\s*([0-9]{1,3})\s*[, ]\s*([0-9]{1,3})\s*\)", re.IGNORECASE)
_NAMES = {
    "红": "#e5484d", "橙": "#f76808", "黄": "#ffd60a", "绿": "#46a758", "青": "#12a594", "蓝": "#0091ff",
    "紫": "#6e56cf", "粉": "#d6409f", "棕": "#8d6e63", "灰": "#687076", "白": "#ffffff", "黑": "#000000",
    "red": "#e5484d", "orange": "#f76808", "yellow": "#ffd60a", "green": "#46a758", "teal": "#12a594",
    "blue": "#0091ff", "purple": "#6e56cf", "pink": "#d6409f", "brown": "#8d6e63", "gray": "#687076",
    "grey": "#687076", "white": "#ffffff", "black": "#000000",
}  # fmt: skip


class Color(Text):
    """`#rrggbb` in small letters. Short hex, `rgb(…)` and the plain names of colours are read."""

    name = "color"
    kind = None
    read_as = "plain"
    options_schema = {}
    label_words = ("颜色", "色号", "色值", "主题色", "color", "colour")
    examples = Examples(
        valid=(
            ("#1E90FF", "#1e90ff"),
            ("1e90ff", "#1e90ff"),
            ("#0af", "#00aaff"),
            ("rgb(30, 144, 255)", "#1e90ff"),
            ("红色", "#e5484d"),
            ("Blue", "#0091ff"),
            ("＃ｆｆｆ", "#ffffff"),
            ("", None),
        ),
        invalid=(
            ("#12345", "not_a_color"),
            ("rgb(300,0,0)", "not_a_color"),
            ("url(http://x)", "not_a_color"),
            ("#fff;background:red", "not_a_color"),
            (True, "not_a_color"),
            ([], "not_a_color"),
        ),
        invalid_json=("red", "#FFF", "1e90ff", 255, True),
    )

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": "^#[0-9a-f]{6}$", "maxLength": 7}

    def parse(self, field: Field, raw: Any) -> str | None:
        if isinstance(raw, bool | list | dict):
            raise ValueRefused("not_a_color")
        text = narrow(raw)
        return None if text is None else _hex_of(text.lower())

    def operand(self, field: Field, raw: Any) -> str | None:
        return self.parse(field, raw)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: "" if value is None else _swatch(value)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("color", {"palette": PALETTE})


def _hex_of(text: str) -> str:
    match = _HEX.fullmatch(text)
    if match:
        digits = match["digits"]
        return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
    mixed = _RGB.fullmatch(text)
    if mixed and all(int(part) < 256 for part in mixed.groups()):
        return "#" + "".join(f"{int(part):02x}" for part in mixed.groups())
    named = _NAMES.get(text) or _NAMES.get(text.removesuffix("色"))
    if named is None:
        raise ValueRefused("not_a_color")
    return named


def _swatch(value: str) -> str:
    """A drawn square: a style in the markup is not allowed to run on our pages."""
    if not _HEX.fullmatch(value):
        return ""
    drawn = f'<rect width="1" height="1" fill="{value}"/>'
    square = f'<svg class="swatch" viewBox="0 0 1 1" aria-hidden="true">{drawn}</svg>'
    return f'<span class="color-value">{square}{value}</span>'
