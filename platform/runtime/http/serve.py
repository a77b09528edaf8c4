"""From a request to a handler and back: `page` and `api` make endpoints of plain functions.

The asynchronous part reads the body. Everything else is one call in a thread: open a transaction, find out who
asks, build the Context, run `handler(ctx, call)`, commit. A handler that raises, or answers with a status of 400
or more, has saved nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from anyio import to_thread
from sqlalchemy import exc
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response

from ...metadata import store
from ...metadata.errors import FormloomError, Unauthenticated
from ...metadata.wording import LANGUAGES
from ...rbac.access import access_for
from ..context import Context
from ..site import Site
from .answer import redirect
from .body import read_body
from .browser import LANGUAGE, SAFE_METHODS, new_visit, require_own_page
from .call import Call, Pairs
from .errors import PasswordTooOld
from .identity import Identity, identify, note_use
from .problem import as_known, is_transient, json_problem, plain_page, problem_of
from .time_limit import time_limited

log = logging.getLogger("formloom.http")

Handler = Callable[[Context, Call], Response]
Endpoint = Callable[[Request], Awaitable[Response]]

FOR_PROGRAMS = "/api/"
"""Where the addresses begin that a bearer token opens."""

PASSWORD_PAGE = "/me"
"""Where somebody must go first whose password another has set."""


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
                await read_body(request, call, json_limit=settings.json_limit, upload_limit=settings.upload_limit)
        except FormloomError as error:
            return failure(site, call, declared.surface, error)
        try:
            response = await to_thread.run_sync(answer, site, declared, call)
        finally:
            call.close()
        request.state.user = call.user
        return response

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
    """The handler's answer, or a problem. Never raises."""
    work = _Work(site, declared, call)
    try:
        response = work.run()
    except _Refused as refused:
        response = refused.answer
    except Exception as error:
        response = failure(site, call, declared.surface, error, work.ctx)
    work.finish(response)
    return response


class _Work:
    """One request's unit of work: who asks, his Context, the transaction."""

    def __init__(self, site: Site, declared: Declared, call: Call) -> None:
        self.site, self.declared, self.call = site, declared, call
        self.who: Identity | None = None
        self.ctx: Context | None = None

    def run(self) -> Response:
        """Run the handler in its transaction; once more where the database asks for another try."""
        try:
            response = self._once()
        except exc.DBAPIError as error:
            if not is_transient(error) or self.call.files:
                raise
            response = self._once()
        assert self.ctx is not None
        for act in self.ctx.after_commit:
            act()
        return response

    def _once(self) -> Response:
        database = self.site.database
        with database.writing() if self.declared.write else database.reading() as conn:
            with time_limited(conn, self.site.settings.statement_seconds):
                self.ctx = self._open(conn)
                response = self.declared.handler(self.ctx, self.call)
            if response.status_code >= 400 and self.declared.write:
                raise _Refused(response)
        return response

    def _open(self, conn: Connection) -> Context:
        """The Context of the call. Raises Unauthenticated, ForgedRequest, PasswordTooOld."""
        site, call = self.site, self.call
        who = self.who = identify(site, conn, call, hold=self.declared.write)
        signed_in = who.signed_in
        if signed_in is None and not self.declared.anonymous:
            raise Unauthenticated()
        if not who.by_token:
            require_own_page(call, who.csrf)
        elif not call.url.startswith(FOR_PROGRAMS) and not self.declared.anonymous:
            # On the screens a person settles his own affairs: a token made there would not have this one's limits.
            raise Unauthenticated()
        if signed_in is not None and signed_in.must_change_password and not _may_use_old_password(call):
            raise PasswordTooOld()
        catalog = site.catalog(conn, self._version(conn))
        if call.path.get("entity") in catalog.former:
            call.path = {**call.path, "entity": catalog.former[call.path["entity"]]}
        access: Any = None if signed_in is None else access_for(catalog, signed_in.actor)
        return Context(
            conn=conn,
            catalog=catalog,
            access=access,
            settings=site.settings,
            lang=language_of(site, call) if signed_in is None else signed_in.actor.lang,
            zone=ZoneInfo(site.settings.time_zone if signed_in is None else signed_in.actor.zone),
            cause="api" if self.declared.surface == "api" else "web",
            request_id=call.request_id,
            path=call.url.partition("?")[0],
            htmx=call.is_htmx,
            csrf=who.csrf,
            site=site,
            session=signed_in,
        )

    def _version(self, conn: Connection) -> int | None:
        """The Catalog's version. A writer on PostgreSQL holds it: no changeset finishes until he has."""
        signed_in = self.who.signed_in if self.who is not None else None
        if signed_in is not None:
            return signed_in.catalog_version
        return store.current_version(conn, hold=True) if self.declared.write else None

    def finish(self, response: Response) -> None:
        """What follows the transaction: cookies, the log's user, the note that the session is in use."""
        if self.who is None:
            return
        if self.who.new_visit and self.declared.surface == "page":
            new_visit(self.site.settings, response, self.who.new_visit)
        if self.who.signed_in is not None:
            self.call.user = self.who.signed_in.actor.id
        try:
            note_use(self.site, self.who)
        except exc.DBAPIError as error:
            log.warning("request %s: the session's use was not noted: %s", self.call.request_id, error.orig)


def _may_use_old_password(call: Call) -> bool:
    return call.url.partition("?")[0] in (PASSWORD_PAGE, "/login", "/logout", "/healthz", "/readyz")


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
    if isinstance(known, PasswordTooOld):
        return redirect(call, PASSWORD_PAGE)
    return site.error_page(ctx, call, problem) if site.error_page else plain_page(problem)


def _to_sign_in(call: Call) -> Response:
    address = "/login" if call.url == "/" else "/login?next=" + quote(call.url, safe="")
    if call.is_htmx:
        return Response(status_code=401, headers={"HX-Redirect": address})
    return Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})
