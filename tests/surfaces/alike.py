"""Comparing answers: equal but for what each request has of its own, and for the name or number asked for."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import quote

from httpx2 import Response
from sqlalchemy import MetaData, select

from tests.surfaces.world import World

OF_THE_REQUEST = ("x-request-id", "date", "content-length")


def told(answer: Response, asked: str = "", instead: str = "") -> tuple[Any, ...]:
    """Status, headers and body, without the request's id; what was `asked` reads as `instead`."""

    def plain(text: str) -> str:
        own = text.replace(answer.headers.get("x-request-id", "-"), "#")
        if not asked:
            return own
        for spelt in (str, str.upper, lambda name: quote(name, safe="")):
            own = own.replace(spelt(asked), spelt(instead))
        return own

    headers = {name: plain(value) for name, value in answer.headers.items() if name not in OF_THE_REQUEST}
    is_workbook = answer.content[:2] == b"PK"
    return answer.status_code, headers, _unpacked(answer.content) if is_workbook else plain(answer.text)


def _unpacked(content: bytes) -> str:
    """What is in a workbook, but for when it was made."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return str([(name, packed.read(name)) for name in packed.namelist() if name != "docProps/core.xml"])


def listed(differences: list[Any]) -> str:
    """The first differences, a line each."""
    return "\n".join(str(each)[:700] for each in differences[:40])


NOTES = {"fl_session": {"*"}, "fl_token": {"last_used_at"}, "fl_sign_in": {"*"}}
"""Columns that may change though nothing is done: when somebody was last here."""


def contents(world: World) -> dict[str, tuple[Any, ...]]:
    """All rows of all tables, but for notes of who was here."""
    metadata = MetaData()
    found = {}
    with world.database.reading() as conn:
        metadata.reflect(conn)
        for name, table in sorted(metadata.tables.items()):
            columns = [c for c in table.c if not NOTES.get(name, set()) & {"*", c.name}]
            if columns:
                rows = conn.exec_driver_sql(str(select(*columns).compile(conn)))
                found[name] = tuple(sorted(map(repr, rows)))
    return found
