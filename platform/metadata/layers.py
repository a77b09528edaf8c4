"""Documents in layers: what a package ships and what the site made of it, merged node by node. Pure.

Two descendants of one base merge by path: what only one side changed is taken from it; what both changed
differently is a clash, where ours stays until somebody decides. Lists merge item by item, each found by its name
(see `nodes`), renamed or not; a list whose order both sides changed is a clash of its own. What both sides added
under one name, and a field whose type one side changed while the other worked on its settings, is one decision:
half of each would be neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .nodes import MISSING, ORDER, WHOLE, aligned, are_lists, in_order, join, same, split

__all__ = ["MINE", "MISSING", "THEIRS", "Clash", "Merge", "merge", "same"]

MINE, THEIRS = "mine", "theirs"

Choose = Callable[[str], str | None]
"""What was decided for the clash at a path: MINE, THEIRS, or None so far."""

_TYPED = "fields"
"""The list whose items' settings belong to their `type`."""
_FREE = frozenset({"key", "was", "type", "label", "help", "placeholder", "description"})
"""Settings a field has whatever its type."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A place both sides changed differently. `choice` is None until somebody decided."""

    path: str
    base: Any
    theirs: Any
    ours: Any
    choice: str | None = None


@dataclass(slots=True)
class Merge:
    """The result of a three-way merge: the merged tree and where the sides were at odds."""

    value: Any = MISSING
    clashes: list[Clash] = field(default_factory=list)

    @property
    def open(self) -> list[Clash]:
        """The clashes nobody decided; ours stays there."""
        return [clash for clash in self.clashes if clash.choice is None]


def merge(base: Any, theirs: Any, ours: Any, choose: Choose | None = None) -> Merge:
    """The merge of two descendants of `base`. MISSING stands for absent on any side."""
    merger = _Merger(choose or (lambda _path: None))
    return Merge(merger.node(base, theirs, ours, ""), merger.clashes)


class _Merger:
    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.clashes: list[Clash] = []

    def node(self, base: Any, theirs: Any, ours: Any, path: str) -> Any:
        """The merged node, MISSING where there is to be none."""
        if same(ours, theirs) or same(theirs, base):
            return ours
        if same(ours, base):
            return theirs
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            inner = base if isinstance(base, Mapping) else {}
            if _is_retyped(inner, theirs, ours, path):
                return self.clash(base, theirs, ours, path)
            return self.added(base, theirs, ours, path) or self.objects(inner, theirs, ours, path)
        if are_lists(theirs, ours) and (base is MISSING or are_lists(base)):
            return self.lists([] if base is MISSING else base, theirs, ours, path)
        return self.clash(base, theirs, ours, path)

    def clash(self, base: Any, theirs: Any, ours: Any, path: str) -> Any:
        """What was chosen where the sides are at odds."""
        choice = self.choose(path)
        self.clashes.append(Clash(path, base, theirs, ours, choice))
        return theirs if choice == THEIRS else ours

    def added(self, base: Any, theirs: Any, ours: Any, path: str) -> Any:
        """The whole object where both sides added one, if they are at odds anywhere in it."""
        if base is not MISSING or not path:
            return None
        before = len(self.clashes)
        self.objects({}, theirs, ours, path)
        at_odds = len(self.clashes) > before
        del self.clashes[before:]
        return self.clash(base, theirs, ours, path) if at_odds else None

    def objects(
        self, base: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any], path: str
    ) -> dict[str, Any]:
        """The merged object."""
        merged = {}
        for name in _ordered(list(base), list(theirs), list(ours)):
            sides = (base.get(name, MISSING), theirs.get(name, MISSING), ours.get(name, MISSING))
            value = self.whole(*sides, join(path, name)) if name in WHOLE else self.node(*sides, join(path, name))
            if value is not MISSING:
                merged[name] = value
        return merged

    def whole(self, base: Any, theirs: Any, ours: Any, path: str) -> Any:
        """A node that is taken from one side or the other."""
        if same(ours, theirs) or same(theirs, base):
            return ours
        return theirs if same(ours, base) else self.clash(base, theirs, ours, path)

    def lists(self, base: Sequence[Any], theirs: Sequence[Any], ours: Sequence[Any], path: str) -> list[Any]:
        """The merged list."""
        old, shipped, mine = aligned(base, theirs, ours)
        names = self.order(list(old), list(shipped), list(mine), f"{path}/{ORDER}")
        merged = []
        for name in names:
            sides = (old.get(name, MISSING), shipped.get(name, MISSING), mine.get(name, MISSING))
            value = self.node(*sides, join(path, name))
            if value is not MISSING:
                merged.append(value)
        return merged

    def order(self, base: list[str], theirs: list[str], ours: list[str], path: str) -> list[str]:
        """All names in the order of the side that changed it; where both did, in the one that was chosen."""
        old, shipped, mine = _common_orders(base, theirs, ours)
        if old == mine or shipped == mine:
            return _ordered(base, theirs, ours)
        if old != shipped and self.clash(old, shipped, mine, path) == shipped:
            return in_order(base, in_order(ours, theirs))
        return in_order(base, in_order(theirs, ours))


def _common_orders(*sides: list[str]) -> list[list[str]]:
    common = set(sides[0]).intersection(*sides[1:])
    return [[name for name in side if name in common] for side in sides]


def _ordered(base: list[str], theirs: list[str], ours: list[str]) -> list[str]:
    """All names in their order, with ours after the neighbours we gave them."""
    return in_order(base, in_order(ours, theirs))


def _is_retyped(base: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any], path: str) -> bool:
    """Whether one side made another type of a field and the other changed settings of the type it was."""
    parts = split(path)
    if len(parts) < 2 or parts[-2] != _TYPED or "type" not in base:
        return False
    retyped = [not same(side.get("type", MISSING), base["type"]) for side in (theirs, ours)]
    if not any(retyped) or same(theirs.get("type", MISSING), ours.get("type", MISSING)):
        return False
    return all(retyped) or _is_worked_on(base, ours if retyped[0] else theirs)


def _is_worked_on(base: Mapping[str, Any], side: Mapping[str, Any]) -> bool:
    names = (base.keys() | side.keys()) - _FREE
    return any(not same(base.get(name, MISSING), side.get(name, MISSING)) for name in names)
