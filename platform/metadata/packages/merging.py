"""What putting a package in force means for documents the site has worked on: a three-way merge per node. Pure.

Base is what the site's edit started from, theirs what the package now ships, ours the site's edit. A document one
side took away and the other changed is a conflict as a whole. Every site edit afterwards starts from what is then
shipped, so that a decision is made once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .. import layers
from ..drafts import Edit
from ..errors import InvalidInput
from ..layers import MINE, THEIRS
from ..nodes import MISSING, differences, same
from ..store import SITE, Document, Identity, Stored, package_layer

EVERYTHING = "*"
"""The choice for all conflicts nobody chose for."""

SIDES = (MINE, THEIRS)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A node of a document that the site and the package changed differently; MISSING on a side that has none."""

    kind: str
    key: str
    path: str
    base: Any
    theirs: Any
    ours: Any
    choice: str | None = None

    @property
    def name(self) -> str:
        """What a choice for it is filed under: `entity:account#/fields/size/label`."""
        return f"{self.kind}:{self.key}#{self.path}"

    def dump(self) -> dict[str, Any]:
        """The dispute as JSON; a side that has nothing there is left out."""
        sides = {"base": self.base, "theirs": self.theirs, "mine": self.ours}
        values = {name: value for name, value in sides.items() if value is not MISSING}
        place = {"kind": self.kind, "key": self.key, "path": self.path}
        return {"name": self.name, **place, **values, "choice": self.choice}


@dataclass(slots=True)
class Merged:
    """The edits that put the package in force, the disputes on the way, and what else is worth saying."""

    edits: list[Edit] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    merged: list[Identity] = field(default_factory=list)
    """Documents the site changed, which are now changed on top of something else."""
    taken: list[Identity] = field(default_factory=list)
    """Documents of the site's own that the package ships too."""
    renamed: dict[Identity, Identity] = field(default_factory=dict)

    @property
    def open(self) -> list[Dispute]:
        """What nobody decided."""
        return [dispute for dispute in self.disputes if dispute.choice is None]


def read_choices(raw: Any) -> dict[str, str]:
    """Choices from JSON: MINE or THEIRS by the name of a dispute, of a document (`entity:account`), or `*`.

    Raises InvalidInput.
    """
    if not isinstance(raw, Mapping) or not all(isinstance(side, str) and side in SIDES for side in raw.values()):
        raise InvalidInput("package.bad_choices")
    return {str(name): side for name, side in raw.items()}


def merge(
    rows: Sequence[Stored], key: str, documents: Sequence[Mapping[str, Any]], choices: Mapping[str, str]
) -> Merged:
    """What replacing the documents of package `key` with these means. Raises InvalidInput (unknown choices)."""
    merger = _Merger(rows, key, documents, choices)
    merger.run()
    merger.refuse_unknown_choices()
    return merger.result


class _Merger:
    def __init__(
        self, rows: Sequence[Stored], key: str, documents: Sequence[Mapping[str, Any]], choices: Mapping[str, str]
    ) -> None:
        layer = package_layer(key)
        self.choices = choices
        self.old = {row.identity: row.document for row in rows if row.layer == layer and row.document is not None}
        self.new: dict[Identity, Document] = {(str(d["kind"]), str(d["key"])): dict(d) for d in documents}
        self.edited = {row.identity: row for row in rows if row.layer == SITE}
        self.result = Merged()

    def run(self) -> None:
        """Work out all edits: the package's first, for the site's start from them."""
        result = self.result
        result.renamed = {old: new for new in self.new if (old := self.former(new)) is not None}
        result.edits += [Edit.put(document) for document in self.new.values()]
        result.edits += [Edit("delete", *identity) for identity in self.old if identity not in self.new]
        came_from = {new: old for old, new in result.renamed.items()}
        for identity in sorted({*self.old, *self.new}):
            if identity not in result.renamed:
                self.site(identity, self.edited.get(came_from.get(identity, identity)))
        result.edits += [Edit("reset", *old, layer=SITE) for old in result.renamed if old in self.edited]

    def former(self, identity: Identity) -> Identity | None:
        """The document of which this is another name, if the package had one and has it no more."""
        was = self.new[identity].get("was", ())
        names = ((identity[0], str(old)) for old in ([was] if isinstance(was, str) else was))
        return next((n for n in names if n in self.old and n not in self.new and identity not in self.old), None)

    def site(self, identity: Identity, row: Stored | None) -> None:
        """What becomes of the site's edit of a document."""
        if row is None:
            return
        new = self.new.get(identity, MISSING)
        base = MISSING if row.base is None else row.base
        if base is MISSING:
            if new is MISSING:
                return
            self.result.taken.append(identity)
        elif same(base, new) and row.identity == identity:
            return
        ours = MISSING if row.document is None else row.document
        found = layers.merge(base, new, ours, self.chooser(identity))
        self.result.disputes += [
            Dispute(*identity, clash.path, clash.base, clash.theirs, clash.ours, clash.choice)
            for clash in found.clashes
        ]
        self.put(identity, new, found.value)

    def chooser(self, identity: Identity) -> Callable[[str], str | None]:
        """What was decided for the nodes of a document."""
        document = ":".join(identity)

        def choose(path: str) -> str | None:
            names = (f"{document}#{path}", document, EVERYTHING)
            return next((self.choices[name] for name in names if name in self.choices), None)

        return choose

    def put(self, identity: Identity, new: Any, merged: Any) -> None:
        """Make `merged` effective by the site's layer, over what is newly shipped."""
        if same(merged, new):
            edit = Edit("reset", *identity)
        elif merged is MISSING:
            edit = Edit("delete", *identity)
        else:
            edit = Edit.put(merged)
            self.result.merged += [identity] if new is not MISSING else []
        self.result.edits.append(replace(edit, layer=SITE))

    def refuse_unknown_choices(self) -> None:
        """A choice for something that is no conflict was made for another state of things."""
        known = {EVERYTHING}
        for dispute in self.result.disputes:
            known |= {dispute.name, f"{dispute.kind}:{dispute.key}"}
        unknown = sorted(self.choices.keys() - known)
        if unknown:
            raise InvalidInput("package.choice_unknown", names=", ".join(unknown[:5]))


def would_change(old: Mapping[Identity, Document], new: Mapping[Identity, Document]) -> dict[str, list[Identity]]:
    """Which documents another version adds, removes and changes."""
    both = [identity for identity in new if identity in old]
    return {
        "added": sorted(identity for identity in new if identity not in old),
        "removed": sorted(identity for identity in old if identity not in new),
        "changed": sorted(identity for identity in both if any(differences(old[identity], new[identity]))),
    }
