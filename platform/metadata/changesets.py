"""Every change of metadata: previewed, applied in one transaction, logged, and taken back as one.

`apply` is the only writer of documents. The transaction holds the version row, the documents, the tables and the
log, so that a crash or a refusal anywhere leaves everything as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import effects, store
from .apply import Executor
from .bases import dependents, rebased
from .catalog import Catalog
from .changeset_log import Changeset, PackageChange, Row, get, history, write
from .database import Database
from .drafts import Change, Edit, Overtaken, draft, undo
from .drift import drift
from .errors import Conflict, MetadataError, NotFound, PlanError
from .nodes import in_order
from .preparing import Outdated, Preparation
from .preview import Preview, Wish, examine
from .ready import NOTHING_READY
from .shadows import read_shadows
from .steps import Shadow
from .store import SITE, Stored
from .tables import state as state_table

LOCK_TIMEOUT = "2s"
"""How long a step may wait for readers on PostgreSQL; waiting longer would make every later reader wait too."""

NO_BASE: Mapping[str, str] = MappingProxyType({})

ATTEMPTS = 5
FIRST_PAUSE = 0.2
"""Seconds before the second attempt; each further one waits twice as long."""

__all__ = [
    "Changeset",
    "Edit",
    "Outdated",
    "PackageChange",
    "Preview",
    "apply",
    "get",
    "history",
    "preview",
    "preview_restore",
    "preview_revert",
    "refuse",
    "restore",
    "revert",
]


@dataclass(frozen=True, slots=True)
class _Request:
    """One wish to change metadata; `changes` reads the present rows."""

    changes: Callable[[Connection, Sequence[Stored]], list[Change]]
    layer: str
    actor: str
    note: str
    allow_destructive: bool = False
    expected_version: int | None = None
    packages: tuple[PackageChange, ...] = ()
    reverts: int | None = None
    restores: int | None = None
    prepared: Preparation | None = None


class _NeedsRebuild(Exception):
    """The plan copies a SQLite table, which this kind of transaction must not do."""


def preview(
    conn: Connection, edits: Sequence[Edit], layer: str = SITE, *, base: Mapping[str, str] = NO_BASE
) -> Preview:
    """What applying the edits now would mean. Changes nothing. Raises Overlapping (see `apply`)."""
    rows = store.read_rows(conn)
    changes = _drafted(conn, rows, edits, layer, base)
    return examine(conn, store.current_version(conn), rows, changes)


def _drafted(
    conn: Connection, rows: Sequence[Stored], edits: Sequence[Edit], layer: str, base: Mapping[str, str]
) -> list[Change]:
    if base:
        edits = rebased(conn, store.effective(rows), edits, base, store.current_version(conn))
    return draft(rows, edits, layer)


def preview_revert(conn: Connection, number: int) -> Preview:
    """What reverting a changeset now would mean. Raises NotFound, Conflict."""
    rows = store.read_rows(conn)
    changes = _undone(conn, rows, get(conn, number))
    return examine(conn, store.current_version(conn), rows, changes, Wish(reverts=number))


def _undone(conn: Connection, rows: Sequence[Stored], changeset: Changeset) -> list[Change]:
    """The changes that take a changeset back. Raises Overtaken, which then names the changesets in the way."""
    try:
        return undo(rows, changeset.changes)
    except Overtaken as error:
        error.members = {"dependents": dependents(conn, changeset.number, error.identities)}
        raise


def preview_restore(conn: Connection, shadow: int) -> Preview:
    """What bringing back a removed field or entity would mean. Raises NotFound, Conflict (`shadow.taken`)."""
    rows = store.read_rows(conn)
    changes = draft(rows, [_restoring(conn, rows, shadow)], SITE)
    return examine(conn, store.current_version(conn), rows, changes, Wish(restores=shadow))


def restore(database: Database, shadow: int, actor: str, note: str = "") -> Changeset:
    """The changeset that brings back a removed field, or entity, with the values kept of it.

    Raises NotFound where nothing is kept under this id, Conflict (`shadow.taken`) where its key is in use.
    """
    request = _Request(
        changes=lambda conn, rows: draft(rows, [_restoring(conn, rows, shadow)], SITE),
        layer=SITE,
        actor=actor,
        note=note,
        restores=shadow,
    )
    return _carry_out(database, request)


def _restoring(conn: Connection, rows: Sequence[Stored], number: int) -> Edit:
    kept = next((each for each in read_shadows(conn) if each.id == number), None)
    if kept is None:
        raise NotFound()
    present = store.effective(rows).get(("entity", kept.entity))
    if kept.field is None:
        if present is not None:
            raise Conflict("shadow.taken", name=kept.entity)
        return Edit.put(kept.document)
    if present is None:
        raise Conflict("shadow.no_entity", name=kept.entity)
    if any(raw["key"] == kept.field for raw in present["fields"]):
        raise Conflict("shadow.taken", name=kept.field)
    declared = kept.document.get("declared") or kept.document
    fields = {raw["key"]: raw for raw in (*present["fields"], declared)}
    before = [key for key in _fields_before(conn, kept) if key in fields]
    order = in_order([*before, declared["key"]] if declared["key"] not in before else before, list(fields)[:-1])
    return Edit.put({**present, "fields": [fields[key] for key in order]})


def _fields_before(conn: Connection, kept: Shadow) -> list[str]:
    """The fields of the entity, in order, as they were when one of them went."""
    changes = get(conn, kept.changeset).changes
    rows = (change.before for change in changes if change.place[:2] == ("entity", kept.entity))
    found = next((row for row in rows if row is not None and row.document is not None), None)
    return [] if found is None or found.document is None else [raw["key"] for raw in found.document["fields"]]


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
    base: Mapping[str, str] = NO_BASE,
    prepared: Preparation | None = None,
) -> Changeset:
    """The changeset, applied and committed; with nothing to change, one of the present number that is not logged.

    `base` are digests, by `kind:key`, of the documents the edits began from: where another stands there by now,
    the edit is laid over it, or Overlapping (`conflict_schema`) says what both changed.
    Raises MetadataError with all findings, PlanError (`plan.destructive`, `plan.refused`, `plan.busy`),
    Conflict (`conflict_schema`) when the version is not the expected one.
    """
    request = _Request(
        changes=lambda conn, rows: _drafted(conn, rows, edits, layer, base),
        layer=layer,
        actor=actor,
        note=note,
        allow_destructive=allow_destructive,
        expected_version=expected_version,
        packages=tuple(packages),
        prepared=prepared,
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
        changes=lambda conn, rows: _undone(conn, rows, undone),
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
    changes = request.changes(conn, rows)
    if not changes and not request.packages:
        return _as_changeset(request, version, (), ()), None
    wish = Wish(request.reverts, request.restores, agreed=request.allow_destructive)
    found = examine(conn, version, rows, changes, wish)
    _refuse(conn, found, request)
    if found.plan.rebuilds and _is_guarded(conn):
        raise _NeedsRebuild
    executor = None
    if found.current is not None and found.desired is not None:
        _refuse_drift(conn, found)
        try:
            ready = request.prepared
            if ready is not None and not _is_as_prepared(ready, found):
                raise Outdated
            outcomes = {} if ready is None else ready.catch_up(conn)
            names = NOTHING_READY if ready is None else ready.ready
            executor = Executor(conn, found.current, found.desired, version + 1, names)
            executor.outcomes |= outcomes
            executor.run_all(found.plan)
        except sa.exc.IntegrityError:
            # Only seen once values were converted or filled in; nothing of it stays.
            raise PlanError("plan.duplicates") from None
    applied = _as_changeset(request, version + 1, changes, found.plan.steps, executor.outcomes if executor else {})
    write(conn, applied)
    return applied, found.desired


def _is_as_prepared(ready: Preparation, found: Preview) -> bool:
    """Whether the changeset still does what was prepared for."""
    desired = found.desired
    assert desired is not None
    kinds = ("entity", "option_set")
    wanted = {place: document for place, document in desired.documents.items() if place[0] in kinds}
    staged = {place: document for place, document in ready.staged.documents.items() if place[0] in kinds}
    return ready.plan.steps == found.plan.steps and wanted == staged


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


def refuse(found: Preview, allow_destructive: bool = False) -> None:
    """Nothing, when the changeset may be made. Raises MetadataError, PlanError."""
    if any(finding.severity == "error" for finding in found.findings):
        raise MetadataError(findings=found.findings)
    refused = [effect for effect in found.effects if effect.level == "refuse"]
    if refused:
        raise PlanError("plan.refused", reason=_reasons(refused), effects=[effect.dump() for effect in refused])
    destructive = [effect for effect in found.effects if effect.level == "confirm"]
    if destructive and not allow_destructive:
        listed = [effect.dump() for effect in destructive]
        raise PlanError("plan.destructive", reason=_reasons(destructive), effects=listed)


def _refuse(conn: Connection, found: Preview, request: _Request) -> None:
    try:
        refuse(found, request.allow_destructive)
    except MetadataError as error:
        if request.reverts is not None:
            named = {finding.document for finding in found.findings}
            error.members = {"dependents": dependents(conn, request.reverts, named)}
        raise


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
