"""Fixtures of the importers' tests: `desk`, where a user stages sheets, plans, checks, applies and undoes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from formloom.importers import plan, staging
from formloom.importers.options import Options
from formloom.importers.reader import read
from formloom.importers.run import ImportRun
from formloom.importers.tasks import context_of
from formloom.importers.verdict import Verdicts
from formloom.metadata.database import Database
from formloom.rbac import accounts
from formloom.runtime.asgi import extensions
from formloom.runtime.context import Context
from formloom.runtime.records import ListRequest, Records
from formloom.runtime.site import Site
from tests.prepared import copies_of, opened
from tests.runtime.world import Visitor, furnish, put, site_of

IMPORTING = {op: True for op in ("import", "export")}
LITTLE = {"any": [{"field": "income", "op": "is_empty"}, {"field": "income", "op": "lt", "value": "1000"}]}
MORE = (
    {
        "kind": "entity",
        "key": "visit",
        "label": {"zh": "拜访", "en": "Visit"},
        "title": "what",
        "fields": [
            {"key": "what", "type": "text", "label": "What", "required": True},
            {"key": "company", "type": "relation", "label": "Company", "target": "company"},
            {"key": "who", "type": "user", "label": "Who"},
            {"key": "team", "type": "department", "label": "Team"},
            {"key": "income", "type": "money", "label": "Income"},
            {"key": "day", "type": "date", "label": "Day"},
            {"key": "doubled", "type": "formula", "label": "Doubled", "formula": "income*2", "result": "money"},
        ],
    },
    {
        "kind": "grant",
        "key": "company.importing",
        "entity": "company",
        "label": "Importing sellers",
        "members": [{"role": "seller"}],
        "operations": IMPORTING,
        "fields": {"*": "none"},
    },
    {
        "kind": "grant",
        "key": "visit.seller",
        "entity": "visit",
        "label": "Sellers",
        "members": [{"role": "seller"}],
        "operations": {op: "own" for op in ("view", "edit", "delete")} | {"create": {"where": LITTLE}} | IMPORTING,
        "fields": {"*": "edit"},
    },
    {
        "kind": "grant",
        "key": "visit.clerk",
        "entity": "visit",
        "label": "Clerks",
        "members": [{"role": "clerk"}],
        "operations": {"view": "all", "create": True, "import": True},
        "fields": {"*": "edit"},
    },
)

Row = Sequence[object]


def furnish_for_imports(url: str) -> None:
    """The world of the run time's tests with what imports need besides."""
    furnish(url)
    with opened(url) as database:
        put(database, *MORE)


importing = copies_of(furnish_for_imports)
"""A database with that world and no rows."""


@pytest.fixture
def desk(importing: Database, tmp_path: Path) -> Desk:
    """The administrator's desk; `desk.of(login)` is another's."""
    return Desk(site_of(importing, tmp_path), tmp_path, "boss")


@pytest.fixture
def visitor(desk: Desk) -> Visitor:
    """A browser nobody has signed in with."""
    return Visitor(desk.site, extensions())


def workbook(path: Path, rows: Sequence[Row]) -> Path:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    book.save(path)
    return path


class Desk:
    """Where one user imports: everything as the wizard does it, in the foreground."""

    def __init__(self, site: Site, folder: Path, login: str) -> None:
        self.site, self.folder, self.login = site, folder, login
        self.database = site.database
        with self.database.reading() as conn:
            self.user = accounts.find(conn, login)

    def of(self, login: str) -> Desk:
        """Another user's desk."""
        return Desk(self.site, self.folder, login)

    def context(self, conn: sa.Connection) -> Context:
        """His Context."""
        return context_of(self.site, conn, self.user)

    def plan(self, entity: str, rows: Sequence[Row], **options: Any) -> plan.Plan:
        """The plan of a sheet."""
        path = workbook(self.folder / "sheet.xlsx", rows)
        with self.database.reading() as conn:
            return plan.build(self.context(conn), entity, read(path), Options.parse(options))

    def stage(self, entity: str, rows: Sequence[Row], **options: Any) -> int:
        """The id of a staged import."""
        digest = staging.keep_file(self.folder, workbook(self.folder / "sheet.xlsx", rows).read_bytes())
        with self.database.writing() as conn:
            return staging.stage(self.context(conn), entity, "sheet.xlsx", digest, Options.parse(options))

    def run(self, import_id: int, progress: Callable[[int, int], None] = lambda done, total: None) -> ImportRun:
        """A run of a staged import."""
        return ImportRun(self.database, self.record(import_id), self.context, self.database.writing, progress)

    def record(self, import_id: int) -> staging.Import:
        """The import as it is kept."""
        with self.database.reading() as conn:
            return staging.find(conn, import_id, None)

    def put(self, entity: str, rows: Sequence[Row], **options: Any) -> Verdicts:
        """Stage and apply."""
        return self.run(self.stage(entity, rows, **options)).apply()

    def add(self, entity: str, **values: Any) -> int:
        """A record made by hand."""
        with self.database.writing() as conn:
            return Records(self.context(conn)).create(entity, values)

    def change(self, entity: str, record_id: int, **values: Any) -> None:
        """A record changed by hand."""
        with self.database.writing() as conn:
            Records(self.context(conn)).update(entity, record_id, values)

    def rows(self, entity: str, *keys: str) -> list[tuple[Any, ...]]:
        """What he sees of an entity, in the order it was made."""
        with self.database.reading() as conn:
            ctx = self.context(conn)
            request = ListRequest.parse(ctx.access, entity, {"fields": ",".join(keys), "sort": "id"}, None)
            return [tuple(record[key] for key in keys) for record in Records(ctx).list(request).items]

    def everything(self, *but: str) -> dict[str, list[Any]]:
        """Every row of every table, but those of the tables named."""
        with self.database.reading() as conn:
            whole = sa.MetaData()
            whole.reflect(conn)
            tables = [table for name, table in whole.tables.items() if name not in but]
            return {table.name: sorted(map(repr, conn.execute(sa.select(table)))) for table in tables}
