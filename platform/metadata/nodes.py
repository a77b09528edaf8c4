"""Nodes of documents: what the items of lists are called, paths to nodes, what differs between two trees. Pure.

A path is a JSON pointer whose parts are property names and the names of items, not their numbers: numbers would
change with every item put before. `/fields/size/label/zh` is the Chinese label of the field `size`,
`/fields/~order` the order of the fields.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MISSING: Any = object()
"""What stands for a node that is not there."""

ORDER = "~order"
"""The last part of a path to the order of a list's items."""

WHOLE = frozenset({"value"})
"""Properties that are one decision, lists or not: the two ends of a range belong together."""

_NAMES = ("key", "field", "name")
_POINTERS = ("role", "user", "department", "everyone", "some", "none", "list", "dashboard", "entity")
_ALIKE = 0.5
"""How much of two unnamed items must agree for one to be the other, changed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A node that is not the same in two trees; MISSING where one has none."""

    path: str
    before: Any
    after: Any

    def dump(self) -> dict[str, Any]:
        """The difference as JSON; a side that has nothing there is left out."""
        sides = {"before": self.before, "after": self.after}
        return {"path": self.path, **{name: value for name, value in sides.items() if value is not MISSING}}


def join(path: str, name: str) -> str:
    """The path of a part below `path`."""
    return f"{path}/{name.replace('~', '~0').replace('/', '~1')}"


def split(path: str) -> list[str]:
    """The parts of a path; the last may be ORDER."""
    parts = path.split("/")[1:]
    return [part if part == ORDER else part.replace("~1", "/").replace("~0", "~") for part in parts]


def covers(path: str, other: str) -> bool:
    """Whether `other` is the node at `path` or lies below it."""
    return other == path or other.startswith(f"{path}/")


def same(left: Any, right: Any) -> bool:
    """Whether two trees are equal; unlike `==`, true and 1 differ, and so do 1 and 1.0."""
    if left is right:
        return True
    if left is MISSING or right is MISSING:
        return False
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Every node in which two trees differ, as deep as both have it."""
    if same(before, after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            sides = before.get(name, MISSING), after.get(name, MISSING)
            yield from _below(name, *sides, join(path, name))
    elif are_lists(before, after):
        yield from _in_lists(before, after, path)
    else:
        yield Difference(path, before, after)


def _below(name: str, before: Any, after: Any, path: str) -> Iterator[Difference]:
    if name not in WHOLE:
        yield from differences(before, after, path)
    elif not same(before, after):
        yield Difference(path, before, after)


def _in_lists(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Difference]:
    old, new = aligned(before, after)
    for name in in_order(list(old), list(new)):
        yield from differences(old.get(name, MISSING), new.get(name, MISSING), join(path, name))
    left, right = [name for name in old if name in new], [name for name in new if name in old]
    if left != right:
        yield Difference(f"{path}/{ORDER}", left, right)


def are_lists(*nodes: Any) -> bool:
    """Whether all of them are lists."""
    return all(isinstance(node, list | tuple) for node in nodes)


def restored(shipped: Any, ours: Any, paths: Collection[str], path: str = "") -> Any:
    """`ours` with the nodes at `paths`, which `differences(shipped, ours)` gave, as they are in `shipped`."""
    if path in paths:
        return shipped
    if same(shipped, ours) or not any(covers(path, each) for each in paths):
        return ours
    if isinstance(shipped, Mapping) and isinstance(ours, Mapping):
        pairs = (
            (name, restored(shipped.get(name, MISSING), ours.get(name, MISSING), paths, join(path, name)))
            for name in dict.fromkeys([*ours, *shipped])
        )
        return {name: value for name, value in pairs if value is not MISSING}
    if not are_lists(shipped, ours):
        return ours
    old, new = aligned(shipped, ours)
    first, second = (old, new) if f"{path}/{ORDER}" in paths else (new, old)
    items = (
        restored(old.get(name, MISSING), new.get(name, MISSING), paths, join(path, name))
        for name in in_order(list(second), list(first))
    )
    return [item for item in items if item is not MISSING]


def in_order(second: Sequence[str], first: Sequence[str]) -> list[str]:
    """All names in the order of `first`; those only `second` has stand after their neighbour there."""
    result = list(first)
    placed = set(first)
    before: str | None = None
    for name in second:
        if name not in placed:
            result.insert(0 if before is None else result.index(before) + 1, name)
            placed.add(name)
        before = name
    return result


def aligned(base: Sequence[Any], *descendants: Sequence[Any]) -> list[dict[str, Any]]:
    """The items of each list by name. An item keeps its name in descendants of `base`, renamed or changed."""
    named = dict(zip(_names_in_base(base), base, strict=True))
    return [named, *(_by_name(items, named) for items in descendants)]


def _names_in_base(items: Sequence[Any]) -> Iterable[str]:
    return _unique([own_name(item) or f"@{number}" for number, item in enumerate(items)])


def _by_name(items: Sequence[Any], base: Mapping[str, Any]) -> dict[str, Any]:
    names: list[str | None] = [_known_as(own_name(item), item, base) for item in items]
    free = {name: item for name, item in base.items() if name.startswith("@")}
    nameless = [place for place, name in enumerate(names) if name is None]
    for alike in (same, _are_alike):
        for place in nameless:
            if names[place] is None:
                names[place] = next((name for name, item in free.items() if alike(item, items[place])), None)
                free.pop(names[place] or "", None)
    nameless = [place for place in nameless if names[place] is None]
    if len(nameless) == len(free):
        names = _in_their_places(names, nameless, free, items)
    spelt = [name or f"+{_digest(item)}" for name, item in zip(names, items, strict=True)]
    return dict(zip(_unique(spelt), items, strict=True))


def _in_their_places(
    names: Sequence[str | None], nameless: Sequence[int], free: Mapping[str, Any], items: Sequence[Any]
) -> list[str | None]:
    """The names, with items nobody knows standing for as many nobody found, one by one."""
    named = list(names)
    for place, (name, item) in zip(nameless, free.items(), strict=True):
        if isinstance(items[place], type(item)):
            named[place] = name
    return named


def own_name(item: Any) -> str | None:
    """What tells an item from others of its list, if anything but its place does."""
    if isinstance(item, str):
        return item or None
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    if not isinstance(item, Mapping):
        return None
    found = next((item[name] for name in _NAMES if isinstance(item.get(name), str)), None)
    if "op" in item:
        return f"{found or ''}:{item['op']}"
    if found is None and isinstance(item.get("entity"), str) and isinstance(item.get("by"), str):
        return f"{item['entity']}.{item['by']}"
    pointer = next((name for name in _POINTERS if isinstance(item.get(name), str | int)), None)
    return found or (f"{pointer}:{item[pointer]}" if pointer else None)


def _known_as(name: str | None, item: Any, base: Mapping[str, Any]) -> str | None:
    """The name the base has for it: items say in `was` what they were called."""
    if name is None or name in base or not isinstance(item, Mapping):
        return name
    was = item.get("was")
    earlier = [was] if isinstance(was, str) else was if isinstance(was, list | tuple) else []
    return next((old for old in earlier if isinstance(old, str) and old in base), name)


def _unique(names: Iterable[str]) -> list[str]:
    """The names, those that come again told apart by a number."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return result


def _digest(item: Any) -> str:
    text = json.dumps(item, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _are_alike(left: Any, right: Any) -> bool:
    """Whether two unnamed items have about half of their leaves in common."""
    if type(left) is not type(right) or not isinstance(left, Mapping | list):
        return False
    ours, theirs = (set(_leaves(item)) for item in (left, right))
    return bool(ours and theirs) and 2 * len(ours & theirs) >= _ALIKE * (len(ours) + len(theirs))


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for name, inner in node.items():
            yield from _leaves(inner, f"{path}/{name}")
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(inner, f"{path}/{own_name(inner) or ''}")
    else:
        yield path, repr(node)
