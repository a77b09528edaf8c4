"""The pages of what was changed about the site: the list, one change in words, the way back."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata import changesets
from ...metadata.errors import FormloomError
from ...metadata.wording import say
from ..context import Context
from ..design import history
from ..http.call import Call
from ..http.serve import page
from ..packaging import shapes
from ..render import render
from . import people
from .moves import moved

HOME = "/admin/changes"


def show_changes(ctx: Context, call: Call) -> Response:
    """All changes, the newest first, or with `of` (`entity:account`) those of one document. Queries: 3."""
    people.require_administrator(ctx)
    call.query.only("before", "of")
    kind, _, key = call.query.one("of").partition(":")
    of = (kind, key) if key else None
    found, following = history.entries(ctx, call.query.number("before", 0) or None, of)
    more = f"{HOME}?before={following}" + (f"&of={kind}:{key}" if of else "") if following else None
    return render(
        ctx,
        "design/changes.html",
        entries=found,
        document=shapes.document(ctx, of) if of else None,
        next_href=more,
        first_href=HOME + (f"?of={kind}:{key}" if of else "") if call.query.one("before") else None,
    )


def show_change(ctx: Context, call: Call) -> Response:
    """One change, document by document. Queries: 3."""
    people.require_administrator(ctx)
    call.query.only()
    found = changesets.get(ctx.conn, call.record_id("number"))
    return render(ctx, "design/change.html", entry=history.entry(ctx, found), parts=history.parts(ctx, found))


def show_way_back(ctx: Context, call: Call) -> Response:
    """What taking a change back would mean."""
    people.require_administrator(ctx)
    call.query.only()
    return render(ctx, "design/way_back.html", **_way_back(ctx, call.record_id("number")), problem="")


def _way_back(ctx: Context, number: int) -> dict[str, Any]:
    found = changesets.get(ctx.conn, number)
    return {"entry": history.entry(ctx, found), "way": history.way_back(ctx, number)}


def take_back(ctx: Context, call: Call) -> Response:
    """Take a change back; asks again where values would go out of sight."""
    people.require_administrator(ctx)
    number, agreed = call.record_id("number"), call.form.flag("agreed")
    # Looked at first: the change is made in a transaction of its own, after which this one cannot be asked.
    shown = _way_back(ctx, number)
    try:
        applied = changesets.revert(ctx.own_transactions(), number, ctx.actor.login, allow_destructive=agreed)
    except FormloomError as error:
        problem = error.message(ctx.lang)
        return render(ctx, "design/way_back.html", status=error.status, **shown, problem=problem)
    if applied.empty:
        return moved(ctx, call, f"{HOME}/{number}", say("history.nothing_to_do", ctx.lang))
    return moved(ctx, call, f"{HOME}/{applied.number}", say("history.taken_back", ctx.lang, number=number))


routes = [
    Route(HOME, page(show_changes)),
    Route(HOME + "/{number}", page(show_change)),
    Route(HOME + "/{number}/take-back", page(show_way_back)),
    Route(HOME + "/{number}/take-back", page(take_back), methods=["POST"]),
]
