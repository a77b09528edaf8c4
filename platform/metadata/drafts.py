"""From edits to rows: what a changeset would write where, and what taking one back would. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import layers
from .errors import Conflict, InvalidInput
from .renaming import remembering
from .store import SITE, Document, Stored, site_edit

OPERATIONS = ("put", "delete", "reset")


@dataclass(frozen=True, slots=True)
class Edit:
    """One wish: put a document, delete one, or reset a packaged one to what its package ships."""

    op: str
    kind: str
    key: str
    document: Document | None = None
    layer: str | None = None
    """Another layer than the changeset's."""

    @classmethod
    def put(cls, document: Mapping[str, Any]) -> Edit:
        """Make this document effective."""
        return cls("put", str(document.get("kind")), str(document.get("key")), dict(document))

    @classmethod
    def load(cls, raw: Any) -> Edit:
        """The edit of its JSON form, `{op, document}` or `{op, kind, key}`. Raises InvalidInput."""
        if not isinstance(raw, Mapping) or raw.get("op") not in OPERATIONS:
            raise InvalidInput("edit.invalid")
        named = raw.get("document", raw)
        if not isinstance(named, Mapping) or not all(isinstance(named.get(name), str) for name in ("kind", "key")):
            raise InvalidInput("edit.invalid")
        if raw["op"] == "put":
            return cls.put(named)
        return cls(raw["op"], named["kind"], named["key"])


@dataclass(frozen=True, slots=True)
class Change:
    """One row of one layer, before and after; None where there is no row."""

    place: tuple[str, str, str]
    before: Stored | None
    after: Stored | None

    def dump(self) -> dict[str, Any]:
        """The change as JSON."""
        kind, key, layer = self.place
        return {"kind": kind, "key": key, "layer": layer, "before": _dump(self.before), "after": _dump(self.after)}

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Change:
        """The change of its JSON form."""
        place = (raw["kind"], raw["key"], raw["layer"])
        before, after = (
            None if raw[side] is None else Stored(*place, **raw[side]) for side in ("before", "after")
        )
        return cls(place, before, after)


def _dump(row: Stored | None) -> dict[str, Any] | None:
    return None if row is None else {"document": row.document, "base": row.base}


def draft(rows: Sequence[Stored], edits: Sequence[Edit], layer: str) -> list[Change]:
    """The rows the edits would change in `layer`; edits that change nothing vanish, of two the last wins.

    A site's edit starts from the packaged document as the edits before it leave that.
    """
    present = {row.place: row for row in rows}
    shipped = {row.identity: row.document for row in rows if row.layer != SITE and row.document is not None}
    wanted: dict[tuple[str, str, str], Stored | None] = {}
    for edit in edits:
        identity = (edit.kind, edit.key)
        place = (*identity, edit.layer or layer)
        row = wanted[place] = _wanted(edit, place, shipped.get(identity))
        if place[2] != SITE:
            shipped.pop(identity, None)
            if row is not None and row.document is not None:
                shipped[identity] = row.document
    return _changes(present, wanted)


def _wanted(edit: Edit, place: tuple[str, str, str], packaged: Document | None) -> Stored | None:
    """The row that fulfils the edit."""
    layer = place[2]
    if edit.op == "put" and edit.document is not None:
        return site_edit(edit.document, packaged) if layer == SITE else Stored(*place, edit.document)
    if edit.op == "delete" and layer == SITE and packaged is not None:
        return Stored(*place, None, packaged)
    return None


def _changes(
    present: Mapping[tuple[str, str, str], Stored], wanted: Mapping[tuple[str, str, str], Stored | None]
) -> list[Change]:
    return [
        Change(place, present.get(place), row)
        for place, row in wanted.items()
        if not _equal(present.get(place), row)
    ]


def _equal(left: Stored | None, right: Stored | None) -> bool:
    return layers.same(_dump(left), _dump(right))


class Overtaken(Conflict):
    """Later changesets changed the same nodes; `members` lists them, once somebody has looked them up."""

    code = "changeset.overtaken"

    def __init__(self, identities: Sequence[tuple[str, str]]) -> None:
        self.identities = tuple(identities)
        self.members: dict[str, Any] = {}
        super().__init__(places=", ".join("/".join(identity) for identity in identities))


def undo(rows: Sequence[Stored], changes: Sequence[Change]) -> list[Change]:
    """The changes that take `changes` back. What was edited since is merged node by node.

    Raises Conflict (`changeset.overtaken`) where both touched the same node.
    """
    present = {row.place: row for row in rows}
    wanted: dict[tuple[str, str, str], Stored | None] = {}
    overtaken: list[tuple[str, str]] = []
    for change in changes:
        now, learnt = _without_learnt(present.get(change.place), change.after)
        if _equal(now, change.after):
            wanted[change.place] = _with_learnt(change.before, learnt)
            continue
        merged = _merged_undo(change, now)
        if merged is None:
            overtaken.append(change.place[:2])
        else:
            wanted[change.place] = _with_learnt(merged, learnt)
    if overtaken:
        raise Overtaken(overtaken)
    return _changes(present, _remembering(changes, wanted))


def _remembering(
    changes: Sequence[Change], wanted: Mapping[tuple[str, str, str], Stored | None]
) -> dict[tuple[str, str, str], Stored | None]:
    """The rows wanted; entities and fields that get a former key back answer to the one they lose."""
    later = [c.after.document for c in changes if c.after is not None and c.after.document is not None]
    entities = [document for document in later if document["kind"] == "entity"]
    found = dict(wanted)
    for place, row in wanted.items():
        if row is None or row.document is None or row.kind != "entity":
            continue
        for document in entities:
            if document["key"] == row.key or row.key in document.get("was", ()):
                found[place] = replace(row, document=dict(remembering(document, row.document)))
    return found


def _without_learnt(now: Stored | None, after: Stored | None) -> tuple[Stored | None, dict[str, list[str]]]:
    """The row without the former keys its entity and fields have learnt since `after`, when new keys were taken
    back; and those keys, by field ("" for the entity). Nobody built upon them.
    """
    if now is None or after is None or now.kind != "entity" or now.document is None or after.document is None:
        return now, {}
    before = {raw["key"]: raw for raw in after.document["fields"]}
    learnt: dict[str, list[str]] = {}
    fields = [_forgetting(raw, before.get(raw["key"]), raw["key"], learnt) for raw in now.document["fields"]]
    document = _forgetting({**now.document, "fields": fields}, after.document, "", learnt)
    return replace(now, document=document), learnt


def _forgetting(
    raw: Document, before: Mapping[str, Any] | None, name: str, learnt: dict[str, list[str]]
) -> Document:
    if before is None or not set(raw.get("was", ())) > set(before.get("was", ())):
        return raw
    learnt[name] = [old for old in raw["was"] if old not in before.get("was", ())]
    known = {"was": before["was"]} if "was" in before else {}
    return {**{part: value for part, value in raw.items() if part != "was"}, **known}


def _with_learnt(row: Stored | None, learnt: Mapping[str, list[str]]) -> Stored | None:
    if row is None or row.document is None or not learnt:
        return row
    keys = {raw["key"] for raw in row.document["fields"]}

    def remembering_one(raw: Document, name: str, taken: set[str]) -> Document:
        more = [old for old in learnt.get(name, ()) if old not in taken]
        return {**raw, "was": sorted({*raw.get("was", ()), *more})} if more else raw

    fields = [remembering_one(raw, raw["key"], keys) for raw in row.document["fields"]]
    document = remembering_one({**row.document, "fields": fields}, "", {row.key})
    return replace(row, document=document)


def _merged_undo(change: Change, now: Stored | None) -> Stored | None:
    sides = (change.after, now, change.before)
    documents = [side.document for side in sides if side is not None and side.document is not None]
    if now is None or len(documents) != len(sides):
        return None
    base, theirs, ours = documents
    merge = layers.merge(base, theirs, ours)
    return None if merge.clashes else Stored(*now.place, dict(merge.value), now.base)
