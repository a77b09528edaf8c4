"""Three-way merges of documents, node by node."""

from typing import Any

import pytest

from formloom.metadata import layers


def fields(*keys: str, **labels: str) -> dict[str, Any]:
    return {"fields": [{"key": key, "label": labels.get(key, key)} for key in keys]}


CASES = [
    ("only ours", {"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}, []),
    ("only theirs", {"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, []),
    ("both the same", {"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}, []),
    ("both differently", {"a": 1}, {"a": 2}, {"a": 3}, {"a": 3}, ["/a"]),
    ("different places", {"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 2}, []),
    ("they remove, we keep", {"a": 1, "b": 1}, {"b": 1}, {"a": 1, "b": 1}, {"b": 1}, []),
    ("they remove what we changed", {"a": 1}, {}, {"a": 2}, {"a": 2}, ["/a"]),
    ("both add the same name", {}, {"a": 1}, {"a": 2}, {"a": 2}, ["/a"]),
    (
        "deep",
        {"x": {"a": 1, "b": 1}},
        {"x": {"a": 2, "b": 1}},
        {"x": {"a": 1, "b": 3}},
        {"x": {"a": 2, "b": 3}},
        [],
    ),
    (
        "items by key",
        fields("a", "b"),
        fields("a", "b", "c", a="A"),
        fields("z", "a", "b", b="B"),
        {
            "fields": [
                {"key": "z", "label": "z"},
                {"key": "a", "label": "A"},
                {"key": "b", "label": "B"},
                {"key": "c", "label": "c"},
            ]
        },
        [],
    ),
    ("plain lists", {"l": ["a", "b"]}, {"l": ["a", "b", "c"]}, {"l": ["b", "a"]}, {"l": ["b", "c", "a"]}, []),
    (
        "lists of objects without names",
        {"l": [{}]},
        {"l": [{"x": 1}]},
        {"l": [{"x": 2}]},
        {"l": [{"x": 2}]},
        ["/l/@0/x"],
    ),
    ("true is not one", {"a": 1}, {"a": 1}, {"a": True}, {"a": True}, []),
]


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "wanted", "clashes"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_descendants_of_a_document_merge(base: Any, theirs: Any, ours: Any, wanted: Any, clashes: list[str]):
    merged = layers.merge(base, theirs, ours)

    assert merged.value == wanted
    assert [clash.path for clash in merged.clashes] == clashes


def test_merging_keeps_everything_each_side_added():
    base = {"fields": [{"key": "name"}]}
    theirs = {"fields": [{"key": "name"}, {"key": "shipped"}], "icon": "x"}
    ours = {"fields": [{"key": "name", "required": True}, {"key": "own"}]}

    merged = layers.merge(base, theirs, ours).value

    assert [field["key"] for field in merged["fields"]] == ["name", "own", "shipped"]
    assert merged["fields"][0] == {"key": "name", "required": True}
    assert merged["icon"] == "x"
