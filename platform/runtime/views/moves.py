"""The answer to a change that succeeded: on to another screen, with a word about what was done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from ..context import Context
    from ..http.call import Call


def moved(ctx: Context, call: Call, address: str, toast: str = "") -> Response:
    """Show the screen at `address`, in the main region when htmx asks, and say `toast` there."""
    if not call.is_htmx:
        return Response(status_code=303, headers={"Location": address})
    headers = {"HX-Location": json.dumps({"path": address, "target": "#main", "swap": "innerHTML"})}
    if toast:
        headers["HX-Trigger"] = json.dumps({"toast": {"text": toast}})
    return Response(status_code=204, headers=headers)
