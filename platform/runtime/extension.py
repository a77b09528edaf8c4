"""What packages above the runtime may add to it, without the runtime knowing them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

AddCommands = Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None]


@dataclass
class Builder:
    """Collects addresses and commands. Jobs register themselves by kind (`runtime.jobs.register`)."""

    routes: list[BaseRoute] = field(default_factory=list)
    commands: list[AddCommands] = field(default_factory=list)

    def add_routes(self, *routes: BaseRoute) -> None:
        """Serve these addresses too."""
        self.routes.extend(routes)

    def add_commands(self, add: AddCommands) -> None:
        """Call `add` with the subparsers; each command sets `run=function(args, settings) -> int`."""
        self.commands.append(add)


Extension = Callable[[Builder], None]


def extended(extensions: Sequence[Extension]) -> Builder:
    """A Builder that all extensions have added to."""
    builder = Builder()
    for extend in extensions:
        extend(builder)
    return builder
