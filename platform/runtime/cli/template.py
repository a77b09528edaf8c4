"""`formloom template`: packages of documents, with or without their sample data."""

from __future__ import annotations

import argparse
from typing import Any

from ...metadata import packages
from ...metadata.errors import NotFound
from ...metadata.wording import LANGUAGES, say, text_of
from ..settings import Settings
from ..site import Site, open_site
from . import Commands, language
from .metadata import actor, print_applied


def add_commands(commands: Commands[Any]) -> None:
    """Add `template`."""
    lang = language()
    parser = commands.add_parser("template", help=say("cli.template", lang))
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help=say("cli.template.list", lang))
    listing.set_defaults(run=show_list)
    installing = actions.add_parser("install", help=say("cli.template.install", lang))
    installing.add_argument("package", metavar="PATH_OR_KEY")
    installing.add_argument("--demo", action="store_true", help=say("cli.template.demo", lang))
    installing.set_defaults(run=install)
    removing = actions.add_parser("uninstall", help=say("cli.template.uninstall", lang))
    removing.add_argument("key", metavar="KEY")
    removing.add_argument("--drop-data", action="store_true", help=say("cli.template.drop_data", lang))
    removing.set_defaults(run=uninstall)


def show_list(args: argparse.Namespace, settings: Settings) -> int:
    """Print the packages that can be installed and those that are."""
    lang = language()
    site = open_site(settings)
    with site.database.reading() as conn:
        present = packages.installed(conn)
    found = packages.find()
    for key in sorted({*found, *present}):
        known = present.get(key) or found[key]
        state = say("cli.template.installed" if key in present else "cli.template.available", lang)
        print(f"{key:16}  {known.version:10}  {state}  {text_of(known.label, lang, key)}")
    return 0


def install(args: argparse.Namespace, settings: Settings) -> int:
    """Install or update a package; with --demo, load its sample data and print who may sign in."""
    package = packages.locate(args.package)
    site = open_site(settings)
    print_applied(packages.install(site.database, package, actor()))
    if args.demo:
        load_demo(site, package)
    return 0


def load_demo(site: Site, package: packages.Package) -> None:
    """Load the samples of a package and print the logins among them. Raises NotFound when it has none."""
    from .. import samples

    if package.demo is None:
        raise NotFound("package.no_demo", name=package.key)
    # In every language: whoever tries the demo may not be who set up the terminal.
    for login in samples.load(site, package.demo, *sorted(LANGUAGES, key=lambda lang: lang != language())):
        print(f"  {login}")


def uninstall(args: argparse.Namespace, settings: Settings) -> int:
    """Take a package out of force."""
    site = open_site(settings)
    applied = packages.uninstall(site.database, args.key, actor(), drop_data=args.drop_data)
    print_applied(applied)
    return 0
