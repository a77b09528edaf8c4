"""`formloom entity from-excel FILE` and `entity undo ID`: the same as on the screens, in the foreground."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from formloom.metadata.errors import FormloomError, InvalidInput
from formloom.metadata.wording import say
from formloom.runtime.api.table import require_administrator
from formloom.runtime.cli import language
from formloom.runtime.settings import Settings
from formloom.runtime.site import open_site

from .. import staging
from ..commands import ALL_IN, SOME_REFUSED, Bar, Person
from . import keeping, working
from .keeping import Application
from .making import Making, NotReady, Refused
from .proposal import MODES
from .view import Review

SHOWN_REFUSALS = 20


def add_commands(commands: Any) -> None:
    """Add the command."""
    lang = language()
    entity = commands.add_parser("entity", help=say("cli.entity", lang))
    inner = entity.add_subparsers(required=True, metavar="COMMAND")
    made = inner.add_parser("from-excel", help=say("cli.entity.from_excel", lang))
    made.add_argument("file", type=Path, metavar="FILE")
    made.add_argument("--dry-run", action="store_true", help=say("cli.entity.dry_run", lang))
    made.add_argument("--changes", type=Path, metavar="FILE.json", help=say("cli.entity.changes", lang))
    made.add_argument(
        "--role", action="append", default=[], metavar="ROLE=LEVEL", help=say("cli.entity.role", lang)
    )
    made.add_argument("--mode", choices=MODES, default="all", help=say("cli.entity.mode", lang))
    made.add_argument("--as", dest="login", metavar="LOGIN", help=say("cli.import.as", lang))
    made.set_defaults(run=run_from_excel)
    undone = inner.add_parser("undo", help=say("cli.entity.undo", lang))
    undone.add_argument("id", type=int, metavar="ID")
    undone.add_argument("--as", dest="login", metavar="LOGIN", help=say("cli.import.as", lang))
    undone.set_defaults(run=run_undo)


def run_from_excel(args: argparse.Namespace, settings: Settings) -> int:
    """Read a workbook, say what is proposed, and make it unless `--dry-run` says not to."""
    site = open_site(settings)
    person = Person(site, args.login)
    if not args.file.is_file():
        raise InvalidInput("application.no_such_file", name=str(args.file))
    digest = staging.keep_file(settings.data_dir, args.file.read_bytes())
    with site.database.writing() as conn:
        ctx = person.context(conn)
        if args.login:
            require_administrator(ctx)
        number = keeping.keep(ctx, args.file.name, digest)
        proposal = working.read_now(ctx, keeping.find(conn, number, None))
        keeping.change(conn, number, state=keeping.OPEN, proposal=proposal)
        found = keeping.find(conn, number, None)
        working.change(ctx, found, _changes(args))
        found = keeping.find(conn, number, None)
        _tell(Review(ctx, found))
    if args.dry_run:
        print(say("cli.entity.proposed", language(), id=number))
        return ALL_IN
    return _make(site, person, found)


def _changes(args: argparse.Namespace) -> list[Any]:
    changes: list[Any] = [{"set": {"mode": args.mode}}]
    if args.role:
        pairs = (each.partition("=") for each in args.role)
        changes.append({"set": {"grants": {role: level or "edit" for role, _, level in pairs}}})
    if args.changes:
        try:
            changes += json.loads(args.changes.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError):
            raise InvalidInput("application.bad_changes_file", name=str(args.changes)) from None
    return changes


def _tell(review: Review) -> None:
    """Print the proposal: each sheet with its columns, what is left out, what has to be decided."""
    lang = language()
    for sheet in review.proposal.sheets:
        if not (sheet.include and sheet.usable):
            print(say("cli.entity.left_out", lang, name=sheet.name, notes=" ".join(review.notes(sheet))))
            continue
        print(say("cli.entity.sheet", lang, name=sheet.name, key=sheet.into or sheet.key, rows=f"{sheet.rows:,}"))
        for column in sheet.used:
            given = {"header": column.header[:40], "key": column.field or column.key, "type": column.type}
            print(say("cli.entity.column", lang, **given, evidence=" ".join(review.evidence(column)[:1])))
    for problem in review.problems:
        print(say("cli.entity.problem", lang, text=problem.text))


def _make(site: Any, person: Person, found: Application) -> int:
    lang = language()
    bar = Bar(say("cli.entity.progress", lang))
    with site.database.writing() as conn:
        keeping.move(conn, found, keeping.MAKING)
        found = keeping.find(conn, found.id, None)

    def told(done: int, total: int, _sheet: str) -> None:
        bar.show(done, total)

    making = Making(site.database, found, person.context, site.database.writing, told)
    try:
        made = making.run()
    except FormloomError as error:
        bar.end()
        with site.database.writing() as conn:
            keeping.change(conn, found.id, state=keeping.OPEN, error=working.problem_of(error))
        _tell_refused(error)
        raise
    bar.end()
    counts = [each.get("counts", {}) for each in made.values()]
    written, refused = (sum(count.get(name, 0) for count in counts) for name in ("written", "refused"))
    print(say("cli.entity.made", lang, id=found.id, sheets=len(made), rows=f"{written:,}", refused=refused))
    return SOME_REFUSED if refused else ALL_IN


def _tell_refused(error: FormloomError) -> None:
    if isinstance(error, Refused):
        for name, rows in error.refused.items():
            for row, why in rows[:SHOWN_REFUSALS]:
                print(f"{name}: " + say("cli.import.refused_row", language(), row=row, reason=why).strip())
    if isinstance(error, NotReady):
        for problem in error.problems:
            given = {name: f"{v:,}" if type(v) is int else v for name, v in (problem.data or {}).items()}
            print(f"{problem.sheet}: " + say(f"application.problem.{problem.code}", language(), **given))


def run_undo(args: argparse.Namespace, settings: Settings) -> int:
    """Take back what a workbook was made into."""
    site = open_site(settings)
    person = Person(site, args.login)
    with site.database.reading() as conn:
        if args.login:
            require_administrator(person.context(conn))
        found = keeping.find(conn, args.id, None)
    Making(site.database, found, person.context, site.database.writing, lambda done, total, sheet: None).undo()
    print(say("cli.entity.undone", language(), id=found.id))
    return ALL_IN
