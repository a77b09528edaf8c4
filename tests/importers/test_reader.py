"""Reading sheets: cells as they were typed, and files that are not what they say."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from formloom.importers.reader import CellError, TypedFormula, read
from formloom.importers.refusal import FileRefused
from formloom.importers.sheet_scan import column_number
from formloom.importers.workbook_guard import Limits

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
        ("a row at the far bottom", b'r="B1"', b'r="B1048576"', "import.too_many_rows"),
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


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_sheet(tmp_path: Path, xml: str) -> Path:
    """A workbook whose only sheet is this XML."""
    return rewritten(workbook(tmp_path, [["x"]]), SHEET, lambda _: xml.encode())


WRITTEN_OTHERWISE = {
    "no references": f"<worksheet {MAIN}><sheetData><row>"
    '<c t="inlineStr"><is><t>a</t></is></c><c><v>3</v></c></row><row><c/>'
    '<c t="e"><v>#N/A</v></c></row></sheetData></worksheet>',
    "single quotes": f"<worksheet {MAIN}><sheetData><row r='1'><c\n t='str' r='A1'><v>a</v></c>"
    "<c r='B1'><v>3</v></c></row><row r='2'><c t='e' r='B2'><v>#N/A</v></c></row></sheetData></worksheet>",
    "a prefix": f'<x:worksheet {MAIN.replace("xmlns", "xmlns:x")}><x:sheetData><x:row r="1"><x:c r="a1" t="str">'
    '<x:v>a</x:v></x:c><x:c r="B1"><x:v>3</x:v></x:c></x:row><x:row r="2"><x:c r="B2" t="e"><x:v>#N/A</x:v></x:c>'
    "</x:row></x:sheetData></x:worksheet>",
}


@pytest.mark.parametrize("how", WRITTEN_OTHERWISE)
def test_sheets_are_read_however_they_are_written(tmp_path: Path, how: str) -> None:
    sheet = read(with_sheet(tmp_path, WRITTEN_OTHERWISE[how]))

    assert sheet.rows == [["a", 3.0], ["", CellError("#N/A")]]


FAR = {
    "another order": '<c s="1" r="XFD1"><v>1</v></c>',
    "single quotes": "<c r='XFD1'><v>1</v></c>",
    "a mark before": '<c x=">" r="XFD1"><v>1</v></c>',
    "a line break": '<c\nr="XFD1"><v>1</v></c>',
    "small letters": '<c r="xfd1"><v>1</v></c>',
    "a prefix": '<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="XFD1"><v>1</v></x:c>',
    "a row of its own": '<c r="A999999"><v>1</v></c>',
}


@pytest.mark.parametrize("how", FAR)
def test_no_way_of_writing_hides_a_far_cell(tmp_path: Path, how: str) -> None:
    row = f'<row r="1"><c r="A1"><v>1</v></c>{FAR[how]}</row>'
    sheet = f"<worksheet {MAIN}><sheetData>{row}</sheetData></worksheet>"

    assert refused(with_sheet(tmp_path, sheet)) in ("import.too_many_columns", "import.too_many_rows")


def test_formatted_cells_far_away_cost_nothing(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    sheet = f'<worksheet {MAIN}><sheetData><row r="1"><c r="A1"><v>1</v></c></row>{far}</sheetData></worksheet>'

    assert read(with_sheet(tmp_path, sheet)).rows == [[1.0]]


def test_errors_and_formulas_at_the_edge_are_seen(tmp_path: Path) -> None:
    cells = (
        '<row r="1"><c r="A1" t="str"><v>a</v></c></row>'
        '<row r="2"><c r="A2" t="str"><f>IF(1,"","")</f><v></v></c>'
        '<c r="B2" t="e"><f>VLOOKUP(1,A:B,2)</f><v>#N/A</v></c>'
        '<c r="C2"><f t="shared" si="0"/></c></row>'
        '<row r="3"><c r="A3"><f>1+1</f><v/></c></row>'
    )

    rows = read(with_sheet(tmp_path, f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>")).rows

    assert rows == [["a", "", ""], ["", CellError("#N/A"), TypedFormula("=")], [TypedFormula("=1+1"), "", ""]]


def test_times_lengths_of_time_and_truth_values_are_read(tmp_path: Path) -> None:
    row = [time(9, 30), timedelta(hours=30, minutes=5), True, date(2026, 3, 5), datetime(2026, 3, 5, 14, 30)]

    read_row = read(workbook(tmp_path, [["a"] * 5, row])).rows[1]

    assert read_row == [time(9, 30), "30:05:00", True, date(2026, 3, 5), datetime(2026, 3, 5, 14, 30)]


def test_dates_counted_from_1904_are_the_same_days(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append([date(2026, 3, 5)])
    book.save(tmp_path / "mac.xlsx")

    assert read(tmp_path / "mac.xlsx").rows == [[date(2026, 3, 5)]]


def test_hidden_rows_and_merged_cells_are_told(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["a", "b"], ["1", "2"], ["3", "4"]])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].row_dimensions[2].hidden = True
    book.worksheets[0].merge_cells("A2:A3")
    book.save(path)

    sheet = read(path)

    assert (sheet.hidden, sheet.merged) == ({1}, 1)
    assert [row[0] for row in sheet.rows] == ["a", "1", ""]


def test_shared_texts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "shared.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["甲", "乙", "甲"])
        page.write_rich_string(1, 0, "plain ", book.add_format({"bold": True}), "bold")

    assert read(path).rows == [["甲", "乙", "甲"], ["plain bold", "", ""]]


def test_a_workbook_with_macros_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["x"]])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/VBAProject.bin", b"macro")

    assert refused(path) == "import.macros"


def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["x"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(80 * 2**20))

    assert refused(path) == "import.too_large"


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml"])
def test_a_part_that_is_longer_than_it_says_is_refused(tmp_path: Path, part: str) -> None:
    path = workbook(tmp_path, [["x"]])
    said = zipfile.ZipFile(path).getinfo(part).file_size
    content = path.read_bytes()
    at = content.rindex(part.encode()) - 46 + 24  # the length in the table of contents
    path.write_bytes(content[:at] + (said - 20).to_bytes(4, "little") + content[at + 4 :])

    assert refused(path) == "import.too_large"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"])
def test_entities_are_refused_in_every_part(tmp_path: Path, part: str) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    path = rewritten(workbook(tmp_path, [["a"]]), part, lambda xml: bomb + xml.partition(b"?>")[2] or bomb + xml)

    assert refused(path) == "import.unreadable"


@pytest.mark.parametrize(
    ("label", "text", "rows"),
    [
        ("a title above", "台账\nname;phone\na;1\n", [["台账", ""], ["name", "phone"], ["a", "1"]]),
        ("no newline at the end", "name,phone\na,1", [["name", "phone"], ["a", "1"]]),
        ("a line break in a cell", 'name,note\na,"x\r\ny"\n', [["name", "note"], ["a", "x\r\ny"]]),
        ("one column", "name\na\nb\n", [["name"], ["a"], ["b"]]),
        ("the header only", "name,phone\n", [["name", "phone"]]),
    ],
)
def test_csv_files_are_read_however_they_are_cut(
    tmp_path: Path, label: str, text: str, rows: list[list[str]]
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8", newline="")

    assert read(path).rows == rows


def test_a_file_in_no_known_encoding_names_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"name\n" + b"\xff\xff\xff")

    with pytest.raises(FileRefused) as caught:
        read(path)

    assert (caught.value.code, caught.value.data["position"]) == ("import.encoding", 5)
