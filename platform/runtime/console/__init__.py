"""The console at `/console`: the system's own tables, for administrators, to look at and to end what runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from anyio import to_thread

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from ..site import Site

ADDRESS = "/console"
NAME = "admin"
"""What the library calls its own addresses by."""


class OnDemand:
    """The console, built when the first asks for it: few processes ever show it, and all of them start."""

    def __init__(self, site: Site) -> None:
        self.site = site

    @cached_property
    def built(self) -> Starlette:
        """The library's application."""
        from .admin import build

        return build(self.site)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """What addresses are made from."""
        return self.built.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "built" not in vars(self):
            await to_thread.run_sync(lambda: self.built)
        await self.built(scope, receive, send)


def mount(app: Starlette, site: Site) -> None:
    """Serve the console under its address."""
    app.mount(ADDRESS, OnDemand(site), name=NAME)
