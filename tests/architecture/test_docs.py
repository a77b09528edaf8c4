"""What the documentation shows works, and what it points at exists."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from formloom.metadata.checks import check
from formloom.metadata.errors import ValueRefused
from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.model import Field
from tests.architecture.tree import ROOT

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_reference_says_what_the_program_does():
    command = [sys.executable, "-m", "docs.generate", "--check"]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (asked.stdout.split(), asked.returncode) == ([], 0), "run `python3 dev.py docs`"


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_field_type_of_the_how_to_keeps_the_contract():
    (program,) = blocks("howto-add-a-field-type.md", "python")
    space = {"__name__": "formloom.metadata.fields.level", "__package__": "formloom.metadata.fields"}
    try:
        exec(compile(program, "howto", "exec"), space)
        kind = FIELD_TYPES["level"]
    finally:
        FIELD_TYPES.pop("level", None)
    field = Field("device", "hard", "level", "Difficulty")

    assert [kind.parse(field, raw) for raw, _ in kind.examples.valid] == [
        value for _, value in kind.examples.valid
    ]
    for raw, code in kind.examples.invalid:
        with pytest.raises(ValueRefused) as refused:
            kind.parse(field, raw)
        assert refused.value.code == code


def test_the_documents_of_the_how_to_are_valid():
    _, examples, *_ = map(json.loads, blocks("howto-write-a-package.md", "json"))

    assert check(examples) == []
