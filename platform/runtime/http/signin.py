"""Signing in and out. The page is the screens'; what is decided here is who gets a session and where he goes."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import FormloomError
from ...metadata.wording import LANGUAGES
from ..context import Context
from .answer import local_address, redirect
from .browser import end_session, remember_language, set_session
from .call import Call
from .identity import begin_session, finish_session
from .serve import page


def login_page(ctx: Context, call: Call) -> Response:
    """The sign-in form, or the way on for somebody who is signed in."""
    following = local_address(call.query.one("next", "/"))
    if ctx.session is not None:
        return redirect(call, following)
    chosen = call.query.one("lang")
    if chosen not in LANGUAGES:
        return _form(ctx, following)
    ctx.lang = chosen
    answer = _form(ctx, following)
    remember_language(ctx.settings, answer, chosen)
    return answer


def _form(ctx: Context, following: str, login: str = "", error: str = "", status: int = 200) -> Response:
    from ..render import render

    return render(ctx, "login.html", status=status, next=following, login=login, error=error)


def login(ctx: Context, call: Call) -> Response:
    """Checks name and password. The check is slow on purpose, so no write lock is held meanwhile."""
    name, password = call.form.one("login"), call.form.one("password")
    following = local_address(call.form.one("next", "/"))
    try:
        token, seconds = begin_session(ctx, call, name, password)
    except FormloomError as error:
        if error.status not in (401, 422, 429):
            raise
        return _form(ctx, following, name, error.message(ctx.lang), error.status)
    answer = redirect(call, following)
    set_session(ctx.settings, answer, token, seconds)
    return answer


def logout(ctx: Context, call: Call) -> Response:
    """Ends the session here and in the browser."""
    finish_session(ctx, call)
    answer = redirect(call, "/login")
    end_session(ctx.settings, answer)
    answer.headers["clear-site-data"] = '"cache"'
    return answer


routes = [
    Route("/login", page(login_page, anonymous=True)),
    Route("/login", page(login, anonymous=True), methods=["POST"]),
    Route("/logout", page(logout, write=True, anonymous=True), methods=["POST"]),
]
