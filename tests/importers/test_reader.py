"""Reading sheets: cells as they were typed, and files that are not what they say."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from formloom.importers.reader import TypedFormula, read
from formloom.importers.workbook_guard import FileRefused, Limits, column_number

SALES_SHEET = Path(__file__).parents[1] / "workbooks" / "customers_zh.xlsx"


def workbook(tmp_path: Path, rows: list[list[object]], name: str = "sheet.xlsx") -> Path:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    path = tmp_path / name
    book.save(path)
    return path


def test_cells_stay_as_they_were_typed(tmp_path: Path) -> None:
    typed = ["00123", "110101199003071234", "1E5", "NA", "null", 13976787301, 75.1, date(2026, 1, 2), True]

    row = read(workbook(tmp_path, [typed])).rows[0]

    assert row == ["00123", "110101199003071234", "1E5", "NA", "null", 13976787301.0, 75.1, date(2026, 1, 2), True]


def test_a_formula_without_a_result_keeps_its_text(tmp_path: Path) -> None:
    sheet = read(workbook(tmp_path, [["name", "total"], ["a", "=SUM(A1:A9)"], ["b", "plain"]]))

    assert sheet.rows[1][1] == TypedFormula("=SUM(A1:A9)")
    assert sheet.rows[2][1] == "plain"


def test_a_percentage_is_read_as_it_is_shown(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["rate"], [0.13], [0.135], [0.13]])
    book = openpyxl.load_workbook(path)
    for cell, shown in (("A2", "0%"), ("A3", "0.0%")):
        book.worksheets[0][cell].number_format = shown
    book.save(path)

    assert [row[0] for row in read(path).rows] == ["rate", "13.00%", "13.500%", 0.13]


def test_the_sales_teams_workbook_is_read_whole() -> None:
    sheet = read(SALES_SHEET)

    assert (sheet.sheets, len(sheet.rows), sheet.width) == (("客户台账", "填写说明"), 2016, 16)
    assert sheet.rows[2][0] == "客户名称*"
    assert sum(isinstance(row[15], TypedFormula) for row in sheet.rows) > 200


def refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(FileRefused) as caught:
        read(path, limits=limits)
    return caught.value.code


@pytest.mark.parametrize(
    ("label", "content", "code"),
    [
        ("nothing", b"", "import.empty_file"),
        ("a zip that is no workbook", None, "import.unreadable"),
        ("a cut-off archive", b"PK\x03\x04 and no more", "import.unreadable"),
        ("an old .xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "import.unsupported_type"),
        ("a web page", b"<html><body>no</body></html>", "import.unsupported_type"),
        ("binary rubbish", b"a\x00b\x00c", "import.unsupported_type"),
        ("an unbalanced quote", b'a,b\n"x,y', "import.bad_csv"),
    ],
)
def test_files_that_are_no_sheets_are_refused(
    tmp_path: Path, label: str, content: bytes | None, code: str
) -> None:
    path = tmp_path / "file.xlsx"
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("hello.txt", "hello")
    else:
        path.write_bytes(content)

    assert refused(path) == code


def rewritten(path: Path, part: str, change: object) -> Path:
    """The workbook with one part of it changed."""
    source = zipfile.ZipFile(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == part else content)  # type: ignore[operator]
    path.write_bytes(buffer.getvalue())
    return path


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("label", "old", "new", "code"),
    [
        ("a cell at the far right", b'r="B1"', b'r="XFD1"', "import.too_many_columns"),
        ("just one column too many", b'r="B1"', b'r="GS1"', "import.too_many_columns"),
        ("a row at the far bottom", b'<row r="1"', b'<row r="1048576"', "import.too_many_rows"),
    ],
)
def test_a_far_cell_is_refused_before_it_is_allocated(
    tmp_path: Path, label: str, old: bytes, new: bytes, code: str
) -> None:
    path = rewritten(workbook(tmp_path, [["a", "b"]]), SHEET, lambda xml: xml.replace(old, new))

    assert refused(path) == code


def test_the_last_allowed_column_is_read(tmp_path: Path) -> None:
    assert read(workbook(tmp_path, [["x"] * 200])).width == 200
    assert column_number("GR") == 200


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["x"]] * 12)

    assert refused(path, Limits(rows=10)) == "import.too_many_rows"


def test_entities_in_a_workbook_are_refused(tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
    path = rewritten(workbook(tmp_path, [["a"]]), "xl/workbook.xml", lambda xml: bomb)

    assert refused(path) == "import.unreadable"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_files_are_read_in_their_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(f"客户{delimiter}电话\r\n松大{delimiter}00123\r\n".encode(encoding))

    assert read(path).rows == [["客户", "电话"], ["松大", "00123"]]
