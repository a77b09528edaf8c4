"""`formloom import`, `export` and `excel-template`, with their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from formloom.runtime.cli import main

from .conftest import Desk, Row, workbook

SHEET: list[Row] = [["Name", "Staff"], ["a", 1], ["b", "many"]]


@pytest.fixture
def shell(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk, with the commands set to its database."""
    monkeypatch.setenv("FORMLOOM_DATABASE_URL", desk.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.chdir(tmp_path)
    return desk


@pytest.mark.parametrize(
    ("more", "code", "names", "said"),
    [
        ([], 3, [], "so nothing was written"),
        (["--mode", "rows"], 3, ["a"], "1 new"),
        (["--dry-run"], 3, [], "Nothing was written"),
        (["--map", "map.json"], 0, ["a", "b"], "2 new"),
        (["--as", "sally", "--mode", "rows"], 3, ["a"], "1 new"),
    ],
)
def test_importing_ends_with_0_when_all_is_in_and_3_when_some_is_not(
    shell: Desk, capsys: pytest.CaptureFixture[str], more: list[str], code: int, names: list[str], said: str
) -> None:
    path = workbook(Path("s.xlsx"), SHEET)
    Path("map.json").write_text(json.dumps({"Staff": None}), encoding="utf-8")

    assert main(["import", str(path), "--entity", "company", *more]) == code

    assert [name for (name,) in shell.rows("company", "name")] == names
    printed = capsys.readouterr().out
    assert said.lower() in printed.lower()
    assert ("row 3" in printed.lower()) is (code == 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.xlsx", "--entity", "company"], "gone.xlsx"),
        (["s.xlsx"], "--entity"),
        (["s.xlsx", "--entity", "nothing"], ""),
        (["s.xlsx", "--entity", "company", "--on-duplicate", "update"], ""),
        (["s.xlsx", "--entity", "company", "--map", "no.json"], "no.json"),
        (["s.xlsx", "--entity", "company", "--header", "50"], "row 50"),
        (["s.xlsx", "--entity", "company", "--sheet", "Other"], "Other"),
        (["old.xls", "--entity", "company"], ".xlsx"),
        (["s.xlsx", "--entity", "company", "--as", "nobody"], ""),
        (["s.xlsx", "--entity", "company", "--as", "clara"], ""),
        (["undo", "77"], ""),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_a_sentence(
    shell: Desk, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    workbook(Path("s.xlsx"), SHEET)
    Path("old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

    assert main(["import", *arguments]) == 2

    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert printed.err.strip()
    assert shell.rows("company", "name") == []


def test_the_report_is_written_where_it_is_wanted(shell: Desk) -> None:
    path = workbook(Path("s.xlsx"), SHEET)

    assert main(["import", str(path), "--entity", "company", "--report", "report.xlsx"]) == 3

    page = openpyxl.load_workbook("report.xlsx").worksheets[0]
    assert page["C3"].value.startswith("Staff: ")


def test_an_import_is_taken_back_by_its_number(shell: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    path = workbook(Path("s.xlsx"), [["Name"], ["a"]])
    assert main(["import", str(path), "--entity", "company"]) == 0
    assert shell.rows("company", "name") == [("a",)]

    assert main(["import", "undo", "1"]) == 0
    assert shell.rows("company", "name") == []
    assert "1" in capsys.readouterr().out
    assert main(["import", "undo", "1"]) == 2


def test_an_update_by_key_leaves_what_the_sheet_does_not_say(shell: Desk) -> None:
    shell.add("company", name="old", code="A", city="here")
    path = workbook(Path("s.xlsx"), [["Code", "Name", "City"], ["A", "new", ""]])

    assert main(["import", str(path), "--entity", "company", "--on-duplicate", "update", "--key", "code"]) == 0

    assert shell.rows("company", "name", "city") == [("new", "here")]


@pytest.mark.parametrize("login", [None, "sally"])
def test_exporting_writes_a_workbook(shell: Desk, login: str | None) -> None:
    shell.add("company", name="boss's")
    shell.of("sally").add("company", name="hers")
    person = ["--as", login] if login else []

    assert main(["export", "company", "out.xlsx", "--fields", "name", *person]) == 0

    names = [row[0].value for row in openpyxl.load_workbook("out.xlsx").worksheets[0].iter_rows(min_row=2)]
    assert sorted(names) == (["hers"] if login else ["boss's", "hers"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing", "out.xlsx"],
        ["company", "out.xlsx", "--fields", "no_such"],
        ["company", "out.xlsx", "--filter", "{"],
        ["company", "out.xlsx", "--fields", "cost", "--as", "sally"],
        ["company", "nowhere/out.xlsx"],
    ],
)
def test_an_export_that_cannot_be_ends_with_2(
    shell: Desk, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["export", *arguments]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not Path("out.xlsx").exists()


def test_a_blank_workbook_is_written(shell: Desk) -> None:
    assert main(["excel-template", "company", "blank.xlsx"]) == 0

    assert openpyxl.load_workbook("blank.xlsx").worksheets[0]["A1"].value == "Name*"
    assert main(["excel-template", "nothing", "blank.xlsx"]) == 2
