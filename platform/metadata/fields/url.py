"""Web addresses."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from markupsafe import escape

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, InputWidget
from ..model import Field
from .raw import narrow, text_of
from .text import Text

_BARE = re.compile(r"(?:[\w\-]+\.)+\w{2,}(?::[0-9]{1,5})?(?:[/?#]\S*)?")
_HOST = re.compile(r"[\w.\-]{1,253}|\[[0-9a-fA-F:.]+\]")


class Url(Text):
    """An http or https address; `www.example.com` becomes `http://www.example.com`. Other schemes, credentials and
    blanks are refused, so that a link in a record cannot run anything.
    """

    name = "url"
    label_words = (
        "网址",
        "网站",
        "官网",
        "主页",
        "链接",
        "网页地址",
        "url",
        "website",
        "web site",
        "homepage",
        "home page",
    )
    options_schema = {}
    examples = Examples(
        valid=(
            ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
            ("HTTP://Example.com", "http://example.com"),
            ("www.example.com", "http://www.example.com"),
            ("ｗｗｗ．example.com/产品", "http://www.example.com/产品"),
            ("http://localhost:8000/x", "http://localhost:8000/x"),
        ),
        invalid=(
            ("javascript:alert(1)", "not_a_url"),
            ("ftp://example.com", "not_a_url"),
            ("data:text/html,x", "not_a_url"),
            ("http://user:pw@example.com", "not_a_url"),
            ("http://exa mple.com", "not_a_url"),
            ("http://", "not_a_url"),
            ("http://[::1", "not_a_url"),
            ("http://example.com:99999", "not_a_url"),
            ("nothing", "not_a_url"),
            (12, "not_a_url"),
        ),
        invalid_json=(12, ["http://a.com"]),
    )
    default_length = 2000

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "format": "iri", "maxLength": self.longest(field)}

    def parse(self, field: Field, raw: Any) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        if not text.lower().startswith(("http://", "https://")):
            text = narrow(text) or ""
            text = f"http://{text}" if _BARE.fullmatch(text) else text
        if len(text) > self.longest(field):
            raise ValueRefused("too_long", max=self.longest(field))
        return _checked(text)

    def operand(self, field: Field, raw: Any) -> str | None:
        return self.parse(field, raw)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            bare = value.partition("://")[2].rstrip("/")
            return (
                f'<a href="{escape(value)}" target="_blank" rel="noopener noreferrer nofollow">{escape(bare)}</a>'
            )

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("input", {"type": "text", "inputmode": "url", "maxlength": self.longest(field)})


def _checked(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        parts.port  # noqa: B018  (raises for a port out of range)
    except ValueError:
        raise ValueRefused("not_a_url") from None
    fine = parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc.rpartition(":")[0] or host or "")
    if not fine or "@" in parts.netloc or not text.isprintable() or re.search(r'[\s<>"\\^`{|}]', text):
        raise ValueRefused("not_a_url")
    return f"{parts.scheme}://{parts.netloc.lower()}{text[len(parts.scheme) + 3 + len(parts.netloc) :]}"
