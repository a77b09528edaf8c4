"""The settings of fields: everything a document may say of any kind has a control, words, and means something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import formloom.runtime
from formloom.metadata import checks, documents
from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.wording import LANGUAGES, texts
from formloom.runtime.design import describe
from formloom.runtime.design.settings import NOT_DESIGNED, settings_of

SCRIPTS = Path(formloom.runtime.__file__ or "").parent / "frontend" / "src" / "design"
NAMES = sorted(FIELD_TYPES)
SAID = {
    "required": True,
    "unique": True,
    "searchable": True,
    "indexed": True,
    "mask": "name",
    "other": True,
    "depends": "grade",
    "default": None,
    "default_formula": "NOW()",
}
POINTLESS = {
    "copy": "computed values are worked out anew",
    "placeholder": "computed values have no input",
    "read_only": "computed values are never written",
    "in_list": "lines are no column",
    "quick_filter": "there is nothing to ask of it",
    "publish": "it shows nothing of other fields",
    "default": "files are uploaded, signatures drawn, numbers counted",
    "default_formula": "files are uploaded, signatures drawn, numbers counted",
}
"""What a document may carry for kinds where it means nothing, with the reason: no control offers it."""


def controls() -> set[str]:
    """The controls the scripts have."""
    found: set[str] = set()
    for script, table in (("field_controls", "CONTROLS"), ("field_ties", "TIES"), ("field_key", "KEYS")):
        text = (SCRIPTS / f"{script}.js").read_text()
        block = text.split(f"export const {table} = {{", 1)[1].split("};", 1)[0]
        found |= set(re.findall(r"(?:^|[{\s])(\w+):", block))
    return found


def schema_of(name: str) -> dict:
    return documents.schema("entity")["$defs"][f"field_{name}"]["properties"]


@pytest.mark.parametrize("name", NAMES)
def test_everything_a_document_may_say_of_a_field_has_a_control(name: str):
    settings = {setting.name: setting.control for setting in settings_of(FIELD_TYPES[name])}

    unsaid = schema_of(name).keys() - settings.keys() - NOT_DESIGNED.keys()

    assert set(settings.values()) <= controls()
    assert [each for each in sorted(unsaid) if not _is_refused(name, each) and each not in POINTLESS] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_control_writes_what_the_checks_call_senseless(name: str):
    offered = [setting.name for setting in settings_of(FIELD_TYPES[name]) if SAID.get(setting.name)]

    assert [each for each in offered if _is_refused(name, each)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_and_setting_is_called_something(lang: str):
    known = texts(lang)
    nameless = [name for name in NAMES if f"design.type.{name}" not in known]
    for kind in describe.describe_types(lang):
        for setting in kind["settings"]:
            raw = [setting["name"].replace("_", " "), *(str(value) for value, _ in setting.get("choices", ()))]
            words = [setting["label"], *(text for _, text in setting.get("choices", ()))]
            nameless += [
                f"{kind['key']}.{setting['name']}" for name, text in zip(raw, words, strict=True) if name == text
            ]

    assert nameless == []


def _is_refused(name: str, setting: str) -> bool:
    """Whether the checks say that a field of this kind cannot have the setting."""
    known = schema_of(name)
    options = {key: value for key, value in FIELD_TYPES[name].examples.options.items() if key in known}
    field = {"key": "x", "type": name, "label": "X", **options, setting: SAID.get(setting)}
    grade = {"key": "grade", "type": "select", "label": "Grade", "options": [{"key": "a", "label": "A"}]}
    title = {"key": "name", "type": "text", "label": "Name"}
    entity = {"kind": "entity", "key": "thing", "label": "T", "title": "name", "fields": [title, grade, field]}
    found = checks.check([entity, {"kind": "role", "key": "clerk", "label": "Clerk"}])
    return any(each.id == "M213" and each.path == f"/fields/2/{setting}" for each in found)
