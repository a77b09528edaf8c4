"""Every word a user sees exists in every language, with the same places for data."""

import ast
import json
import string
from collections import Counter
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, sources

PACKAGES = ("platform", "importers")
FILES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("zh.json") if "wording" in path.parts)


def texts(path: Path) -> dict[str, str]:
    return json.loads(path.read_text(encoding="utf-8"))


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("chinese", FILES, ids=lambda path: path.relative_to(ROOT).parent.as_posix())
def test_both_languages_have_the_same_words(chinese: Path):
    zh, en = texts(chinese), texts(chinese.with_name("en.json"))

    assert zh.keys() == en.keys()
    assert [key for key in zh if places(zh[key]) != places(en[key])] == []
    assert [key for key in zh if not zh[key].strip() or not en[key].strip()] == []


def test_no_word_is_defined_twice():
    counts = Counter(key for path in FILES for key in texts(path))

    assert [key for key, count in counts.items() if count > 1] == []


def test_every_word_asked_for_by_name_exists():
    known = {key for path in FILES for key in texts(path)}
    asked = {
        (source.path, node.args[0].value)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args
        if isinstance(node.args[0], ast.Constant)
    }

    assert [(path, key) for path, key in sorted(asked) if key not in known] == []
