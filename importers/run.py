"""Runs an import from its staged file: check without writing, apply, undo. Each leaves all or nothing of a step.

`all`: one transaction; a single refused row keeps everything out. `rows`: batches that stand once committed, each
together with the note of what became of its rows, so that a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy.engine import Connection

from formloom.metadata.database import Database
from formloom.metadata.errors import Conflict, FormloomError
from formloom.metadata.wording import LANGUAGES
from formloom.runtime.context import Context

from . import apply, staging, undo
from .plan import Plan, build, decide
from .reader import Sheet, read
from .staging import Import
from .verdict import Verdicts
from .workbook_guard import Limits

Transaction = Callable[[], AbstractContextManager[Connection]]
MakeContext = Callable[[Connection], Context]
Progress = Callable[[int, int], None]


class _Withdrawn(Exception):
    """Leaves a transaction without committing it; nothing is wrong."""


class _Withdrawable:
    """A transaction that raising `_Withdrawn` leaves without a commit and without an error."""

    def __init__(self, transaction: AbstractContextManager[Connection]) -> None:
        self._transaction = transaction

    def __enter__(self) -> Connection:
        return self._transaction.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return bool(self._transaction.__exit__(kind, error, trace)) or isinstance(error, _Withdrawn)


class ImportRun:
    """One run of one import. `writing` opens a write transaction; `context` makes the importer's Context."""

    def __init__(
        self,
        database: Database,
        record: Import,
        context: MakeContext,
        writing: Transaction,
        progress: Progress,
        limits: Limits | None = None,
    ) -> None:
        self.database = database
        self.record = record
        self.context = context
        self.writing = writing
        self.progress = progress
        self.limits = limits

    def file(self) -> Path:
        """The staged file. Raises FileRefused when it is gone or another."""
        with self.database.reading() as conn:
            data_dir = self.context(conn).settings.data_dir
        return staging.checked_path(data_dir, self.record)

    def sheet(self) -> Sheet:
        """The staged sheet. Raises FileRefused."""
        return read(self.file(), self.record.options.sheet, self.limits)

    def plan(self) -> Plan:
        """The plan, from the file and what the database holds now. Raises FormloomError."""
        sheet = self.sheet()
        with self.database.reading() as conn:
            return build(self.context(conn), self.record.entity, sheet, self.record.options)

    def check(self) -> Verdicts:
        """What an apply would do: it is done, looked at and withdrawn, so that the check cannot differ from it."""
        plan = self.plan()
        verdicts = apply.verdicts_of(plan)
        with _Withdrawable(self.writing()) as conn:
            apply.write(self._writer(conn), plan, verdicts, self.progress)
            raise _Withdrawn()
        with self.writing() as conn:
            staging.store_verdicts(conn, self.record.id, verdicts)
            staging.change(conn, self.record.id, state=staging.CHECKED, error=None)
        return verdicts

    def apply(self) -> Verdicts:
        """Write the rows. Raises FormloomError when nothing could be."""
        return self._apply_all() if self.record.options.mode == "all" else self._apply_rows()

    def _apply_all(self) -> Verdicts:
        plan = self.plan()
        verdicts = apply.verdicts_of(plan)
        with _Withdrawable(self.writing()) as conn:
            ctx = self._writer(conn)
            decide(ctx, plan, self.record.options)
            verdicts.refused, verdicts.skipped = dict(plan.columns.refused), dict(plan.skip)
            if not verdicts.refused:
                apply.write(ctx, plan, verdicts, self.progress)
            if verdicts.refused:
                raise _Withdrawn()
            verdicts.written = True
            staging.store_verdicts(conn, self.record.id, verdicts)
            self._finish(conn, staging.DONE)
        if verdicts.refused:
            verdicts.created, verdicts.updated = {}, {}
            with self.writing() as conn:
                staging.store_verdicts(conn, self.record.id, verdicts)
                staging.change(conn, self.record.id, state=staging.CHECKED)
        return verdicts

    def _apply_rows(self) -> Verdicts:
        plan = self.plan()
        verdicts = self._so_far(plan)
        verdicts.written = True
        for start in range(0, plan.size, apply.BATCH_ROWS):
            batch = range(start, min(start + apply.BATCH_ROWS, plan.size))
            if all(p in verdicts.created or p in verdicts.updated for p in batch):
                continue
            with self.writing() as conn:
                ctx = self._writer(conn)
                decide(ctx, plan, self.record.options, done=verdicts)
                verdicts.skipped, verdicts.refused = dict(plan.skip), {**plan.columns.refused, **verdicts.refused}
                apply.write(ctx, plan, verdicts, lambda done, total: None, batch)
                staging.store_verdicts(conn, self.record.id, verdicts)
            self.progress(batch.stop, plan.size)
        with self.writing() as conn:
            staging.store_verdicts(conn, self.record.id, verdicts)
            self._finish(conn, staging.DONE)
        return verdicts

    def _so_far(self, plan: Plan) -> Verdicts:
        """Results of a run that was cut off, else those known before writing. What a check found was withdrawn."""
        verdicts = apply.verdicts_of(plan)
        with self.database.reading() as conn:
            earlier = staging.load_verdicts(conn, self.record.id)
        if earlier.written:
            verdicts.created, verdicts.updated = earlier.created, earlier.updated
        return verdicts

    def undo(self) -> dict[str, int]:
        """Take back what the import wrote and nobody has changed since; how many each way. Raises Conflict."""
        if not self.record.written or self.record.state == staging.UNDONE:
            raise Conflict("import.not_done")
        with self.writing() as conn:
            counts = undo.take_back(self._writer(conn), self.record.cause)
            staging.change(conn, self.record.id, counts={**self.record.counts, **counts})
            self._finish(conn, staging.UNDONE)
        return counts

    def fail(self, error: FormloomError) -> None:
        """Note why the import ended; it may be corrected and tried again."""
        described = {"code": error.code, "message": {lang: error.message(lang) for lang in LANGUAGES}}
        with self.writing() as conn:
            staging.change(conn, self.record.id, state=staging.FAILED, error=described)

    def _writer(self, conn: Connection) -> Context:
        return replace(self.context(conn), cause=self.record.cause)

    def _finish(self, conn: Connection, state: str, **values: Any) -> None:
        staging.change(conn, self.record.id, state=state, finished_at=datetime.now(UTC), **values)
