"""Text with headings, lists and links."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import nh3
from markupsafe import escape
from sqlalchemy.types import TypeEngine

from ..columns import Readable
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import on_shown
from .raw import text_of
from .runs import Runs, html_of, runs_of

LONGEST = 100_000
"""Characters of HTML."""

BLOCKS = ("p", "div", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "br", "hr")
_TAGS = {*BLOCKS, "a", "strong", "b", "em", "i", "u", "s", "code"} - {"div"}
_STARTS = re.compile(rf"<(?:{'|'.join((*BLOCKS, *sorted(_TAGS)))})[\s/>]", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SCHEMES = {"http", "https", "mailto", "tel"}
_CLIPPED = 300


def plain_of(html: str) -> str:
    """The text of a rich text, a line for each paragraph and item."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def text(self) -> str:
        """What was read, without empty lines."""
        lines = (" ".join(line.split()) for line in "".join(self.parts).split("\n"))
        return "\n".join(line for line in lines if line)


class RichHtml(Readable):
    """Clean HTML behind its plain text."""

    cache_ok = True

    def shown(self, value: Any) -> str:
        return plain_of(value)

    def kept(self, value: Any) -> str:
        return str(value)

    def read(self, kept: str) -> str:
        return kept


class RichText(FieldType):
    """HTML of a few harmless elements; everything else is dropped, so that it can be shown as it is. Plain text
    becomes paragraphs, and lists where lines begin with a bullet or a number. Searching, filters and history see
    the text only; workbooks hold bold, italic, underlined and struck-out text, headings, lists and links.
    """

    name = "richtext"
    read_as = "rich"
    operators = on_shown(plain_of)
    options_schema = {"rows": {"type": "integer", "minimum": 2, "maximum": 40}}
    sortable = False
    aggregates = ("count",)
    label_words = ("正文", "图文", "富文本", "公告内容", "方案内容", "rich text", "body", "article")
    examples = Examples(
        valid=(
            (
                "第一行说明文字，长到工作簿能还原\r\n第二行 <3",
                "<p>第一行说明文字，长到工作簿能还原</p><p>第二行 &lt;3</p>",
            ),
            (
                "<p>一段足够长的开头文字再加上一些字 <b>粗</b></p><script>alert(1)</script>",
                "<p>一段足够长的开头文字再加上一些字 <b>粗</b></p>",
            ),
            (
                '<p onclick="x()">开头也要足够长的一段文字才行</p><h2><a href="javascript:x">y</a></h2>',
                '<p>开头也要足够长的一段文字才行</p><h2><a rel="noopener noreferrer nofollow">y</a></h2>',
            ),
            ("<p> <br></p>", None),
            (" ", None),
        ),
        invalid=(
            ("<p>" + "x" * LONGEST, "too_long"),
            ("a\0b", "bad_character"),
            ({}, "not_text"),
        ),
        invalid_json=(12, [], True),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return RichHtml()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "string", "maxLength": LONGEST}

    def parse(self, field: Field, raw: Any) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        if len(text) > LONGEST:
            raise ValueRefused("too_long", max=LONGEST)
        text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        html = clean(html_of(raw) if isinstance(raw, Runs) else text if _STARTS.match(text) else html_of(text))
        if len(html) > LONGEST:
            raise ValueRefused("too_long", max=LONGEST)
        return html if plain_of(html) else None

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else plain_of(value)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            text = plain_of(value)
            return f'<span class="clip">{escape(text if len(text) <= _CLIPPED else text[:_CLIPPED] + "…")}</span>'

        return show

    def large(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        # Cleaned again on the way out: rules of cleaning get stricter, and stored values are older than they.
        return lambda value, label: "" if value is None else f'<div class="rich">{clean(value)}</div>'

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("richtext", {"rows": field.option("rows", 6)}, wide=True)

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=50, wrap=True)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        """Its lines with bullets and numbers, and how parts of them look; an import reads all of that back."""
        return None if value is None else runs_of(value)


def clean(html: str) -> str:
    """The HTML with nothing in it but text, a few elements and links to addresses."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        clean_content_tags={"script", "style", "title", "svg", "math", "iframe", "object"},
    ).strip()
