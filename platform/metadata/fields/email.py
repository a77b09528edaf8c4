"""E-mail addresses."""

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

_ADDRESS = re.compile(r"([A-Za-z0-9!$'*+=^_`{|}~.\-]{1,64})@([^\s@]{1,253})")
_DOMAIN = re.compile(r"(?:(?!-)[\w\-]{1,63}(?<!-)\.)+(?!-)[\w\-]{2,63}(?<!-)")


class Email(Text):
    """One address with its domain in lower case. No names, no lists, nothing that could end a mail header."""

    name = "email"
    label_words = (
        "邮箱",
        "邮件",
        "电子邮件",
        "邮箱地址",
        "电子邮箱",
        "email",
        "e-mail",
        "email address",
        "mail address",
    )
    options_schema = {}
    examples = Examples(
        valid=(
            ("Zhang.San@Example.COM", "Zhang.San@example.com"),
            (" ａ＠example.com ", "a@example.com"),
            ("buy@例子.公司", "buy@例子.公司"),
        ),
        invalid=(
            ("a@b.com\nBcc: x@y.com", "not_an_email"),
            ("a@b.com, c@d.com", "not_an_email"),
            ("Zhang <a@b.com>", "not_an_email"),
            ("a@b", "not_an_email"),
            ("@b.com", "not_an_email"),
            ("a..b@example..com", "not_an_email"),
            (12, "not_an_email"),
        ),
        invalid_json=(12, ["a@b.com"]),
    )
    default_length = 254

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "idn-email", "maxLength": self.longest(field)}

    def parse(self, field: Field, raw: Any) -> str | None:
        text = narrow(raw)
        if text is None:
            return None
        match = _ADDRESS.fullmatch(text)
        if match is None or len(text) > self.longest(field) or not _DOMAIN.fullmatch(match[2]):
            raise ValueRefused("not_an_email")
        return f"{match[1]}@{match[2].lower()}"

    def operand(self, field: Field, raw: Any) -> str | None:
        return self.parse(field, raw)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            safe = escape(value)
            if STARS in value:
                return str(safe)
            return f'<a href="mailto:{safe}">{safe}</a>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "email", "maxlength": self.longest(field), "autocomplete": "off"})
