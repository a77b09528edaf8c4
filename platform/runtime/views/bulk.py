"""One field of the chosen rows of a list, changed at once and taken back at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import Conflict, FormloomError, InvalidInput, UnknownField
from ...metadata.model import Field
from ..context import Context
from ..formview.draft import Draft, draft_of_form, written
from ..formview.titles import titles_of
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import BadRequest, UnknownMember
from ..http.serve import api
from ..listview import together
from ..records import ConfirmRequired, Records
from ..records.batch import RowErrors
from ..render import render
from .form import confirmed, to_confirm, warnings_of
from .record import fresh_reading

NOTHING_SAID: dict[str, Any] = {"told": [], "more": 0, "problem": "", "warnings": [], "confirm": ""}


def choose(ctx: Context, call: Call) -> Response:
    """The fields that can be changed together, and an empty input of the one that was chosen. Queries: 0."""
    entity, key = call.path["entity"], call.query.one("field")
    ctx.access.entity(entity).require(together.OPERATION)
    field = together.field_for_many(ctx, entity, key) if key else None
    return _shown(ctx, entity, field, Draft(), NOTHING_SAID)


def change(ctx: Context, call: Call) -> Response:
    """Give a field of rows one value, all or none. Answers what stood there; the input again if refused."""
    ctx = replace(ctx, cause="web")  # by hand, though the answer is for a script
    field = together.field_for_many(ctx, call.path["entity"], call.path["field"])
    ids = _ids(call.form.one("_ids"))
    draft = draft_of_form(ctx, field.entity, call.form)
    for name in draft.raws.keys() | draft.lines.keys():
        if name != field.key:
            raise UnknownField(name)
    before = together.held(ctx, field, ids)
    try:
        value = written(ctx, field.entity, draft, new=False).get(field.key, "")
        records = Records(ctx, confirmed(call))
        done = records.update_many(field.entity, ids, {field.key: [value] * len(ids)})
    except (InvalidInput, Conflict, ConfirmRequired) as error:
        return _refused(ctx, call, field, draft, error)
    back = None
    if field.key not in ctx.access.entity(field.entity).masked and done.changed:
        now = {each.id: each.rev for each in together.held(ctx, field, ids)}
        back = [replace(each, rev=now[each.id]).dump() for each in before if each.rev != now[each.id]]
    return json_answer({"changed": done.changed, "label": field.text(ctx.lang), "back": back})


def take_back(ctx: Context, call: Call) -> Response:
    """Give a field of rows the values it had, all or none; not where somebody has changed it since."""
    ctx = replace(ctx, cause="web")
    field = together.field_for_many(ctx, call.path["entity"], call.path["field"])
    body = call.json_object()
    UnknownMember.require(body, ("rows",))
    rows = body.get("rows")
    if not isinstance(rows, list) or not rows or not all(_is_row(row) for row in rows):
        raise BadRequest("ids", code="validation_failed", status=422)
    ids, revs, values = [list(each) for each in zip(*rows, strict=True)]
    together.held(ctx, field, _checked(ids))
    # What stood there before may stand there again, whatever a rule warns of.
    records = Records(ctx, None)
    done = records.update_many(field.entity, ids, {field.key: values}, revs=revs, source="json")
    return json_answer({"changed": done.changed})


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and len(row) == 3 and type(row[0]) is int and type(row[1]) is int


def _ids(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 17 for part in parts):
        raise BadRequest("ids", code="validation_failed", status=422)
    return _checked([int(part) for part in parts])


def _checked(ids: list[int]) -> list[int]:
    if len(ids) > together.MOST:
        raise BadRequest("too_many_rows", code="validation_failed", status=422, limit=together.MOST)
    if len(set(ids)) != len(ids):
        raise BadRequest("batch_twice", code="validation_failed", status=422)
    return ids


def _refused(ctx: Context, call: Call, field: Field, draft: Draft, error: FormloomError) -> Response:
    """The input with what was typed, and what was refused of which row."""
    with fresh_reading(ctx) as fresh:
        told: list[tuple[str, str]] = []
        if isinstance(error, RowErrors):
            told = together.refusals(fresh, field, _ids(call.form.one("_ids")), error.rows)
        elif not isinstance(error, ConfirmRequired):
            draft.complain(error.fields, ctx.lang)
        draft.titles = titles_of(fresh, field.entity, draft)
        said = {
            "told": told,
            "more": len(error.rows) - len(told) if isinstance(error, RowErrors) else 0,
            "problem": "" if told or draft.errors else error.message(ctx.lang),
            "warnings": warnings_of(ctx, error),
            "confirm": to_confirm(call, error),
        }
        return _shown(fresh, field.entity, field, draft, said, error.status)


def _shown(
    ctx: Context, entity: str, field: Field | None, draft: Draft, said: dict[str, Any], status: int = 200
) -> Response:
    return render(
        ctx,
        "parts/bulk_edit.html",
        fragment=True,
        status=status,
        entity=entity,
        fields=together.fields_for_many(ctx, entity),
        chosen=field,
        input=together.input_for_many(ctx, field, draft) if field else None,
        **said,
    )


routes = [
    Route("/e/{entity}/bulk/edit", api(choose)),
    Route("/e/{entity}/bulk/edit/{field}", api(change, write=True), methods=["POST"]),
    Route("/e/{entity}/bulk/back/{field}", api(take_back, write=True), methods=["POST"]),
]
