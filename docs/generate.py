"""Writes `docs/reference/` from the program itself: `python -m docs.generate`. A test fails when it lags."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import formloom.metadata.fields  # noqa: F401  (fills the registry)
from formloom.metadata import errors, formula
from formloom.metadata.checks import MEANING
from formloom.metadata.checks import shape as shapes
from formloom.metadata.checks.ids import WARNINGS
from formloom.metadata.fieldtype import FIELD_TYPES, FieldType
from formloom.metadata.formula.compiler import FUNCTIONS, OVER_CHILDREN
from formloom.metadata.wording import texts
from formloom.runtime.cli import build_parser
from formloom.runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
PACKAGES = ("platform/metadata", "platform/rbac", "platform/runtime", "importers")
LONGEST_SAMPLE = 60
MADE = "<!-- Made by `python3 dev.py docs`; edit the program, not this page. -->"


def main() -> int:
    """Write every page anew; with --check, only name those that lag."""
    os.environ["LC_ALL"] = "C.UTF-8"  # commands explain themselves in the terminal's language
    import_everything()
    lagging = {name: text for name, text in pages().items() if not is_current(name, text)}
    if "--check" in sys.argv[1:]:
        print(*lagging, sep="\n")
        return len(lagging) and 1
    FOLDER.mkdir(exist_ok=True)
    for name, text in lagging.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def is_current(name: str, text: str) -> bool:
    """True when the page is there as the program would write it."""
    return (FOLDER / name).is_file() and (FOLDER / name).read_text(encoding="utf-8") == text


def import_everything() -> None:
    """Import every module, so that every error and field type is known."""
    for package in PACKAGES:
        name = f"formloom.{package.removeprefix('platform/')}"
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{name}."):
            if "__main__" not in module.name:
                import_module(module.name)


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    made = {name: f"# {title}\n\n{MADE}\n\n{write()}\n" for name, (title, write) in PAGES.items()}
    index = [f"* [{title}]({name})" for name, (title, _) in PAGES.items()]
    return {"README.md": "\n".join(["# Reference", "", MADE, "", *index, ""]), **made}


def field_types() -> str:
    """Each field type: what it is, its options, what may be asked of it, what it reads."""
    return "\n\n".join(field_type(FIELD_TYPES[name]) for name in sorted(FIELD_TYPES))


def field_type(kind: FieldType) -> str:
    """The section of one field type."""
    parts = [f"## `{kind.name}`", inspect.getdoc(type(kind)) or ""]
    if kind.options_schema:
        rows = [(f"`{name}`", compact(schema)) for name, schema in sorted(kind.options_schema.items())]
        parts.append(table(("option", "schema"), rows))
    if kind.operators:
        parts.append("Operators: " + ", ".join(f"`{operator.name}`" for operator in kind.operators) + ".")
    parts.append("Aggregates: " + ", ".join(f"`{name}`" for name in kind.aggregates) + ".")
    read = [(sample(raw), sample(value)) for raw, value in kind.examples.valid]
    refused = [(sample(raw), f"refused: `{code}`") for raw, code in kind.examples.invalid]
    parts.append(table(("read", "as"), [*read, *refused]))
    return "\n\n".join(filter(None, parts))


def sample(value: Any) -> str:
    """A value as Python writes it, shortened."""
    text = repr(value)
    return f"`{text if len(text) <= LONGEST_SAMPLE else text[:LONGEST_SAMPLE] + '…'}`"


def operators() -> str:
    """Each operator with what it compares with and the types that have it."""
    users: dict[tuple[str, str], list[str]] = {}
    for name, kind in sorted(FIELD_TYPES.items()):
        for operator in kind.operators:
            users.setdefault((operator.name, operator.operand), []).append(f"`{name}`")
    rows = [(f"`{name}`", operand, ", ".join(names)) for (name, operand), names in sorted(users.items())]
    return table(("operator", "compares with", "field types"), rows)


def error_codes() -> str:
    """The codes of answers, then those of single fields, with their sentences."""
    status = statuses()
    whole = [(code, status.get(code.strip("`"), ""), *said) for code, *said in sentences("error.")]
    single = list(sentences("field."))
    return "\n\n".join(
        [
            "An answer carries `code`; its `errors` carry one code each. Codes are stable, sentences are not.",
            table(("code", "status", "English", "中文"), whole),
            "## Of single fields",
            table(("code", "English", "中文"), single),
        ]
    )


def statuses() -> dict[str, str]:
    """Code -> HTTP status: a class's own, and those its instances are raised with."""
    kinds = {kind.__name__: kind for kind in families(errors.FormloomError)}
    found = {kind.code: str(kind.status) for kind in kinds.values()}
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
                said = [part.value for part in node.args[:1] if isinstance(part, ast.Constant)]
                own = {key.arg: key.value.value for key in node.keywords if isinstance(key.value, ast.Constant)}
                found |= {code: str(own.get("status") or kinds[node.func.id].status) for code in said}
    return found


def families(kind: type[errors.FormloomError]) -> Iterable[type[errors.FormloomError]]:
    """The class and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from families(below)


def sentences(prefix: str) -> Iterable[tuple[str, str, str]]:
    """Code, English and Chinese sentence of each text whose key begins with `prefix`."""
    english, chinese = words("en"), words("zh")
    for key in sorted(key for key in english if key.startswith(prefix)):
        yield f"`{key.removeprefix(prefix)}`", english[key], chinese[key]


@cache
def words(language: str) -> dict[str, str]:
    """All texts of a language, of every package."""
    files = sorted(path for package in PACKAGES for path in (ROOT / package).rglob(f"{language}.json"))
    read = (json.loads(path.read_text(encoding="utf-8")) for path in files if "wording" in path.parts)
    return {key: text for texts in read for key, text in texts.items()}


def formulas() -> str:
    """Each function of formulas with how it is used, and what formulas read each type of field as."""
    english, chinese = words("en"), words("zh")
    rows = [
        tuple(part for said in (english, chinese) for part in (f"`{said[f'{key}.use']}`", said[key]))
        for key in (f"design.function.{name}" for name in sorted({*FUNCTIONS, *OVER_CHILDREN}))
    ]
    kinds: dict[str, list[str]] = {}
    for name, kind in sorted(FIELD_TYPES.items()):
        if not kind.computed:
            said = english.get(f"formula.kind.{kind.kind or kind.read_as or ''}")
            kinds.setdefault(said or ("a text" if kind.read_as else "rows"), []).append(f"`{name}`")
    types = [(said, ", ".join(names)) for said, names in sorted(kinds.items())]
    return "\n\n".join(
        [
            inspect.getdoc(formula) or "",
            "## Functions",
            table(("English", "does", "中文", "作用"), rows),
            "## Fields",
            "What has parts is written as text where a text is wanted: an address on one line, a region by its "
            "names, formatted text without its formats. Of several values, people, records, files and JSON only "
            "functions take something.",
            "Lengths of time go by seconds: added to a moment they are that long, a difference of days or hours "
            "given to a duration becomes seconds, and a quotient (`spent / 3600`) is a plain number.",
            table(("is read as", "field types"), types),
        ]
    )


def settings() -> str:
    """Each environment variable with its default."""
    rows = []
    for each in fields(Settings):
        default = "" if each.default in (MISSING, "", ()) else f"`{each.default}` {each.metadata['unit']}".strip()
        rows.append((f"`{PREFIX}{each.name.upper()}`", words("en")[f"setting.{each.metadata['words']}"], default))
    return table(("variable", "is", "default"), rows)


def commands() -> str:
    """Every command with its arguments."""
    return "\n\n".join(command_sections(build_parser(), "formloom"))


def command_sections(parser: argparse.ArgumentParser, name: str) -> Iterable[str]:
    """A section for each command below `parser` that does something by itself."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            explained = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for key, below in action.choices.items():
                yield from command_section(below, f"{name} {key}", explained.get(key, ""))


def command_section(parser: argparse.ArgumentParser, name: str, text: str) -> Iterable[str]:
    """The section of one command, then those of the commands below it."""
    shown = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    rows = [(argument(action), action.help or "") for action in shown if action.nargs != argparse.PARSER]
    parts = [f"## `{name}`", text[:1].upper() + text[1:] + "." * bool(text), table(("argument", "is"), rows)]
    yield "\n\n".join(filter(None, parts))
    yield from command_sections(parser, name)


def argument(action: argparse.Action) -> str:
    """How an argument is written."""
    value = "" if action.nargs == 0 else str(action.metavar or (action.dest.upper()))
    if action.choices and not action.metavar:
        value = "|".join(map(str, action.choices))
    return f"`{' '.join(filter(None, [', '.join(action.option_strings), value]))}`"


def document_kinds() -> str:
    """Each kind of document with its parts, as its JSON Schema has them."""
    return "\n\n".join(document_kind(kind, shapes.published(kind)) for kind in sorted(shapes.KINDS))


def document_kind(kind: str, schema: Mapping[str, Any]) -> str:
    """The section of one kind."""
    required, parts = set(schema.get("required", ())), schema.get("$defs", {})
    rows = [
        (f"`{name}`" + " *" * (name in required), shape(part), described(part, parts))
        for name, part in schema.get("properties", {}).items()
    ]
    text = f"{schema.get('description', '')} A star marks what is required.".strip()
    return "\n\n".join([f"## `{kind}`", text, table(("part", "type", "is"), rows)])


def shape(part: Mapping[str, Any]) -> str:
    """What a part of a document is, in a word or two."""
    if "const" in part:
        return f"`{compact_text(part['const'])}`"
    if "enum" in part:
        return ", ".join(f"`{compact_text(each)}`" for each in part["enum"])
    if "$ref" in part:
        return part["$ref"].rpartition("/")[2].replace("_", " ")
    if part.get("type") == "array":
        return f"list of {shape(part.get('items', {}))}".removesuffix(" of ")
    kinds = part.get("type", "")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def described(part: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """The description of a part, or of what it refers to."""
    target = parts.get(str(part.get("$ref", "")).rpartition("/")[2], {})
    return str(part.get("description") or (target.get("description") if isinstance(target, dict) else "") or "")


def compact_text(value: Any) -> str:
    """A constant as it is written in JSON, strings without quotes."""
    return value if isinstance(value, str) else json.dumps(value)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown; empty for no rows."""
    lines = [[cell.replace("\n", " ").replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *lines]) if lines else ""


def compact(schema: Any) -> str:
    """A schema on one line."""
    return f"`{json.dumps(schema, ensure_ascii=False)}`"


def checks_page() -> str:
    """Each check by its id: what it means, what it says, what to do, and whether it stops a changeset."""
    rows = []
    for name, meaning in MEANING.items():
        severity = "warning" if name in WARNINGS else "error"
        rows.append((f"`{name}`", severity, meaning, texts("en")[f"check.{name}.hint"]))
    return table(("id", "severity", "meaning", "what to do"), rows)


PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "field-types.md": ("Field types", field_types),
    "operators.md": ("Operators of conditions", operators),
    "formulas.md": ("Formulas", formulas),
    "documents.md": ("Documents", document_kinds),
    "checks.md": ("Checks of documents", checks_page),
    "errors.md": ("Error codes", error_codes),
    "commands.md": ("Commands", commands),
    "settings.md": ("Settings", settings),
}

if __name__ == "__main__":
    sys.exit(main())
