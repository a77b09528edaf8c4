"""Excel and CSV, in and out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from formloom.metadata import wording

if TYPE_CHECKING:
    from formloom.runtime.extension import Builder

wording.register(Path(__file__).parent / "wording")


def register(builder: Builder) -> None:
    """Add the imports' and exports' addresses, commands and jobs."""
    from . import api, commands, tasks, wizard
    from .application import api as application_api
    from .application import commands as application_commands
    from .application import screens, working

    tasks.register_jobs()
    working.register_jobs()
    # `/imports/new-app` before `/imports/{id}`.
    builder.add_routes(*application_api.routes, *screens.routes, *api.routes, *wizard.routes)
    builder.add_commands(commands.add_commands)
    builder.add_commands(application_commands.add_commands)
