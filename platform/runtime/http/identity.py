"""Who is asking: the session cookie or the bearer token, looked up together with the stored versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from ...metadata.errors import Unauthenticated
from .browser import csrf_token, session_token
from .call import Call
from .errors import BadRequest

if TYPE_CHECKING:
    from ...rbac.actor import Actor
    from ..context import Context
    from ..site import Site

LONGEST_TOKEN = 200


@dataclass(frozen=True)
class Identity:
    """An actor and how he showed who he is. `csrf` is empty for a bearer token, which needs none."""

    actor: Actor | None
    csrf: str
    session: Any = None
    by_token: bool = False


def identify(site: Site, conn: Connection, call: Call) -> Identity:
    """The caller. Raises Unauthenticated for a token that is not valid; no token at all is nobody."""
    if "access_token" in call.query or "token" in call.query:
        raise BadRequest("token_in_address")
    given = call.headers.getlist("authorization")
    if given:
        return _by_token(conn, given)
    token = session_token(site.settings, call)
    return _by_session(site, conn, token) if token else Identity(None, "")


def _by_token(conn: Connection, given: list[str]) -> Identity:
    from ...rbac import tokens

    scheme, _, token = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        raise Unauthenticated()
    actor = tokens.load(conn, token.strip())
    if actor is None:
        raise Unauthenticated()
    return Identity(actor, "", by_token=True)


def _by_session(site: Site, conn: Connection, token: str) -> Identity:
    from ...rbac import sessions

    actor = sessions.load(conn, token) if len(token) <= LONGEST_TOKEN else None
    if actor is None:
        return Identity(None, "")
    return Identity(actor, csrf_token(site.settings, token), session=token)


def begin_session(ctx: Context, call: Call, login: str, password: str) -> tuple[str, int]:
    """(token of a new session, seconds it lasts). Raises Unauthenticated, or 429 after too many failures."""
    raise Unauthenticated()


def finish_session(ctx: Context) -> None:
    """End the caller's session, if he has one."""
