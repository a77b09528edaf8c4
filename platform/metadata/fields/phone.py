"""Telephone numbers, in one spelling each, so that equal numbers are found."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import escape

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, InputWidget
from ..masks import STARS
from ..model import Field
from .raw import narrow
from .text import Text

_SPELLED = re.compile(r"\+?[0-9(][0-9 ()./\-]*(?:(?:转|分机|ext\.?|x)\s*[0-9]{1,6})?", re.IGNORECASE)
_BARE = re.compile(r"1[3-9][0-9]{9}|0(?:10|2[0-9]|[3-9][0-9]{2})-[1-9][0-9]{6,7}", re.ASCII)
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x)\s*", re.IGNORECASE)
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"(?:(?:\+|00)?86)?0?(10|2[0-9]|[3-9][0-9]{2})([1-9][0-9]{6,7})")
_AREA_WRITTEN = re.compile(
    r"(?:(?:\+|00)?86-?)?\(?(0(?:10|2[0-9]|[3-9][0-9]{2}))\)?-?([1-9][0-9]{6,7})(?:-([0-9]{1,6}))?"
)
_LENGTHS = range(5, 16)


class Phone(Text):
    """A number without blanks. `+86 157-6201-2345` is 15762012345; a landline keeps one dash after the area code
    and one before an extension, `0512-86626738-801`; other countries keep their `+`.
    """

    name = "phone"
    label_words = (
        "电话",
        "手机",
        "联系方式",
        "传真",
        "固话",
        "座机",
        "热线",
        "phone",
        "mobile",
        "telephone",
        "tel",
        "fax",
        "hotline",
    )
    options_schema = {}
    examples = Examples(
        valid=(
            ("139 7678 7301", "13976787301"),
            ("+86 157-6201-2345", "15762012345"),
            ("１３９７６７８７３０１", "13976787301"),
            (13976787301.0, "13976787301"),
            ("0512-86626738", "0512-86626738"),
            ("(0512)86626738", "0512-86626738"),
            ("051286626738", "0512-86626738"),
            ("021-5588 6677转801", "021-55886677-801"),
            ("+86-512-86626738", "0512-86626738"),
            ("400-820-8820", "4008208820"),
            ("+1 (415) 555-2671", "+14155552671"),
            ("95588", "95588"),
            ("86626738", "86626738"),
        ),
        invalid=(
            ("call me", "not_a_phone"),
            ("1234", "not_a_phone"),
            ("13976787301/13800000000", "not_a_phone"),
            ("1" * 20, "not_a_phone"),
            ("139<script>", "not_a_phone"),
            (True, "not_a_phone"),
            (1e20, "not_a_phone"),
        ),
        invalid_json=(13976787301, True, "x" * 61),
    )
    default_length = 60

    def parse(self, field: Field, raw: Any) -> str | None:
        if isinstance(raw, bool | list | dict) or (
            isinstance(raw, float) and not (0 < raw < 1e15 and raw.is_integer())
        ):
            raise ValueRefused("not_a_phone")
        if isinstance(raw, float):
            raw = int(raw)
        text = narrow(raw)
        return text if text is None or _BARE.fullmatch(text) else _canonical(text)

    def operand(self, field: Field, raw: Any) -> str | None:
        return self.parse(field, raw)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            safe = escape(value)
            if STARS in value:
                return str(safe)
            return f'<a href="tel:{safe}">{safe}</a>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "tel", "maxlength": self.longest(field), "autocomplete": "off"})


def _canonical(text: str) -> str:
    if len(text) > 60 or not _SPELLED.fullmatch(text):
        raise ValueRefused("not_a_phone")
    dashed = _EXTENSION.sub("-", re.sub(r"[ .]", "", text))
    written = _AREA_WRITTEN.fullmatch(dashed)
    if written:
        return "-".join(part for part in written.groups() if part)
    digits = re.sub(r"[-()]", "", dashed)
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        return mobile[1]
    landline = _LANDLINE.fullmatch(digits) if digits.startswith(("0", "+86", "86")) else None
    if landline:
        return f"0{landline[1]}-{landline[2]}"
    if "/" in digits or len(digits.lstrip("+")) not in _LENGTHS:
        raise ValueRefused("not_a_phone")
    return digits
