"""The composition root, which alone knows every package: `uvicorn --factory formloom.runtime.asgi:create`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..importers import register
from .extension import Extension, extended
from .settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette


def extensions() -> tuple[Extension, ...]:
    """What the packages above the runtime add, through their public `register`."""
    return (register,)


def create() -> Starlette:
    """The application of this process's environment. Raises SetupError."""
    from .app import build_app
    from .logs import set_up_logging
    from .site import open_site

    settings = Settings.from_environment()
    set_up_logging(settings)
    # First the extensions: the site makes the tables they announce.
    added = extensions()
    extended(added)
    site = open_site(settings)
    embedded = os.environ.get("_FORMLOOM_NO_JOBS") != "1"
    return build_app(site, added, job_threads=settings.job_threads if embedded else 0)
