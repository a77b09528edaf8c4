"""`formloom backup` and `formloom restore`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...metadata.wording import say
from ..backup import check_backup, make_backup, restore_backup
from ..settings import Settings
from ..site import open_site
from . import Commands, language
from .serve import hold_data_dir

UNHEALTHY = 1


def add_commands(commands: Commands[Any]) -> None:
    """Add `backup` and `restore`."""
    lang = language()
    backing = commands.add_parser("backup", help=say("cli.backup", lang))
    backing.add_argument("out", type=Path, metavar="OUT")
    backing.set_defaults(run=backup)
    restoring = commands.add_parser("restore", help=say("cli.restore", lang))
    restoring.add_argument("file", type=Path, metavar="FILE")
    restoring.add_argument("--verify", action="store_true", help=say("cli.restore.verify", lang))
    restoring.add_argument("--force", action="store_true", help=say("cli.restore.force", lang))
    restoring.set_defaults(run=restore)


def backup(args: argparse.Namespace, settings: Settings) -> int:
    """Write a backup; the site may go on serving."""
    site = open_site(settings)
    try:
        made = make_backup(site, args.out)
    finally:
        site.close()
    print(say("cli.backup.done", language(), file=str(args.out), size=made.size, sha256=made.sha256))
    if made.files_lost:
        print(say("doctor.files_lost", language(), count=made.files_lost), file=sys.stderr)
    return UNHEALTHY if made.files_lost else 0


def restore(args: argparse.Namespace, settings: Settings) -> int:
    """Put a backup in place, or only look whether it is whole."""
    lang = language()
    if args.verify:
        manifest, problems = check_backup(args.file)
        for problem in problems:
            print(problem.message(lang), file=sys.stderr)
        print(say("cli.restore.verified", lang, made_at=manifest.made_at, count=len(problems)))
        return UNHEALTHY if problems else 0
    with hold_data_dir(settings.prepared()):
        manifest = restore_backup(settings, args.file, force=args.force)
    print(say("cli.restore.done", lang, made_at=manifest.made_at))
    return 0
