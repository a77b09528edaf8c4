"""The wizard's pages: each step shows where the import stands, and keeps what was decided."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from formloom.importers import staging
from formloom.metadata.wording import say
from tests.runtime.world import Visitor

from .conftest import Desk, Row, workbook
from .test_import_api import work

SHEET: list[Row] = [["Name", "Staff", "Founded"], ["a", 1, "2026.3.5"], ["b", "many", ""], ["c", "many", ""]]


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    """Her browser."""
    return visitor.sign_in("sally")


def uploaded(visitor: Visitor, tmp_path: Path, rows: list[Row] = SHEET, entity: str = "company") -> str:
    """The address of a new import."""
    body = workbook(tmp_path / "upload.xlsx", rows).read_bytes()
    answer = visitor.post("/imports", {"entity": entity}, files={"file": ("my sheet.xlsx", body)})
    assert answer.status_code in (302, 303), answer.text
    return str(answer.headers["location"])


def checked(visitor: Visitor, at: str, **decisions: Any) -> str:
    """The page after the check."""
    form = {"on_duplicate": "create", "mode": "all", "go": "check", **decisions}
    answer = visitor.post(f"{at}/match", form)
    assert answer.status_code in (302, 303), answer.text
    work(visitor)
    return visitor.get(at).text


def text_of(page: str) -> str:
    """What a page says."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_the_match_step_shows_what_cells_would_become(sally: Visitor, tmp_path: Path) -> None:
    page = sally.get(uploaded(sally, tmp_path)).text

    assert "my sheet.xlsx" in page
    assert '<span class="stored"><time datetime="2026-03-05"' in page
    assert "This is not a number." in page
    assert 'value="cost"' not in page
    assert 'value="rating"' not in page


def test_equal_refused_cells_are_mended_at_once(sally: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(sally, tmp_path)
    page = checked(sally, at)
    assert page.count('class="equal"') == 1
    assert "×2" in page

    answer = sally.post(f"{at}/fix", {"header": "Staff", "text": "many", "to": ""})
    assert answer.status_code in (302, 303)
    work(sally)
    page = sally.get(at).text
    assert 'class="equal"' not in page
    assert "Take back 1 corrections" in text_of(page)

    sally.post(f"{at}/start", {"mode": "all"})
    work(sally)
    assert desk.rows("company", "name", "staff") == [("a", 1), ("b", None), ("c", None)]


def test_single_cells_are_mended_and_corrections_taken_back(sally: Visitor, tmp_path: Path) -> None:
    at = uploaded(sally, tmp_path)
    checked(sally, at)

    sally.post(f"{at}/fix", {"fix:R3C2": "7", "was:R3C2": "many", "fix:R4C2": "many", "was:R4C2": "many"})
    work(sally)
    page = sally.get(at).text
    assert page.count('name="fix:') == 1
    assert 'name="fix:R4C2"' in page

    sally.post(f"{at}/fix", {"forget": "1"})
    work(sally)
    assert sally.get(at).text.count('name="fix:') == 2


def test_new_and_changed_rows_are_shown_as_they_will_be_stored(sally: Visitor, tmp_path: Path, desk: Desk) -> None:
    mine = desk.of("sally").add("company", name="old name", code="A", city="here")
    rows: list[Row] = [["Code", "Name", "City"], ["A", "new name", ""], ["B", "<b>new</b>", "x"], ["", "", "y"]]
    at = uploaded(sally, tmp_path, rows)
    checked(
        sally,
        at,
        on_duplicate="update",
        key="code",
        **{"map:Code": "code", "map:Name": "name", "map:City": "city"},
    )

    created, updated = sally.get(f"{at}?show=created").text, sally.get(f"{at}?show=updated").text

    assert "&lt;b&gt;new&lt;/b&gt;" in created
    assert "<del>old name</del> <ins>new name</ins>" in updated
    assert f'href="/e/company/{mine}"' in updated
    assert '<td class="">here</td>' in updated


def test_skipped_rows_say_why(sally: Visitor, tmp_path: Path, desk: Desk) -> None:
    desk.of("sally").add("company", name="a")
    at = uploaded(sally, tmp_path, [["Name"], ["a"]])
    page = checked(sally, at, on_duplicate="skip", key="name", **{"map:Name": "name"})

    assert say("import.skipped.duplicate", "en") in text_of(page)


def test_a_wrong_decision_is_said_where_it_was_made(sally: Visitor, tmp_path: Path) -> None:
    at = uploaded(sally, tmp_path)

    both = sally.post(f"{at}/match", {"map:Name": "city", "map:Staff": "city", "go": "check"})
    none = sally.post(f"{at}/match", {"header": "90", "header_was": "", "go": "again"})
    keyless = sally.post(f"{at}/match", {"on_duplicate": "skip", "go": "check"})

    assert [answer.status_code for answer in (both, none, keyless)] == [422] * 3
    assert "Two columns are matched" in both.text
    assert "no row 90" in none.text
    assert 'id="match-form"' in keyless.text
    assert sally.get(at).status_code == 200


def test_what_was_decided_is_remembered_for_the_next_file(sally: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(sally, tmp_path, [["Kunde", "Staff"], ["a", 1]])
    checked(sally, at, on_duplicate="skip", key="name", mode="rows", **{"map:Kunde": "name", "map:Staff": "-"})

    again = uploaded(sally, tmp_path, [["Kunde", "Staff", "City"], ["b", 2, "x"]])

    record = desk.record(int(again.rpartition("/")[2]))
    assert record.options.map == {"Kunde": "name", "Staff": None}
    assert (record.options.on_duplicate, record.options.key, record.options.mode) == ("skip", ("name",), "rows")


def test_a_file_that_cannot_be_read_is_said_on_the_first_page(sally: Visitor) -> None:
    answer = sally.post("/imports", {"entity": "company"}, files={"file": ("x.xls", b"\xd0\xcf\x11\xe0rest")})

    assert answer.status_code == 415
    assert 'class="drop-zone"' in answer.text


def test_imports_are_found_again(sally: Visitor, tmp_path: Path) -> None:
    at = uploaded(sally, tmp_path)
    checked(sally, at)

    for page in (sally.get("/imports").text, sally.get("/imports/new?entity=company").text):
        assert f'href="{at}"' in page
        assert "my sheet.xlsx" in page
    assert at not in sally.another().sign_in("boss").get("/imports").text


def test_while_it_runs_the_page_shows_how_far_it_is(sally: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(sally, tmp_path)
    sally.post(f"{at}/match", {"go": "check"})

    page = sally.get(at).text
    assert 'id="import-bar"' in page
    assert sally.get(f"{at}/progress").status_code == 200
    assert sally.post(f"{at}/match", {"go": "check"}).status_code == 409

    sally.post(f"{at}/stop")
    assert sally.get(f"{at}/progress").status_code == 204
    assert 'id="match-form"' in sally.get(at).text
    assert desk.record(int(at.rpartition("/")[2])).state == staging.CANCELLED


def test_the_end_shows_what_became_of_the_rows_and_the_way_back(
    sally: Visitor, tmp_path: Path, desk: Desk
) -> None:
    at = uploaded(sally, tmp_path)
    checked(sally, at)
    sally.post(f"{at}/start", {"mode": "rows"})
    work(sally)

    page = sally.get(at).text
    assert f'action="{at}/undo"' in page
    assert f'href="{at}/report.xlsx"' in page
    assert sally.get(f"{at}?step=match").text.count('id="match-form"') == 0

    sally.post(f"{at}/undo")
    work(sally)
    page = sally.get(at).text
    assert f'action="{at}/undo"' not in page
    assert desk.rows("company", "name") == []


def test_a_sheet_with_hidden_rows_asks_whether_to_take_them(sally: Visitor, tmp_path: Path) -> None:
    import openpyxl

    path = workbook(tmp_path / "upload.xlsx", SHEET)
    book = openpyxl.load_workbook(path)
    book.worksheets[0].row_dimensions[3].hidden = True
    book.worksheets[0].merge_cells("A3:A4")
    book.save(path)
    answer = sally.post("/imports", {"entity": "company"}, files={"file": ("h.xlsx", path.read_bytes())})
    at = str(answer.headers["location"])

    page = sally.get(at).text
    assert 'name="hidden_rows"' in page
    assert "merged" in page
    assert "2 rows" in text_of(page)
    sally.post(f"{at}/match", {"hidden_rows": "1", "go": "again"})
    assert "3 rows" in text_of(sally.get(f"{at}?step=match").text)
