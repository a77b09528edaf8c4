"""The platform knows nothing of the CRM: no key of its documents appears in the platform's code."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.tree import FRONTEND, ROOT

CRM = ROOT / "templates_crm"
LOOKED_AT = {".py", ".html", ".js", ".css", ".json", ".lark", ".conf"}
SYSTEM = {"created_at", "created_by", "updated_at", "updated_by", "deleted_at", "owner_department"}
PLAIN_WORDS = {"region", "account", "department_name", "is_active", "last_login_at"}
"""Keys that any system may use for itself."""


@cache
def documents() -> tuple[dict, ...]:
    """Every document of the CRM."""
    files = [path for path in CRM.rglob("*.json") if path.name != "formloom.json" and "demo" not in path.parts]
    found = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return tuple(each for content in found for each in (content if isinstance(content, list) else [content]))


def keys() -> Iterator[str]:
    """The keys of its entities, of their fields, of option sets and dashboards."""
    for document in documents():
        if document["kind"] in ("entity", "option_set", "dashboard"):
            yield document["key"]
        yield from (field["key"] for field in document.get("fields", ()) if document["kind"] == "entity")


def distinctive() -> set[str]:
    """Keys that nobody would write by chance: those of two words, and the CRM's most own one."""
    return ({key for key in keys() if "_" in key} | {"opportunity"}) - SYSTEM - PLAIN_WORDS


def code() -> Iterator[tuple[str, str]]:
    """Path and text of everything the platform is made of."""
    built = ROOT / "platform" / "runtime" / "static" / "dist"
    for path in (path for folder in ("platform", "importers") for path in (ROOT / folder).rglob("*")):
        left_out = FRONTEND / "node_modules" in path.parents or built in path.parents or FRONTEND == path.parent
        if path.is_file() and path.suffix in LOOKED_AT and not left_out:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_no_key_of_the_crm_appears_in_the_platform():
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(distinctive())))})(?![\w-])")
    offending = [
        f"{path}:{text.count(chr(10), 0, found.start()) + 1} {found[0]}"
        for path, text in code()
        for found in pattern.finditer(text)
    ]

    assert len(distinctive()) > 50
    assert offending == []


def test_no_entity_of_the_crm_is_named_in_code():
    entities = {document["key"] for document in documents() if document["kind"] == "entity"}
    pattern = re.compile(rf"""["'](?:{"|".join(sorted(entities - distinctive() - PLAIN_WORDS))})["']""")
    offending = [
        f"{path}:{text.count(chr(10), 0, found.start()) + 1} {found[0]}"
        for path, text in code()
        if path.endswith(".py")
        for found in pattern.finditer(text)
    ]

    assert offending == []


def test_the_crm_holds_no_logic():
    assert [str(path) for path in Path(CRM).rglob("*.py") if path.name != "__init__.py"] == []
