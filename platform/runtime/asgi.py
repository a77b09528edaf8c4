"""The composition root, which alone knows every package: `uvicorn --factory formloom.runtime.asgi:create`."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .extension import Extension
from .settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

IMPORTERS = "formloom.importers"


def extensions() -> tuple[Extension, ...]:
    """What the packages above the runtime add, through their public `register`."""
    if find_spec(IMPORTERS) is None:
        return ()
    register = getattr(import_module(IMPORTERS), "register", None)
    return (register,) if register is not None else ()


def create() -> Starlette:
    """The application of this process's environment. Raises SetupError."""
    from .app import build_app
    from .logs import set_up_logging
    from .site import open_site

    settings = Settings.from_environment()
    set_up_logging(settings)
    site = open_site(settings)
    embedded = os.environ.get("_FORMLOOM_NO_JOBS") != "1"
    return build_app(site, extensions(), job_threads=settings.job_threads if embedded else 0)
