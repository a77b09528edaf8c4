"""Publications that take long: jobs that carry a draft out and settle it, named where designing begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata import store
from ...metadata.drafts import Edit
from ...metadata.errors import NotFound
from ...metadata.wording import text_of
from .. import changing, job_queue
from ..job_queue import Job
from ..jobs import JobRun, register
from . import drafts

if TYPE_CHECKING:
    from ..context import Context

KIND = "publication"
TOLD = timedelta(hours=12)
"""How long a publication that failed is still spoken of."""

Published = Mapping[str, str]
"""The drafts that are published, by `kind:key`: when each was last changed."""


def begin(ctx: Context, edits: Sequence[Edit], published: Published, wishes: Mapping[str, Any]) -> Job:
    """The job that will carry out the edits and settle the draft."""
    more = {**wishes, "actor": ctx.actor.login, "drafts": dict(published), "user": ctx.actor.id}
    with ctx.own_transactions().writing() as conn:
        job = job_queue.get_job(conn, changing.begin(conn, edits, more, ctx.actor.id, kind=KIND))
    assert job is not None and ctx.site is not None
    ctx.site.wake_jobs()
    return job


def run(job: JobRun) -> dict[str, Any]:
    """Carry the publication out; {number} of its changeset."""
    done = changing.run(job)
    with job.writing() as conn:
        settle(conn, job.payload["user"], job.payload["drafts"])
    return done


def settle(conn: Connection, actor: int, published: Published) -> None:
    """Let go of published drafts; one that was worked on since goes on from what is in force now."""
    present = store.catalog_for(conn).documents
    for identity, draft in drafts.read(conn, actor).items():
        known = published.get(":".join(identity))
        if known == draft.updated_at.isoformat():
            drafts.forget(conn, actor, [identity])
        elif known is not None:
            drafts.put(conn, actor, identity, draft.document, present.get(identity))


def running(conn: Connection, actor: int | None = None) -> list[Job]:
    """The publications that are under way, of one person or of all. Queries: 1."""
    jobs = job_queue.jobs.c
    wanted = [jobs.kind == KIND, jobs.state.in_((job_queue.QUEUED, job_queue.RUNNING))]
    return job_queue.find_jobs(conn, *wanted, *([] if actor is None else [jobs.actor == actor]))


def told(ctx: Context) -> list[dict[str, Any]]:
    """The publications to speak of, the newest first: those under way, and the reader's last if that failed."""
    jobs = job_queue.jobs.c
    is_mine = sa.and_(jobs.actor == ctx.actor.id, jobs.finished_at > datetime.now(UTC) - TOLD)
    ended = sa.and_(is_mine, jobs.state.in_(job_queue.ENDED))
    under_way = jobs.state.in_((job_queue.QUEUED, job_queue.RUNNING))
    found = job_queue.find_jobs(ctx.conn, jobs.kind == KIND, sa.or_(under_way, ended), limit=20)
    mine = next((job for job in found if job.actor == ctx.actor.id), None)
    shown = [job for job in found if not job.ended or (job is mine and job.state == job_queue.FAILED)]
    return [described(ctx, job) for job in shown]


def described(ctx: Context, job: Job) -> dict[str, Any]:
    """A publication: {id, state, done, total, by, note, mine, error, number}."""
    result = job.result if isinstance(job.result, Mapping) else {}
    error = result.get("error", {}).get("message", {})
    return {
        "id": job.id,
        "state": job.state,
        "done": job.progress_done,
        "total": job.progress_total,
        "by": job.payload.get("actor", ""),
        "note": job.payload.get("note", ""),
        "mine": job.actor == ctx.actor.id,
        "error": text_of(error, ctx.lang) if error else "",
        "number": result.get("number"),
    }


def find(ctx: Context, number: int) -> Job:
    """A publication the reader may look at: his own, or any for administrators. Raises NotFound."""
    job = job_queue.get_job(ctx.conn, number)
    if job is None or job.kind != KIND or not (ctx.access.administrator or job.actor == ctx.actor.id):
        raise NotFound()
    return job


register(KIND, run, attempts=changing.ATTEMPTS)
