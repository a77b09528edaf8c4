"""Formatted text goes into a workbook with its formats, is kept by other programs, and comes back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText

from formloom.importers.reader import read
from formloom.importers.workbook import write_export
from formloom.metadata.model import Field

FIELD = Field("visit", "story", "richtext", "Story")
RICH = [
    "<p>plain &lt;3 &amp; more</p><p>second line</p>",
    "<p><b>all of it</b></p>",
    "<p><b>b</b></p>",
    "<p>some <b>bold</b>, <i>slanted</i>, <u>under</u>, <s>gone</s> and <b><i>both</i></b></p>",
    "<h2>Head</h2><h3>Less</h3><h4>Least</h4><p>text</p>",
    "<ul><li>one<ul><li>in <b>ner</b></li></ul></li><li>two</li></ul><p>then</p><ol><li>a</li><li>b</li></ol>",
    '<p>see <a href="https://x.y/?a=1&amp;b=2" rel="noopener noreferrer nofollow">this</a> page</p>',
    "<p>中文 <b>粗体</b> 😀</p>",
]


def exported(path: Path) -> Path:
    """A workbook with all of them."""
    values = [parsed(html) for html in RICH]
    rows = [[FIELD.behaviour.to_excel(FIELD, value, "zh")] for value in values]
    write_export(path, title="Stories", fields=[FIELD], headers=["Story"], rows=rows)
    return path


def parsed(raw: Any) -> Any:
    return FIELD.behaviour.parse(FIELD, raw)


def came_back(path: Path) -> list[Any]:
    return [parsed(row[0]) for row in read(path).rows[1:]]


def test_formats_and_lists_survive_a_workbook(tmp_path: Path):
    wanted = [html.replace("<p><b>b</b></p>", "<p>b</p>") for html in RICH]  # one letter cannot be two runs

    assert came_back(exported(tmp_path / "rich.xlsx")) == wanted


def test_formats_survive_another_program(tmp_path: Path):
    path = exported(tmp_path / "rich.xlsx")
    book = openpyxl.load_workbook(path, rich_text=True)
    cells = [row[0].value for row in book.active.iter_rows(min_row=2)]
    assert isinstance(cells[3], CellRichText)
    assert {"bold", "slanted", "under", "gone", "both"} <= {str(part) for part in cells[3]}
    book.save(tmp_path / "saved.xlsx")

    assert came_back(tmp_path / "saved.xlsx") == came_back(path)


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("• a\n• b\n\nend", "<ul><li>a</li><li>b</li></ul><p>end</p>"),
        ("1. a\r\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("2026.5 is a number\n1.5 too", "<p>2026.5 is a number</p><p>1.5 too</p>"),
        ("x\n  • deep", "<p>x</p><ul><li><ul><li>deep</li></ul></li></ul>"),
        ("<b>typed</b> <script>x</script>", "<b>typed</b>"),
        ("a < b <script>", "<p>a &lt; b &lt;script&gt;</p>"),
    ],
)
def test_what_is_typed_into_a_cell_becomes_paragraphs_and_lists(typed: str, html: str):
    assert parsed(typed) == html


def test_the_same_text_in_another_format_is_another_cell(tmp_path: Path):
    values = ["<p>one <b>two</b></p>", "<p><b>one</b> two</p>", "<p>one two</p>"]
    rows = [[FIELD.behaviour.to_excel(FIELD, value, "zh")] for value in values]
    write_export(tmp_path / "same.xlsx", title="S", fields=[FIELD], headers=["Story"], rows=rows)
    cells = [row[0] for row in read(tmp_path / "same.xlsx").rows[1:]]

    found, refused = FIELD.behaviour.parse_column(FIELD, cells)

    assert (found, refused) == (values, {})
