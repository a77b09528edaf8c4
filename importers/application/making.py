"""Makes an application: one changeset, then the rows of each sheet in the order in which they point at each other.

Either all of it is there in the end or nothing: what is refused takes the rows and the changeset back. A run that
was cut off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import Conflict, FormloomError
from formloom.runtime.context import Context
from formloom.runtime.jobs import Cancelled
from formloom.runtime.records import Records

from .. import staging, undo
from ..matching import find_layout
from ..options import Options
from ..parsing import Source, parse_columns
from ..reader import read
from ..run import ImportRun, MakeContext, Transaction
from ..verdict import Verdicts, reason
from . import keeping
from .documents import documents
from .judging import Judge, Problem, problems
from .keeping import Application, FactsOf
from .proposal import EMPTY, Column, Proposal, Sheet
from .relating import order

SHOWN_REFUSALS = 20
MOST_REPLACED = 2_000
HISTORY = 200

Progress = Callable[[int, int, str], None]
"""(rows done, rows altogether, name of the sheet)."""


class NotReady(FormloomError):
    """Something has to be decided first; `problems` says what."""

    code, status = "application.not_ready", 409

    def __init__(self, found: list[Problem]) -> None:
        super().__init__(count=len(found))
        self.problems = found


class Refused(FormloomError):
    """Rows were refused, so that nothing was made; `refused` lists them by sheet."""

    code, status = "application.refused", 409

    def __init__(self, refused: dict[str, list[Any]], count: int) -> None:
        super().__init__(count=count)
        self.refused = refused


@dataclass(frozen=True)
class Step:
    """A sheet to import: its entity, the columns that fill fields, those that wait until all rows are in."""

    sheet: Sheet
    entity: str
    columns: dict[int, str]
    late: tuple[Column, ...] = ()


def steps(proposal: Proposal) -> list[Step]:
    """The sheets in the order of their imports."""
    pairs = [
        (sheet.name, target.name)
        for sheet, column in proposal.relations()
        if (target := proposal.target_of(column)) is not None and not _existing(sheet, column)
    ]
    placed, late = order([sheet.name for sheet in proposal.used], pairs)
    found = []
    for name in placed:
        sheet = proposal.sheet(name)
        assert sheet is not None
        found.append(_step(proposal, sheet, late))
    return found


def _existing(sheet: Sheet, column: Column) -> bool:
    """Whether a column fills a field that exists, whatever else was proposed for it."""
    return bool(sheet.into)


def _step(proposal: Proposal, sheet: Sheet, late: set[tuple[str, str]]) -> Step:
    fields: dict[int, str] = {}
    waiting = []
    for column in sheet.used:
        target = proposal.target_of(column)
        if not sheet.into and target is not None and (target is sheet or (sheet.name, target.name) in late):
            waiting.append(column)
        elif column is sheet.link:
            fields[column.at] = proposal.target_key(column)
        else:
            fields[column.at] = column.field if sheet.into else column.key
    return Step(sheet, sheet.into or sheet.key, fields, tuple(waiting))


class Making:
    """One run over one application. `writing` opens a write transaction, `context` makes its owner's Context."""

    def __init__(
        self,
        database: Database,
        application: Application,
        context: MakeContext,
        writing: Transaction,
        progress: Progress,
    ) -> None:
        self.database = database
        self.application = application
        self.proposal = application.ready()
        self.context = context
        self.writing = writing
        self.progress = progress
        self.made: dict[str, Any] = dict(application.made)

    @property
    def is_half_way(self) -> bool:
        """Whether something of it is in the system."""
        return self.application.changeset is not None

    def run(self) -> dict[str, Any]:
        """What became of each sheet. Raises NotReady, Refused, MetadataError, PlanError; then nothing is left."""
        with self.database.reading() as conn:
            ctx = self.context(conn)
            self.path = keeping.workbook(ctx.settings.data_dir, self.application)
            if self.application.changeset is None:
                self._check(ctx)
            edits = [Edit.put(document) for document in documents(self.proposal, ctx.catalog)]
            login = ctx.actor.login
        self._apply(edits, login)
        try:
            refused = self._import_all()
        except (FormloomError, Cancelled):
            self.take_back(login)
            raise
        if refused and self.proposal.mode == "all":
            self.take_back(login)
            raise Refused(refused, sum(len(rows) for rows in refused.values()))
        with self.writing() as conn:
            keeping.change(
                conn, self.application.id, state=keeping.DONE, made=self.made, finished_at=datetime.now(UTC)
            )
        return self.made

    def _check(self, ctx: Context) -> None:
        """Refuse before anything is touched what is known to fail."""
        facts = FactsOf(ctx.settings.data_dir, self.application.file_hash, self.proposal)
        judge = Judge(ctx, self.proposal, facts)
        for sheet in self.proposal.used:
            judge.note_all(sheet)
        found = problems(ctx, self.proposal)
        if found:
            raise NotReady(found)

    def _apply(self, edits: list[Edit], login: str) -> None:
        """The changeset, once: a run that was cut off right after it finds it in the log."""
        if self.application.changeset is not None:
            return
        with self.database.reading() as conn:
            logged = changesets.history(conn, HISTORY)
        known = next((each for each in logged if each.note == self.application.note), None)
        if known is None or known.reverts or any(each.reverts == known.number for each in logged):
            number = changesets.apply(self.database, edits, login, self.application.note).number if edits else 0
        else:
            number = known.number
        with self.writing() as conn:
            keeping.change(conn, self.application.id, changeset=number)
        self.application = replace(self.application, changeset=number)

    def _import_all(self) -> dict[str, list[Any]]:
        """Refused rows by sheet, [row, reason] each. With `all` it goes on past them, so that all are listed."""
        refused: dict[str, list[Any]] = {}
        planned = steps(self.proposal)
        total, done = sum(step.sheet.rows for step in planned), 0
        finished: list[tuple[Step, ImportRun]] = []
        for step in planned:
            run = self._run_of(step, done, total)
            verdicts = self._imported(step, run)
            if verdicts.refused:
                refused[step.sheet.name] = self._listed(run, verdicts)
            finished.append((step, run))
            done += step.sheet.rows
            self.progress(done, total, step.sheet.name)
        for step, run in finished:
            if step.late and not (refused and self.proposal.mode == "all"):
                self._link(step, run, refused)
        return refused

    def _run_of(self, step: Step, done: int, total: int) -> ImportRun:
        def told(rows: int, _of: int) -> None:
            self.progress(done + rows, total, step.sheet.name)

        with self.writing() as conn:
            ctx = self.context(conn)
            kept = self.made.get(step.sheet.name)
            if kept is None:
                options = Options.parse(self._options(step))
                name = f"{self.application.file_name} · {step.sheet.name}"
                number = staging.stage(ctx, step.entity, name, self.application.file_hash, options)
                self.made[step.sheet.name] = {"import": number, "entity": step.entity, "late": False}
                keeping.change(conn, self.application.id, made=self.made)
            else:
                number = kept["import"]
            record = staging.find(conn, number, None)
        return ImportRun(self.database, record, self.context, self.writing, told)

    def _options(self, step: Step) -> dict[str, Any]:
        sheet = step.sheet
        headers = {column.at: column.header for column in sheet.columns}
        replaced = {
            headers[column.at]: dict.fromkeys(texts, "")
            for column in sheet.used
            if column.misfits == EMPTY and column.at in step.columns and (texts := self._misfits(sheet, column))
        }
        return {
            "sheet": None if sheet.kind == "csv" else sheet.name,
            "header": sheet.header,
            "map": {header: step.columns.get(at) for at, header in headers.items()},
            "mode": self.proposal.mode,
            "replace": replaced,
        }

    def _misfits(self, sheet: Sheet, column: Column) -> list[str]:
        """The texts of a column that are to be left empty."""
        with self.database.reading() as conn:
            ctx = self.context(conn)
            facts = FactsOf(ctx.settings.data_dir, self.application.file_hash, self.proposal)
            return list(Judge(ctx, self.proposal, facts).fit(sheet, column).texts[:MOST_REPLACED])

    def _imported(self, step: Step, run: ImportRun) -> Verdicts:
        if run.record.state == staging.DONE:
            with self.database.reading() as conn:
                return staging.load_verdicts(conn, run.record.id)
        verdicts = run.apply()
        self.made[step.sheet.name]["counts"] = verdicts.counts()
        with self.writing() as conn:
            keeping.change(conn, self.application.id, made=self.made)
        return verdicts

    def _listed(self, run: ImportRun, verdicts: Verdicts) -> list[Any]:
        with self.database.reading() as conn:
            ctx = self.context(conn)
            fields = ctx.catalog.entity(run.record.entity).all_fields
            labels = {key: field.text(ctx.lang) for key, field in fields.items()}
            sheet = read(self.path, run.record.options.sheet)
        data = find_layout(sheet.rows, (), (run.record.options.header or 1) - 1, sheet.hidden).data
        return [
            [data[position] + 1, "; ".join(reason(error, labels, ctx.lang) for error in errors)]
            for position, errors in sorted(verdicts.refused.items())
        ]

    def _link(self, step: Step, run: ImportRun, refused: dict[str, list[Any]]) -> None:
        """Fill the columns that point at rows which came in only now, and note what they could not find."""
        if self.made[step.sheet.name]["late"]:
            return
        sheet = read(self.path, run.record.options.sheet)
        with self.writing() as conn:
            ctx = replace(self.context(conn), cause=run.record.cause)
            verdicts = staging.load_verdicts(conn, run.record.id)
            layout = find_layout(sheet.rows, (), step.sheet.header - 1, sheet.hidden)
            positions = sorted(verdicts.created)
            rows = [sheet.rows[layout.data[position]] for position in positions]
            fields = ctx.catalog.entity(step.entity).fields
            parsed = parse_columns(ctx, rows, [Source(column.at, fields[column.key]) for column in step.late])
            ids = [verdicts.created[position] for position in positions]
            for column in step.late:
                self._write(ctx, step.entity, column.key, ids, parsed.values[column.key])
            self.made[step.sheet.name]["late"] = True
            keeping.change(conn, self.application.id, made=self.made)
        empty = {column.key for column in step.late if column.misfits == EMPTY}
        for index, errors in sorted(parsed.refused.items()):
            for error in errors:
                if error.field not in empty:
                    row = layout.data[positions[index]] + 1
                    refused.setdefault(step.sheet.name, []).append([row, reason(error, {}, ctx.lang)])

    def _write(self, ctx: Context, entity: str, key: str, ids: list[int], values: list[Any]) -> None:
        known = [(identity, value) for identity, value in zip(ids, values, strict=True) if value is not None]
        if known:
            columns = {key: [value for _, value in known]}
            Records(ctx).update_many(entity, [identity for identity, _ in known], columns, source="typed")

    def take_back(self, login: str) -> dict[str, int]:
        """Undo what was made: the changeset with its tables, and rows put into entities that stay. Raises Conflict
        when later changesets build on it; then everything stays as it is.
        """
        number = self.application.changeset
        if number:
            changesets.revert(self.database, number, login, self.application.note, allow_destructive=True)
        counts = {"deleted": 0, "restored": 0, "kept": 0}
        with self.writing() as conn:
            ctx = self.context(conn)
            for kept in self.made.values():
                record = staging.find(conn, kept["import"], None)
                if record.entity in ctx.catalog.entities:
                    taken = undo.take_back(replace(ctx, cause=record.cause), record.cause)
                    counts = {name: counts[name] + taken[name] for name in counts}
                staging.change(conn, record.id, state=staging.UNDONE)
            keeping.change(conn, self.application.id, changeset=None, made={})
        self.made, self.application = {}, replace(self.application, changeset=None)
        return counts

    def undo(self) -> dict[str, int]:
        """Take a finished application back; how many rows were deleted, restored and kept. Raises Conflict."""
        if self.application.state not in (keeping.DONE, keeping.MAKING):
            raise Conflict("application.not_done")
        with self.database.reading() as conn:
            login = self.context(conn).actor.login
        counts = self.take_back(login)
        with self.writing() as conn:
            keeping.change(conn, self.application.id, state=keeping.UNDONE, finished_at=datetime.now(UTC))
        return counts
