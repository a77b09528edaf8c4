"""Background work: what kinds there are, what a running one may do, and the threads that run them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import exc
from sqlalchemy.engine import Connection

from ..metadata.database import Database
from ..metadata.errors import FormloomError
from ..metadata.wording import LANGUAGES
from ..rbac import sessions
from . import job_queue
from .files import sweeping
from .job_queue import Job, cancel, enqueue, get_job, recent_jobs
from .settings import Settings
from .site import Site

__all__ = [
    "Cancelled",
    "Job",
    "JobRun",
    "Worker",
    "cancel",
    "enqueue",
    "get_job",
    "recent_jobs",
    "register",
]

log = logging.getLogger("formloom.jobs")

Function = Callable[["JobRun"], Any]
"""Does one job; what it returns (JSON) is the job's result."""

ATTEMPTS = 3
POLL_SECONDS = 0.7
HEARTBEAT_SECONDS = 20.0
CANCEL_SECONDS = 0.5
PROGRESS_SECONDS = 0.3
STOP_SECONDS = 10.0
SWEEP_SECONDS = 3_600.0

_functions: dict[str, Function] = {}
_attempts: dict[str, int] = {}


class Cancelled(Exception):
    """The job was asked to stop; it ends as cancelled."""


class Interrupted(Exception):
    """The program is stopping; the job waits for the next start."""


class LeaseLost(Exception):
    """Another worker has the job now; nothing more may be written for it."""


def register(kind: str, function: Function, *, attempts: int = ATTEMPTS) -> None:
    """Let workers do jobs of `kind`. `attempts`: how often one may begin before it counts as failed."""
    _functions[kind] = function
    _attempts[kind] = attempts


class JobRun:
    """A job being done, as its function sees it."""

    def __init__(self, site: Site, job: Job, stopping: threading.Event) -> None:
        self.site = site
        self.job = job
        self._stopping = stopping
        self._writing = False
        self._cancelled = False
        self._asked_at = 0.0
        self._told_at = 0.0
        self._told = (0, 0, "")

    @property
    def payload(self) -> Any:
        """What the job was asked with."""
        return self.job.payload

    @property
    def database(self) -> Database:
        """The database."""
        return self.site.database

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction that can only be committed while the job is still ours. Raises LeaseLost."""
        with self.database.writing() as conn:
            if not job_queue.is_held(conn, self.job.id, self.job.fence):
                raise LeaseLost(self.job.id)
            self._writing = True
            try:
                yield conn
                # Renewed in the same transaction, so that nobody takes the job between the commit and a heartbeat;
                # and renewed last, because it locks the job's row, which progress is written to meanwhile.
                if not job_queue.renew(conn, self.job.id, self.job.fence):
                    raise LeaseLost(self.job.id)
            finally:
                self._writing = False
                job_queue.live_progress.pop(self.job.id, None)
        # What is committed is done: this must not raise Interrupted, after which the job would be done again.
        self._tell(*self._told)

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Tell how far the job is. Cheap to call often. Raises LeaseLost, Interrupted."""
        if self._stopping.is_set() and not self._writing:
            raise Interrupted()
        self._told = (done, total, message)
        now = time.monotonic()
        if now - self._told_at < PROGRESS_SECONDS and done < total:
            return
        self._told_at = now
        if self._writing and self.database.is_sqlite:
            job_queue.live_progress[self.job.id] = self._told
        else:
            self._tell(done, total, message)

    def _tell(self, done: int, total: int, message: str) -> None:
        values = {"progress_done": done, "progress_total": total, "message": message[:500]}
        with self.database.writing() as conn:
            told = conn.execute(job_queue.held(self.job.id, self.job.fence).values(**values))
            if told.rowcount == 0:
                raise LeaseLost(self.job.id)

    def cancelled(self) -> bool:
        """Whether somebody asked the job to stop. Looks at most twice a second."""
        now = time.monotonic()
        if not self._cancelled and now - self._asked_at >= CANCEL_SECONDS:
            self._asked_at = now
            with self.database.reading() as conn:
                job = get_job(conn, self.job.id)
            self._cancelled = job is None or job.cancel_requested
        return self._cancelled

    def stop_if_cancelled(self) -> None:
        """Raises Cancelled when somebody asked the job to stop."""
        if self.cancelled():
            raise Cancelled()

    def heartbeat(self) -> None:
        """Renew the lease, unless the job's own transaction holds the only write lock and renews it itself."""
        if not (self._writing and self.database.is_sqlite):
            with self.database.writing() as conn:
                job_queue.renew(conn, self.job.id, self.job.fence)


class Worker:
    """Does jobs, in threads of its own after `start`, or one by one with `run_once`."""

    def __init__(
        self, database: Database, settings: Settings, *, threads: int = 1, site: Site | None = None
    ) -> None:
        self.site = site or Site(settings, database)
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._running: dict[int, JobRun] = {}
        self._stopping = threading.Event()
        self._work = threading.Condition()

    def start(self) -> None:
        """Begin to work in the background."""
        self.site.wake_jobs = self.wake
        self.site.works = True
        targets = [self._loop] * self._count + [self._keep_leases]
        self._threads = [threading.Thread(target=target, name="formloom-jobs", daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more jobs; those that run stop at their next progress and wait for the next start."""
        self._stopping.set()
        self.wake()
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.1, until - time.monotonic()))
        self._threads = []

    def wake(self) -> None:
        """Look for work now rather than at the next look."""
        with self._work:
            self._work.notify_all()

    def run_once(self) -> bool:
        """Do one job; False when none waits."""
        job = self._take()
        if job is None:
            return False
        self._do(job)
        return True

    def _take(self) -> Job | None:
        with self.site.database.reading() as conn:
            if not job_queue.anything_waits(conn):
                return None
        with self.site.database.writing() as conn:
            return job_queue.take(conn, _attempts)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self.run_once()
            except exc.DBAPIError as error:
                log.warning("jobs cannot be read or written: %s", error.orig)
                busy = False
            if not busy:
                with self._work:
                    self._work.wait(POLL_SECONDS)

    def _keep_leases(self) -> None:
        swept_at = 0.0
        while not self._stopping.wait(HEARTBEAT_SECONDS):
            for run in list(self._running.values()):
                try:
                    run.heartbeat()
                except exc.DBAPIError as error:
                    log.warning("the lease of job %s was not renewed: %s", run.job.id, error.orig)
            if time.monotonic() - swept_at > SWEEP_SECONDS:
                swept_at = time.monotonic()
                self.sweep()

    def sweep(self) -> None:
        """Forget what is over: sessions nobody can use any more, uploads nobody has used."""
        try:
            with self.site.database.writing() as conn:
                sessions.sweep(conn)
            sweeping.sweep(self.site, datetime.now(UTC))
        except exc.DBAPIError as error:
            log.warning("what is over was not forgotten: %s", error.orig)
        except FormloomError as error:
            log.warning("contents of files were not removed: %s", error)

    def _do(self, job: Job) -> None:
        run = JobRun(self.site, job, self._stopping)
        self._running[job.id] = run
        try:
            ending = _ending(run)
            if ending is not None:
                with self.site.database.writing() as conn:
                    ending(conn)
        finally:
            del self._running[job.id]
            job_queue.live_progress.pop(job.id, None)


def _ending(run: JobRun) -> Callable[[Connection], None] | None:
    """Do the job, and say how it ended as what to write about it; nothing where it is no longer ours."""
    job_id, fence = run.job.id, run.job.fence
    try:
        run.stop_if_cancelled()
        result = _functions[run.job.kind](run)
    except Cancelled:
        return lambda conn: job_queue.end(conn, job_id, fence, job_queue.CANCELLED, None)
    except Interrupted:
        return lambda conn: job_queue.put_back(conn, job_id, fence, counts=False)
    except LeaseLost:
        log.warning("job %s was taken by another worker", job_id)
        return None
    except FormloomError as error:
        code, words = error.code, _described(error)
        return lambda conn: job_queue.fail(conn, job_id, fence, code, **words)
    except Exception as error:
        log.error("job %s (%s) failed", job_id, run.job.kind, exc_info=error)
        if run.job.attempts < _attempts.get(run.job.kind, 1):
            return lambda conn: job_queue.put_back(conn, job_id, fence, counts=True)
        return lambda conn: job_queue.fail(conn, job_id, fence, "job.broken")
    return lambda conn: job_queue.end(conn, job_id, fence, job_queue.DONE, result)


def _described(error: FormloomError) -> dict[str, Any]:
    errors = [{"field": e.field, "code": e.code, "message": _both(e.message)} for e in error.fields]
    return {"message": _both(error.message), "errors": errors}


def _both(words: Callable[[str], str]) -> dict[str, str]:
    return {lang: words(lang) for lang in LANGUAGES}
