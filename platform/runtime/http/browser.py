"""What keeps browser requests honest: our cookies, and the proof that a change comes from one of our pages."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.responses import Response

from ..settings import Settings
from .call import Call
from .errors import ForgedRequest

VISIT = "formloom_visit"
"""Cookie of somebody who has not signed in yet; the sign-in form's token is bound to it."""
LANGUAGE = "formloom_lang"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD, HEADER = "_csrf", "x-csrf-token"


def session_cookie(settings: Settings) -> str:
    """The session cookie's name; its prefix makes browsers insist on Secure and on this very host."""
    return "__Host-formloom" if settings.https else "formloom_session"


def session_token(settings: Settings, call: Call) -> str:
    """The session token the browser sent, or nothing."""
    return call.cookies.get(session_cookie(settings), "")


def set_session(settings: Settings, answer: Response, token: str, seconds: int) -> None:
    """Give the browser its session token."""
    _set(settings, answer, session_cookie(settings), token, seconds)


def end_session(settings: Settings, answer: Response) -> None:
    """Take the session token from the browser."""
    _set(settings, answer, session_cookie(settings), "", 0)


def new_visit(settings: Settings, answer: Response, token: str) -> None:
    """Give somebody who has not signed in a cookie to bind forms to."""
    _set(settings, answer, VISIT, token, None)


def remember_language(settings: Settings, answer: Response, language: str) -> None:
    """Speak this language to the browser for a year, until somebody signs in who has chosen one."""
    _set(settings, answer, LANGUAGE, language, 365 * 86_400)


def _set(settings: Settings, answer: Response, name: str, value: str, seconds: int | None) -> None:
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=settings.https)


def fresh_token() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(32)


def csrf_token(settings: Settings, seed: str) -> str:
    """The token that pages of the session (or visit) `seed` send with every change."""
    return hmac.new(settings.secret.encode(), b"csrf:" + seed.encode(), hashlib.sha256).hexdigest()


def require_own_page(call: Call, expected: str) -> None:
    """Raises ForgedRequest unless the request is safe, or comes from our own pages and carries their token."""
    if call.method in SAFE_METHODS:
        return
    require_same_origin(call)
    sent = call.headers.get(HEADER) or call.form.one(FIELD)
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise ForgedRequest()


def require_same_origin(call: Call) -> None:
    """Raises ForgedRequest when the browser says that another site caused the request."""
    site = call.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise ForgedRequest()
    origin = call.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != call.headers.get("host", "").lower():
        raise ForgedRequest()
