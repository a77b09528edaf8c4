"""`formloom template`: packages of documents, installed, upgraded, compared, exported and taken out."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...metadata import documents, packages
from ...metadata.errors import InvalidInput
from ...metadata.packages import Proposal, Wanted
from ...metadata.wording import LANGUAGES, say, text_of
from ..context import Context
from ..package_printing import print_customised, print_disputes, print_proposal, print_removal
from ..settings import Settings
from ..site import Site, open_site
from . import Commands, language
from .metadata import actor, print_applied

UNDECIDED = 3


def add_commands(commands: Commands[Any]) -> None:
    """Add `template`."""
    parser = commands.add_parser("template", help=say("cli.template", language()))
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _action(actions, "list", show_list)
    for name, run in (("install", install), ("upgrade", install)):
        installing = _action(actions, name, run)
        installing.add_argument("package", metavar="PATH_OR_KEY")
        _flag(installing, "demo")
        _flag(installing, "dry_run")
        _flag(installing, "merge")
        _flag(installing, "allow_destructive")
        sides = installing.add_mutually_exclusive_group()
        for side in ("keep_mine", "take_theirs"):
            _flag(sides, side)
        sides.add_argument(
            "--choices", type=Path, metavar="FILE.json", help=say("cli.template.choices", language())
        )
    comparing = _action(actions, "diff", diff)
    comparing.add_argument("key", metavar="KEY")
    comparing.add_argument("package", metavar="PATH_OR_KEY", nargs="?")
    resetting = _action(actions, "reset", reset)
    resetting.add_argument("document", metavar="KIND:KEY")
    resetting.add_argument("paths", metavar="NODE", nargs="*")
    _flag(resetting, "allow_destructive")
    _add_export(_action(actions, "export", export))
    removing = _action(actions, "uninstall", uninstall)
    removing.add_argument("key", metavar="KEY")
    for name in ("drop_data", "with_dependents", "dry_run"):
        _flag(removing, name)


def _action(actions: Any, name: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=say(f"cli.template.{name}", language()))
    parser.set_defaults(run=run)
    return parser


def _flag(parser: Any, name: str) -> None:
    text = say(f"cli.template.{name}", language())
    parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=text)


def _add_export(parser: argparse.ArgumentParser) -> None:
    lang = language()
    parser.add_argument("out", type=Path, metavar="OUT")
    for name in ("key", "label", "version", "package"):
        parser.add_argument(f"--{name}", default="", help=say(f"cli.template.export.{name}", lang))
    parser.add_argument("--only", nargs="+", default=[], metavar="KIND:KEY", help=say("cli.template.only", lang))
    parser.add_argument("--with-data", default="", metavar="ENTITY,…", help=say("cli.template.with_data", lang))


def show_list(args: argparse.Namespace, settings: Settings) -> int:
    """Print the packages that can be installed and those that are."""
    lang = language()
    with open_site(settings).database.reading() as conn:
        present, marks = packages.installed(conn), packages.marks(conn)
    found = packages.find()
    for key in sorted({*found, *present}):
        known = present.get(key) or found[key]
        state = say("cli.template.installed" if key in present else "cli.template.available", lang)
        changed = sum(mark.customised for mark in marks.values() if mark.package == key)
        notes = [say("cli.template.customised", lang, count=changed)] if changed else []
        newer = found.get(key)
        if key in present and newer and packages.rank(newer.version) > packages.rank(present[key].version):
            notes.append(say("cli.template.newer", lang, version=newer.version))
        line = f"{key:16}  {known.version:10}  {state}  {text_of(known.label, lang, key)}  {'  '.join(notes)}"
        print(line.rstrip())
    return 0


def _choices(args: argparse.Namespace) -> dict[str, str]:
    """What the command line decides. Raises InvalidInput."""
    if args.keep_mine or args.take_theirs:
        return {packages.EVERYTHING: "mine" if args.keep_mine else "theirs"}
    if args.choices is None:
        return {}
    try:
        return packages.read_choices(documents.loads(args.choices.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("package.bad_choices") from None


def install(args: argparse.Namespace, settings: Settings) -> int:
    """Put a package in force, new or in another version; 3 when conflicts are undecided, which are listed."""
    package, choices = packages.locate(args.package), _choices(args)
    site = open_site(settings)
    if args.dry_run:
        with site.database.reading() as conn:
            proposal = packages.propose(conn, package, choices)
        print_proposal(proposal)
        return _outcome(proposal)
    try:
        applied = packages.install(
            site.database,
            package,
            actor(),
            choices=choices,
            merge_own=args.merge,
            allow_destructive=args.allow_destructive,
        )
    except packages.UndecidedConflicts as undecided:
        print_disputes(undecided.disputes)
        print(undecided.message(language()))
        return UNDECIDED
    print_applied(applied)
    if args.demo:
        load_demo(site, package)
    return 0


def _outcome(proposal: Proposal) -> int:
    """The exit code of a dry run."""
    if proposal.merged.open:
        return UNDECIDED
    return 1 if proposal.refused else 0


def load_demo(site: Site, package: packages.Package) -> None:
    """Load the samples of a package and print the logins among them. Raises NotFound when it has none."""
    from .. import samples

    with package.unpacked_samples() as folder:
        # In every language: whoever tries the demo may not be who set up the terminal.
        for login in samples.load(site, folder, *sorted(LANGUAGES, key=lambda lang: lang != language())):
            print(f"  {login}")


def diff(args: argparse.Namespace, settings: Settings) -> int:
    """Print what the site changed of a package, or what another version would change; 1 when that is anything."""
    site = open_site(settings)
    with site.database.reading() as conn:
        if args.package is not None:
            proposal = packages.propose(conn, packages.locate(args.package), previewed=False)
            print_proposal(proposal)
            return 0 if proposal.same_version and not any(proposal.changes.values()) else 1
        found = packages.find_package(conn, args.key)
        changed = packages.customised_by_site(conn, found.key)
    print_customised(changed)
    return 1 if changed else 0


def reset(args: argparse.Namespace, settings: Settings) -> int:
    """Make a document, or nodes of it, what its package ships."""
    kind, key = _identity(args.document)
    database = open_site(settings).database
    print_applied(
        packages.reset(database, kind, key, actor(), args.paths, allow_destructive=args.allow_destructive)
    )
    return 0


def _identity(text: str) -> tuple[str, str]:
    kind, _, key = text.partition(":")
    return kind, key


def export(args: argparse.Namespace, settings: Settings) -> int:
    """Write the site's own documents as a package: a folder, or a zip."""
    from .. import sample_writing

    lang = language()
    only = tuple(_identity(name) for name in args.only)
    wanted = Wanted(args.key, args.label, args.version, only, args.package)
    site = open_site(settings)
    with site.database.reading() as conn:
        exported = packages.export(conn, wanted)
        if args.with_data:
            ctx = Context.system(conn, site.catalog(conn), "the operator exports rows", settings=settings)
            data = sample_writing.write(ctx, [key.strip() for key in args.with_data.split(",")])
            exported = replace(exported, samples=data.files)
            for name in data.left_out:
                print(say("cli.template.left_out", lang, field=name))
    exported.write(args.out)
    for identity in exported.added:
        print(say("cli.template.added_too", lang, document=":".join(identity)))
    print(say("cli.template.exported", lang, count=len(exported.documents), out=args.out, key=exported.key))
    return 0


def uninstall(args: argparse.Namespace, settings: Settings) -> int:
    """Take a package out of force; what depends on it is shown first."""
    site = open_site(settings)
    with site.database.reading() as conn:
        removal = packages.propose_removal(conn, args.key)
    print_removal(removal)
    if args.dry_run:
        return 1 if removal.blocking or (removal.dependents and not args.with_dependents) else 0
    applied = packages.uninstall(
        site.database, args.key, actor(), drop_data=args.drop_data, with_dependents=args.with_dependents
    )
    print_applied(applied)
    return 0
