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

    tasks.register_jobs()
    builder.add_routes(*api.routes, *wizard.routes)
    builder.add_commands(commands.add_commands)
