"""Large changesets as jobs: prepared beside the tables' life, with progress, published in one short transaction.

A job that dies goes on with what is prepared; one that is cancelled or refused leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from ..metadata import changesets, doctor, preparing, wording
from ..metadata.catalog import Catalog
from ..metadata.changesets import Changeset, Outdated
from ..metadata.database import Database
from ..metadata.drafts import Edit
from ..metadata.errors import Conflict, PlanError
from ..metadata.preparing import Preparation, Progress, Writing
from . import job_queue
from .job_queue import Job, enqueue
from .jobs import Cancelled, JobRun, register

KIND = "changeset"
ATTEMPTS = 5
TRIES = 5
"""How often a changeset is prepared anew because others were faster."""

wording.register(Path(__file__).parent / "wording" / "changing")


def is_long(conn: Connection, preview: changesets.Preview) -> bool:
    """Whether a changeset had better be carried out in the background."""
    return preview.current is not None and preparing.is_long(conn, preview.plan, preview.current)


def begin(
    conn: Connection, edits: Sequence[Edit], wishes: Mapping[str, Any], user: int | None, kind: str = KIND
) -> int:
    """The id of the job that will carry out the edits; `wishes` are actor, note, allow_destructive, base. Another
    `kind` of job is one whose function calls `run`.
    """
    raw = [{"op": edit.op, "document": edit.document or {"kind": edit.kind, "key": edit.key}} for edit in edits]
    return enqueue(conn, kind, {"edits": raw, **wishes}, user)


def run(job: JobRun) -> dict[str, Any]:
    """Carry a changeset out; {number} of it."""
    with job.database.reading() as conn:
        stale = _ended(conn, preparing.left_over(conn) - {job.job.id})
    for number in stale:
        preparing.abandon(job.database, number)

    def progress(done: int, total: int, message: str) -> None:
        job.progress(done, total, message)
        job.stop_if_cancelled()

    try:
        applied = carry_out(job.database, job.payload, job.job.id, job.writing, progress)
    except (Cancelled, Conflict, PlanError):
        preparing.abandon(job.database, job.job.id)
        raise
    return {"number": applied.number}


def _ended(conn: Connection, numbers: set[int]) -> set[int]:
    """The preparations whose job is over, or not known."""
    found = {number: job_queue.get_job(conn, number) for number in numbers}
    return {number for number, job in found.items() if job is None or job.ended}


def carry_out(
    database: Database, payload: Mapping[str, Any], number: int, conn_of: Writing, progress: Progress
) -> Changeset:
    """The changeset of a job's payload, prepared under `number` and published.

    Raises what `changesets.apply` raises.
    """
    edits = [Edit.load(raw) for raw in payload["edits"]]
    wishes = {
        "allow_destructive": bool(payload.get("allow_destructive")),
        "base": payload.get("base") or changesets.NO_BASE,
    }
    for _ in range(TRIES):
        prepared = _prepared(database, edits, number, wishes)
        if prepared is not None:
            with conn_of() as conn:
                prepared.add_columns(conn)
            prepared.fill(conn_of, progress)
            prepared.build_indexes(database, conn_of, progress)
        try:
            return changesets.apply(
                database, edits, payload["actor"], payload.get("note", ""), prepared=prepared, **wishes
            )
        except Outdated:
            preparing.abandon(database, number)
    raise PlanError("plan.busy", status=503)


def _prepared(
    database: Database, edits: Sequence[Edit], number: int, wishes: Mapping[str, Any]
) -> Preparation | None:
    """What to prepare; None where all is to be done in one go. Raises what applying would, before any work."""
    with database.reading() as conn:
        preview = changesets.preview(conn, edits, base=wishes["base"])
        changesets.refuse(preview, wishes["allow_destructive"])
        beside = preparing.indexed_beside(conn, preview.current) if preview.current is not None else ()
    current, desired = preview.current, preview.desired
    if current is None or desired is None or not preparing.can_prepare(preview.plan, desired):
        return None
    return Preparation.of(number, preview.plan, current, desired, beside)


@doctor.register
def left_over(conn: Connection, catalog: Catalog) -> Iterator[doctor.Problem]:
    """Hidden columns of jobs that are over."""
    for number in sorted(_ended(conn, preparing.left_over(conn))):
        yield doctor.Problem("left_over", {"number": number})


def described(job: Job) -> dict[str, Any]:
    """A job as JSON: state, progress and, in the end, the number of the changeset or why there is none."""
    return {
        "id": job.id,
        "state": job.state,
        "done": job.progress_done,
        "total": job.progress_total,
        "result": job.result,
        "address": f"/api/v1/metadata/jobs/{job.id}",
    }


register(KIND, run, attempts=ATTEMPTS)
