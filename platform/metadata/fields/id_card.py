"""Numbers of Chinese identity cards (GB 11643)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from markupsafe import escape

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, InputWidget
from ..model import Field
from .raw import narrow
from .text import Text

_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_FIRST_YEAR = 1850
_APART = re.compile(r"[\s\-]+")


class IdCard(Text):
    """18 signs: where, born when, which, and a check digit that may be X."""

    name = "id_card"
    options_schema = {}
    label_words = ("身份证号", "身份证", "证件号码", "id card", "id number", "identity card")
    examples = Examples(
        valid=(
            ("11010519491231002X", "11010519491231002X"),
            ("11010519491231002x", "11010519491231002X"),
            ("440524 18800101 0014", "440524188001010014"),
            ("１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
            ("", None),
        ),
        invalid=(
            ("110105194912310021", "wrong_check_digit"),
            ("11010519490230002X", "impossible_date"),
            ("11010529991231002X", "impossible_date"),
            ("1101051949123100", "not_an_id_card"),
            ("01010519491231002X", "not_an_id_card"),
            (1.1010519491231002e17, "precision_lost"),
            (True, "not_an_id_card"),
            ({}, "not_an_id_card"),
        ),
        invalid_json=(110105194912310021, "11010519491231002x", "1101051949123100"),
    )
    default_length = 18

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[1-9][0-9]{16}[0-9X]$", "maxLength": 18}

    def parse(self, field: Field, raw: Any) -> str | None:
        if isinstance(raw, bool | list | dict):
            raise ValueRefused("not_an_id_card")
        text = narrow(raw)
        if text is None:
            return None
        text = _APART.sub("", text).upper() if len(text) < 60 else ""
        if not _SHAPE.fullmatch(text):
            raise ValueRefused("not_an_id_card")
        _born(text)
        if check_digit(text) != text[-1]:
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


def _born(number: str) -> None:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueRefused("impossible_date") from None
    if not _FIRST_YEAR <= born.year or born > date.today():
        raise ValueRefused("impossible_date")


def check_digit(number: str) -> str:
    """The last sign that the first 17 of an identity number ask for."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True)) % 11]
