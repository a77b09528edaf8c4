"""Making an application that is killed again and again: each stage is whole or not there, and it gets done."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from formloom.importers import staging
from formloom.importers.application import keeping, working
from formloom.importers.application.making import Making
from formloom.importers.tasks import context_of
from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.doctor import doctor
from formloom.rbac import accounts
from tests.faults.killing import killed_at
from tests.importers.application.conftest import SHOP, shop_book
from tests.importers.conftest import importing
from tests.runtime.world import site_of

__all__ = ["importing"]

STEP = 12
"""Statements between one kill and the next."""

ROWS = {name: len(rows) - 1 for name, rows in SHOP.items()}


def test_an_application_is_made_in_stages_each_whole_or_not_there(importing: Database, tmp_path: Path) -> None:
    number, boss = read(importing, tmp_path)
    address = importing.url.render_as_string(hide_password=False)

    def make(database: Database) -> None:
        site = site_of(database, tmp_path)
        with database.reading() as conn:
            found = keeping.find(conn, number, None)
        if found.state != keeping.DONE:
            Making(
                database,
                found,
                lambda conn: context_of(site, conn, boss),
                database.writing,
                lambda done, total, sheet: None,
            ).run()

    statement, stages = STEP, set()
    while killed_at(statement, address, make):
        stages.add(standing(importing, number))
        assert doctor(importing) == [], f"killed at statement {statement}"
        statement += STEP
        assert statement < 100 * STEP, "it was never done"

    assert standing(importing, number) == (True, *ROWS.values())
    assert len(stages) > 1
    with importing.reading() as conn:
        found = keeping.find(conn, number, None)
        made = [each for each in changesets.history(conn, 50) if each.note == found.note]
    assert (found.state, len(made)) == (keeping.DONE, 1)


def read(database: Database, folder: Path) -> tuple[int, int]:
    """(application, its owner), after its workbook was read and the one odd cell left out."""
    site = site_of(database, folder)
    book = {name: [row for row in rows if "待定" not in row] for name, rows in SHOP.items()}
    ROWS.update({name: len(rows) - 1 for name, rows in book.items()})
    with database.writing() as conn:
        boss = accounts.find(conn, "boss")
        ctx = context_of(site, conn, boss)
        digest = staging.keep_file(ctx.settings.data_dir, shop_book(folder / "shops.xlsx", book).read_bytes())
        number = keeping.keep(ctx, "shops.xlsx", digest)
        found = keeping.find(conn, number, None)
        keeping.change(conn, number, state=keeping.MAKING, proposal=working.read_now(ctx, found))
    return number, boss


def standing(database: Database, number: int) -> tuple[bool | int, ...]:
    """(whether its tables are there, how many rows each has); a table of some of its rows fails."""
    with database.reading() as conn:
        proposal = keeping.find(conn, number, None).ready()
        there = set(sa.inspect(conn).get_table_names())
        tables = {sheet.name: f"r_{sheet.key}" for sheet in proposal.sheets}
        made = {name for name, table in tables.items() if table in there}
        assert made in (set(), set(tables)), made
        counts = {
            name: conn.scalar(sa.text(f"SELECT count(*) FROM {table}")) if made else 0
            for name, table in tables.items()
        }
    assert all(count in (0, ROWS[name]) for name, count in counts.items()), counts
    return (bool(made), *(int(counts[name] or 0) for name in ROWS))
