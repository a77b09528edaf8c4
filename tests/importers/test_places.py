"""Workbooks of the field types that are more than a number, a text or a day: out, back in, and templates."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import openpyxl

from formloom.importers.workbook import write_template
from formloom.rbac import accounts
from tests.runtime.field_types.places import DUMPED, FIELDS, furnish

from .conftest import Desk
from .test_exports import exported

KEYS = [each["key"] for each in FIELDS]
PLAIN_REPORT = "<p>纪要</p><p>谈了 价格</p>"


def rows_of(page: Any) -> list[list[Any]]:
    """The cells of a sheet."""
    return [[cell.value for cell in row] for row in page.iter_rows()]


def test_what_an_export_wrote_an_import_reads(desk: Desk) -> None:
    furnish(desk.database)
    with desk.database.reading() as conn:
        team = [accounts.find(conn, login) for login in ("simon", "boss")]
    desk.add("outing", **{**DUMPED, "report": PLAIN_REPORT}, team=team)
    desk.add("outing", name="Empty")
    rows = rows_of(exported(desk, "outing", fields=",".join(KEYS), sort="id"))

    verdicts = desk.put("outing", rows)

    assert verdicts.refused == {}
    first, second, again, empty = desk.rows("outing", *KEYS)
    assert again == first
    assert empty == second


def test_an_export_shows_what_people_read(desk: Desk) -> None:
    furnish(desk.database)
    with desk.database.reading() as conn:
        team = [accounts.find(conn, login) for login in ("simon", "boss")]
    desk.add("outing", **DUMPED, team=team)

    head, row = rows_of(exported(desk, "outing", fields=",".join(KEYS)))

    told = dict(zip(KEYS, row, strict=True))
    assert len(head) == len(KEYS)
    assert told["region"] == "江苏省 苏州市 吴中区"
    assert told["place"] == "江苏省苏州市姑苏区观前街1号 215005"
    assert told["point"] == "31.2989, 120.5853"
    assert told["starts"].isoformat() == "14:30:00"
    assert told["spent"] == timedelta(seconds=5400)
    assert told["team"] in ("Simon, Boss", "Simon、Boss")
    assert told["report"] == "纪要\n谈了 价格"
    assert json.loads(told["extra"]) == DUMPED["extra"]
    assert told["stars"] == 4


def test_a_csv_tells_lengths_of_time_as_hours(desk: Desk) -> None:
    furnish(desk.database)
    desk.add("outing", name="long", spent=30 * 3600 + 61)

    rows = exported(desk, "outing", "out.csv", fields="name,spent,starts")

    assert rows[1] == ["long", "30:01:01", ""]


def test_sheets_as_people_write_them_come_in(desk: Desk) -> None:
    furnish(desk.database)
    head = ["Name", "Region", "Spent", "Stars", "Team", "Role", "Tags", "Color", "Place"]
    sheet = [
        head,
        ["x", "苏州吴中", "1小时半", "★★★", "Simon、boss", "Seller", "重点,展会", "红色", "上海中山路1号"],
    ]
    bad = ["y", "朝阳区", "soon", "9", "Nobody", "King", "x" * 50, "#12", "z"]

    verdicts = desk.put("outing", [*sheet, bad], mode="rows")

    ((name, region, spent, stars, team, role, tags, color, place),) = desk.rows("outing", *map(str.lower, head))
    assert (name, region, spent, stars, role) == ("x", "320506", 5400, 3, "seller")
    assert (len(team), tags, color, place.street) == (2, ("重点", "展会"), "#e5484d", "中山路1号")
    (errors,) = verdicts.refused.values()
    assert {error.field for error in errors} == {"region", "spent", "stars", "team", "role", "tags", "color"}


def test_a_template_offers_stars_and_roles_to_choose(desk: Desk) -> None:
    furnish(desk.database)
    target = desk.folder / "template.xlsx"
    with desk.database.reading() as conn:
        entity = desk.context(conn).catalog.entity("outing")
    write_template(target, entity=entity, fields=list(entity.fields.values()), lang="zh")

    book = openpyxl.load_workbook(target)

    assert len(book.worksheets[0].data_validations.dataValidation) == 2
