"""Real files of other programs: .xls and .ods as libraries write them, CSV as Excel saves it in its encodings."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from formloom.importers import plan
from formloom.importers.options import Options
from formloom.importers.reader import read, sheet_names
from formloom.importers.refusal import FileRefused
from formloom.importers.workbook_guard import Limits
from tests.importers.conftest import Desk

HEAD = ["客户名称", "编号", "金额", "日期", "开始", "启用"]
ROWS: list[list[Any]] = [
    ["上海织表科技", "00123", 1234.5, date(2026, 3, 5), time(9, 30), True],
    ["“引号”; 逗号, 分号", "110101199003071234", -0.25, date(1999, 12, 31), time(23, 59), False],
    ["Ünïcødé 😀", "1E5", 100000.0, date(2028, 2, 29), time(0, 0), True],
]


def xls(path: Path, rows: list[list[Any]] = ROWS) -> Path:
    """A workbook of Excel 97 with two sheets."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("客户")
    styles = {date: "YYYY-MM-DD", time: "HH:MM:SS"}
    for number, row in enumerate([HEAD, *rows]):
        for column, value in enumerate(row):
            sheet.write(number, column, value, xlwt.easyxf(num_format_str=styles.get(type(value), "General")))
    book.add_sheet("空")
    book.save(str(path))
    return path


def ods(path: Path, rows: list[list[Any]] = ROWS) -> Path:
    """A spreadsheet of OpenDocument with two sheets; equal cells in a row are written once, repeated."""
    document = OpenDocumentSpreadsheet()
    table = Table(name="客户")
    for row in [HEAD, *rows]:
        line = TableRow()
        for value in row:
            line.addElement(cell_of(value))
        line.addElement(TableCell(numbercolumnsrepeated=1_000))
        table.addElement(line)
    table.addElement(TableRow(numberrowsrepeated=1_000_000))
    document.spreadsheet.addElement(table)
    document.spreadsheet.addElement(Table(name="空"))
    document.save(str(path))
    return path


def cell_of(value: Any) -> TableCell:
    if isinstance(value, bool):
        return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, float):
        return TableCell(valuetype="float", value=value)
    if isinstance(value, date):
        return TableCell(valuetype="date", datevalue=value.isoformat())
    if isinstance(value, time):
        return TableCell(valuetype="time", timevalue=f"PT{value.hour:02}H{value.minute:02}M00S")
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=value))
    return cell


def plain(cell: Any) -> Any:
    """A cell without what the formats tell differently: a day with a midnight, a time as text."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, time):
        return f"{cell.hour}:{cell.minute:02}:00"
    return cell


WANTED = [[plain(cell) for cell in row] for row in ROWS]


@pytest.mark.parametrize(("write", "name"), [(xls, "customers.xls"), (ods, "customers.ods")])
def test_a_workbook_of_another_kind_is_read_as_it_was_typed(tmp_path: Path, write: Any, name: str):
    path = write(tmp_path / name)

    sheet = read(path)

    assert sheet.rows[0][: len(HEAD)] == HEAD
    assert [[plain(cell) for cell in row[: len(HEAD)]] for row in sheet.rows[1:4]] == WANTED
    assert (sheet.name, sheet.kind, sheet.sheets) == ("客户", path.suffix[1:], ("客户", "空"))
    assert sheet_names(path) == ("客户", "空")
    assert len(sheet.rows) == 4


@pytest.mark.parametrize(("write", "name"), [(xls, "big.xls"), (ods, "big.ods")])
def test_limits_hold_for_workbooks_of_other_kinds(tmp_path: Path, write: Any, name: str):
    path = write(tmp_path / name, [["x", "y", 1.0, date(2026, 1, 1), time(1), True]] * 30)

    with pytest.raises(FileRefused) as refused:
        read(path, None, Limits(rows=20))

    assert refused.value.code == "import.too_many_rows"
    with pytest.raises(FileRefused) as refused:
        read(path, "nothing")
    assert refused.value.code == "import.no_such_sheet"


@pytest.mark.parametrize("write", [xls, ods])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, write: Any):
    path = write(tmp_path / f"cut.{write.__name__}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(FileRefused):
        read(path)


TEXTS = [["客户名称", "备注"], ["上海织表科技", "第一行\n第二行"], ["“引号”", 'a "b"; c, d']]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le+bom", "utf-16-be+bom"]
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_csv_is_read_in_the_encodings_and_shapes_that_excel_saves(
    tmp_path: Path, delimiter: str, encoding: str, ending: str
):
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in TEXTS]
    text = ending.join(lines) + ending
    name, _, bom = encoding.partition("+")
    path = tmp_path / "text.csv"
    path.write_bytes((("\ufeff" if bom else "") + text).encode(name))

    assert read(path).rows == TEXTS


def test_an_old_workbook_is_imported_like_a_new_one(desk: Desk, tmp_path: Path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("v")
    for number, row in enumerate([["What", "Income"], ["first", 12.5], ["second", "1,000"]]):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.save(str(tmp_path / "visits.xls"))

    with desk.database.reading() as conn:
        found = plan.build(desk.context(conn), "visit", read(tmp_path / "visits.xls"), Options.parse({}))

    assert [each.field.key for each in found.sources] == ["what", "income"]
