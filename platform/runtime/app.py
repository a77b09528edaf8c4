"""Wiring: one application of settings, database, routes and what other packages add. No behaviour of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount

from ..metadata.errors import FormloomError
from .extension import Extension, extended
from .http.counters import Counters
from .http.errors import BadRequest, TooLarge
from .http.guard import Guard
from .http.serve import failure, read_call
from .http.statics import BuiltFiles
from .jobs import Worker
from .routes import ROUTES
from .site import Site


def build_app(site: Site, extensions: Sequence[Extension] = (), *, job_threads: int = 0) -> Starlette:
    """The application. With `job_threads` it also does background work while it serves."""
    counters = Counters()
    routes = [*ROUTES, *extended(extensions).routes, Mount("/static", BuiltFiles(), name="static")]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, settings=site.settings, counters=counters)],
        exception_handlers={HTTPException: _http_error},
        lifespan=_lifespan(site, job_threads),
    )
    app.router.redirect_slashes = False
    app.state.site = site
    app.state.counters = counters
    site.routes = app.routes
    site.error_page = _error_page()
    if find_spec(f"{__package__}.console"):
        import_module(f"{__package__}.console").mount(app, site)
    return app


def _error_page() -> Any:
    """The screens' own error page, where they have one."""
    if find_spec(f"{__package__}.render") is None:
        return None
    return getattr(import_module(f"{__package__}.render"), "error_page", None)


def _lifespan(site: Site, job_threads: int) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = site.settings.threads
        worker = Worker(site.database, site.settings, threads=job_threads, site=site)
        if job_threads:
            worker.start()
        try:
            yield
        finally:
            worker.stop()
            site.close()

    return lifespan


async def _http_error(request: Request, error: Exception) -> Response:
    """Answers what routing and Starlette's own parts refuse, in the form the address promises."""
    assert isinstance(error, HTTPException)
    call = read_call(request)
    surface = "api" if request.scope["path"].startswith("/api/") else "page"
    answer = failure(request.app.state.site, call, surface, _as_ours(error))
    if error.status_code == 405:
        answer.headers["allow"] = ", ".join(_allowed(request))
    return answer


def _as_ours(error: HTTPException) -> FormloomError:
    if error.status_code == 404:
        return FormloomError("not_found", status=404)
    if error.status_code == 405:
        return BadRequest("method", code="method_not_allowed", status=405)
    if error.status_code == 413:
        return TooLarge(0)
    return BadRequest("unreadable", status=error.status_code)


def _allowed(request: Request) -> list[str]:
    """All methods of the address, whichever of its routes they are in."""
    methods: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return sorted(methods)
