"""What tests of pages need: rows to show, a page read as HTML, the statements it took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from sqlalchemy import event

from tests.runtime.world import Visitor

HTMX = {"hx-request": "true"}
NOT_STATEMENTS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def add_companies(visitor: Visitor, rows: list[dict]) -> list[int]:
    """Ids of new companies of the signed-in visitor."""
    answer = visitor.api("POST", "/records/company", {"items": rows})
    assert answer.status_code == 201, answer.text
    return [item["id"] for item in answer.json()["items"]]


@contextmanager
def counted(visitor: Visitor) -> Iterator[list[str]]:
    """The statements the visitor's requests send meanwhile."""
    found: list[str] = []
    engine = visitor.site.database.engine

    def note(conn, cursor, statement, *rest):
        if not statement.startswith(NOT_STATEMENTS):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


class Page(HTMLParser):
    """The parts of a page that tests look at: texts of cells by row, texts and addresses of links, attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.heads: list[str] = []
        self.links: dict[str, str] = {}
        self.chips: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.inline: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("id"):
            self.attributes[given["id"]] = given
        if "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(tag)
        if tag == "tr" and "data-id" in given:
            self.rows.append([])
        if tag == "td" and self._in_row:
            self.rows[-1].append("")
        if tag == "th":
            self.heads.append("")
        if tag not in ("input", "meta", "link", "col", "br", "hr", "use"):
            self._open.append((tag, given))

    def handle_startendtag(self, tag, attrs):
        """Nothing: only drawings end at once."""

    def handle_endtag(self, tag):
        if tag in [name for name, _ in self._open]:
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        text = data.strip()
        tags = [tag for tag, _ in self._open]
        if not text or not tags:
            return
        if "td" in tags and self._in_row:
            self.rows[-1][-1] += text
        if "th" in tags:
            self.heads[-1] += text
        for tag, given in self._open:
            if tag == "a" and given.get("href"):
                self.links[text] = given["href"]
            if tag == "span" and given.get("class") == "chip":
                self.chips.append(text)

    @property
    def _in_row(self) -> bool:
        return any(tag == "tr" and "data-id" in given for tag, given in self._open)

    @property
    def titles(self) -> list[str]:
        """The first column."""
        return [next((text for text in row if text), "") for row in self.rows]
