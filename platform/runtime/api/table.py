"""How the API declares its addresses: method, path, handler; `write` where the handler's transaction writes."""

from __future__ import annotations

from starlette.routing import Route

from ...metadata.errors import AccessDenied
from ..context import Context
from ..http.serve import Handler, api

PREFIX = "/api/v1"


def at(method: str, path: str, handler: Handler, *, write: bool = False) -> Route:
    """One address of the API."""
    return Route(PREFIX + path, api(handler, write=write), methods=[method])


def require_administrator(ctx: Context) -> None:
    """Raises AccessDenied for anybody else."""
    if not ctx.access.administrator:
        raise AccessDenied()
