"""Workbooks nobody wishes for: each is read, or refused in words; nothing breaks on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from formloom.importers.application.book import table, tables
from formloom.importers.application.documents import documents
from formloom.importers.application.proposal import Proposal
from formloom.importers.application.proposing import Reading, propose
from formloom.importers.refusal import FileRefused
from formloom.metadata import documents as checking
from formloom.metadata.catalog import build


def book(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook of these sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(list(row))
    made.save(path)
    return path


def proposal(path: Path, folder: Path) -> Proposal:
    """What is proposed for it; its documents have no finding."""
    found = propose(path, path.name, Reading(folder))
    made = documents(found, build([]))
    errors = [f for f in checking.check(made, {(d["kind"], d["key"]) for d in made}) if f.severity == "error"]
    assert errors == []
    assert Proposal.load(found.dump()) == found
    return found


def notes(path: Path) -> list[str]:
    """Codes of the notes of all sheets."""
    return [note.code for each in tables(path) for note in each.notes]


def test_sheets_without_a_table_say_so(tmp_path: Path) -> None:
    path = book(
        tmp_path / "b.xlsx",
        {"nothing": [], "headers": [["Name", "Day"]], "words": [["How to fill this in"], ["x"]]},
    )

    assert notes(path) == ["empty", "no_rows", "no_table"]
    found = proposal(path, tmp_path)
    assert [sheet.usable for sheet in found.sheets] == [False, False, False]
    assert documents(found, build([])) == []


def test_one_row_is_a_table(tmp_path: Path) -> None:
    found = proposal(book(tmp_path / "b.xlsx", {"one": [["Name", "Day"], ["a", date(2026, 1, 1)]]}), tmp_path)

    assert [column.type for column in found.sheets[0].columns] == ["text", "date"]
    assert not any(column.required or column.unique for column in found.sheets[0].columns)


@pytest.mark.parametrize("count", [200, 300])
def test_a_very_wide_sheet_is_taken_or_said_to_be_too_wide(tmp_path: Path, count: int) -> None:
    wide = [[f"Column {n}" for n in range(count)], *[list(range(count)) for _ in range(3)]]
    path = book(tmp_path / "b.xlsx", {"wide": wide, "narrow": [["Name"], ["a"], ["b"]]})
    found = proposal(path, tmp_path)

    assert [sheet.usable for sheet in found.sheets] == [count <= 200, True]
    if count > 200:
        assert found.sheets[0].notes == [["import.too_many_columns", {"limit": 200}]]
    else:
        assert len(found.sheets[0].columns) == count


def test_headers_of_any_kind_get_keys_that_work(tmp_path: Path) -> None:
    headers = ["select", "id", "Name", "Name", "😀", "a" * 500, "{x}", '"q"', "שלום", "", "order", "position"]
    rows = [headers, *[[f"v{n}{m}" for m in range(len(headers))] for n in range(4)]]
    found = proposal(book(tmp_path / "b.xlsx", {"table": rows, "select": rows}), tmp_path)

    for sheet in found.sheets:
        keys = [column.key for column in sheet.columns]
        assert len(set(keys)) == len(keys) == len(headers)
        assert [column.header for column in sheet.columns][3] == "Name (2)"
        assert all(column.label["zh"] for column in sheet.columns)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["A", "B"], ["x", 1], ["y", 2], ["", ""], ["C", "D"], ["z", 3], ["w", 4]], "several_below"),
        ([["A", "B", "", "C"], ["x", 1, "", 5], ["y", 2, "", 6]], "several_beside"),
        ([["Report of May"], [], ["A", "B"], ["x", 1], ["y", 2]], "header_row"),
        ([["A", "B"], ["x", 1], ["y", 2], ["合计", 3]], "totals"),
    ],
)
def test_what_is_unusual_about_a_sheet_is_said(tmp_path: Path, rows: list[list[Any]], expected: str) -> None:
    assert expected in notes(book(tmp_path / "b.xlsx", {"sheet": rows}))


def test_hidden_sheets_and_merged_headers(tmp_path: Path) -> None:
    path = book(
        tmp_path / "b.xlsx", {"seen": [["A", "B", "C"], ["x", "y", "z"]], "hidden": [["A", "B"], ["x", "y"]]}
    )
    made = openpyxl.load_workbook(path)
    made["hidden"].sheet_state = "hidden"
    made["seen"].merge_cells("A1:B1")
    made.save(path)
    found = proposal(path, tmp_path)

    assert [sheet.include for sheet in found.sheets] == [True, False]
    assert [note[0] for note in found.sheets[0].notes] == ["merged"]
    assert [column.header for column in found.sheets[0].columns] == ["A", "(B)", "C"]


def test_errors_formulas_and_old_dates_are_shown_and_not_hidden(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as made:
        page = made.add_worksheet("sheet")
        page.write_row(0, 0, ["Name", "Sum", "Born"])
        for row in range(1, 21):
            page.write_row(row, 0, [f"n{row}", row, "1850-05-01"])
        page.write_formula(21, 1, "=NA()", None, "#N/A")
        page.write_string(21, 0, "n21")
    found = proposal(path, tmp_path)

    by_header = {column.header: column for column in found.sheets[0].columns}
    assert (by_header["Sum"].type, by_header["Sum"].refused) == ("integer", 1)
    assert (by_header["Born"].type, by_header["Born"].refused) == ("date", 0)


def encrypted(path: Path) -> None:
    """A file as Excel writes one behind a password: no zip, but a container that says what it holds."""
    name = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + name + b"\0" * 600)


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (encrypted, "import.password"),
        (lambda path: path.write_bytes(b""), "import.empty_file"),
        (lambda path: path.write_bytes(b"%PDF-1.7"), "import.unsupported_type"),
        (lambda path: path.write_bytes(b"PK\x03\x04 cut off"), "import.unreadable"),
    ],
)
def test_files_that_cannot_be_read_are_refused_with_the_reason(
    tmp_path: Path, write: Callable[[Path], Any], code: str
) -> None:
    path = tmp_path / "file.xlsx"
    write(path)

    with pytest.raises(FileRefused) as caught:
        propose(path, path.name, Reading(tmp_path))
    assert caught.value.code == code


def test_another_header_row_can_be_named(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"s": [["x", "y"], ["Name", "Day"], ["a", "b"], ["c", "d"]]})

    found = table(path, "s", header=1)
    assert found.layout is not None
    assert found.layout.headers == ("Name", "Day")
    assert len(found.layout.data) == 2
