"""The built scripts, styles and icons: names carry a hash of the content, so that browsers keep them for good."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).resolve().parents[1] / "static"
DIST = FOLDER / "dist"
FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=1)
def manifest() -> dict[str, str]:
    """The built file of each source name (`app.js` -> `app-1A2B3C.js`); empty when nothing is built."""
    path = DIST / "manifest.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def static_url(name: str) -> str:
    """The address of a built file by its source name. Raises KeyError."""
    return f"/static/{manifest()[name]}"


class BuiltFiles(StaticFiles):
    """Serves the built files. Only GET and HEAD; unknown names are ordinary 404s."""

    def __init__(self) -> None:
        super().__init__(directory=DIST, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = FOREVER if answer.status_code in (200, 304) else "no-store"
        return answer
