"""Two people change one record: what does not overlap goes through, what does is shown to the second.

The change log says what was changed since the revision the writer started from, and what stood there. A value he
sends unchanged is not his change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import Conflict, FieldError
from ...metadata.model import Entity
from ..changelog import CREATE, Change, changes, of, read
from .batch import ABSENT, Batch
from .rowset import among

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True, slots=True)
class Overlap:
    """A field that both changed: the writer's value, the present one and the one both started from, as JSON."""

    field: str
    mine: Any
    theirs: Any
    base: Any


class VersionConflict(Conflict):
    """Somebody changed the same fields in the meantime; `overlaps` shows them, as far as the writer sees them."""

    code = "conflict_version"

    def __init__(self, overlaps: Sequence[Overlap] = (), rev: int | None = None) -> None:
        self.overlaps = tuple(overlaps)
        super().__init__(fields=[FieldError(each.field, "conflict_version") for each in overlaps], rev=rev)


def changes_since(ctx: Context, entity: str, revs: Mapping[int, int]) -> dict[int, list[Change]]:
    """For each record the changes after the given revision, the newest first. Queries: 1."""
    c = changes.c
    found: dict[int, list[Change]] = {record_id: [] for record_id in revs}
    where = sa.and_(of(ctx.catalog, entity), among(ctx.conn, c.record_id, list(revs)), c.rev > min(revs.values()))
    for change in read(ctx.conn, ctx.catalog, where):
        if change.rev > revs[change.record_id]:
            found[change.record_id].append(change)
    return found


def base_of(since: Iterable[Change]) -> dict[str, Any]:
    """What fields held before these changes (the newest first), as JSON, for each field one of them touched."""
    base: dict[str, Any] = {}
    for change in since:
        base.update(change.old)
    return base


def merge(batch: Batch, position: int, held: Mapping[str, Any], base: Mapping[str, Any]) -> list[Overlap]:
    """Take out of a row what the writer did not change, and tell where he and others changed the same field."""
    overlaps = []
    for key, column in batch.columns.items():
        mine = column[position]
        if mine is ABSENT or key not in base:
            continue
        field = batch.entity.all_fields[key]
        written = field.behaviour.dump(field, mine)
        if written == base[key] or mine == held[key]:
            column[position] = ABSENT
        elif key in batch.rights.readable - batch.rights.masked:
            overlaps.append(Overlap(key, written, field.behaviour.dump(field, held[key]), base[key]))
        else:
            overlaps.append(Overlap(key, written, None, None))
    return overlaps


@dataclass(frozen=True)
class LinesSince:
    """What happened to a record's lines after the revision a writer started from, by line id."""

    created: frozenset[int]
    deleted: frozenset[int]
    base: Mapping[int, Mapping[str, Any]]


def lines_since(ctx: Context, child: Entity, parent: str, parent_id: int, rev: int) -> LinesSince:
    """The changes of lines after their record had `rev`. Queries: 1.

    A unit of work logs its changes at one moment, so the lines written together with `rev` are not later ones.
    """
    c = changes.c
    start = (
        sa.select(c.seq, c.at).where(of(ctx.catalog, parent), c.record_id == parent_id, c.rev == rev).subquery()
    )
    later = sa.exists().where(changes.c.seq > start.c.seq, changes.c.at != start.c.at)
    belonging = of(ctx.catalog, parent, "parent")
    where = sa.and_(of(ctx.catalog, child.key), belonging, c.parent_id == parent_id, later)
    by_line: dict[int, list[Change]] = {}
    for change in read(ctx.conn, ctx.catalog, where):
        by_line.setdefault(change.record_id, []).append(change)
    return LinesSince(
        created=frozenset(line for line, found in by_line.items() if found[-1].op == CREATE),
        deleted=frozenset(line for line, found in by_line.items() if found[0].op == "delete"),
        base={line: base_of(found) for line, found in by_line.items()},
    )
