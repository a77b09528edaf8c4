"""Imports and exports as background jobs: the runs that the command line does in the foreground, under a lease."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata.errors import FormloomError, Unauthenticated
from formloom.rbac.access import access_for
from formloom.rbac.actor import load_actor
from formloom.rbac.sessions import versions
from formloom.runtime import jobs
from formloom.runtime.context import Context
from formloom.runtime.jobs import Cancelled, Job, JobRun
from formloom.runtime.site import Site

from . import staging
from .exporting import export, request_of
from .run import ImportRun
from .staging import Import
from .standing import APPLY, CHECK, UNDO
from .token_limit import read_limit

EXPORT = "export"
KEPT_DAYS = 7


def register_jobs() -> None:
    """Let workers run imports."""
    jobs.register(CHECK, _check)
    jobs.register(APPLY, _apply)
    jobs.register(UNDO, _undo)
    jobs.register(EXPORT, _export)


def context_of(site: Site, conn: Connection, user_id: int, limit: Mapping[str, Any] | None = None) -> Context:
    """The Context of a user in this transaction, under the limit a job remembers. Raises Unauthenticated when he
    may no longer sign in.
    """
    policy_version, catalog_version = conn.execute(sa.select(*versions())).one()
    actor = load_actor(conn, user_id, policy_version)
    if actor is None:
        raise Unauthenticated()
    actor = replace(actor, limit=read_limit(limit))
    catalog = site.catalog(conn, catalog_version)
    zone = ZoneInfo(actor.zone)
    return Context(conn, catalog, access_for(catalog, actor), site.settings, lang=actor.lang, zone=zone, site=site)


def _run_of(run: JobRun) -> ImportRun:
    with run.database.reading() as conn:
        record = staging.find(conn, run.payload["import"], None)
    user, limit = record.actor or 0, run.payload.get("limit")

    def progress(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total)

    return ImportRun(
        run.database, record, lambda conn: context_of(run.site, conn, user, limit), run.writing, progress
    )


def _check(run: JobRun) -> dict[str, int]:
    work = _run_of(run)
    try:
        return work.check().counts()
    except FormloomError as error:
        work.fail(error)
        raise
    except Cancelled:
        _withdraw(run, work.record)
        raise


def _apply(run: JobRun) -> dict[str, int]:
    work = _run_of(run)
    if work.record.state == staging.DONE:
        return dict(work.record.counts)
    try:
        return work.apply().counts()
    except FormloomError as error:
        work.fail(error)
        raise
    except Cancelled:
        _withdraw(run, work.record)
        raise


def _undo(run: JobRun) -> dict[str, int]:
    work = _run_of(run)
    return dict(work.record.counts) if work.record.state == staging.UNDONE else work.undo()


def _export(run: JobRun) -> dict[str, Any]:
    payload = run.payload
    target = export_path(run.site.settings.data_dir, run.job)
    target.parent.mkdir(parents=True, exist_ok=True)
    _forget_old(target.parent)
    partial = target.with_name(f"part-{run.job.fence}-{target.name}")

    def tell(count: int) -> None:
        run.stop_if_cancelled()
        run.progress(count, 0)

    try:
        with run.database.reading() as conn:
            rights = rights_now(conn)
            ctx = context_of(run.site, conn, run.job.actor or 0, payload.get("limit"))
            count = export(ctx, request_of(ctx, payload["entity"], payload["params"]), partial, tell)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return {"rows": count, "rights": rights}


def rights_now(conn: Connection) -> list[int]:
    """What changes whenever anybody's rights may have: a file made under other rights is given out no more."""
    return [int(version) for version in conn.execute(sa.select(*versions())).one()]


def _forget_old(folder: Path) -> None:
    """Remove the files of exports that nobody has fetched for days."""
    oldest = time.time() - KEPT_DAYS * 86_400
    for path in folder.glob("*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def export_path(data_dir: Path, job: Job) -> Path:
    """Where the file of an export lies once it is finished."""
    return data_dir / "exports" / f"{job.id}.{job.payload['format']}"


def _withdraw(run: JobRun, record: Import) -> None:
    with run.database.writing() as conn:
        staging.change(conn, record.id, state=staging.CANCELLED)
