"""From a request to a handler and back: `page` and `api` make endpoints of plain functions.

The asynchronous part reads the body. Everything else is one call in a thread: open a transaction, find out who
asks, build the Context, run `handler(ctx, call)`, commit. A handler that raises, or answers with a status of 400
or more, has saved nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from anyio import to_thread
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response

from ...metadata.errors import FormloomError, Unauthenticated
from ...metadata.wording import LANGUAGES
from ..context import Context
from ..site import Site
from .body import read_body
from .browser import LANGUAGE, SAFE_METHODS, VISIT, csrf_token, fresh_token, new_visit, require_own_page
from .call import Call, Pairs
from .identity import Identity, identify
from .problem import as_known, json_problem, plain_page, problem_of

if TYPE_CHECKING:
    from ...metadata.catalog import Catalog
    from ...rbac.actor import Actor

log = logging.getLogger("formloom.http")

Handler = Callable[[Context, Call], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Declared:
    """What an endpoint needs and how it answers. `surface` is `page` or `api`."""

    surface: str
    handler: Handler
    write: bool = False
    anonymous: bool = False


class _Refused(Exception):
    """Carries a handler's answer of 400 or more out of the transaction, which it thereby rolls back."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


def page(handler: Handler, *, write: bool = False, anonymous: bool = False) -> Endpoint:
    """An endpoint for browsers. `anonymous`: also for those who have not signed in."""
    return _endpoint(Declared("page", handler, write, anonymous))


def api(handler: Handler, *, write: bool = False, anonymous: bool = False) -> Endpoint:
    """An endpoint for programs; errors are problem documents."""
    return _endpoint(Declared("api", handler, write, anonymous))


def _endpoint(declared: Declared) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        call = read_call(request)
        try:
            call.query = Pairs.parse(request.scope["query_string"])
            if call.method not in SAFE_METHODS:
                settings = site.settings
                await read_body(
                    request, call, json_limit=settings.json_limit, upload_limit=settings.upload_limit
                )
        except FormloomError as error:
            return failure(site, call, declared.surface, error)
        return await to_thread.run_sync(answer, site, declared, call)

    endpoint.declared = declared  # type: ignore[attr-defined]
    endpoint.__name__ = declared.handler.__name__
    return endpoint


def read_call(request: Request) -> Call:
    """The request without its query and body."""
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    return Call(
        method=scope["method"],
        url=scope["path"] + ("?" + query if query else ""),
        path=request.path_params,
        query=Pairs([]),
        headers=request.headers,
        cookies=request.cookies,
        client=(scope.get("client") or ("",))[0],
        secure=scope["scheme"] == "https",
        request_id=scope.get("state", {}).get("request_id", ""),
    )


def answer(site: Site, declared: Declared, call: Call) -> Response:
    """Run the handler in its transaction. Never raises."""
    ctx: Context | None = None
    try:
        with site.database.writing() if declared.write else site.database.reading() as conn:
            ctx = open_context(site, conn, call, declared)
            response = declared.handler(ctx, call)
            if response.status_code >= 400 and declared.write:
                raise _Refused(response)
        for act in ctx.after_commit:
            act()
    except _Refused as refused:
        response = refused.answer
    except Exception as error:
        response = failure(site, call, declared.surface, error, ctx)
    if ctx is not None and ctx.new_visit:
        new_visit(site.settings, response, ctx.new_visit)
    return response


def open_context(site: Site, conn: Connection, call: Call, declared: Declared) -> Context:
    """The Context of the call. Raises Unauthenticated, ForgedRequest."""
    who = identify(site, conn, call)
    if who.actor is None and not declared.anonymous:
        raise Unauthenticated()
    seed, fresh = call.cookies.get(VISIT, ""), ""
    if who.actor is None and not seed:
        seed = fresh = fresh_token()
    csrf = who.csrf or csrf_token(site.settings, seed)
    if not who.by_token:
        require_own_page(call, csrf)
    ctx = _context(site, conn, call, who, declared)
    ctx.csrf, ctx.new_visit = csrf, fresh
    return ctx


def _context(site: Site, conn: Connection, call: Call, who: Identity, declared: Declared) -> Context:
    catalog = site.catalog(conn)
    return Context(
        conn=conn,
        catalog=catalog,
        access=_access(conn, catalog, who.actor),
        settings=site.settings,
        lang=(who.actor.lang if who.actor is not None else "") or language_of(site, call),
        zone=ZoneInfo((who.actor.zone if who.actor is not None else "") or site.settings.time_zone),
        cause="api" if declared.surface == "api" else "web",
        request_id=call.request_id,
        path=call.url.partition("?")[0],
        htmx=call.is_htmx,
        site=site,
        session=who.session,
    )


def _access(conn: Connection, catalog: Catalog, actor: Actor | None) -> Any:
    if actor is None:
        return None
    from ...rbac.access import access_for

    return access_for(catalog, actor)


def language_of(site: Site, call: Call) -> str:
    """The language of somebody who has not chosen one: his cookie, his browser, the site's."""
    asked = call.cookies.get(LANGUAGE, "")
    if asked in LANGUAGES:
        return asked
    for part in call.headers.get("accept-language", "")[:200].split(","):
        language = part.split(";")[0].strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return site.settings.language


def failure(site: Site, call: Call, surface: str, error: Exception, ctx: Context | None = None) -> Response:
    """The answer to an error. What is not one of ours is logged with the request's id and shown as a 500."""
    known = as_known(error)
    if known is None:
        log.error("request %s failed: %s %s", call.request_id, call.method, call.url[:200], exc_info=error)
        known = FormloomError("internal", status=500)
    elif known.status >= 500:
        log.warning("request %s: %s: %s", call.request_id, known.code, error)
    problem = problem_of(known, ctx.lang if ctx is not None else language_of(site, call), call.request_id)
    if surface == "api":
        return json_problem(problem)
    if known.status == 401 and call.method in SAFE_METHODS:
        return _to_sign_in(call)
    return site.error_page(ctx, call, problem) if site.error_page else plain_page(problem)


def _to_sign_in(call: Call) -> Response:
    address = "/login" if call.url == "/" else "/login?next=" + quote(call.url, safe="")
    if call.is_htmx:
        return Response(status_code=401, headers={"HX-Redirect": address})
    return Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})
