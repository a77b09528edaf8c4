"""The number that every organisation in China is registered by (GB 32100-2015)."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import escape

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, InputWidget
from ..model import Field
from .raw import narrow
from .text import Text

_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SHAPE = re.compile(rf"[{_SIGNS}]{{2}}[0-9]{{6}}[{_SIGNS}]{{10}}")
_LENGTH = 18
_APART = re.compile(r"[\s\-]+")
_VALUES = {sign: value for value, sign in enumerate(_SIGNS)}


class CreditCode(Text):
    """18 signs, the last of which checks the others. Blanks and dashes are dropped, letters are made large."""

    name = "credit_code"
    options_schema = {}
    label_words = ("统一社会信用代码", "社会信用代码", "信用代码", "税号", "纳税人识别号", "credit code", "uscc")
    examples = Examples(
        valid=(
            ("91350100M000100Y43", "91350100M000100Y43"),
            (" 9135 0100 m000 100y 43 ", "91350100M000100Y43"),
            ("９１３５０１００Ｍ０００１００Ｙ４３", "91350100M000100Y43"),
            ("", None),
        ),
        invalid=(
            ("91350100M000100Y44", "wrong_check_digit"),
            ("91350100M000100Y4", "not_a_credit_code"),
            ("91350100I000100Y43", "not_a_credit_code"),
            ("92350100M000100Y43", "wrong_check_digit"),
            ("x" * 200, "not_a_credit_code"),
            (True, "not_a_credit_code"),
            ([], "not_a_credit_code"),
        ),
        invalid_json=(91350100, True, "91350100m000100y43", "9135"),
    )
    default_length = _LENGTH

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^[{_SIGNS}]{{{_LENGTH}}}$", "maxLength": _LENGTH}

    def parse(self, field: Field, raw: Any) -> str | None:
        if isinstance(raw, bool | list | dict):
            raise ValueRefused("not_a_credit_code")
        text = narrow(raw)
        if text is None:
            return None
        text = _APART.sub("", text).upper() if len(text) < 60 else ""
        if not _SHAPE.fullmatch(text):
            raise ValueRefused("not_a_credit_code")
        if check_sign(text) != text[-1]:
            raise ValueRefused("wrong_check_digit")
        return text

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: "" if value is None else f'<span class="mono">{escape(value)}</span>'

    def widget(self, field: Field) -> InputWidget:
        return InputWidget(
            "input", {"type": "text", "maxlength": 40, "autocomplete": "off", "spellcheck": "false"}
        )

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=22)


def check_sign(code: str) -> str:
    """The last sign that the first 17 of a credit code ask for."""
    total = sum(_VALUES[sign] * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return _SIGNS[-total % 31]
