"""`formloom import`, `export` and `excel-template`: the same runs as in the browser, in the foreground."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from formloom.metadata.errors import InvalidInput
from formloom.metadata.wording import say
from formloom.rbac import accounts
from formloom.runtime.cli import language
from formloom.runtime.context import Context
from formloom.runtime.settings import Settings
from formloom.runtime.site import Site, open_site

from . import exporting, staging
from .matching import Layout
from .options import MODES, ON_DUPLICATE, Options
from .parsing import Source
from .plan import importable
from .report import Report
from .run import ImportRun
from .tasks import context_of
from .verdict import Verdicts, row_text
from .workbook import write_template

ALL_IN, SOME_REFUSED = 0, 3
SHOWN_REFUSALS = 20


def add_commands(commands: Any) -> None:
    """Add the commands."""
    lang = language()
    importing = commands.add_parser("import", help=say("cli.import", lang))
    importing.add_argument("file", metavar="FILE", help=say("cli.import.file", lang))
    importing.add_argument("id", metavar="ID", nargs="?", type=int, help=say("cli.import.id", lang))
    importing.add_argument("--entity", metavar="KEY")
    importing.add_argument("--sheet")
    importing.add_argument("--header", type=int, metavar="ROW")
    importing.add_argument("--map", type=Path, metavar="FILE.json")
    importing.add_argument("--on-duplicate", choices=ON_DUPLICATE)
    importing.add_argument("--key", action="append", default=[], metavar="FIELD")
    importing.add_argument("--mode", choices=MODES, default="all")
    importing.add_argument("--dry-run", action="store_true")
    importing.add_argument("--hidden-rows", action="store_true", help=say("cli.import.hidden_rows", lang))
    importing.add_argument("--report", type=Path, metavar="OUT.xlsx")
    importing.add_argument("--as", dest="login", metavar="LOGIN", help=say("cli.import.as", lang))
    importing.set_defaults(run=run_import)
    _add_export(commands, lang)


def _add_export(commands: Any, lang: str) -> None:
    exported = commands.add_parser("export", help=say("cli.export", lang))
    exported.add_argument("entity", metavar="KEY")
    exported.add_argument("target", type=Path, metavar="OUT.xlsx")
    exported.add_argument("--filter", default="", metavar="JSON")
    exported.add_argument("--fields", default="", metavar="a,b")
    exported.add_argument("--as", dest="login", metavar="LOGIN", help=say("cli.import.as", lang))
    exported.set_defaults(run=run_export)
    template = commands.add_parser("excel-template", help=say("cli.excel_template", lang))
    template.add_argument("entity", metavar="KEY")
    template.add_argument("target", type=Path, metavar="OUT.xlsx")
    template.set_defaults(run=run_template)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A path to write to; what is there in the end becomes `target`, unless writing fails. Raises InvalidInput."""
    partial = target.with_name(f".part-{target.name}")
    try:
        partial.touch()
        yield partial
        partial.replace(target)
    except OSError as error:
        raise InvalidInput("export.cannot_write", name=str(target)) from error
    finally:
        partial.unlink(missing_ok=True)


class Person:
    """On whose behalf a command works: a user, else the system."""

    def __init__(self, site: Site, login: str | None) -> None:
        self.site = site
        self.user = 0
        if login:
            with site.database.reading() as conn:
                self.user = accounts.find(conn, login)

    def context(self, conn: Connection) -> Context:
        """His Context in this transaction."""
        if self.user:
            return context_of(self.site, conn, self.user)
        settings, catalog = self.site.settings, self.site.catalog(conn)
        return Context.system(conn, catalog, "command line", settings=settings, lang=language(), site=self.site)


def run_import(args: argparse.Namespace, settings: Settings) -> int:
    """Import a file, or take an import back with `import undo ID`."""
    site = open_site(settings)
    person = Person(site, args.login)
    if args.file == "undo" and args.id is not None:
        return _undo(site, person, args.id)
    if not args.entity:
        raise InvalidInput("import.entity_needed")
    if args.report and not args.report.absolute().parent.is_dir():
        raise InvalidInput("export.cannot_write", name=str(args.report))
    import_id = _stage(site, person, args)
    bar = Bar(say("cli.import.progress", language()))
    run = _run(site, person, import_id, bar.show)
    verdicts = run.check() if args.dry_run else run.apply()
    bar.end()
    _tell(run, import_id, verdicts, dry_run=args.dry_run)
    if args.report:
        _write_report(run, verdicts, args.report)
    return SOME_REFUSED if verdicts.refused else ALL_IN


def _stage(site: Site, person: Person, args: argparse.Namespace) -> int:
    path = Path(args.file)
    if not path.is_file():
        raise InvalidInput("import.no_such_file", name=str(path))
    digest = staging.keep_file(site.settings.data_dir, path.read_bytes())
    with site.database.writing() as conn:
        ctx = person.context(conn)
        ctx.access.entity(args.entity).require("import")
        return staging.stage(ctx, args.entity, path.name, digest, _options(args))


def _options(args: argparse.Namespace) -> Options:
    raw: dict[str, Any] = {"mode": args.mode, "key": args.key, "sheet": args.sheet, "header": args.header}
    raw["hidden_rows"] = args.hidden_rows
    raw["on_duplicate"] = args.on_duplicate or ("error" if args.key else "create")
    if args.map:
        try:
            raw["map"] = json.loads(args.map.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InvalidInput("import.bad_map", name=str(args.map)) from None
    return Options.parse(raw)


def _run(site: Site, person: Person, import_id: int, progress: Any) -> ImportRun:
    with site.database.reading() as conn:
        record = staging.find(conn, import_id, None)
    return ImportRun(site.database, record, person.context, site.database.writing, progress)


def _undo(site: Site, person: Person, import_id: int) -> int:
    counts = _run(site, person, import_id, lambda done, total: None).undo()
    print(say("cli.import.undone", language(), **counts))
    return ALL_IN


def _tell(run: ImportRun, import_id: int, verdicts: Verdicts, *, dry_run: bool) -> None:
    lang = language()
    outcome = "cli.import.checked" if dry_run else "cli.import.done"
    if verdicts.refused and run.record.options.mode == "all" and not dry_run:
        outcome = "cli.import.kept_out"
    print(say(outcome, lang, id=import_id, **verdicts.counts()))
    if not verdicts.refused:
        return
    layout, sources = _shape(run)
    labels = {source.field.key: source.field.text(lang) for source in sources}
    for position in sorted(verdicts.refused)[:SHOWN_REFUSALS]:
        reason = row_text(verdicts, position, labels, lang).replace("\n", "; ")
        print(say("cli.import.refused_row", lang, row=layout.data[position] + 1, reason=reason))
    if len(verdicts.refused) > SHOWN_REFUSALS:
        print(say("cli.import.more_refused", lang, count=len(verdicts.refused) - SHOWN_REFUSALS))


def _shape(run: ImportRun) -> tuple[Layout, Sequence[Source]]:
    plan = run.plan()
    return plan.layout, plan.sources


def _write_report(run: ImportRun, verdicts: Verdicts, target: Path) -> None:
    layout, sources = _shape(run)
    with _whole(target) as path, path.open("wb") as stream:
        Report(run.sheet(), layout, sources, verdicts, language()).write(stream, run.file())
    print(say("cli.import.report_written", language(), path=str(target)))


class Bar:
    """A progress bar on a terminal; silent elsewhere."""

    WIDTH = 30

    def __init__(self, text: str) -> None:
        self.text = text
        self.shown = sys.stderr.isatty()

    def show(self, done: int, total: int) -> None:
        """Draw the bar."""
        if self.shown and total:
            filled = self.WIDTH * done // total
            bar = "█" * filled + "░" * (self.WIDTH - filled)
            print(f"\r{self.text} {bar} {done:,}/{total:,}", end="", file=sys.stderr)

    def end(self) -> None:
        """Leave the line."""
        if self.shown:
            print(file=sys.stderr)


def run_export(args: argparse.Namespace, settings: Settings) -> int:
    """Write the records of an entity to a workbook."""
    site = open_site(settings)
    person = Person(site, args.login)
    with site.database.reading() as conn:
        ctx = person.context(conn)
        params = {name: value for name, value in (("filter", args.filter), ("fields", args.fields)) if value}
        request = exporting.request_of(ctx, args.entity, params)
        with _whole(args.target) as path:
            count = exporting.export(ctx, request, path)
    print(say("cli.export.done", language(), count=count, path=str(args.target)))
    return 0


def run_template(args: argparse.Namespace, settings: Settings) -> int:
    """Write a blank workbook for an entity."""
    site = open_site(settings)
    with site.database.reading() as conn:
        ctx = Person(site, None).context(conn)
        fields = list(template_fields(ctx, args.entity))
        with _whole(args.target) as path:
            write_template(path, entity=ctx.catalog.entity(args.entity), fields=fields, lang=language())
    print(str(args.target))
    return 0


def template_fields(ctx: Context, entity: str) -> Iterator[Any]:
    """The fields a blank sheet offers: what may be imported, without the system's own and the read-only."""
    return (field for field in importable(ctx, entity) if not field.system and not field.read_only)
