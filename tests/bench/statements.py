"""How many statements the requests of the main screens run; BEGIN, COMMIT and savepoints are not counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from starlette.responses import Response

from formloom.metadata.database import Database
from formloom.runtime.http.call import Pairs
from tests.bench.stage import KINDS, SELLER, Stage, staged
from tests.bench.table import Line

LIST, RECORD, SAVE = 3, 2, 4
NO_STATEMENT = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are run meanwhile, by whatever connection."""
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(NO_STATEMENT):
            statements.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def of_request(database: Database, ask: Callable[[], Any]) -> Sequence[str]:
    """The statements of a request that is not the first of its kind."""
    ask()
    with counted(database) as statements:
        ask()
    return tuple(statements)


def measure(quick: bool) -> Iterator[Line]:
    """Lines for both databases."""
    for kind in KINDS:
        with staged(kind) as stage:
            stage.fill(2_000)
            for what, ask, limit in _requests(stage):
                count = len(of_request(stage.database, ask))
                yield Line(f"statements: {what}, {kind}", count, limit, "statements")


def _requests(stage: Stage) -> Iterator[tuple[str, Callable[[], Response], int]]:
    with stage.database.reading() as conn:
        catalog = stage.site.catalog(conn)
        table = catalog.table("account")
        mine = sa.select(table.c.id).join_from(table, sa.text("fl_user"), sa.text("fl_user.id = r_account.owner"))
        found = conn.execute(mine.where(sa.text(f"fl_user.login = '{SELLER}'"), table.c.deleted_at.is_(None)))
        record = next(iter(found.scalars()))
    sub_tables = len(catalog.children["account"])
    yield "list, JSON", stage.request("/api/v1/records/account", "count=capped"), LIST
    yield "list, page", stage.request("/e/account", "sort=-created_at"), LIST
    yield "record, JSON", stage.request(f"/api/v1/records/account/{record}"), RECORD + sub_tables
    yield "record, page", stage.request(f"/e/account/{record}"), RECORD + sub_tables
    yield "save, page", Saving(stage, record).by_page, SAVE
    yield "save, JSON", Saving(stage, record, prefer="return=minimal").by_api, SAVE
    yield "save, JSON, and the record read back", Saving(stage, record).by_api, SAVE + 1
    board = catalog.dashboards["home_sales"]
    yield f"dashboard of {len(board.widgets)} widgets", stage.request("/d/home_sales"), len(board.widgets) + 1


class Saving:
    """Saves one record again and again, another value each time."""

    def __init__(self, stage: Stage, record: int, prefer: str = "") -> None:
        self.stage, self.record, self.prefer = stage, record, prefer
        with stage.database.reading() as conn:
            table = stage.site.catalog(conn).table("account")
            self.rev = conn.scalar(sa.select(table.c.rev).where(table.c.id == record)) or 0

    def by_page(self) -> Response:
        """A section of the record's page sent as a form."""
        session = self.stage.session(SELLER)
        form = [("_csrf", session.csrf), ("_rev", str(self.rev)), ("short_name", f"S{self.rev}")]
        return self._next(f"/e/account/{self.record}", method="POST", form=Pairs(form))

    def by_api(self) -> Response:
        """A field by API."""
        body = {"short_name": f"S{self.rev}", "rev": self.rev}
        return self._next(f"/api/v1/records/account/{self.record}", method="PATCH", json=body, prefer=self.prefer)

    def _next(self, path: str, **more: Any) -> Response:
        answer = self.stage.request(path, **more)()
        self.rev += 1
        return answer
