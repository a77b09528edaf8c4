"""A workbook becomes an application by API: read, corrected, made, taken back by address. For administrators."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from formloom.metadata.errors import InvalidInput
from formloom.runtime import jobs
from formloom.runtime.api.table import Shape, at, require_administrator
from formloom.runtime.context import Context
from formloom.runtime.http.answer import json_answer
from formloom.runtime.http.call import Call

from . import keeping, working
from .keeping import OPEN
from .view import Review
from .working import MAKE, UNDO

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer"}
_APPLICATION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "file", "state", "proposal", "problems", "made", "changeset", "error", "job"],
    "properties": {
        "id": _NUMBER,
        "file": _TEXT,
        "state": {"enum": ["reading", "open", "making", "done", "failed", "undone", "halted"]},
        "proposal": {"type": ["object", "null"]},
        "problems": {"type": "array", "items": {"type": "object"}},
        "made": {"type": "object"},
        "changeset": {"type": ["integer", "null"]},
        "error": {"type": ["object", "null"]},
        "job": {"type": ["object", "null"]},
    },
}
_UPLOAD: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
}
_CHANGES: dict[str, Any] = {
    "type": "object",
    "required": ["changes"],
    "properties": {
        "changes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["set"],
                "properties": {"sheet": _TEXT, "column": _NUMBER, "set": {"type": "object"}},
            },
        }
    },
}


def upload(ctx: Context, call: Call) -> Response:
    """Keep a workbook and begin to read it."""
    require_administrator(ctx)
    call.form.only("_csrf")
    sent = call.upload("file")
    number = working.start(ctx, sent.name, sent.file.read())
    return json_answer(described(ctx, number), 201)


def show(ctx: Context, call: Call) -> Response:
    """The state of an application, its proposal and what has to be decided."""
    call.query.only()
    return json_answer(described(ctx, _own(ctx, call).id))


def _own(ctx: Context, call: Call, *, hold: bool = False) -> keeping.Application:
    require_administrator(ctx)
    return keeping.find(ctx.conn, call.record_id(), ctx.actor.id, hold=hold)


def described(ctx: Context, number: int) -> dict[str, Any]:
    """An application as JSON."""
    now = working.standing(ctx, keeping.find(ctx.conn, number, ctx.actor.id))
    found, job = now.found, now.job
    open_now = found.proposal is not None and now.state == OPEN and not now.busy
    review = Review(ctx, found) if open_now else None
    return {
        "id": found.id,
        "file": found.file_name,
        "state": now.state,
        "proposal": None if found.proposal is None else found.proposal.dump(),
        "problems": [{"sheet": p.sheet, "column": p.column, "message": p.text} for p in review.problems]
        if review
        else [],
        "made": dict(found.made),
        "changeset": found.changeset,
        "error": None if found.error is None else {**found.error, "message": found.error["message"][ctx.lang]},
        "job": None
        if job is None
        else {"id": job.id, "state": job.state, "done": job.progress_done, "total": job.progress_total},
    }


def change(ctx: Context, call: Call) -> Response:
    """Correct the proposal: all of the changes or none."""
    found = _own(ctx, call, hold=True)
    body = call.json_object()
    if unknown := body.keys() - {"changes"}:
        raise InvalidInput("application.bad_change", name=sorted(unknown)[0][:60])
    working.change(ctx, found, body.get("changes"))
    return json_answer(described(ctx, found.id))


def make(ctx: Context, call: Call) -> Response:
    """Begin to make the application."""
    found = _own(ctx, call, hold=True)
    working.begin(ctx, found, MAKE)
    return json_answer(described(ctx, found.id), 202)


def undo(ctx: Context, call: Call) -> Response:
    """Begin to take the application back."""
    found = _own(ctx, call, hold=True)
    working.begin(ctx, found, UNDO)
    return json_answer(described(ctx, found.id), 202)


def cancel(ctx: Context, call: Call) -> Response:
    """Stop what is running; an application that waits is put aside."""
    found = _own(ctx, call, hold=True)
    if found.job is not None and working.standing(ctx, found).busy:
        jobs.cancel(ctx.conn, found.job)
        return json_answer(described(ctx, found.id))
    working.drop(ctx, found)
    return json_answer({"id": found.id, "state": keeping.DROPPED})


_SHOWN = Shape(answer=_APPLICATION)
_BEGUN = Shape(needs_body=False, answer=_APPLICATION, status=202)

routes = [
    at(
        "POST",
        "/applications",
        upload,
        write=True,
        shape=Shape(body=_UPLOAD, takes="multipart/form-data", answer=_APPLICATION, status=201),
    ),
    at("GET", "/applications/{id}", show, shape=_SHOWN),
    at("PATCH", "/applications/{id}", change, write=True, shape=Shape(body=_CHANGES, answer=_APPLICATION)),
    at("POST", "/applications/{id}/make", make, write=True, shape=_BEGUN),
    at("POST", "/applications/{id}/undo", undo, write=True, shape=_BEGUN),
    at("POST", "/applications/{id}/cancel", cancel, write=True, shape=Shape(needs_body=False)),
]
