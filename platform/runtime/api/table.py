"""How the API declares its addresses: method, path, handler; `write` where the handler's transaction writes.

What an address takes and gives may be declared with it (`Shape`); the API's own description shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.routing import Route

from ...metadata.errors import AccessDenied
from ..context import Context
from ..http.serve import Handler, api

PREFIX = "/api/v1"


JSON = "application/json"


@dataclass(frozen=True)
class Shape:
    """JSON Schemas of what an address takes (`body`, of the media type `takes`) and answers (`answer`).

    `gives` names the media type of an answer that is a file; `status` is that of success.
    """

    body: Mapping[str, Any] | None = None
    takes: str = JSON
    needs_body: bool = True
    answer: Mapping[str, Any] | None = None
    gives: str = JSON
    status: int = 200


def at(method: str, path: str, handler: Handler, *, write: bool = False, shape: Shape | None = None) -> Route:
    """One address of the API."""
    endpoint = api(handler, write=write)
    endpoint.shape = shape  # type: ignore[attr-defined]
    return Route(PREFIX + path, endpoint, methods=[method])


def require_administrator(ctx: Context) -> None:
    """Raises AccessDenied for anybody else."""
    if not ctx.access.administrator:
        raise AccessDenied()
