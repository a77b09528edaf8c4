"""The `formloom` command. Each module here adds its commands with `add_commands(commands)`.

A command sets `run` among its parser's defaults: `run(args, settings) -> int`, the exit code. It raises
FormloomError for what it refuses, which is printed as one sentence with exit code 2. `open_site(settings)` of
`runtime.site` gives it the database with all system tables made.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from dataclasses import MISSING, fields
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...metadata import wording
from ...metadata.errors import FormloomError, MetadataError
from ...metadata.wording import say
from ..asgi import extensions
from ..extension import AddCommands, extended
from ..settings import PREFIX, Settings
from ..site import closing_sites

wording.register(Path(__file__).parents[1] / "wording" / "cli")

REFUSED = 2
Commands = argparse._SubParsersAction  # the only name argparse has for it


def language() -> str:
    """The language commands speak: the terminal's."""
    named = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    return "zh" if named.lower().startswith("zh") else "en"


def main(argv: list[str] | None = None) -> int:
    """Run one command; the process's exit code."""
    args = build_parser().parse_args(argv)
    try:
        with closing_sites():
            return int(args.run(args, Settings.from_environment()))
    except FormloomError as error:
        report(error)
        return REFUSED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def report(error: FormloomError) -> None:
    """Print what was refused and why."""
    lang = language()
    print(error.message(lang), file=sys.stderr)
    for each in error.fields:
        print(f"  {each.field}: {each.message(lang)}", file=sys.stderr)
    for finding in error.findings if isinstance(error, MetadataError) else ():
        print(f"  {finding.line(lang)}", file=sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line, those of the packages above included."""
    lang = language()
    parser = argparse.ArgumentParser(
        "formloom",
        description=say("cli.description", lang),
        epilog=explain_settings(lang),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(title=say("cli.commands", lang), required=True, metavar="COMMAND")
    for add in [*_own_commands(), *extended(extensions()).commands]:
        add(commands)
    return parser


def _own_commands() -> list[AddCommands]:
    """What the modules of this package add. All are imported before any is asked, as they register their words."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [module.add_commands for module in [import_module(f"{__name__}.{name}") for name in names]]


def explain_settings(lang: str) -> str:
    """All settings with their defaults, for `--help`."""
    lines = [say("cli.settings", lang)]
    for each in fields(Settings):
        default = "" if each.default is MISSING else each.default
        shown = ",".join(default) if isinstance(default, tuple) else str(default)
        unit = f" {each.metadata['unit']}" if each.metadata["unit"] else ""
        text = say(f"setting.{each.metadata['words']}", lang)
        lines.append(f"  {PREFIX + each.name.upper():28} {text}" + (f" [{shown}{unit}]" if shown else ""))
    return "\n".join(lines)


def _version() -> str:
    try:
        return version("formloom")
    except PackageNotFoundError:
        return "0"
