"""The screens: what is proposed can be corrected live, nothing is lost, and what is made can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.importers.application import keeping
from formloom.importers.application.proposal import Proposal
from formloom.metadata import changesets, store
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from tests.importers.application.conftest import SHOP, uploaded, work
from tests.importers.conftest import Desk
from tests.importers.test_wizard import text_of
from tests.runtime.world import Visitor


def change(visitor: Visitor, at: str, sheet: str, column: int | None, name: str, value: str, **more: Any) -> Any:
    """One control changes."""
    given = {"sheet": sheet, "name": name, "value": value, "show": "row", **more}
    return visitor.post(f"{at}/change", given if column is None else {**given, "column": str(column)})


def kept(database: Database) -> Proposal:
    """The proposal as it is kept."""
    with database.reading() as conn:
        return keeping.find(conn, 1, None).ready()


def test_the_review_shows_types_evidence_and_relations(boss: Visitor, tmp_path: Path) -> None:
    at = uploaded(boss, tmp_path)
    page = text_of(boss.get(f"{at}?sheet=Sales").text)

    assert "29 of 30 cells fit “Date”; 1 do not." in page
    assert "30 of 30 values are found in “shop name” of “Shops”." in page
    assert "2 forms · 38 rows · 1 relations" in page
    assert "1 do not fit" in page


def test_each_change_is_kept_and_shows_what_it_changes(boss: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(boss, tmp_path)

    answer = change(boss, at, "Sales", 3, "type", "text")
    assert answer.status_code == 200
    assert 'id="c3"' in answer.text
    assert 'id="app-bar"' in answer.text
    change(boss, at, "Sales", 3, "label", "Turnover")
    change(boss, at, "Sales", None, "label", "Receipts")
    change(boss, at, "Sales", 2, "misfits", "empty")
    sales = kept(desk.database).sheet("Sales")
    assert sales is not None
    assert sales.label["en"] == "Receipts"
    assert [(c.type, c.label["en"]) for c in sales.columns][3] == ("text", "Turnover")
    assert sales.problems == 0
    assert 'value="Turnover"' in boss.get(f"{at}?sheet=Sales").text


@pytest.mark.parametrize(
    ("column", "name", "value"),
    [(3, "type", "nothing"), (3, "key", "Not A Key"), (3, "label", " "), (9, "type", "text"), (3, "owner", "x")],
)
def test_a_change_that_cannot_be_is_said_and_not_kept(
    boss: Visitor, tmp_path: Path, desk: Desk, column: int, name: str, value: str
) -> None:
    at = uploaded(boss, tmp_path)
    before = kept(desk.database)

    answer = change(boss, at, "Sales", column, name, value)
    assert answer.status_code == 200
    assert "notice-bad" in answer.text
    assert kept(desk.database) == before


def test_types_are_judged_by_all_cells(boss: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(boss, tmp_path)
    answer = change(boss, at, "Sales", 1, "type", "integer")

    assert "30 do not fit" in text_of(answer.text)
    more = text_of(boss.get(f"{at}/more?sheet=Sales&column=1").text)
    assert "Shop 1" in more
    assert "This is not a number." in more
    change(boss, at, "Sales", 1, "type", "select")
    sales = kept(desk.database).sheet("Sales")
    assert sales is not None
    assert len(sales.columns[1].options) == 8


def made(boss: Visitor, at: str, **decisions: Any) -> str:
    """The page after it was made."""
    answer = boss.post(f"{at}/make", {"mode": "all", "menu": "1", "label": "Shops", **decisions})
    work(boss)
    return answer.text if answer.status_code == 200 else boss.get(at).text


def test_nothing_is_made_while_cells_would_be_refused(boss: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(boss, tmp_path)
    page = text_of(made(boss, at))

    assert "1 to decide first" in page
    assert "Sales · Day · 1 cells do not fit the type" in page.replace("day", "Day")
    with desk.database.reading() as conn:
        assert "shop" not in store.catalog_for(conn).entities


def test_what_was_made_is_used_by_the_chosen_role_and_taken_back(
    boss: Visitor, tmp_path: Path, desk: Desk
) -> None:
    before = desk.everything("fl_job", "fl_session", "fl_import", "fl_application", "fl_changeset", "fl_state")
    at = uploaded(boss, tmp_path)
    change(boss, at, "Sales", 2, "misfits", "empty")
    page = text_of(made(boss, at, **{"grant:seller": "edit"}))

    assert "Made" in page
    assert "30" in page
    sally = boss.another().sign_in("sally")
    assert "Shop 3" in sally.get("/e/shop").text
    assert sally.get("/e/sale").status_code == 200
    with desk.database.reading() as conn:
        tables = store.catalog_for(conn).tables
        shop, sale = tables["shop"], tables["sale"]
        query = sa.select(shop.c.shop_name).where(sale.c.shop == shop.c.id, sale.c.sale_no == "V9")
        assert conn.scalar(query) == "Shop 2"

    boss.post(f"{at}/undo", {})
    work(boss)
    assert "Taken back" in text_of(boss.get(at).text)
    assert sally.get("/e/shop").status_code == 404
    assert boss.get("/imports").status_code == 200
    with desk.database.reading() as conn:
        catalog = store.catalog_for(conn)
        assert set(catalog.entities) == {"company", "deal", "deal_line", "vault", "visit"}
    after = desk.everything("fl_job", "fl_session", "fl_import", "fl_application", "fl_changeset", "fl_state")
    assert {name for name in before if before[name] != after[name]} <= {"fl_change", "fl_shadow", "fl_rule"}


def test_refused_rows_leave_nothing_behind(boss: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(boss, tmp_path)
    change(boss, at, "Sales", 2, "misfits", "empty")
    # What only the rows themselves tell when they are written: a relation to a name that two shops share.
    change(boss, at, "Shops", 0, "unique", "0")
    change(boss, at, "Sales", 1, "target", "entity:company")
    page = text_of(made(boss, at))

    assert "30 cells do not fit the type" in page
    with desk.database.reading() as conn:
        assert "sale" not in store.catalog_for(conn).entities
        assert len(changesets.history(conn)) == 2


def test_a_sheet_goes_into_an_entity_that_exists(boss: Visitor, tmp_path: Path, desk: Desk) -> None:
    desk.add("company", name="before")
    firms = {"Firms": [["Name", "Staff"], ["a", 1], ["b", 2], ["c", 3]], **SHOP}
    at = uploaded(boss, tmp_path, firms)
    change(boss, at, "Firms", None, "into", "company", show="panel")
    change(boss, at, "Sales", 2, "misfits", "empty")
    made(boss, at)

    assert desk.rows("company", "name", "staff") == [("before", None), ("a", 1), ("b", 2), ("c", 3)]
    boss.post(f"{at}/undo", {})
    work(boss)
    assert desk.rows("company", "name", "staff") == [("before", None)]


def test_another_header_row_reads_the_sheet_again(boss: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(boss, tmp_path, {"S": [["x", "y"], ["Name", "Day"], ["a", "2026-01-01"], ["b", "2026-01-02"]]})
    change(boss, at, "S", None, "header", "2", show="panel")

    sheet = kept(desk.database).sheets[0]
    assert [column.header for column in sheet.columns] == ["Name", "Day"]
    assert (sheet.rows, sheet.columns[1].type) == (2, "date")
    assert "notice-bad" in change(boss, at, "S", None, "header", "4", show="panel").text


def test_later_changes_keep_an_application_from_being_taken_back(
    boss: Visitor, tmp_path: Path, desk: Desk
) -> None:
    at = uploaded(boss, tmp_path)
    change(boss, at, "Sales", 2, "misfits", "empty")
    made(boss, at)
    list_of = {"kind": "list", "key": "shop.mine", "entity": "shop", "label": "Mine", "columns": ["shop_name"]}
    changesets.apply(desk.database, [Edit.put(list_of)], "test")
    boss.post(f"{at}/undo", {})
    work(boss)

    assert "Made" in text_of(boss.get(at).text)
    assert "notice-bad" in boss.get(at).text
    assert boss.get("/e/shop").status_code == 200


@pytest.mark.parametrize("login", ["sally", "clara"])
def test_only_administrators_make_applications(visitor: Visitor, tmp_path: Path, login: str) -> None:
    at = uploaded(visitor.sign_in("boss"), tmp_path)
    other = visitor.another().sign_in(login)

    for path in ("/imports/new-app", at, f"{at}?step=make", f"{at}/more?sheet=Sales&column=1", f"{at}/progress"):
        assert other.get(path).status_code == 403, path
    for action in ("change", "make", "undo", "stop", "drop", "reopen"):
        assert other.post(f"{at}/{action}", {}).status_code == 403, action


def test_a_file_that_cannot_be_read_says_why_and_can_be_put_aside(boss: Visitor) -> None:
    answer = boss.post("/imports/new-app", {}, files={"file": ("x.xlsx", b"%PDF-1.7")})
    at = str(answer.headers["location"])
    work(boss)

    assert "Only workbooks" in text_of(boss.get(at).text)
    boss.post(f"{at}/drop", {})
    assert boss.get(at).status_code == 404


def test_the_api_reads_corrects_makes_and_takes_back(boss: Visitor, tmp_path: Path, desk: Desk) -> None:
    at = uploaded(boss, tmp_path)
    number = at.rsplit("/", 1)[1]
    found = boss.api("GET", f"/applications/{number}").json()
    assert (found["state"], len(found["problems"])) == ("open", 1)

    fix = {"changes": [{"sheet": "Sales", "column": 2, "set": {"misfits": "empty"}}]}
    found = boss.api("PATCH", f"/applications/{number}", json=fix).json()
    assert found["problems"] == []
    assert boss.api("PATCH", f"/applications/{number}", json={"changes": [{"set": {"x": 1}}]}).status_code == 422
    assert boss.api("POST", f"/applications/{number}/make").status_code == 202
    work(boss)
    found = boss.api("GET", f"/applications/{number}").json()
    assert found["state"] == "done"
    assert found["made"]["Sales"]["counts"]["written"] == 30
    assert boss.api("POST", f"/applications/{number}/undo").status_code == 202
    work(boss)
    assert boss.api("GET", f"/applications/{number}").json()["state"] == "undone"
    assert boss.api("POST", f"/applications/{number}/make").status_code == 409
    del desk
