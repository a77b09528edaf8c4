"""The answer to a change that succeeded: on to another screen, with a word about what was done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import Response

from ..formview.tabs import TAB
from ..recordview.related import RELATED

if TYPE_CHECKING:
    from ..context import Context
    from ..http.call import Call

TABS = frozenset({TAB, RELATED})


def moved(ctx: Context, call: Call, address: str, toast: str = "") -> Response:
    """Show the screen at `address`, in the main region when htmx asks, and say `toast` there."""
    address = _with_tabs(call, address)
    if not call.is_htmx:
        return Response(status_code=303, headers={"Location": address})
    headers = {"HX-Location": json.dumps({"path": address, "target": "#main", "swap": "innerHTML"})}
    if toast:
        headers["HX-Trigger"] = json.dumps({"toast": {"text": toast}})
    return Response(status_code=204, headers=headers)


def _with_tabs(call: Call, address: str) -> str:
    """The address of a record with the tabs that were open on its page, or in its form."""
    here = urlsplit(call.headers.get("hx-current-url", ""))
    if "?" in address or here.path not in (address, f"{address}/edit"):
        return address
    kept = [(name, value) for name, value in parse_qsl(here.query) if name in TABS]
    return f"{address}?{urlencode(kept)}" if kept else address
