"""Where an import stands, counting the job that works on it, and which steps it may take from there.

What has written rows can only be carried on or taken back: with other decisions the same rows would be written
again under other positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formloom.metadata.errors import Conflict, InvalidInput
from formloom.runtime import jobs

from . import staging
from .options import Options
from .plan import resolve
from .reader import Sheet, read
from .staging import Import
from .token_limit import limit_of

if TYPE_CHECKING:
    from formloom.runtime.context import Context

CHECK, APPLY, UNDO = "import.check", "import.apply", "import.undo"
OPEN = (staging.STAGED, staging.CHECKED, staging.FAILED, staging.CANCELLED)


@dataclass(frozen=True, slots=True)
class Standing:
    """An import with its latest job. `state` is the import's, made true where its job ended without saying so."""

    record: Import
    job: jobs.Job | None
    state: str

    @property
    def busy(self) -> bool:
        """Whether something is waiting or running."""
        return self.job is not None and not self.job.ended

    @property
    def may_change(self) -> bool:
        """Whether decisions may be made and the rows checked."""
        return not self.busy and self.state in OPEN and not self.record.written

    @property
    def may_apply(self) -> bool:
        """Whether the rows may be written, from the start or from where it stopped."""
        return not self.busy and self.state in OPEN

    @property
    def may_undo(self) -> bool:
        """Whether there is something of this import to take back."""
        return not self.busy and self.record.written > 0 and self.state != staging.UNDONE

    def problem(self, lang: str) -> str:
        """Why it failed, in words; '' when it did not."""
        if self.busy:
            return ""
        if self.record.error is not None:
            return str(self.record.error["message"][lang])
        if self.job is not None and self.job.state == "failed":
            return str(self.job.result["error"]["message"][lang])
        return ""


def standing(ctx: Context, record: Import) -> Standing:
    """Where the import stands. Queries: 1, or 0 before its first job."""
    job = jobs.get_job(ctx.conn, record.job) if record.job else None
    state = record.state
    if state == staging.APPLYING and (job is None or job.ended):
        # A job that was stopped before it began, or whose worker died, has not noted its end here.
        state = staging.CANCELLED if job is not None and job.state == "cancelled" else staging.FAILED
    return Standing(record, job, state)


def find_standing(ctx: Context, import_id: int) -> Standing:
    """Where the caller's import stands. Raises NotFound."""
    return standing(ctx, staging.find(ctx.conn, import_id, ctx.actor.id))


def begin(ctx: Context, record: Import, kind: str) -> int:
    """The id of the job that now checks, applies or undoes the import. Raises Conflict when it may not."""
    now = standing(ctx, record)
    allowed = {CHECK: now.may_change, APPLY: now.may_apply, UNDO: now.may_undo}[kind]
    if not allowed:
        raise Conflict("import.busy")
    job = jobs.enqueue(ctx.conn, kind, {"import": record.id, **limit_of(ctx)}, ctx.actor.id)
    to = staging.APPLYING if kind == APPLY else now.state
    if not staging.move(ctx.conn, record, to, job=job, error=None):
        raise Conflict("import.busy")
    if ctx.site is not None:
        ctx.after_commit.append(ctx.site.wake_jobs)
    return job


def decide(ctx: Context, record: Import, raw: Any) -> Import:
    """The import with other decisions. Raises InvalidInput, FileRefused; Conflict once rows have been written."""
    if not isinstance(raw, dict):
        raise InvalidInput("import.bad_options", where="options")
    return keep(ctx, record, Options.parse({**record.options.dump(), **raw}))


def keep(ctx: Context, record: Import, options: Options) -> Import:
    """The import with these options, proven to fit its file. Raises as `decide`."""
    if not standing(ctx, record).may_change:
        raise Conflict("import.busy")
    resolve(ctx, record.entity, staged_sheet(ctx, record, options), options)
    return _stored(ctx, record, options)


def keep_mode(ctx: Context, record: Import, mode: str) -> Import:
    """The import with another mode, its check still standing. Raises InvalidInput."""
    options = Options.parse({**record.options.dump(), "mode": mode})
    staging.change(ctx.conn, record.id, options=options.dump())
    return staging.find(ctx.conn, record.id, ctx.actor.id)


def _stored(ctx: Context, record: Import, options: Options) -> Import:
    staging.change(ctx.conn, record.id, options=options.dump(), state=staging.STAGED, error=None)
    return staging.find(ctx.conn, record.id, ctx.actor.id)


def staged_sheet(ctx: Context, record: Import, options: Options | None = None) -> Sheet:
    """The import's sheet as its file holds it. Raises FileRefused."""
    return read(staging.checked_path(ctx.settings.data_dir, record), (options or record.options).sheet)
