"""The log of changesets: what each changed, who wanted it and why; also their last statements, that write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .crash import crash_point
from .drafts import Change
from .errors import NotFound
from .tables import changeset as changeset_table
from .tables import document as document_table
from .tables import package as package_table
from .tables import state as state_table

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PackageChange:
    """A row of `fl_package` before and after, None where there is none."""

    key: str
    before: Row | None
    after: Row | None


@dataclass(frozen=True, slots=True)
class Changeset:
    """An applied changeset as the log keeps it. `number` is the catalog version it led to."""

    number: int
    layer: str
    actor: str
    note: str
    applied_at: datetime
    changes: tuple[Change, ...] = ()
    packages: tuple[PackageChange, ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    reverts: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there was nothing to change; then nothing was logged and `number` is the version found."""
        return not self.changes and not self.packages


def write(conn: Connection, applied: Changeset) -> None:
    """Documents, packages, version and log: the last statements of the transaction."""
    c = document_table.c
    for change in applied.changes:
        kind, key, layer = change.place
        conn.execute(sa.delete(document_table).where(c.kind == kind, c.key == key, c.layer == layer))
    written = [
        {
            "kind": row.kind,
            "key": row.key,
            "layer": row.layer,
            "document": row.document,
            "base": row.base,
            "changeset": applied.number,
        }
        for row in (change.after for change in applied.changes)
        if row is not None
    ]
    if written:
        conn.execute(sa.insert(document_table), written)
    crash_point("changeset.documents")
    for package in applied.packages:
        conn.execute(sa.delete(package_table).where(package_table.c.key == package.key))
        if package.after is not None:
            row = {
                **package.after,
                "key": package.key,
                "changeset": applied.number,
                "installed_at": applied.applied_at,
            }
            conn.execute(sa.insert(package_table), row)
    conn.execute(sa.update(state_table).where(state_table.c.name == "catalog").values(version=applied.number))
    conn.execute(sa.insert(changeset_table), _dump(applied))
    crash_point("changeset.logged")


def _dump(applied: Changeset) -> Row:
    return {
        "number": applied.number,
        "layer": applied.layer,
        "actor": applied.actor,
        "note": applied.note,
        "applied_at": applied.applied_at,
        "changes": [change.dump() for change in applied.changes],
        "packages": [{"key": p.key, "before": p.before, "after": p.after} for p in applied.packages],
        "steps": list(applied.steps),
        "reverts": applied.reverts,
    }


def _load(row: sa.RowMapping) -> Changeset:
    return Changeset(
        number=row["number"],
        layer=row["layer"],
        actor=row["actor"],
        note=row["note"],
        applied_at=row["applied_at"],
        changes=tuple(Change.load(raw) for raw in row["changes"]),
        packages=tuple(PackageChange(p["key"], p["before"], p["after"]) for p in row["packages"]),
        steps=tuple(row["steps"]),
        reverts=row["reverts"],
    )


def get(conn: Connection, number: int) -> Changeset:
    """The changeset of that number. Raises NotFound."""
    row = conn.execute(sa.select(changeset_table).where(changeset_table.c.number == number)).mappings().first()
    if row is None:
        raise NotFound()
    return _load(row)


def signatures(conn: Connection, numbers: Collection[int]) -> dict[int, tuple[str, datetime]]:
    """Who applied these changesets and when, by number. Queries: 1; no document is read."""
    c = changeset_table.c
    query = sa.select(c.number, c.actor, c.applied_at).where(c.number.in_(numbers))
    return {number: (actor, applied_at) for number, actor, applied_at in conn.execute(query)}


def reverted_by(conn: Connection, numbers: Collection[int]) -> dict[int, int]:
    """The changesets that took some of these back, by the number of what they took back. Queries: 1.

    Of several the last: what was taken back, brought back and taken back again.
    """
    c = changeset_table.c
    query = sa.select(c.reverts, c.number).where(c.reverts.in_(numbers)).order_by(c.number)
    found: dict[int, int] = {reverts: number for reverts, number in conn.execute(query)}
    again = reverted_by(conn, found.values()) if found else {}
    return {reverts: number for reverts, number in found.items() if number not in again}


def history(conn: Connection, limit: int = 50, before: int | None = None) -> list[Changeset]:
    """Applied changesets, the newest first, those below number `before` only."""
    query = sa.select(changeset_table).order_by(changeset_table.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(changeset_table.c.number < before)
    return [_load(row) for row in conn.execute(query).mappings()]
