"""What people settle for themselves: looks, profile, password, API tokens, sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import FormloomError
from ...metadata.wording import say
from ...rbac import accounts, sessions, tokens
from ..context import Context
from ..http.answer import json_answer
from ..http.browser import session_token, set_session
from ..http.call import Call
from ..http.errors import UnknownParameter
from ..http.serve import api, page
from ..render import render
from . import people
from .moves import moved
from .refusals import messages_of

TOKEN_DAYS = (30, 90, 365)


def show_settings(ctx: Context, call: Call) -> Response:
    """The settings. Queries: 4."""
    return _screen(ctx)


def _screen(
    ctx: Context, *, error: FormloomError | None = None, part: str = "", typed: Any = None, secret: str = ""
) -> Response:
    """The page; `error` and `typed` belong to the section `part`, `secret` is a token just made."""
    account = people.read_account(ctx, ctx.actor.id)
    errors = messages_of(error, ctx.lang)
    return render(
        ctx,
        "settings.html",
        status=error.status if error else 200,
        account={**account, **(typed or {})},
        errors=errors,
        no_errors=messages_of(None, ctx.lang),
        part=part,
        problem=error.message(ctx.lang) if error and not errors else "",
        secret=secret,
        tokens=people.tokens_of(ctx, ctx.actor.id),
        sessions=people.sessions_of(ctx, ctx.actor.id),
        zones=sorted(available_timezones()),
        token_days=TOKEN_DAYS,
    )


def save_look(ctx: Context, call: Call) -> Response:
    """Remembers language or theme; JSON {lang?, theme?}."""
    changes = call.json_object()
    unknown = changes.keys() - {"lang", "theme"}
    if unknown:
        raise UnknownParameter(min(unknown))
    accounts.change_own_settings(ctx.conn, ctx.actor.id, changes, ctx.catalog)
    return json_answer({})


def save_profile(ctx: Context, call: Call) -> Response:
    """Changes name, phone, e-mail and time zone."""
    form = call.form
    typed = {
        "name": form.one("name").strip(),
        "phone": form.one("phone").strip() or None,
        "zone": form.one("zone"),
    }
    typed["email"] = form.one("email").strip() or None
    try:
        accounts.change_own_settings(
            ctx.conn, ctx.actor.id, typed, ctx.catalog, current=form.one("current_password")
        )
    except FormloomError as error:
        return _screen(ctx, error=error, part="profile", typed=typed)
    return moved(ctx, call, "/me", say("settings.saved", ctx.lang))


def save_password(ctx: Context, call: Call) -> Response:
    """Changes the password. All sessions end; this browser gets a new one."""
    try:
        accounts.change_own_password(ctx.conn, ctx.actor.id, call.form.one("current"), call.form.one("password"))
    except FormloomError as error:
        return _screen(ctx, error=error, part="password")
    lifetime = timedelta(hours=ctx.settings.session_hours)
    agent = call.headers.get("user-agent", "")
    secret = sessions.start(ctx.conn, ctx.actor.id, user_agent=agent, address=call.client, lifetime=lifetime)
    # A new session has a new token for forms, which only a whole page brings.
    headers = {"HX-Redirect": "/me"} if call.is_htmx else {"Location": "/me"}
    answer = Response(status_code=204 if call.is_htmx else 303, headers=headers)
    set_session(ctx.settings, answer, secret, int(lifetime.total_seconds()))
    return answer


def create_token(ctx: Context, call: Call) -> Response:
    """Makes a token and shows its secret, this once."""
    days = call.form.number("days", 0)
    scope = {"read_only": True} if call.form.flag("read_only") else {}
    expires = ctx.now + timedelta(days=days) if days in TOKEN_DAYS else None
    try:
        new = tokens.NewToken(call.form.one("name"), scope, expires)
        _, secret = tokens.create(ctx.conn, ctx.actor.id, new, ctx.catalog)
    except FormloomError as error:
        return _screen(ctx, error=error, part="tokens")
    return _screen(ctx, part="tokens", secret=secret)


def revoke_token(ctx: Context, call: Call) -> Response:
    """Ends a token."""
    tokens.revoke(ctx.conn, call.record_id(), owner=ctx.actor.id)
    return moved(ctx, call, "/me", say("settings.token_revoked", ctx.lang))


def end_others(ctx: Context, call: Call) -> Response:
    """Ends all sessions but this one."""
    sessions.revoke_all(ctx.conn, ctx.actor.id, but=session_token(ctx.settings, call))
    return moved(ctx, call, "/me", say("settings.others_ended", ctx.lang))


routes = [
    Route("/me", page(show_settings)),
    Route("/me/look", api(save_look, write=True), methods=["POST"]),
    Route("/me/profile", page(save_profile, write=True), methods=["POST"]),
    Route("/me/password", page(save_password, write=True), methods=["POST"]),
    Route("/me/tokens", page(create_token, write=True), methods=["POST"]),
    Route("/me/tokens/{id}/revoke", page(revoke_token, write=True), methods=["POST"]),
    Route("/me/sessions/end", page(end_others, write=True), methods=["POST"]),
]
