"""The list page, what its builder asks for, and what is done with many rows at once."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import InvalidInput
from ..context import Context
from ..http.answer import json_answer, redirect
from ..http.call import Call
from ..http.errors import BadRequest
from ..http.serve import api, page
from ..listview.fields import describe_fields
from ..listview.gallery import GalleryCards
from ..listview.groups import number_cells, summed
from ..listview.screen import ListScreen
from ..listview.state import read_state
from ..records import Page, Records
from ..render import render

MOST_AT_ONCE = 1_000


def show_list(ctx: Context, call: Call) -> Response:
    """The list; it asks for its count afterwards. Queries: 1."""
    state = read_state(ctx, call.path["entity"], call.query)
    if state.view in ("kanban", "calendar"):
        return render(ctx, "list.html", list=ListScreen(ctx, state, Page([])))
    try:
        request = state.request if state.view == "table" else GalleryCards(ctx, state).request()
        found = Records(ctx).list(request)
    except InvalidInput as error:
        if error.code != "bad_cursor":
            raise
        # A kept address whose page is no longer one: the list has another filter, order or shape now.
        return redirect(call, state.href())
    return render(ctx, "list.html", list=ListScreen(ctx, state, found))


def show_count(ctx: Context, call: Call) -> Response:
    """How many rows the list has: `1,284`, or `10,000+` with the way to the exact number. Queries: 1."""
    return _count(ctx, call, "capped")


def show_exact_count(ctx: Context, call: Call) -> Response:
    """How many rows the list has, however many. Queries: 1."""
    return _count(ctx, call, "exact")


def _count(ctx: Context, call: Call, how: str) -> Response:
    state = read_state(ctx, call.path["entity"], call.query)
    found, capped = Records(ctx).count(replace(state.request, count=how, tree=None))
    exactly = state.href().replace(state.path, f"{state.path}/count/exact", 1) if capped else None
    return render(ctx, "parts/count.html", fragment=True, count=f"{found:,}", exactly=exactly)


def show_totals(ctx: Context, call: Call) -> Response:
    """The numbers below the list, as a row of its table. Queries: 1."""
    state = read_state(ctx, call.path["entity"], call.query)
    whole = replace(state, request=replace(state.request, group=None))
    groups = summed(ctx, whole).groups
    cells = number_cells(ctx, whole, groups[0].values[1:]) if groups else {}
    screen = ListScreen(ctx, state, Page([]))
    return render(ctx, "parts/totals.html", fragment=True, list=screen, cells=cells)


def show_fields(ctx: Context, call: Call) -> Response:
    """What the reader may filter by and show, as JSON. Queries: 0."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("view")
    return json_answer({"fields": describe_fields(ctx, entity)})


def delete_rows(ctx: Context, call: Call) -> Response:
    """Puts rows into the bin, all or none."""
    ids = _ids(call)
    Records(ctx).delete_many(call.path["entity"], ids)
    return json_answer({"ids": ids})


def restore_rows(ctx: Context, call: Call) -> Response:
    """Takes rows back out of the bin, all or none."""
    ids = _ids(call)
    Records(ctx).restore_many(call.path["entity"], ids)
    return json_answer({"ids": ids})


def _ids(call: Call) -> list[int]:
    """The ids in the body. Raises BadRequest, InvalidInput."""
    body = call.json_object()
    ids = body.get("ids")
    if (
        body.keys() != {"ids"}
        or not isinstance(ids, list)
        or not all(type(each) is int for each in ids)
        or not ids
    ):
        raise BadRequest("ids", code="validation_failed", status=422)
    if len(ids) > MOST_AT_ONCE:
        raise BadRequest("too_many_rows", code="validation_failed", status=422, limit=MOST_AT_ONCE)
    return ids


routes = [
    Route("/e/{entity}", page(show_list)),
    Route("/e/{entity}/fields", api(show_fields)),
    Route("/e/{entity}/totals", page(show_totals)),
    Route("/e/{entity}/count", page(show_count)),
    Route("/e/{entity}/count/exact", page(show_exact_count)),
    Route("/e/{entity}/bulk/delete", api(delete_rows, write=True), methods=["POST"]),
    Route("/e/{entity}/bulk/restore", api(restore_rows, write=True), methods=["POST"]),
]
