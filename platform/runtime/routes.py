"""The URL table: every address of the program and nothing else. Each module lists its own as `routes`."""

from __future__ import annotations

from starlette.routing import BaseRoute

from .api import me, metadata
from .http import health, signin

ROUTES: list[BaseRoute] = [
    *health.routes,
    *signin.routes,
    *me.routes,
    *metadata.routes,
]
"""In the order they are tried."""
