"""User administration: accounts, their roles and departments. For administrators alone."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import FormloomError
from ...metadata.wording import say
from ...rbac import accounts
from ..context import Context
from ..http.call import Call
from ..http.serve import page
from ..render import render
from . import people
from .moves import moved
from .refusals import messages_of

BLANK: dict[str, Any] = {
    "id": 0,
    "login": "",
    "name": "",
    "department_id": None,
    "superior_id": None,
    "superior": "",
    "roles": [],
    "lang": "zh",
    "kind": "normal",
    "email": "",
    "phone": "",
    "is_active": True,
}
_CHANGED = ("name", "email", "phone", "lang", "kind")


def show_users(ctx: Context, call: Call) -> Response:
    """The list of accounts. Queries: 2."""
    people.require_administrator(ctx)
    text, number = call.query.one("q").strip()[:100], max(call.query.number("page", 0), 0)
    found, more = people.list_people(ctx, text, number)
    return render(ctx, "users.html", people=found, q=text, page=number, more=more)


def show_new(ctx: Context, call: Call) -> Response:
    """The form of a new account."""
    people.require_administrator(ctx)
    return _form(ctx, {**BLANK, "lang": ctx.settings.language})


def show_account(ctx: Context, call: Call) -> Response:
    """The form of an account."""
    people.require_administrator(ctx)
    return _form(ctx, people.read_account(ctx, call.record_id()))


def _form(ctx: Context, account: dict[str, Any], error: FormloomError | None = None) -> Response:
    errors = messages_of(error, ctx.lang)
    return render(
        ctx,
        "user.html",
        status=error.status if error else 200,
        account=account,
        errors=errors,
        problem=error.message(ctx.lang) if error and not errors else "",
        roles=people.role_choices(ctx),
        departments=people.department_choices(ctx),
    )


def create(ctx: Context, call: Call) -> Response:
    """Makes an account."""
    people.require_administrator(ctx)
    typed = _typed(call)
    try:
        new = accounts.NewUser(
            login=typed["login"],
            name=typed["name"],
            password=call.form.one("password") or None,
            roles=tuple(typed["roles"]),
            email=typed["email"],
            phone=typed["phone"],
            lang=typed["lang"],
            kind=typed["kind"],
            must_change_password=call.form.flag("must_change"),
        )
        user_id = accounts.create(ctx.conn, new, ctx.catalog)
        placed = {name: typed[name] for name in ("department_id", "superior_id") if typed[name] is not None}
        if placed:
            accounts.update(ctx.conn, user_id, placed, ctx.catalog)
    except FormloomError as error:
        return _form(ctx, {**BLANK, **typed}, error)
    return moved(ctx, call, "/admin/users", say("users.created", ctx.lang, name=typed["name"]))


def change(ctx: Context, call: Call) -> Response:
    """Changes an account."""
    people.require_administrator(ctx)
    before = people.read_account(ctx, call.record_id())
    typed = _typed(call)
    changes = {name: typed[name] for name in (*_CHANGED, "department_id", "superior_id")}
    try:
        accounts.update(ctx.conn, before["id"], changes, ctx.catalog)
        accounts.set_roles(ctx.conn, before["id"], typed["roles"], ctx.catalog)
    except FormloomError as error:
        return _form(ctx, {**before, **typed, "login": before["login"]}, error)
    return moved(ctx, call, "/admin/users", say("users.changed", ctx.lang, name=typed["name"]))


def set_password(ctx: Context, call: Call) -> Response:
    """Gives an account a new password and ends its sessions."""
    people.require_administrator(ctx)
    account = people.read_account(ctx, call.record_id())
    try:
        accounts.set_password(ctx.conn, account["id"], call.form.one("password"), must_change=True)
    except FormloomError as error:
        return _form(ctx, account, error)
    return moved(ctx, call, "/admin/users", say("users.password_set", ctx.lang, name=account["name"]))


def set_active(ctx: Context, call: Call) -> Response:
    """Lets an account sign in, or no more."""
    people.require_administrator(ctx)
    account = people.read_account(ctx, call.record_id())
    active = call.form.flag("active")
    try:
        accounts.update(ctx.conn, account["id"], {"is_active": active}, ctx.catalog)
    except FormloomError as error:
        return _form(ctx, account, error)
    word = "users.enabled" if active else "users.disabled"
    return moved(ctx, call, "/admin/users", say(word, ctx.lang, name=account["name"]))


def _typed(call: Call) -> dict[str, Any]:
    """The form as it was typed, in the shape of an account."""
    form = call.form
    return {
        "login": form.one("login"),
        "name": form.one("name").strip(),
        "email": form.one("email").strip() or None,
        "phone": form.one("phone").strip() or None,
        "lang": form.one("lang", "zh"),
        "kind": form.one("kind", "normal"),
        "roles": form.many("roles"),
        "department_id": form.number("department_id", 0) or None,
        "superior_id": form.number("superior_id", 0) or None,
    }


routes = [
    Route("/admin/users", page(show_users)),
    Route("/admin/users", page(create, write=True), methods=["POST"]),
    Route("/admin/users/new", page(show_new)),
    Route("/admin/users/{id}", page(show_account)),
    Route("/admin/users/{id}", page(change, write=True), methods=["POST"]),
    Route("/admin/users/{id}/password", page(set_password, write=True), methods=["POST"]),
    Route("/admin/users/{id}/active", page(set_active, write=True), methods=["POST"]),
]
