"""Who is asking: the session cookie or the bearer token, looked up together with the stored versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.engine import Connection

from ...metadata.errors import Unauthenticated
from ...rbac import sessions, signin, tokens
from ...rbac.sessions import SignedIn
from ..context import Context
from ..site import Site
from .browser import VISIT, csrf_token, fresh_token, session_token
from .call import Call
from .errors import BadRequest

LONGEST_TOKEN = 200
TOKEN_PARAMETERS = ("token", "access_token", "api_key")


@dataclass(frozen=True)
class Identity:
    """Who came (None: nobody known) and the token his pages send with changes; a bearer token needs none.

    `new_visit` is the cookie to give to somebody unknown, so that the token of his forms is bound to it.
    """

    signed_in: SignedIn | None
    csrf: str = ""
    by_token: bool = False
    new_visit: str = ""


def identify(site: Site, conn: Connection, call: Call, *, hold: bool = False) -> Identity:
    """The caller; a dead session is nobody. Raises Unauthenticated for a bad bearer token. Queries: 1.

    With `hold` the Catalog he is shown stays the newest until the transaction ends.
    """
    if any(name in call.query for name in TOKEN_PARAMETERS):
        raise BadRequest("token_in_address")
    given = call.headers.getlist("authorization")
    if given:
        return Identity(_by_token(conn, given, hold=hold), by_token=True)
    secret = session_token(site.settings, call)
    signed_in = sessions.load(conn, secret, hold=hold) if 0 < len(secret) <= LONGEST_TOKEN else None
    if signed_in is not None:
        return Identity(signed_in, signed_in.csrf)
    visit = call.cookies.get(VISIT, "")[:LONGEST_TOKEN]
    fresh = "" if visit else fresh_token()
    return Identity(None, csrf_token(site.settings, visit or fresh), new_visit=fresh)


def _by_token(conn: Connection, given: list[str], *, hold: bool) -> SignedIn:
    scheme, _, token = given[0].partition(" ")
    signed_in = None
    if len(given) == 1 and scheme.lower() == "bearer" and 0 < len(token) <= LONGEST_TOKEN:
        signed_in = tokens.load(conn, token, hold=hold)
    if signed_in is None:
        raise Unauthenticated()
    return signed_in


def note_use(site: Site, who: Identity) -> None:
    """Remember, once in a while, that the session or token is in use. Writes in a transaction of its own."""
    signed_in = who.signed_in
    if signed_in is not None and signed_in.touch_due:
        touch = tokens.touch if who.by_token else sessions.touch
        touch(site.database, signed_in.key)


def begin_session(ctx: Context, call: Call, login: str, password: str) -> tuple[str, int]:
    """(secret of a new session, seconds it lasts); the session the browser had is over.

    Raises Unauthenticated, RateLimited, InvalidInput.
    """
    assert ctx.site is not None
    lifetime = timedelta(hours=ctx.settings.session_hours)
    caller = signin.Caller(call.client, call.headers.get("user-agent", ""))
    secret = signin.sign_in(ctx.site.database, login, password, caller, lifetime=lifetime)
    if ctx.session is not None:
        with ctx.site.database.writing() as conn:
            sessions.revoke(conn, session_token(ctx.settings, call))
    return secret, int(lifetime.total_seconds())


def finish_session(ctx: Context, call: Call) -> None:
    """End the caller's session, if he has one."""
    secret = session_token(ctx.settings, call)
    if secret:
        sessions.revoke(ctx.conn, secret)
