"""`formloom metadata`: documents from files, checked, planned, applied, taken back and written out."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...metadata import changesets, checks, documents, packages, shadows, store, wording
from ...metadata.bases import readable
from ...metadata.changesets import Changeset, Preview
from ...metadata.drafts import Edit
from ...metadata.errors import InvalidInput
from ...metadata.wording import say
from ..settings import Settings
from ..site import open_site
from . import Commands, language

wording.register(Path(__file__).parents[1] / "wording" / "documents")

WRONG = 1


def add_commands(commands: Commands[Any]) -> None:
    """Add `metadata`."""
    lang = language()
    parser = commands.add_parser("metadata", help=say("cli.metadata", lang))
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = _action(actions, "check", check_documents)
    check.add_argument("files", nargs="*", type=Path, metavar="FILE")
    for name, run in (("plan", plan), ("apply", apply)):
        changing = _action(actions, name, run)
        changing.add_argument("files", nargs="*", type=Path, metavar="FILE")
        changing.add_argument("--delete", action="append", default=[], metavar="KIND/KEY")
        changing.add_argument("--json", action="store_true", help=say("cli.json", lang))
        if name == "apply":
            _add_consent(changing)
            changing.add_argument("--expect", type=int, metavar="VERSION", help=say("cli.metadata.expect", lang))
    history = _action(actions, "history", show_history)
    history.add_argument("--limit", type=int, default=20)
    differing = _action(actions, "diff", show_differences)
    differing.add_argument("number", type=int, metavar="N")
    differing.add_argument("--json", action="store_true", help=say("cli.json", lang))
    _action(actions, "kept", show_kept)
    restoring = _action(actions, "restore", restore)
    restoring.add_argument("id", type=int, metavar="ID")
    reverting = _action(actions, "revert", revert)
    reverting.add_argument("number", type=int, metavar="N")
    _add_consent(reverting)
    purging = _action(actions, "purge", purge)
    purging.add_argument("number", type=int, metavar="N")
    exporting = _action(actions, "export", export)
    exporting.add_argument("folder", type=Path, metavar="DIR")


def _action(actions: Any, name: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=say(f"cli.metadata.{name}", language()))
    parser.set_defaults(run=run)
    return parser


def _add_consent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--note", default="")
    parser.add_argument(
        "--allow-destructive", action="store_true", help=say("cli.metadata.destructive", language())
    )


def actor() -> str:
    """Who is named in the log for a command: the account of the machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"


def check_documents(args: argparse.Namespace, settings: Settings) -> int:
    """Print all findings; 1 when there are errors. Files lie over what is stored."""
    site = open_site(settings)
    with site.database.reading() as conn:
        stored = store.load(conn)
    given = _read(args.files)
    named = [(document.get("kind"), document.get("key")) for document in given]
    kept = [document for document in stored if (document["kind"], document["key"]) not in named]
    findings = checks.check([*kept, *given])
    print_findings(findings)
    print(say("cli.metadata.checked", language(), count=len(kept) + len(given), findings=len(findings)))
    return WRONG if any(finding.severity == "error" for finding in findings) else 0


def _read(paths: Iterable[Path]) -> list[Mapping[str, Any]]:
    """The documents of files and folders."""
    found: list[Mapping[str, Any]] = []
    for path in paths:
        found += packages.read_documents(path) if path.is_dir() else packages.read_file(path)
    return found


def _edits(args: argparse.Namespace) -> list[Edit]:
    edits = [Edit.put(document) for document in _read(args.files)]
    for name in args.delete:
        kind, _, key = name.partition("/")
        if kind not in documents.KINDS or not key:
            raise InvalidInput("edit.invalid")
        edits.append(Edit("delete", kind, key))
    return edits


def plan(args: argparse.Namespace, settings: Settings) -> int:
    """Print what applying would do; 1 when it would be refused."""
    site = open_site(settings)
    with site.database.reading() as conn:
        preview = changesets.preview(conn, _edits(args))
    if args.json:
        print(json.dumps(preview.dump(language()), ensure_ascii=False, indent=2))
    else:
        print_preview(preview)
    return WRONG if preview.refused else 0


def apply(args: argparse.Namespace, settings: Settings) -> int:
    """Apply the files as one changeset."""
    site = open_site(settings)
    applied = changesets.apply(
        site.database,
        _edits(args),
        actor(),
        args.note,
        allow_destructive=args.allow_destructive,
        expected_version=args.expect,
    )
    print_applied(applied)
    return 0


def show_history(args: argparse.Namespace, settings: Settings) -> int:
    """Print the newest changesets."""
    site = open_site(settings)
    with site.database.reading() as conn:
        log = changesets.history(conn, args.limit)
    for entry in log:
        places = ", ".join(sorted({"/".join(change.place[:2]) for change in entry.changes}))
        shown = places if len(places) <= 80 else places[:79] + "…"
        print(f"{entry.number:5}  {entry.applied_at:%Y-%m-%d %H:%M}  {entry.actor:16}  {entry.note or shown}")
    return 0


def show_differences(args: argparse.Namespace, settings: Settings) -> int:
    """Print what a changeset changed, node by node."""
    with open_site(settings).database.reading() as conn:
        found = readable(changesets.get(conn, args.number), language())
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    for node in found:
        print(f"{node['kind']}/{node['key']}  {node['where'] or node['path'] or '/'}")
        print(f"    {' · '.join(node['was'])}  →  {' · '.join(node['now'])}")
    return 0


def show_kept(args: argparse.Namespace, settings: Settings) -> int:
    """Print what changesets put aside, with its size."""
    with open_site(settings).database.reading() as conn:
        found = shadows.measured(conn)
    for kept in found:
        name = ".".join(part for part in (kept.shadow.entity, kept.shadow.field) if part)
        line = {"id": kept.shadow.id, "changeset": kept.shadow.changeset, "name": name, "rows": kept.rows}
        print(say("cli.metadata.kept_line", language(), **line, size=f"{kept.bytes / 1024:,.0f} KB"))
    return 0


def restore(args: argparse.Namespace, settings: Settings) -> int:
    """Bring a removed field or entity back with its values."""
    print_applied(changesets.restore(open_site(settings).database, args.id, actor()))
    return 0


def revert(args: argparse.Namespace, settings: Settings) -> int:
    """Take one changeset back."""
    site = open_site(settings)
    applied = changesets.revert(
        site.database, args.number, actor(), args.note, allow_destructive=args.allow_destructive
    )
    print_applied(applied)
    return 0


def purge(args: argparse.Namespace, settings: Settings) -> int:
    """Drop what a changeset put aside, for good."""
    count = shadows.purge(open_site(settings).database, args.number)
    print(say("cli.metadata.purged", language(), count=count))
    return 0


def export(args: argparse.Namespace, settings: Settings) -> int:
    """Write every effective document to DIR/<kind>/<key>.json."""
    site = open_site(settings)
    with site.database.reading() as conn:
        stored = store.load(conn)
    for document in stored:
        file = args.folder / document["kind"] / f"{document['key']}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(say("cli.metadata.exported", language(), count=len(stored), folder=args.folder))
    return 0


def print_findings(findings: Sequence[checks.Finding]) -> None:
    """One line per finding, on stderr."""
    for finding in findings:
        print(f"{finding.severity}: {finding.line(language())}", file=sys.stderr)


def print_preview(preview: Preview) -> None:
    """Findings, places, effects and steps as text."""
    lang = language()
    print_findings(preview.findings)
    for place in preview.places:
        print(
            say(
                "cli.metadata.place", lang, document="/".join(place.document), path=place.path, target=place.target
            )
        )
    for effect in preview.effects:
        print(f"{effect.level}: {effect.describe(lang)}")
    for number, sentence in enumerate(preview.plan.describe(lang), 1):
        print(f"{number:3}. {sentence}")
    if not preview.changes:
        print(say("cli.metadata.nothing", lang))


def print_applied(applied: Changeset) -> None:
    """The number of a changeset, or that nothing was to be done."""
    lang = language()
    if applied.empty:
        print(say("cli.metadata.nothing", lang))
    else:
        count = len(applied.changes)
        print(say("cli.metadata.applied", lang, number=applied.number, count=count, steps=len(applied.steps)))
