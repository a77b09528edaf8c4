"""The long parts as jobs: reading a workbook into a proposal, making the application, taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from formloom.metadata.errors import Conflict, FormloomError, InvalidInput
from formloom.rbac.tables import departments, users
from formloom.runtime import jobs
from formloom.runtime.jobs import Cancelled, JobRun

from .. import staging
from ..matching import fold
from ..tasks import context_of
from ..token_limit import limit_of
from . import keeping, proposing
from .book import table
from .changes import MOST_CHANGES, Changing
from .existing import point_at_existing
from .guessing import Surroundings
from .judging import Judge
from .keeping import DONE, FAILED, MAKING, OPEN, READING, Application, FactsOf
from .making import Making, NotReady, Refused
from .proposal import Proposal, Sheet
from .proposing import Reading

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from formloom.runtime.context import Context

READ, MAKE, UNDO = "application.read", "application.make", "application.undo"
HALTED = "halted"
MOST_NAMES = 20_000


def register_jobs() -> None:
    """Let workers do them."""
    jobs.register(READ, _read)
    jobs.register(MAKE, _make)
    jobs.register(UNDO, _undo)


def start(ctx: Context, file_name: str, content: bytes) -> int:
    """The id of the application of an uploaded workbook, which is now being read."""
    digest = staging.keep_file(ctx.settings.data_dir, content)
    number = keeping.keep(ctx, file_name, digest)
    begin(ctx, keeping.find(ctx.conn, number, None), READ)
    return number


def drop(ctx: Context, found: Application) -> None:
    """Put an application aside of which nothing is in the system. Raises Conflict."""
    now = standing(ctx, found)
    if now.busy or now.state not in (OPEN, FAILED, keeping.UNDONE):
        raise Conflict("application.busy")
    keeping.change(ctx.conn, found.id, state=keeping.DROPPED)


@dataclass(frozen=True, slots=True)
class Standing:
    """An application with its latest job. `state` is the application's, or `halted` where a job ended half way."""

    found: Application
    job: jobs.Job | None
    state: str

    @property
    def busy(self) -> bool:
        """Whether something waits or runs."""
        return self.job is not None and not self.job.ended


def standing(ctx: Context, found: Application) -> Standing:
    """Where the application stands. Queries: 1."""
    job = jobs.get_job(ctx.conn, found.job) if found.job else None
    ended = job is None or job.ended
    state = {MAKING: HALTED, READING: FAILED}.get(found.state, found.state) if ended else found.state
    return Standing(found, job, state)


def begin(ctx: Context, found: Application, kind: str) -> int:
    """The id of the job that now reads, makes or undoes. Raises Conflict when the application is elsewhere."""
    now = standing(ctx, found)
    allowed = {READ: (READING, FAILED), MAKE: (OPEN, HALTED), UNDO: (DONE, HALTED)}[kind]
    if now.state not in allowed or now.busy:
        raise Conflict("application.busy")
    job = jobs.enqueue(ctx.conn, kind, {"application": found.id, **limit_of(ctx)}, ctx.actor.id)
    to = {READ: READING, MAKE: MAKING, UNDO: found.state}[kind]
    if not keeping.move(ctx.conn, found, to, job=job, error=None):
        raise Conflict("application.busy")
    if ctx.site is not None:
        ctx.after_commit.append(ctx.site.wake_jobs)
    return job


def change(ctx: Context, found: Application, changes: Any) -> Proposal:
    """The proposal with these changes, kept. Raises InvalidInput for a change that cannot be, Conflict."""
    if found.state != OPEN or standing(ctx, found).busy:
        raise Conflict("application.busy")
    if not isinstance(changes, list) or not 0 < len(changes) <= MOST_CHANGES:
        raise InvalidInput("application.bad_change", name="changes")
    proposal = found.ready()
    changing = changing_of(ctx, found, proposal)
    for each in changes:
        changing.apply(each)
    keeping.change(ctx.conn, found.id, proposal=proposal, error=None)
    return proposal


def changing_of(ctx: Context, found: Application, proposal: Proposal) -> Changing:
    """What applies changes to a proposal of this application."""
    facts = FactsOf(ctx.settings.data_dir, found.file_hash, proposal)

    def reread(sheet: Sheet, header: int) -> Sheet:
        path = keeping.workbook(ctx.settings.data_dir, found)
        again = table(path, sheet.name, header=header - 1)
        reading = Reading(facts.folder, surroundings(ctx.conn))
        return proposing.propose_sheet(again, facts.numbers[sheet.name], reading)

    return Changing(ctx, proposal, Judge(ctx, proposal, facts), reread)


def surroundings(conn: Connection) -> Surroundings:
    """The words by which people and departments may be named in a sheet."""
    people = conn.execute(sa.select(users.c.login, users.c.name).where(users.c.is_active).limit(MOST_NAMES))
    places = conn.execute(sa.select(departments.c.key, departments.c.name_zh, departments.c.name_en))
    return Surroundings(
        {fold(word) for row in people for word in row if word},
        {fold(word) for row in places for word in row if word},
    )


def read_now(ctx: Context, found: Application, told: Any = lambda done, total: None) -> Proposal:
    """The proposal of an application's workbook. Raises FileRefused."""
    path = keeping.workbook(ctx.settings.data_dir, found)
    folder = keeping.facts_folder(ctx.settings.data_dir, found.file_hash)
    reading = Reading(folder, surroundings(ctx.conn), set(ctx.catalog.entities))
    proposal = proposing.propose(path, found.file_name, reading, told)
    facts = FactsOf(ctx.settings.data_dir, found.file_hash, proposal)
    point_at_existing(ctx, proposal, facts)
    judge = Judge(ctx, proposal, facts)
    for sheet, column in proposal.relations():
        if column.target.startswith("entity:"):
            judge.note(sheet, column)
    return proposal


def _found(run: JobRun) -> Application:
    with run.database.reading() as conn:
        return keeping.find(conn, run.payload["application"], None)


def _read(run: JobRun) -> dict[str, int]:
    found = _found(run)

    def told(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total)

    try:
        with run.database.reading() as conn:
            proposal = read_now(_context(run, conn, found), found, told)
    except (FormloomError, Cancelled) as error:
        problem = keeping.described(error) if isinstance(error, FormloomError) else None
        with run.database.writing() as conn:
            keeping.change(conn, found.id, state=FAILED, error=problem)
        raise
    with run.writing() as conn:
        keeping.change(conn, found.id, state=OPEN, proposal=proposal)
    return {"sheets": len(proposal.sheets), "rows": sum(sheet.rows for sheet in proposal.sheets)}


def _context(run: JobRun, conn: Connection, found: Application) -> Context:
    return context_of(run.site, conn, found.actor or 0, run.payload.get("limit"))


def _making(run: JobRun, found: Application) -> Making:
    def told(done: int, total: int, sheet: str) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, sheet)

    return Making(run.database, found, lambda conn: _context(run, conn, found), run.writing, told)


def _make(run: JobRun) -> dict[str, Any]:
    found = _found(run)
    if found.state == DONE:
        return dict(found.made)
    making = _making(run, found)
    try:
        return making.run()
    except (FormloomError, Cancelled) as error:
        problem = problem_of(error) if isinstance(error, FormloomError) else None
        with run.database.writing() as conn:
            keeping.change(conn, found.id, state=MAKING if making.is_half_way else OPEN, error=problem)
        raise


def problem_of(error: FormloomError) -> Mapping[str, Any]:
    """An error as it is kept, with the refused rows of each sheet."""
    kept = keeping.described(error)
    if isinstance(error, Refused):
        kept["refused"] = {name: rows[:200] for name, rows in error.refused.items()}
    if isinstance(error, NotReady):
        kept["problems"] = len(error.problems)
    return kept


def _undo(run: JobRun) -> dict[str, int]:
    found = _found(run)
    if found.state == keeping.UNDONE:
        return {}
    try:
        return _making(run, found).undo()
    except FormloomError as error:
        with run.database.writing() as conn:
            keeping.change(conn, found.id, error=keeping.described(error))
        raise
