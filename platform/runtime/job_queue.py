"""The queue of background work: one table in the application's database.

A job is put in within the transaction of the change that asks for it, so that either both exist or neither. A
worker that takes one holds it by a lease, which it renews, and by a fence: a number that grows with each taking.
Whoever comes back late, after the lease ran out and another took the job, holds an old fence and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from ..metadata.columns import UtcDateTime, identifier, plain_text
from ..metadata.system_tables import register as register_tables
from ..metadata.wording import LANGUAGES, register, say

LEASE = timedelta(seconds=60)
BACK_OFF = timedelta(seconds=10)
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ENDED = frozenset({DONE, FAILED, CANCELLED})

register(Path(__file__).parent / "wording" / "jobs")

_JSON = sa.JSON(none_as_null=True)

metadata = register_tables(sa.MetaData())

jobs = sa.Table(
    "fl_job",
    metadata,
    sa.Column("id", identifier(), primary_key=True, autoincrement=True),
    sa.Column("kind", plain_text(), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("payload", _JSON, nullable=False),
    sa.Column("result", _JSON),
    sa.Column("progress_done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("progress_total", sa.Integer, nullable=False, server_default="0"),
    sa.Column("message", plain_text(), nullable=False, server_default=""),
    sa.Column("actor", identifier()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("not_before", UtcDateTime, nullable=False),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cancel_requested", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_fl_job_state", "state", "id"),
    sa.Index("ix_fl_job_actor", "actor", "id"),
    sqlite_autoincrement=True,
)
"""`actor` is the user who asked, NULL for the system. `message` is the latest progress in words."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as stored. `result` of a failed one is {"error": {code, message: {zh, en}, errors}}."""

    id: int
    kind: str
    state: str
    payload: Mapping[str, Any]
    result: Any
    progress_done: int
    progress_total: int
    message: str
    actor: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    fence: int
    cancel_requested: bool

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


_SHOWN = [jobs.c[name] for name in Job.__dataclass_fields__]


def enqueue(conn: Connection, kind: str, payload: Mapping[str, Any], actor: int | None = None) -> int:
    """The id of a new job, which begins once this transaction is committed. Queries: 1."""
    now = datetime.now(UTC)
    row = {"kind": kind, "state": QUEUED, "payload": dict(payload), "actor": actor or None}
    done = conn.execute(sa.insert(jobs).values(**row, created_at=now, not_before=now))
    (job_id,) = done.inserted_primary_key or (0,)
    return int(job_id)


def get_job(conn: Connection, job_id: int) -> Job | None:
    """The job, its progress as of this moment, or None. Queries: 1."""
    row = conn.execute(sa.select(*_SHOWN).where(jobs.c.id == job_id)).mappings().first()
    return None if row is None else _job(row)


def recent_jobs(conn: Connection, actor: int, limit: int = 20) -> list[Job]:
    """The newest jobs somebody asked for. Queries: 1."""
    query = sa.select(*_SHOWN).where(jobs.c.actor == actor).order_by(jobs.c.id.desc()).limit(limit)
    return [_job(row) for row in conn.execute(query).mappings()]


def find_jobs(conn: Connection, *wanted: sa.ColumnElement[bool], limit: int = 100) -> list[Job]:
    """The jobs that fit, the newest first. Queries: 1."""
    query = sa.select(*_SHOWN).where(*wanted).order_by(jobs.c.id.desc()).limit(limit)
    return [_job(row) for row in conn.execute(query).mappings()]


def cancel(conn: Connection, job_id: int) -> None:
    """End a waiting job at once; ask a running one to stop. Nothing for one that ended. Queries: 2."""
    found = sa.update(jobs).where(jobs.c.id == job_id)
    conn.execute(found.where(jobs.c.state == QUEUED).values(state=CANCELLED, finished_at=datetime.now(UTC)))
    conn.execute(found.where(jobs.c.state == RUNNING).values(cancel_requested=True))


live_progress: dict[int, tuple[int, int, str]] = {}
"""Progress of this process's jobs that cannot be written now: the job itself holds the only write lock."""


def _job(row: RowMapping) -> Job:
    values = dict(row)
    live = live_progress.get(values["id"])
    if live is not None and values["state"] == RUNNING:
        values["progress_done"], values["progress_total"], values["message"] = live
    return Job(**values)


def database_now(conn: Connection) -> datetime:
    """The moment by the database's clock, which all workers share."""
    if conn.dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = conn.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    waiting = sa.and_(jobs.c.state == QUEUED, jobs.c.not_before <= now)
    abandoned = sa.and_(jobs.c.state == RUNNING, jobs.c.lease_until < now)
    return sa.or_(waiting, abandoned)


def anything_waits(conn: Connection) -> bool:
    """Whether there is a job to take; asked first because it needs no write lock. Queries: 1."""
    query = sa.select(jobs.c.id).where(_claimable(database_now(conn))).limit(1)
    return conn.execute(query).first() is not None


def take(conn: Connection, most_attempts: Mapping[str, int]) -> Job | None:
    """The oldest job to do, now ours under a new fence; None when there is none.

    A job whose worker vanished once too often is ended as failed instead: it shall not take the next down too.
    """
    now = database_now(conn)
    query = sa.select(jobs.c.id, jobs.c.kind, jobs.c.attempts).where(_claimable(now)).order_by(jobs.c.id)
    row = conn.execute(query.limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    if row.attempts >= most_attempts.get(row.kind, 1):
        fail(conn, row.id, None, "job.vanished")
        return take(conn, most_attempts)
    change = {
        "state": RUNNING,
        "started_at": sa.func.coalesce(jobs.c.started_at, sa.bindparam("began", now, UtcDateTime)),
        "lease_until": now + LEASE,
        "fence": jobs.c.fence + 1,
        "attempts": jobs.c.attempts + 1,
    }
    conn.execute(sa.update(jobs).where(jobs.c.id == row.id).values(**change))
    return get_job(conn, row.id)


def held(job_id: int, fence: int | None) -> sa.Update:
    """An update of the job that touches nothing when another has taken it since. `fence` None is any."""
    update = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == RUNNING)
    return update if fence is None else update.where(jobs.c.fence == fence)


def is_held(conn: Connection, job_id: int, fence: int) -> bool:
    """Whether the job is still ours; locks nothing. Queries: 1."""
    query = sa.select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.state == RUNNING, jobs.c.fence == fence)
    return conn.execute(query).first() is not None


def renew(conn: Connection, job_id: int, fence: int) -> bool:
    """Whether the job is still ours; its lease then runs anew."""
    lease = database_now(conn) + LEASE
    return conn.execute(held(job_id, fence).values(lease_until=lease)).rowcount == 1


def end(conn: Connection, job_id: int, fence: int | None, state: str, result: Any) -> None:
    """Note how the job ended, if it is still ours."""
    now = datetime.now(UTC)
    conn.execute(held(job_id, fence).values(state=state, result=result, finished_at=now, lease_until=None))


def fail(conn: Connection, job_id: int, fence: int | None, code: str, **error: Any) -> None:
    """Note that the job failed, and why."""
    words = error.pop("message", None) or {lang: say(f"error.{code}", lang) for lang in LANGUAGES}
    end(conn, job_id, fence, FAILED, {"error": {"code": code, "message": words, **error}})


def put_back(conn: Connection, job_id: int, fence: int, *, counts: bool) -> None:
    """Let the job wait for another try. `counts`: whether this one was a try."""
    now = database_now(conn)
    values: dict[str, Any] = {"state": QUEUED, "lease_until": None, "not_before": now}
    if counts:
        values["not_before"] = now + BACK_OFF
    else:
        values["attempts"] = jobs.c.attempts - 1
    conn.execute(held(job_id, fence).values(**values))
