"""What holds of every three-way merge, whatever the trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from formloom.metadata import layers
from formloom.metadata.nodes import MISSING, ORDER, aligned, covers, differences, join, restored, same

KEYS = st.sampled_from("abcdef")
PLAIN = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y", "z", ""])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.lists(
        st.builds(lambda key, rest: {"key": key, **rest}, KEYS, st.dictionaries(KEYS, inner, max_size=3)),
        max_size=4,
        unique_by=lambda item: str(item["key"]),
    )
    loose = st.lists(inner, max_size=3)
    return st.dictionaries(KEYS, inner, max_size=4) | named | loose


TREES = st.dictionaries(KEYS, st.recursive(PLAIN, objects, max_leaves=12), max_size=5)


@st.composite
def descendants(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """A tree and two that came of it by a few edits."""
    base = draw(TREES)
    return base, edited(draw, base), edited(draw, base)


def edited(draw: st.DrawFn, node: Any) -> Any:
    """The node with some of what is in it changed, removed, added, renamed or put elsewhere."""
    act = draw(st.sampled_from(["keep", "keep", "inside", "inside", "replace"]))
    if act == "replace":
        return draw(PLAIN)
    if act == "keep":
        return node
    if isinstance(node, dict):
        kept = {
            k: edited(draw, v) if k != "key" else v
            for k, v in node.items()
            if k == "key" or draw(st.integers(0, 7))
        }
        return kept | (draw(st.dictionaries(KEYS, PLAIN, max_size=1)) if draw(st.booleans()) else {})
    if isinstance(node, list):
        items = [edited(draw, item) for item in node if draw(st.integers(0, 7))]
        # No key comes twice in a document that passes the checks.
        taken = {item["key"] for item in items if isinstance(item, dict) and "key" in item}
        added = draw(st.lists(st.builds(lambda key: {"key": key}, KEYS), max_size=1))
        items += [item for item in added if item["key"] not in taken]
        return draw(st.permutations(items)) if draw(st.booleans()) else items
    return draw(PLAIN)


def leaves(node: Any, path: str, base: Any) -> Iterator[tuple[str, str]]:
    """Every plain value with its path, items of lists named as they are in `base`."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from leaves(
                inner, join(path, name), base.get(name, MISSING) if isinstance(base, dict) else MISSING
            )
        if not node:
            yield path, "{}"
    elif isinstance(node, list):
        old, named = aligned(base if isinstance(base, list) else [], node)
        for name, inner in named.items():
            yield from leaves(inner, join(path, name), old.get(name, MISSING))
    else:
        yield path, repr(node)


@given(TREES, TREES)
def test_a_side_that_changed_nothing_leaves_the_other_as_it_is(base: Any, other: Any):
    for merged in (
        layers.merge(base, base, other),
        layers.merge(base, other, base),
        layers.merge(base, other, other),
    ):
        assert same(merged.value, other) and merged.clashes == []


@given(descendants())
@settings(max_examples=400)
def test_every_leaf_of_either_side_is_there_or_in_a_conflict(trees: tuple[Any, Any, Any]):
    base, theirs, ours = trees
    if not all(isinstance(tree, dict) for tree in trees):
        return
    merged = layers.merge(base, theirs, ours)
    before, after = set(leaves(base, "", base)), set(leaves(merged.value, "", base))
    clashes = [
        clash.path.removesuffix(f"/{ORDER}") if clash.path.endswith(ORDER) else clash.path
        for clash in merged.clashes
    ]

    def disputed(path: str) -> bool:
        return any(covers(clash, path) or covers(path, clash) for clash in clashes)

    for side in (theirs, ours):
        leaves_of_side = set(leaves(side, "", base))
        lost = {leaf for leaf in leaves_of_side - before - after if not disputed(leaf[0])}
        # An empty object is no more once something came into it.
        assert {leaf for leaf in lost if leaf[1] != "{}"} == set()
    kept_against_a_side = {leaf for leaf in before & after if not disputed(leaf[0])}
    for side in (theirs, ours):
        assert kept_against_a_side <= set(leaves(side, "", base))


@given(descendants())
def test_choosing_a_side_everywhere_leaves_no_clash_open(trees: tuple[Any, Any, Any]):
    base, theirs, ours = trees
    for side in (layers.MINE, layers.THEIRS):
        merged = layers.merge(base, theirs, ours, lambda _path, side=side: side)
        assert merged.open == []
    by_default = layers.merge(base, theirs, ours)
    assert same(by_default.value, layers.merge(base, theirs, ours, lambda _path: layers.MINE).value)


@given(st.dictionaries(KEYS, TREES, min_size=2, max_size=6), st.data())
def test_edits_of_different_places_commute(base: dict[str, Any], data: st.DataObject):
    names = sorted(base)
    split = data.draw(st.integers(1, len(names) - 1))
    left = base | {name: edited(data.draw, base[name]) for name in names[:split]}
    right = base | {name: edited(data.draw, base[name]) for name in names[split:]}

    one, other = layers.merge(base, left, right), layers.merge(base, right, left)

    assert one.clashes == other.clashes == []
    assert same(one.value, other.value)
    assert same(one.value, base | {n: (left if n in names[:split] else right)[n] for n in names})


@given(TREES, TREES)
def test_nodes_that_are_restored_are_as_they_were_and_others_as_they_are(shipped: Any, ours: Any):
    nodes = list(differences(shipped, ours))

    assert same(restored(shipped, ours, frozenset(node.path for node in nodes)), shipped)
    assert same(restored(shipped, ours, frozenset()), ours)
    for node in nodes:
        again = any(f"{node.path}#" in other.path for other in nodes)
        if not again and not any(mark in node.path for mark in ("/@", "/+", "#")):  # items with names of their own
            once = restored(shipped, ours, frozenset([node.path]))
            assert node.path not in {left.path for left in differences(shipped, once)}


@given(TREES, TREES)
def test_trees_that_differ_say_where(before: Any, after: Any):
    assert (list(differences(before, after)) == []) == same(before, after)
