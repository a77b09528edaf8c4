"""Reports: the user's own workbook with what became of each row, corrected and imported again."""

from __future__ import annotations

import io

import openpyxl
import pytest

from formloom.importers import report as reports
from formloom.importers.plan import resolve
from formloom.importers.reader import read
from formloom.importers.report import Report
from formloom.importers.verdict import DONE_MARK, Verdicts

from .conftest import Desk

SHEET = [["Companies of 2026", "", ""], ["Name", "Staff", "City"], ["a", "many", "x"], ["b", 2, "y"], ["", 3, "z"]]


def written(desk: Desk, import_id: int, verdicts: Verdicts, lang: str = "en") -> openpyxl.Workbook:
    """The report of an import."""
    run = desk.run(import_id)
    with desk.database.reading() as conn:
        record = run.record
        layout, sources = resolve(desk.context(conn), record.entity, run.sheet(), record.options)
    target = io.BytesIO()
    Report(run.sheet(), layout, sources, verdicts, lang).write(target, run.file())
    return openpyxl.load_workbook(target)


def test_refused_cells_are_red_and_say_why(desk: Desk) -> None:
    import_id = desk.stage("company", SHEET, mode="rows")

    page = written(desk, import_id, desk.run(import_id).apply()).worksheets[0]

    results = [page.cell(row, 4).value for row in range(1, 6)]
    assert results == [
        None,
        "Import result",
        "Staff: This is not a number.",
        f"{DONE_MARK} Imported",
        "Name: Please fill this in.",
    ]
    assert page["B3"].comment is not None
    assert page["B3"].fill.start_color.rgb == "FFFFD6D6"
    assert page["B3"].value == "many"
    assert page["A5"].comment is not None
    assert page["B4"].comment is None
    assert page["A1"].value == "Companies of 2026"


def test_a_corrected_report_brings_in_only_what_was_missing(desk: Desk) -> None:
    import_id = desk.stage("company", SHEET, mode="rows")
    book = written(desk, import_id, desk.run(import_id).apply())
    book.worksheets[0]["B3"], book.worksheets[0]["A5"] = 9, "c"
    path = desk.folder / "mended.xlsx"
    book.save(path)

    again = desk.put("company", [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()])

    assert (sorted(again.created), again.skipped) == ([0, 2], {1: "done_before"})
    assert desk.rows("company", "name", "staff") == [("b", 2), ("a", 9), ("c", 3)]
    assert read(path).rows[1][-1] == "Import result"


def test_a_check_promises_nothing_is_in(desk: Desk) -> None:
    import_id = desk.stage("company", SHEET)

    page = written(desk, import_id, desk.run(import_id).check()).worksheets[0]

    assert DONE_MARK not in str(page["D4"].value)


@pytest.mark.parametrize("kind", ["large", "csv"])
def test_large_sheets_and_csv_get_a_plain_report_of_what_was_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "large":
        monkeypatch.setattr(reports, "ANNOTATED_CELLS", 3)
        import_id = desk.stage("company", SHEET, mode="rows")
    else:
        import_id = csv_import(desk)

    page = written(desk, import_id, desk.run(import_id).apply()).worksheets[0]

    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0] == ["Name", "Staff", "City", "Import result"]
    assert [row[:3] for row in rows[1:]] == [["a", "many", "x"], [None, "3", "z"]]
    assert rows[1][3].startswith("Staff: ")


def csv_import(desk: Desk) -> int:
    """A staged CSV file of the same rows."""
    from formloom.importers import staging
    from formloom.importers.options import Options

    text = "\n".join(",".join(map(str, row)) for row in SHEET[1:])
    digest = staging.keep_file(desk.folder, text.encode())
    with desk.database.writing() as conn:
        return staging.stage(desk.context(conn), "company", "s.csv", digest, Options(mode="rows"))


def test_text_that_looks_like_a_formula_stays_text_in_the_report(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "ANNOTATED_CELLS", 0)
    import_id = desk.stage("company", [["Name", "Staff"], ['=HYPERLINK("http://x")', "many"]], mode="rows")

    page = written(desk, import_id, desk.run(import_id).apply()).worksheets[0]

    assert (page["A2"].value, page["A2"].data_type) == ('=HYPERLINK("http://x")', "s")
