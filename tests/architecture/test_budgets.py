"""Files and functions stay small enough to be read in one go, and files are named for what they hold."""

import ast
import statistics
from pathlib import Path

from tests.architecture.tree import ROOT, sources

FILE_LINES = 400
FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 9
VAGUE = set("util utils helper helpers common manager managers misc handler handlers".split())
SCRIPTS = ("tests/**/*.py", "*.py", "platform/runtime/frontend/*.py", "platform/runtime/frontend/src/**/*.js")


def own_files() -> list[Path]:
    """Everything written by hand that is a program."""
    product = [ROOT / source.path for source in sources()]
    return product + [path for pattern in SCRIPTS for path in ROOT.glob(pattern)]


def test_no_file_is_too_long():
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in own_files()
    }

    assert {name: size for name, size in sizes.items() if size > FILE_LINES} == {}


def test_no_function_is_too_long_and_most_are_short():
    sizes = {
        f"{source.path}:{node.name}": node.end_lineno - node.lineno + 1
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES} == {}
    assert statistics.median(sizes.values()) <= MEDIAN_FUNCTION_LINES


def test_no_file_has_a_name_that_says_nothing():
    assert [str(path) for path in own_files() if path.stem in VAGUE or path.stem.startswith("base_")] == []


def test_nothing_is_left_for_later_in_a_comment():
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in own_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(mark in line.split() or f"{mark}:" in line for mark in marks)
    ]

    assert found == []
