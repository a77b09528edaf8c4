"""Documents in layers: what a package ships and what the site made of it, merged node by node. Pure.

A document is a tree of objects, lists and plain values. Two descendants of one base merge by path: what only one
side changed is taken from it; what both changed differently is a conflict, where ours stays. Lists whose items can
be told apart (by `key`, or `field`, or because they are plain) merge item by item, others as a whole.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MISSING: Any = object()

_NAMES = ("key", "field", "name", "entity")


@dataclass(frozen=True, slots=True)
class Clash:
    """A place both sides changed differently."""

    path: str
    base: Any
    theirs: Any
    ours: Any


@dataclass(slots=True)
class Merge:
    """The result of a three-way merge: the merged tree and where ours was kept against theirs."""

    value: Any = MISSING
    clashes: list[Clash] = field(default_factory=list)


def merge(base: Any, theirs: Any, ours: Any) -> Merge:
    """The merge of two descendants of `base`. MISSING stands for absent on any side."""
    result = Merge()
    result.value = _merge(base, theirs, ours, "", result.clashes)
    return result


def _merge(base: Any, theirs: Any, ours: Any, path: str, clashes: list[Clash]) -> Any:
    if same(ours, theirs) or same(theirs, base):
        return ours
    if same(ours, base):
        return theirs
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return _merge_objects(base if isinstance(base, Mapping) else {}, theirs, ours, path, clashes)
    merged = _merge_lists(base, theirs, ours, path, clashes)
    if merged is not None:
        return merged
    clashes.append(Clash(path or "/", base, theirs, ours))
    return ours


def same(left: Any, right: Any) -> bool:
    """Whether two trees are equal; unlike `==`, true and 1 differ, and so do 1 and 1.0."""
    if left is MISSING or right is MISSING:
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


def _merge_objects(
    base: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any], path: str, clashes: list[Clash]
) -> dict[str, Any]:
    merged = {}
    for key in _in_order(list(base), list(theirs), list(ours)):
        sides = (base.get(key, MISSING), theirs.get(key, MISSING), ours.get(key, MISSING))
        value = _merge(*sides, f"{path}/{key}", clashes)
        if value is not MISSING:
            merged[key] = value
    return merged


def _merge_lists(base: Any, theirs: Any, ours: Any, path: str, clashes: list[Clash]) -> list[Any] | None:
    """The merged list, or None when the items of some side cannot be told apart."""
    sides = [_by_name([] if side is MISSING else side) for side in (base, theirs, ours)]
    if any(side is None for side in sides):
        return None
    old, shipped, mine = (side or {} for side in sides)
    merged = []
    for name in _in_order(list(old), list(shipped), list(mine)):
        item = (old.get(name, MISSING), shipped.get(name, MISSING), mine.get(name, MISSING))
        value = _merge(*item, f"{path}/{name}", clashes)
        if value is not MISSING:
            merged.append(value)
    return merged


def _by_name(items: Any) -> dict[Hashable, Any] | None:
    if not isinstance(items, list | tuple):
        return None
    names = [_name_of(item) for item in items]
    if None in names or len(set(names)) != len(names):
        return None
    return dict(zip(names, items, strict=True))


def _name_of(item: Any) -> Hashable:
    if isinstance(item, Mapping):
        return next((item[name] for name in _NAMES if isinstance(item.get(name), str)), None)
    return item if isinstance(item, str | int) else None


def _in_order(base: Sequence[Any], theirs: Sequence[Any], ours: Sequence[Any]) -> list[Any]:
    """All names: in our order if we changed the order, else in theirs; strangers after their neighbour."""
    common = [name for name in base if name in ours and name in theirs]
    kept = [name for name in ours if name in common] != common
    first, second = (ours, theirs) if kept else (theirs, ours)
    result = list(first)
    for position, name in enumerate(second):
        if name not in result:
            before = [n for n in second[:position] if n in result]
            result.insert(result.index(before[-1]) + 1 if before else 0, name)
    return result
