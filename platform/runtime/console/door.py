"""Who gets into the console: administrators with a session of ours. For everybody else it does not exist.

The library behind it knows no forged requests and needs inline scripts, so its requests are checked here and its
pages get a policy of their own, which still loads nothing from another host.
"""

from __future__ import annotations

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...metadata.errors import FormloomError, NotFound, Unauthenticated
from ...rbac.access import access_for
from ...rbac.actor import Actor
from ..http.browser import SAFE_METHODS, require_same_origin
from ..http.call import Call, Pairs
from ..http.errors import BadRequest, PasswordTooOld
from ..http.identity import identify
from ..http.serve import failure, read_call
from ..site import Site
from .words import speak

METHODS = SAFE_METHODS | {"DELETE"}
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class Door:
    """ASGI middleware around everything the library serves, its static files too."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        call = read_call(request)
        call.url = scope["path"]
        try:
            call.query = Pairs.parse(scope["query_string"])
            actor = await to_thread.run_sync(self._admit, call)
        except FormloomError as error:
            await failure(self.site, call, "page", error)(scope, receive, send)
            return
        speak(actor.lang)
        request.state.user = actor.id
        request.state.actor = actor

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = POLICY
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_policy)

    def _admit(self, call: Call) -> Actor:
        """The administrator who asks. Raises Unauthenticated, NotFound, ForgedRequest, BadRequest."""
        with self.site.database.reading() as conn:
            who = identify(self.site, conn, call)
            if who.signed_in is None:
                raise Unauthenticated()
            catalog = self.site.catalog(conn, who.signed_in.catalog_version)
            access = access_for(catalog, who.signed_in.actor)
        if who.by_token or not access.administrator:
            raise NotFound()
        if who.signed_in.must_change_password:
            raise PasswordTooOld()
        if call.method not in METHODS:
            raise BadRequest("method", code="method_not_allowed", status=405)
        if call.method not in SAFE_METHODS:
            self._require_proof(call)
        return who.signed_in.actor

    def _require_proof(self, call: Call) -> None:
        """Its own scripts send no token; the browser itself must say that the request is from our pages."""
        require_same_origin(call)
        if "sec-fetch-site" not in call.headers and "origin" not in call.headers:
            raise BadRequest("csrf", code="csrf", status=403)
