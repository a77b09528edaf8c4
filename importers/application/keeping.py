"""Proposals as they are kept: the file, what was proposed and corrected, what was made of it.

The facts about the columns lie in files beside the workbook, under its hash: they follow from it and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata import system_tables
from formloom.metadata.columns import UtcDateTime, identifier, plain_text
from formloom.metadata.errors import NotFound
from formloom.metadata.wording import LANGUAGES

from ..refusal import FileRefused
from ..staging import file_path, proven
from .facts import Facts, load
from .proposal import Column, Proposal, Sheet
from .proposing import facts_file

if TYPE_CHECKING:
    from formloom.metadata.errors import FormloomError
    from formloom.runtime.context import Context

metadata = sa.MetaData()

applications = sa.Table(
    "fl_application",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("actor", identifier()),
    sa.Column("file_name", plain_text(), nullable=False),
    sa.Column("file_hash", plain_text(), nullable=False),
    sa.Column("state", plain_text(), nullable=False),
    sa.Column("proposal", sa.Text),
    sa.Column("job", identifier()),
    sa.Column("changeset", identifier()),
    sa.Column("made", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sqlite_autoincrement=True,
)
system_tables.register(metadata)

READING, OPEN, MAKING, DONE, FAILED, UNDONE, DROPPED = (
    "reading",
    "open",
    "making",
    "done",
    "failed",
    "undone",
    "dropped",
)


@dataclass(frozen=True)
class Application:
    """One workbook on its way. `made` holds the import of each sheet and what became of its rows."""

    id: int
    actor: int | None
    file_name: str
    file_hash: str
    state: str
    job: int | None
    changeset: int | None
    made: Mapping[str, Any]
    error: Mapping[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    proposal: Proposal | None = None

    @property
    def note(self) -> str:
        """What the log of changesets says of it, by which it is found again."""
        return f"{self.file_name} (#{self.id})"

    def ready(self) -> Proposal:
        """The proposal. Raises NotFound before there is one."""
        if self.proposal is None:
            raise NotFound()
        return self.proposal


def keep(ctx: Context, file_name: str, digest: str) -> int:
    """The id of a new application whose workbook has yet to be read."""
    values = {
        "actor": ctx.actor.id,
        "file_name": Path(file_name.replace("\\", "/")).name[:200] or "workbook",
        "file_hash": digest,
        "state": READING,
        "created_at": ctx.now,
    }
    query = sa.insert(applications).values(**values).returning(applications.c.id)
    return int(ctx.conn.execute(query).scalar_one())


def find(conn: Connection, application: int, actor: int | None, *, hold: bool = False) -> Application:
    """The application, if it is this actor's. With `hold` nobody else changes it meanwhile. Raises NotFound."""
    query = sa.select(applications).where(applications.c.id == application)
    row = conn.execute(query.with_for_update() if hold else query).mappings().first()
    if row is None or row["state"] == DROPPED or (actor is not None and row["actor"] != actor):
        raise NotFound()
    return _read(row)


def recent(conn: Connection, actor: int, limit: int = 10) -> list[Application]:
    """The actor's newest applications, without their proposals."""
    columns = [column for column in applications.c if column.name != "proposal"]
    wanted = sa.and_(applications.c.actor == actor, applications.c.state != DROPPED)
    query = sa.select(*columns).where(wanted).order_by(applications.c.id.desc()).limit(limit)
    return [_read(row) for row in conn.execute(query).mappings()]


def _read(row: sa.RowMapping) -> Application:
    kept = row.get("proposal")
    given = {name: row[name] for name in row if name not in ("proposal", "made", "error")}
    return Application(
        **given,
        made=json.loads(row["made"] or "{}"),
        error=json.loads(row["error"]) if row["error"] else None,
        proposal=Proposal.load(json.loads(kept)) if kept else None,
    )


def change(conn: Connection, application: int, **values: Any) -> None:
    """Store new values; JSON is written from objects."""
    for name in ("proposal", "made", "error"):
        if values.get(name) is not None:
            value = values[name].dump() if isinstance(values[name], Proposal) else values[name]
            values[name] = json.dumps(value, ensure_ascii=False)
    conn.execute(sa.update(applications).where(applications.c.id == application).values(**values))


def move(conn: Connection, found: Application, to: str, **values: Any) -> bool:
    """Change the state, if the application is still as `found` has it; False when somebody was faster."""
    unchanged = sa.and_(applications.c.state == found.state, applications.c.job.is_not_distinct_from(found.job))
    query = sa.update(applications).where(applications.c.id == found.id, unchanged)
    return conn.execute(query.values(state=to, **values)).rowcount == 1


def described(error: FormloomError) -> dict[str, Any]:
    """An error as it is kept: its code, and its sentence and findings in every language."""
    findings = getattr(error, "findings", ())
    return {
        "code": error.code,
        "message": {lang: error.message(lang) for lang in LANGUAGES},
        "findings": {lang: [finding.line(lang) for finding in findings][:50] for lang in LANGUAGES},
    }


def workbook(data_dir: Path, found: Application) -> Path:
    """The application's file, proven to be the one uploaded. Raises FileRefused."""
    return proven(data_dir, found.file_hash)


def facts_folder(data_dir: Path, digest: str) -> Path:
    """Where the facts about a workbook's columns lie."""
    return file_path(data_dir, digest).with_suffix(".facts")


class FactsOf:
    """Reads the facts of columns of one application, each once. Raises FileRefused when they are gone."""

    def __init__(self, data_dir: Path, digest: str, proposal: Proposal) -> None:
        self.folder = facts_folder(data_dir, digest)
        self.numbers = {sheet.name: number for number, sheet in enumerate(proposal.sheets)}
        self._known: dict[tuple[str, int, int], Facts] = {}

    def __call__(self, sheet: Sheet, column: Column) -> Facts:
        place = (sheet.name, sheet.header, column.at)
        if place not in self._known:
            path = facts_file(self.folder, self.numbers[sheet.name], sheet.header, column.at)
            try:
                self._known[place] = load(path)
            except OSError:
                raise FileRefused("import.file_gone") from None
        return self._known[place]
