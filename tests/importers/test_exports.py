"""Exports: what leaves in a file is what its maker may take out, as text where it is text, whole or not at all."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from formloom.importers.exporting import export, request_of
from formloom.importers.reader import read
from formloom.importers.workbook import CELL_CHARACTERS, ExportRefused, sheet_name, write_export
from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import UnknownField
from formloom.metadata.model import Field
from tests.runtime.world import Visitor

from .conftest import MORE, Desk
from .test_import_api import work

LIVE = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "＝1", "=cmd|' /C calc'!A0", "plain", "-5 units"]


def exported(desk: Desk, entity: str, name: str = "out.xlsx", **params: str) -> Any:
    """The file of an export: a worksheet, or the rows of a CSV file."""
    target = desk.folder / name
    with desk.database.reading() as conn:
        ctx = desk.context(conn)
        export(ctx, request_of(ctx, entity, params), target)
    if target.suffix == ".csv":
        return list(csv.reader(io.StringIO(target.read_text("utf-8-sig"), newline="")))
    return openpyxl.load_workbook(target).worksheets[0]


def test_text_never_becomes_a_formula_in_a_workbook(desk: Desk) -> None:
    for text in LIVE:
        desk.add("company", name=text)

    page = exported(desk, "company", fields="name", sort="id")

    cells = [page.cell(row, 1) for row in range(2, 2 + len(LIVE))]
    assert [cell.value for cell in cells] == [text.strip() for text in LIVE]
    assert {cell.data_type for cell in cells} == {"s"}


def test_csv_guards_text_and_leaves_numbers(desk: Desk) -> None:
    for text in LIVE:
        desk.add("company", name=text, staff=-5, credit="-1.50")

    rows = exported(desk, "company", "out.csv", fields="name,staff,credit", sort="id")

    guarded = [row[0] for row in rows[1:]]
    assert all(text[0] == "'" for text in guarded if text != "plain" and text.strip("'")[0] in "=+-@＝")
    assert {tuple(row[1:]) for row in rows[1:]} == {("-5", "-1.5")}


def test_values_keep_their_kind_in_a_workbook(desk: Desk) -> None:
    desk.add(
        "company",
        name="a",
        staff=7,
        credit="1234.50",
        founded=date(2026, 3, 5),
        seen=datetime(2026, 3, 5, 6, 30, tzinfo=UTC),
        active=True,
        grade="a",
    )

    page = exported(desk, "company", fields="name,staff,credit,founded,seen,active,grade")

    row = [cell.value for cell in page[2]]
    assert row[:5] == ["a", 7, 1234.5, datetime(2026, 3, 5), datetime(2026, 3, 5, 14, 30)]
    assert row[6] == "A"


def test_what_is_exported_is_imported_as_the_same(desk: Desk) -> None:
    desk.add("company", name="=a", code="007", staff=7, credit="1234.50", founded=date(1999, 12, 31), grade="b")
    desk.add("company", name="12", code="1E5", notes="two\nlines", active=False)
    keys = ("name", "code", "staff", "credit", "founded", "grade", "notes", "active")
    before = desk.rows("company", *keys)
    page = exported(desk, "company", fields=",".join(keys), sort="id")
    rows = read(desk.folder / "out.xlsx").rows
    assert page.max_row == len(rows) == 3

    desk.put("company", rows, on_duplicate="update", key=["code"])

    assert desk.rows("company", *keys) == before


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv"])
def test_hidden_columns_are_left_out_and_unknown_when_asked_for(desk: Desk, name: str) -> None:
    desk.of("sally").add("company", name="hers")
    seller = desk.of("sally")

    page = exported(seller, "company", name)

    header = page[0] if name.endswith("csv") else [cell.value for cell in page[1]]
    assert "Name" in header
    assert "Cost" not in header
    answers = []
    for field in ("cost", "no_such"):
        with pytest.raises(UnknownField) as caught:
            exported(seller, "company", name, fields=f"name,{field}")
        answers.append(caught.value.message("en").replace(field, "FIELD"))
    assert answers[0] == answers[1]


def test_less_may_be_exported_than_seen(desk: Desk) -> None:
    grant = next(each for each in MORE if each["key"] == "visit.clerk")
    operations = {**grant["operations"], "export": {"where": {"field": "income", "op": "lt", "value": "100"}}}
    changesets.apply(desk.database, [Edit.put({**grant, "operations": operations})], actor="test")
    for income in (10, 500):
        desk.add("visit", what=str(income), income=income)
    clerk = desk.of("clara")

    assert clerk.rows("visit", "what") == [("10",), ("500",)]
    assert [row[0] for row in exported(clerk, "visit", "out.csv", fields="what")] == ["What", "10"]


@pytest.mark.parametrize(("length", "fits"), [(CELL_CHARACTERS, True), (CELL_CHARACTERS + 1, False)])
def test_text_longer_than_a_cell_is_refused_never_cut(length: int, fits: bool) -> None:
    target = io.BytesIO()
    notes = Field("company", "notes", "textarea", "Notes")

    def write() -> int:
        return write_export(target, title="x", fields=[notes], headers=["Notes"], rows=[["short"], ["x" * length]])

    if fits:
        assert write() == 2
        assert len(openpyxl.load_workbook(target).worksheets[0]["A3"].value) == length
    else:
        with pytest.raises(ExportRefused) as caught:
            write()
        assert (caught.value.code, caught.value.data["row"]) == ("export.too_long", 3)


def test_sheet_names_are_what_excel_allows() -> None:
    assert sheet_name("a/b?*[c]:'" + "x" * 40) == "a b   c   " + "x" * 21
    assert sheet_name("[]") == "Sheet1"


def asked(visitor: Visitor, **request: Any) -> int:
    """The id of an export that is done."""
    answer = visitor.api("POST", "/exports", {"entity": "company", **request})
    assert answer.status_code == 202
    work(visitor)
    return int(answer.json()["id"])


def test_an_export_is_only_for_its_maker(visitor: Visitor, desk: Desk) -> None:
    desk.of("sally").add("company", name="hers")
    desk.add("company", name="not hers")
    visitor.sign_in("sally")
    number = asked(visitor, fields="name", format="csv")
    boss = visitor.another().sign_in("boss")

    file = visitor.api("GET", f"/exports/{number}/file")
    assert file.text.splitlines() == ["\ufeffName", "hers"]
    assert file.headers["cache-control"] == "no-store"
    assert visitor.api("GET", f"/exports/{number}").json()["result"] == {"rows": 1}
    for path in (f"/exports/{number}", f"/exports/{number}/file"):
        assert boss.api("GET", path).status_code == 404


def test_a_file_dies_with_the_rights_it_was_made_under(visitor: Visitor, desk: Desk) -> None:
    visitor.sign_in("sally")
    number = asked(visitor)
    assert visitor.api("GET", f"/exports/{number}/file").status_code == 200

    changesets.apply(desk.database, [Edit.put({**MORE[0], "label": "Visits"})], actor="test")
    assert visitor.api("GET", f"/exports/{number}/file").json()["code"] == "export.outdated"

    changesets.apply(desk.database, [Edit("delete", "grant", "company.importing")], actor="test")
    assert visitor.api("GET", f"/exports/{number}/file").status_code == 403
    assert visitor.api("POST", "/exports", {"entity": "company"}).status_code == 403


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({}, 422),
        ({"entity": "vault"}, 404),
        ({"entity": "deal"}, 403),
        ({"entity": "company", "fields": "cost"}, 422),
        ({"entity": "company", "filter": {"field": "cost", "op": "gt", "value": "1"}}, 422),
        ({"entity": "company", "sort": "cost"}, 422),
        ({"entity": "company", "format": "pdf"}, 422),
        ({"entity": "company", "colour": "red"}, 422),
    ],
)
def test_exports_that_may_not_be_are_refused(visitor: Visitor, request_: dict[str, Any], status: int) -> None:
    assert visitor.sign_in("sally").api("POST", "/exports", request_).status_code == status


def test_a_failed_export_leaves_no_file(visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formloom.importers.workbook.CELL_CHARACTERS", 5)
    desk.add("company", name="a", notes="x" * 6)
    visitor.sign_in("boss")

    number = asked(visitor, fields="notes")

    assert visitor.api("GET", f"/exports/{number}").json()["state"] == "failed"
    assert visitor.api("GET", f"/exports/{number}/file").status_code == 404
    assert list((desk.folder / "exports").iterdir()) == []


def template(visitor: Visitor, entity: str = "visit") -> Any:
    """A blank workbook."""
    answer = visitor.api("GET", f"/excel-templates/{entity}")
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def test_a_blank_workbook_says_what_is_wanted(visitor: Visitor) -> None:
    book = template(visitor.sign_in("sally"), "company")

    page = book.worksheets[0]
    headers = [cell.value for cell in page[1]]
    assert headers[0] == "Name*"
    assert "Cost" not in headers
    assert "Rating" not in headers
    assert "Required." in page["A1"].comment.text
    rules = {str(rule.sqref): rule.formula1 for rule in page.data_validations.dataValidation}
    grade = openpyxl.utils.get_column_letter(headers.index("Grade") + 1)
    assert rules[f"{grade}2:{grade}2001"] == '"A,B"'


def test_long_lists_of_choices_go_to_a_sheet_of_their_own(visitor: Visitor, desk: Desk) -> None:
    options = [{"key": f"o{n}", "label": f"A rather long option, number {n}"} for n in range(40)]
    document = {"kind": "option_set", "key": "grade", "label": "Grade", "options": options}
    changesets.apply(desk.database, [Edit.put(document)], actor="test")

    book = template(visitor.sign_in("sally"), "company")

    hidden = next(page for page in book.worksheets if page.sheet_state == "hidden")
    assert [cell.value for cell in hidden["A"]] == [option["label"] for option in options]
    rules = [rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation]
    assert any(hidden.title in rule and "$40" in rule for rule in rules)


def test_a_blank_workbook_filled_in_is_imported(visitor: Visitor, desk: Desk) -> None:
    book = template(visitor.sign_in("sally"), "company")
    page = book.worksheets[0]
    page["A2"] = "filled in"
    rows = [[cell.value for cell in row] for row in page.iter_rows(max_row=2)]

    planned = desk.of("sally").plan("company", rows)

    assert planned.columns.values["name"] == ["filled in"]
    assert len(planned.sources) == len(rows[0])


@pytest.mark.parametrize(("login", "entity", "status"), [("clara", "company", 403), ("sally", "vault", 404)])
def test_only_who_may_import_gets_a_blank_workbook(visitor: Visitor, login: str, entity: str, status: int) -> None:
    assert visitor.sign_in(login).api("GET", f"/excel-templates/{entity}").status_code == status


def test_money_is_never_rounded_on_its_way_out(desk: Desk) -> None:
    desk.add("company", name="a", credit="1234567890123.45")

    assert Decimal(str(exported(desk, "company", fields="credit")["A2"].value)) == Decimal("1234567890123.45")
