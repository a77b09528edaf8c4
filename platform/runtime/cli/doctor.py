"""`formloom doctor`: looks whether everything in the database is as it should be."""

from __future__ import annotations

import argparse
from typing import Any

from ...metadata.doctor import doctor
from ...metadata.wording import say
from ..files import packing
from ..settings import Settings
from ..site import open_site
from . import Commands, language
from .metadata import WRONG


def add_commands(commands: Commands[Any]) -> None:
    """Add `doctor`."""
    commands.add_parser("doctor", help=say("cli.doctor", language())).set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print every problem; 1 when there is one."""
    lang = language()
    site = open_site(settings)
    problems = doctor(site.database)
    with site.database.reading() as conn:
        problems += packing.lost(conn, site.files)
    for problem in problems:
        print(problem.message(lang))
    print(say("cli.doctor.problems" if problems else "cli.doctor.healthy", lang, count=len(problems)))
    return WRONG if problems else 0
