"""Every change of metadata: previewed, applied in one transaction, logged, and taken back as one.

`apply` is the only writer of documents. The transaction holds the version row, the documents, the tables and the
log, so that a crash or a refusal anywhere leaves everything as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import checks, effects, renaming, store
from .apply import Executor
from .catalog import Catalog, build
from .changeset_log import Changeset, PackageChange, Row, get, history, write
from .database import Database
from .drafts import Change, Edit, draft, undo
from .drift import drift
from .errors import Conflict, MetadataError, PlanError
from .plan import Plan, plan
from .shadows import read_shadows
from .store import SITE, Stored
from .tables import state as state_table

LOCK_TIMEOUT = "2s"
"""How long a step may wait for readers on PostgreSQL; waiting longer would make every later reader wait too."""

ATTEMPTS = 5
FIRST_PAUSE = 0.2
"""Seconds before the second attempt; each further one waits twice as long."""

__all__ = [
    "Changeset",
    "Edit",
    "PackageChange",
    "Preview",
    "apply",
    "get",
    "history",
    "preview",
    "preview_revert",
    "revert",
]


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying would mean: findings, places that name what goes away, effects on rows, and the Plan."""

    version: int
    changes: tuple[Change, ...]
    findings: tuple[checks.Finding, ...]
    places: tuple[checks.Place, ...] = ()
    effects: tuple[effects.Effect, ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(()))
    current: Catalog | None = None
    desired: Catalog | None = None

    @property
    def refused(self) -> bool:
        """Whether applying would fail even with a yes to what is destructive."""
        wrong = any(finding.severity == "error" for finding in self.findings)
        return wrong or any(effect.level == "refuse" for effect in self.effects)

    @property
    def destructive(self) -> bool:
        """Whether applying takes values out of sight."""
        return any(effect.level == "confirm" for effect in self.effects)

    def dump(self, lang: str) -> Row:
        """The preview as JSON, worded."""
        return {
            "version": self.version,
            "refused": self.refused,
            "destructive": self.destructive,
            "changes": [change.dump() for change in self.changes],
            "findings": [finding.dump(lang) for finding in self.findings],
            "places": [place.dump() for place in self.places],
            "effects": [{**effect.dump(), "message": effect.describe(lang)} for effect in self.effects],
            "steps": [{**step.dump(), "message": step.describe(lang)} for step in self.plan.steps],
        }


@dataclass(frozen=True, slots=True)
class _Request:
    """One wish to change metadata; `changes` reads the present rows."""

    changes: Callable[[Sequence[Stored]], list[Change]]
    layer: str
    actor: str
    note: str
    allow_destructive: bool = False
    expected_version: int | None = None
    packages: tuple[PackageChange, ...] = ()
    reverts: int | None = None


class _NeedsRebuild(Exception):
    """The plan copies a SQLite table, which this kind of transaction must not do."""


def preview(conn: Connection, edits: Sequence[Edit], layer: str = SITE) -> Preview:
    """What applying the edits now would mean. Changes nothing."""
    rows = store.read_rows(conn)
    return _examine(conn, store.current_version(conn), rows, draft(rows, edits, layer), None)


def preview_revert(conn: Connection, number: int) -> Preview:
    """What reverting a changeset now would mean. Raises NotFound, Conflict."""
    rows = store.read_rows(conn)
    changes = undo(rows, get(conn, number).changes)
    return _examine(conn, store.current_version(conn), rows, changes, number)


def apply(  # noqa: PLR0913  (all but the first four are by name)
    database: Database,
    edits: Sequence[Edit],
    actor: str,
    note: str = "",
    *,
    allow_destructive: bool = False,
    layer: str = SITE,
    expected_version: int | None = None,
    packages: Sequence[PackageChange] = (),
) -> Changeset:
    """The changeset, applied and committed; with nothing to change, one of the present number that is not logged.

    Raises MetadataError with all findings, PlanError (`plan.destructive`, `plan.refused`, `plan.busy`),
    Conflict (`conflict_schema`) when the version is not the expected one.
    """
    request = _Request(
        changes=lambda rows: draft(rows, edits, layer),
        layer=layer,
        actor=actor,
        note=note,
        allow_destructive=allow_destructive,
        expected_version=expected_version,
        packages=tuple(packages),
    )
    return _carry_out(database, request)


def revert(
    database: Database, number: int, actor: str, note: str = "", *, allow_destructive: bool = False
) -> Changeset:
    """A new changeset that undoes number `number`: documents and exact old values.

    Raises NotFound, PlanError, and Conflict (`changeset.overtaken`) when later changesets changed the same places.
    """
    with database.reading() as conn:
        undone = get(conn, number)
    request = _Request(
        changes=lambda rows: undo(rows, undone.changes),
        layer=undone.layer,
        actor=actor,
        note=note,
        allow_destructive=allow_destructive,
        packages=tuple(PackageChange(p.key, p.after, p.before) for p in undone.packages),
        reverts=number,
    )
    return _carry_out(database, request)


def _carry_out(database: Database, request: _Request) -> Changeset:
    """Try in a plain transaction first; copy tables or wait for locks only where that proves necessary."""
    transaction = database.writing
    for attempt in range(ATTEMPTS):
        try:
            with transaction() as conn:
                applied, catalog = _apply_in(conn, request)
            if catalog is not None:
                store.cache_of(database.engine).put(catalog)
            return applied
        except _NeedsRebuild:
            transaction = database.rebuilding
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in ("55P03", "40P01"):
                raise
            time.sleep(FIRST_PAUSE * 2**attempt)
    raise PlanError("plan.busy", status=503)


def _apply_in(conn: Connection, request: _Request) -> tuple[Changeset, Catalog | None]:
    """The changeset and the catalog it leads to, both true once the transaction is committed."""
    version = _lock_version(conn)
    if request.expected_version is not None and request.expected_version != version:
        raise Conflict("conflict_schema", expected=request.expected_version, found=version)
    rows = store.read_rows(conn)
    changes = request.changes(rows)
    if not changes and not request.packages:
        return _as_changeset(request, version, (), ()), None
    found = _examine(conn, version, rows, changes, request.reverts, agreed=request.allow_destructive)
    _refuse(found, request.allow_destructive)
    if found.plan.rebuilds and _is_guarded(conn):
        raise _NeedsRebuild
    executor = None
    if found.current is not None and found.desired is not None:
        _refuse_drift(conn, found)
        try:
            executor = Executor(conn, found.current, found.desired, version + 1)
            executor.run_all(found.plan)
        except sa.exc.IntegrityError:
            # Only seen once values were converted or filled in; nothing of it stays.
            raise PlanError("plan.duplicates") from None
    applied = _as_changeset(request, version + 1, changes, found.plan.steps, executor.outcomes if executor else {})
    write(conn, applied)
    return applied, found.desired


def _lock_version(conn: Connection) -> int:
    """The version, which nobody else can move until this transaction ends."""
    query = sa.select(state_table.c.version).where(state_table.c.name == "catalog")
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        query = query.with_for_update()
    return int(conn.execute(query).scalar_one())


def _is_guarded(conn: Connection) -> bool:
    """Whether SQLite's foreign keys are on."""
    return conn.dialect.name == "sqlite" and bool(conn.exec_driver_sql("PRAGMA foreign_keys").scalar())


def _examine(
    conn: Connection,
    version: int,
    rows: Sequence[Stored],
    changes: Sequence[Change],
    reverts: int | None,
    *,
    agreed: bool = False,
) -> Preview:
    """Everything there is to know about the changes before they are made."""
    before = list(store.effective(rows).values())
    changed = {change.place[:2] for change in changes}
    after = _after(rows, changes, changed)
    findings = tuple(checks.check(after, changed))
    current = store.catalog_for(conn, version)
    if any(finding.severity == "error" for finding in findings):
        return Preview(version, tuple(changes), findings, _places(before, current, after, findings))
    desired = build(after, version + 1)
    steps = plan(current, desired, read_shadows(conn, reverts) if reverts else ())
    return Preview(
        version=version,
        changes=tuple(changes),
        findings=findings,
        places=_places(before, current, after),
        effects=tuple(effects.measure(conn, steps, current, desired, agreed=agreed)),
        plan=steps,
        current=current,
        desired=desired,
    )


def _after(rows: Sequence[Stored], changes: Sequence[Change], changed: set[tuple[str, str]]) -> list[Any]:
    """The documents as they will be. Former keys in them are only looked for where all can be read."""
    merged = store.merged(_with_changes(rows, changes))
    readable = not any(checks.validate(merged[identity]) for identity in changed & merged.keys())
    return renaming.resolved(merged.values()) if readable else list(merged.values())


def _places(
    before: Sequence[Row], current: Catalog, after: Sequence[Row], findings: Sequence[checks.Finding] = ()
) -> tuple[checks.Place, ...]:
    """Where what goes away is named; not known while some document cannot even be read."""
    unread = any(finding.id.startswith("M1") for finding in findings)
    return () if unread else tuple(checks.places(before, current, after))


def _with_changes(rows: Sequence[Stored], changes: Sequence[Change]) -> list[Stored]:
    by_place = {row.place: row for row in rows}
    for change in changes:
        if change.after is None:
            by_place.pop(change.place, None)
        else:
            by_place[change.place] = change.after
    return list(by_place.values())


def _refuse(found: Preview, allow_destructive: bool) -> None:
    if any(finding.severity == "error" for finding in found.findings):
        raise MetadataError(findings=found.findings)
    refused = [effect for effect in found.effects if effect.level == "refuse"]
    if refused:
        raise PlanError("plan.refused", reason=_reasons(refused), effects=[effect.dump() for effect in refused])
    destructive = [effect for effect in found.effects if effect.level == "confirm"]
    if destructive and not allow_destructive:
        listed = [effect.dump() for effect in destructive]
        raise PlanError("plan.destructive", reason=_reasons(destructive), effects=listed)


def _refuse_drift(conn: Connection, found: Preview) -> None:
    """The plan was made from what the catalog says of the tables; they had better agree."""
    assert found.current is not None
    touched = {step.entity for step in found.plan.steps}
    differences = drift(conn, found.current, touched)
    if differences:
        shown = "; ".join(f"{d.code} {d.table} {d.name}".strip() for d in differences[:5])
        raise PlanError("plan.drift", reason=shown)


def _reasons(found: Sequence[effects.Effect]) -> str:
    return "; ".join(effect.describe("en") for effect in found)


def _as_changeset(
    request: _Request,
    number: int,
    changes: Sequence[Change],
    steps: Sequence[Any],
    outcomes: Mapping[str, Row] = MappingProxyType({}),
) -> Changeset:
    return Changeset(
        number=number,
        layer=request.layer,
        actor=request.actor,
        note=request.note,
        applied_at=datetime.now(UTC),
        changes=tuple(changes),
        packages=request.packages,
        steps=tuple({**step.dump(), **outcomes.get(step.place, {})} for step in steps),
        reverts=request.reverts,
    )
