"""The console at `/console`: the system's own tables, for administrators, to look at and to end what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ..site import Site

ADDRESS = "/console"


def mount(app: Starlette, site: Site) -> None:
    """Serve the console under its address."""
    from .admin import build

    build(app, site)
