"""Two people change one document: the second's edit is laid over the first's, node by node, or both are shown.

An editor says from which document he began, by its digest. If another stands there by now, the one he began from
is found in the log, and what he changed in it is merged into what stands there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection

from . import layers
from .changeset_log import Changeset, history
from .drafts import Change, Edit
from .errors import Conflict
from .nodes import MISSING, Difference, differences
from .nodewords import path_in_words, value_in_words
from .store import Document, Identity

LOOKED_BACK = 200
"""Changesets among which the document somebody began from is looked for."""

NOTHING = ""
"""The digest of a document that is not there."""


def digest(document: Mapping[str, Any] | None) -> str:
    """What tells a document from every other: the SHA-256 of its JSON, whatever the order of its properties."""
    if document is None:
        return NOTHING
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Overlap:
    """A document two people changed in the same nodes: what stands there, and the changesets made since."""

    identity: Identity
    present: Document | None
    clashes: tuple[layers.Clash, ...]
    changesets: tuple[Changeset, ...]

    def dump(self, lang: str) -> dict[str, Any]:
        """The overlap as JSON, in words."""
        kind, key = self.identity
        trees = (self.present or {},)
        return {
            "kind": kind,
            "key": key,
            "present": self.present,
            "base": digest(self.present),
            "clashes": [
                {
                    "path": clash.path,
                    "where": path_in_words(clash.path, lang, *trees),
                    "theirs": value_in_words(clash.theirs, lang),
                    "mine": value_in_words(clash.ours, lang),
                }
                for clash in self.clashes
            ],
            "changesets": [named(one) for one in self.changesets],
        }


def named(changeset: Changeset) -> dict[str, Any]:
    """Which changeset it was, as JSON."""
    return {
        "number": changeset.number,
        "actor": changeset.actor,
        "applied_at": changeset.applied_at.isoformat().replace("+00:00", "Z"),
        "note": changeset.note,
    }


def dependents(conn: Connection, number: int, identities: Collection[Identity]) -> list[dict[str, Any]]:
    """The changesets behind a number that changed one of these documents, the newest first, with which."""
    later = [changeset for changeset in history(conn, LOOKED_BACK) if changeset.number > number]
    found = []
    for changeset in later:
        touched = sorted({change.place[:2] for change in changeset.changes} & set(identities))
        if touched:
            found.append({**named(changeset), "documents": [{"kind": kind, "key": key} for kind, key in touched]})
    return found


class Overlapping(Conflict):
    """Somebody else changed the same nodes meanwhile; `overlaps` says what and who, document by document."""

    code = "conflict_schema"

    def __init__(self, overlaps: Sequence[Overlap], expected: int, found: int) -> None:
        self.overlaps = tuple(overlaps)
        super().__init__(expected=expected, found=found)

    def members_in(self, lang: str) -> dict[str, Any]:
        """What else the answer says."""
        return {"documents": [overlap.dump(lang) for overlap in self.overlaps]}


def rebased(
    conn: Connection,
    present: Mapping[Identity, Document],
    edits: Sequence[Edit],
    base: Mapping[str, str],
    version: int,
) -> list[Edit]:
    """The edits as of now. `base` are digests by `kind:key`. Raises Overlapping."""
    moved = [edit for edit in edits if _has_moved(edit, present, base)]
    if not moved:
        return list(edits)
    log = history(conn, LOOKED_BACK)
    laid, overlaps = {}, []
    for edit in moved:
        identity = (edit.kind, edit.key)
        merged = _laid_over(edit, present.get(identity), base[f"{edit.kind}:{edit.key}"], log)
        if isinstance(merged, Overlap):
            overlaps.append(merged)
        else:
            laid[identity] = merged
    if overlaps:
        raise Overlapping(overlaps, min(one.number for each in overlaps for one in each.changesets) - 1, version)
    return [laid.get((edit.kind, edit.key), edit) for edit in edits]


def _has_moved(edit: Edit, present: Mapping[Identity, Document], base: Mapping[str, str]) -> bool:
    known = base.get(f"{edit.kind}:{edit.key}")
    return known is not None and digest(present.get((edit.kind, edit.key))) != known


def _laid_over(edit: Edit, now: Document | None, base: str, log: Sequence[Changeset]) -> Edit | Overlap:
    identity = (edit.kind, edit.key)
    since, began = _since(identity, base, log)
    if began is None or now is None or edit.document is None:
        whole = layers.Clash("/", MISSING, now or MISSING, edit.document or MISSING)
        return Overlap(identity, now, (whole,), tuple(since or log[:1]))
    merge = layers.merge(began, now, edit.document)
    if merge.clashes:
        return Overlap(identity, now, tuple(merge.clashes), tuple(since))
    return replace(edit, document=dict(merge.value))


def _since(identity: Identity, base: str, log: Sequence[Changeset]) -> tuple[list[Changeset], Document | None]:
    """The changesets that touched the document since it had this digest, and the document it was."""
    since = []
    for changeset in log:
        for change in changeset.changes:
            if change.place[:2] != identity:
                continue
            since.append(changeset)
            for row in (change.before, change.after):
                if row is not None and digest(row.document) == base:
                    return since, row.document
    return since, None


# --- what a changeset changed, to be read -----------------------------------------------------------------------


def changed_nodes(changeset: Changeset) -> Iterator[tuple[tuple[str, str, str], Difference, tuple[Any, ...]]]:
    """(kind, key and layer, difference, the trees it is between) for every node a changeset changed."""
    for change in changeset.changes:
        before, after = sides(change)
        if before is MISSING or after is MISSING:
            yield change.place, Difference("", before, after), (before, after)
            continue
        for difference in differences(before, after):
            yield change.place, difference, (before, after)


def sides(change: Change) -> tuple[Any, Any]:
    """The document in force before and after a change; MISSING where there is none."""
    before, after = (
        MISSING if row is None or row.document is None else row.document
        for row in (change.before or _base_of(change.after), change.after or _base_of(change.before))
    )
    return before, after


def _base_of(row: Any) -> Any:
    """For a site's first edit of a packaged document: the packaged one, which was in force before."""
    return None if row is None or row.base is None else replace(row, document=row.base)


def readable(changeset: Changeset, lang: str) -> list[dict[str, Any]]:
    """What a changeset changed, {kind, key, layer, path, where, before, after, was, now}: as JSON and in words."""
    return [
        {
            "kind": kind,
            "key": key,
            "layer": layer,
            **difference.dump(),
            "where": path_in_words(difference.path, lang, *trees) if difference.path else "",
            "was": value_in_words(difference.before, lang),
            "now": value_in_words(difference.after, lang),
        }
        for (kind, key, layer), difference, trees in changed_nodes(changeset)
    ]
