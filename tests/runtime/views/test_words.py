"""Every word that templates and scripts ask for exists in both languages."""

import json
import re
from pathlib import Path

import pytest

from formloom.metadata import wording

ROOT = Path(__file__).parents[3]
RUNTIME = ROOT / "platform" / "runtime"
TEMPLATES = sorted([*(RUNTIME / "templates").rglob("*.html"), *(ROOT / "importers").rglob("templates/**/*.html")])
SCRIPTS = sorted((RUNTIME / "frontend" / "src").glob("*.js"))
ASKED = re.compile(r"""\bt\(\s*['"]([\w.]+)['"](\s*~)?""")
SAID = re.compile(r"""\bsay\(\s*["`]([\w.]+)["`]""")


def known(language: str) -> set[str]:
    files = [p for top in ("platform", "importers") for p in (ROOT / top).rglob(f"{language}.json")]
    return {
        key for path in files if "wording" in path.parts for key in json.loads(path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_templates_ask_for_words_that_exist(language: str):
    words = known(language)
    missing = [
        f"{path.name}: {key}"
        for path in TEMPLATES
        for key, goes_on in ASKED.findall(path.read_text(encoding="utf-8"))
        if key not in words and not (goes_on and any(word.startswith(key) for word in words))
    ]

    assert missing == []


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_scripts_say_words_that_exist(language: str):
    words = known(language)
    missing = [
        f"{path.name}: {key}"
        for path in SCRIPTS
        for key in SAID.findall(path.read_text(encoding="utf-8"))
        if f"js.{key}" not in words
    ]

    assert missing == []


def test_no_word_of_the_screens_is_there_for_nobody():
    own = json.loads((RUNTIME / "wording" / "ui" / "en.json").read_text(encoding="utf-8"))
    texts = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("templates", "views", "listview", "frontend/src")
        for path in (RUNTIME / folder).rglob("*")
        if path.suffix in (".html", ".py", ".js")
    ) + (RUNTIME / "shell.py").read_text(encoding="utf-8")
    named = set(re.findall(r"""["'`]([\w.]+)["'`]""", texts)) | set(re.findall(r"[\w.]+(?=\$?\{)", texts))

    def is_used(key: str) -> bool:
        short = key.removeprefix("js.")
        family = short.rpartition(".")[0]
        return short in named or (bool(family) and f"{family}." in named)

    assert [key for key in own if not is_used(key) and key.split(".")[-1] not in named] == []
