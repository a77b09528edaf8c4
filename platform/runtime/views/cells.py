"""One cell of a list: its input, saving it, and its row as it is afterwards. Refusals of a cell are told in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ...metadata.errors import Conflict, FormloomError, InvalidInput, NotFound, UnknownField
from ...metadata.model import Field
from ..context import Context
from ..formview.draft import Draft, draft_of_form, draft_of_record, written
from ..formview.rebase import rebase
from ..formview.titles import titles_of
from ..http.call import Call
from ..http.serve import api
from ..listview import editing
from ..listview.branching import draw_branch
from ..listview.screen import ListScreen
from ..listview.state import read_state
from ..records import ConfirmRequired, Page, Records
from ..records.merging import VersionConflict
from ..render import render
from .form import confirmed, to_confirm, warnings_of
from .record import fresh_reading, revision


def edit_cell(ctx: Context, call: Call) -> Response:
    """The input of a cell with what the record holds now. Queries: 1, more where rules look at sub-tables."""
    field = editing.field_of(ctx, call.path["entity"], call.path["field"])
    record = editing.record_of(ctx, field.entity, call.record_id())
    return _shown(ctx, call, field, draft_of_record(ctx, field.entity, record))


def save_cell(ctx: Context, call: Call) -> Response:
    """Save one field; the row as it is then, or the input again with what was typed when it is refused."""
    ctx = replace(ctx, cause="web")  # by hand, though the answer is for a script
    field, record_id = editing.field_of(ctx, call.path["entity"], call.path["field"]), call.record_id()
    draft = draft_of_form(ctx, field.entity, call.form)
    for name in draft.raws.keys() | draft.lines.keys():
        if name != field.key:
            raise UnknownField(name)
    rev = revision(call)
    try:
        values = written(ctx, field.entity, draft, new=False)
        now = Records(ctx, confirmed(call)).update(field.entity, record_id, values, rev=rev)
    except (InvalidInput, Conflict, ConfirmRequired) as error:
        return _refused(ctx, call, field, draft, error)
    return _row(ctx, call, {"etag": f'"{now}"'})


def show_row(ctx: Context, call: Call) -> Response:
    """A row of the list whose state is the query. Queries: 1."""
    return _row(ctx, call)


def show_branch(ctx: Context, call: Call) -> Response:
    """The rows right below one, in a list that is a tree. Queries: 2."""
    state = read_state(ctx, call.path["entity"], call.query)
    if state.request.tree is None:
        raise NotFound()
    pick = ListScreen(ctx, state, Page([])).selectable
    rows, following = draw_branch(ctx, state, call.record_id(), pick=pick)
    headers = {"cache-control": "no-store", **({"x-next": following} if following else {})}
    return HTMLResponse(str(rows), headers=headers)


def _row(ctx: Context, call: Call, headers: dict[str, str] | None = None) -> Response:
    """The row; nothing where its reader no longer sees it."""
    state = read_state(ctx, call.path["entity"], call.query)
    pick = ListScreen(ctx, state, Page([])).selectable
    try:
        html = str(editing.draw_row(ctx, state, call.record_id(), pick=pick))
    except NotFound:
        if not headers:
            raise
        html = ""
    return HTMLResponse(html, headers={"cache-control": "no-store", **(headers or {})})


def _refused(ctx: Context, call: Call, field: Field, draft: Draft, error: FormloomError) -> Response:
    """The input with what was typed and why it cannot be. Read afresh: the transaction of the save may be lost."""
    with fresh_reading(ctx) as fresh:
        if not isinstance(error, ConfirmRequired):
            draft.complain(error.fields, ctx.lang)
        record = editing.record_of(fresh, field.entity, call.record_id())
        draft.values = record
        others: dict[str, Any] = {}
        if isinstance(error, VersionConflict):
            rebase(fresh, field.entity, draft, record, revision(call))
            draft.errors.pop(field.key, None)
            text = field.behaviour.plain(field, record[field.key], ctx.lang, record.labels.get(field.key))
            others["theirs"] = text if record[field.key] is not None else ""
        stored = draft_of_record(fresh, field.entity, record)
        draft.raws = {**stored.raws, **draft.raws}
        draft.titles = titles_of(fresh, field.entity, draft)
        return _shown(fresh, call, field, draft, error, **others)


def _shown(
    ctx: Context, call: Call, field: Field, draft: Draft, error: FormloomError | None = None, **others: Any
) -> Response:
    cell = editing.input_of(ctx, field, draft)
    told = [message for name, message in draft.errors.items() if name != field.key]
    general = error is not None and not draft.errors and not isinstance(error, ConfirmRequired)
    return render(
        ctx,
        "parts/cell_form.html",
        fragment=True,
        status=200 if error is None else error.status,
        cell=cell,
        draft=draft,
        problem=" ".join([*told, *([error.message(ctx.lang)] if error and general else [])]),
        theirs=others.get("theirs"),
        warnings=warnings_of(ctx, error),
        confirm=to_confirm(call, error),
        action=call.url,
    )


routes = [
    Route("/e/{entity}/{id}/row", api(show_row)),
    Route("/e/{entity}/{id}/branch", api(show_branch)),
    Route("/e/{entity}/{id}/cell/{field}", api(edit_cell)),
    Route("/e/{entity}/{id}/cell/{field}", api(save_cell, write=True), methods=["POST"]),
]
