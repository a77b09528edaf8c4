"""Fixtures: a site in which an administrator makes applications from workbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.importers.conftest import Desk
from tests.importers.test_import_api import work
from tests.runtime.world import Visitor

SHOP: dict[str, list[list[Any]]] = {
    "Shops": [
        ["shop no", "shop name", "opened"],
        *[[f"S{n}", f"Shop {n}", f"2026-01-{n:02}"] for n in range(1, 9)],
    ],
    "Sales": [
        ["sale no", "shop", "day", "amount"],
        *[
            [f"V{n}", f"Shop {n % 8 + 1}", "待定" if n == 5 else f"2026-02-{n % 28 + 1:02}", n * 10]
            for n in range(30)
        ],
    ],
}


def shop_book(path: Path, sheets: dict[str, list[list[Any]]] = SHOP) -> Path:
    """A workbook of shops and their sales; one day is not known yet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)
    return path


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """The administrator's browser."""
    return visitor.sign_in("boss")


def uploaded(visitor: Visitor, tmp_path: Path, sheets: dict[str, list[list[Any]]] = SHOP) -> str:
    """The address of an application whose workbook has been read."""
    content = shop_book(tmp_path / "shops.xlsx", sheets).read_bytes()
    answer = visitor.post("/imports/new-app", {}, files={"file": ("shops.xlsx", content)})
    assert answer.status_code in (302, 303), answer.text
    work(visitor)
    return str(answer.headers["location"])


__all__ = ["Desk", "SHOP", "boss", "shop_book", "uploaded", "work"]
