"""What happened to a record, one field's history with the way back, and what is quickly added to it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import AccessDenied, Conflict, FormloomError, InvalidInput, NotFound
from ...metadata.layouts import Composer, Placed
from ...metadata.wording import say
from ..context import Context
from ..formview.draft import Draft, draft_of_form, draft_of_values, written
from ..formview.inputs import FormBuilder
from ..formview.preview import ruled
from ..formview.titles import titles_of
from ..http.call import Call
from ..http.serve import page
from ..records import ConfirmRequired, Records
from ..records.record import Record
from ..recordview.related import may_add
from ..recordview.story import MOST, USUAL, story
from ..render import render
from .form import computes, confirmed, to_confirm, warnings_of
from .moves import moved
from .record import fresh_reading, revision

HISTORY = 300


def show_changes(ctx: Context, call: Call) -> Response:
    """The timeline, with what adds to it on top."""
    entity, record_id = call.path["entity"], call.record_id()
    limit = min(max(call.query.number("limit", USUAL), 1), MOST)
    told = story(ctx, entity, record_id, limit)
    composer = _composer(ctx, entity)
    draft = None if composer is None else _begun(ctx, composer)
    return render(
        ctx,
        "parts/timeline.html",
        fragment=True,
        story=told,
        entity=entity,
        catalog=ctx.catalog,
        here=f"/e/{entity}/{record_id}",
        **_composer_parts(ctx, composer, draft),
    )


def _composer(ctx: Context, entity: str) -> Composer | None:
    """What the reader may add to records of this entity from their page."""
    detail = ctx.catalog.detail_of(entity)
    found = detail.composer if detail is not None else None
    return found if found is not None and may_add(ctx, found.entity, found.by) else None


def _begun(ctx: Context, composer: Composer) -> Draft:
    return draft_of_values(ctx, composer.entity, Records(ctx).defaults(composer.entity))


def _composer_parts(
    ctx: Context,
    composer: Composer | None,
    draft: Draft | None,
    error: FormloomError | None = None,
    confirm: str = "",
) -> dict[str, Any]:
    if composer is None or draft is None:
        return {"composer": None}
    draft.titles = titles_of(ctx, composer.entity, draft)
    builder = FormBuilder(ctx, composer.entity, draft, "create", ruled(ctx, composer.entity, draft, None))
    inputs = [builder.input(Placed(key)) for key in composer.fields if key in builder.allowed]
    asked = {each.name for each in inputs}
    others = [message for name, message in draft.errors.items() if name not in asked]
    return {
        "composer": composer,
        "inputs": inputs,
        "composed": builder.entity,
        "draft": draft,
        "computes": computes(ctx, builder.entity),
        "problem": " ".join(others or ([error.message(ctx.lang)] if error and not draft.errors else [])),
        "warnings": warnings_of(ctx, error),
        "confirm": confirm,
    }


def compose(ctx: Context, call: Call) -> Response:
    """Add a record to this one; what was typed comes back when it is refused."""
    entity, record_id = call.path["entity"], call.record_id()
    composer = _composer(ctx, entity)
    if composer is None:
        raise NotFound()
    parent = Records(ctx).get(entity, record_id, [*composer.take.values()] or ["id"])
    draft = draft_of_form(ctx, composer.entity, call.form)
    try:
        values = {**_taken(ctx, composer, parent), **written(ctx, composer.entity, draft, new=True)}
        Records(ctx, confirmed(call)).create(composer.entity, {**values, composer.by: str(record_id)})
    except (InvalidInput, Conflict, AccessDenied, ConfirmRequired) as error:
        return _not_composed(ctx, call, composer, draft, error)
    name = ctx.catalog.entity(composer.entity).text(ctx.lang)
    return moved(ctx, call, f"/e/{entity}/{record_id}", say("form.created", ctx.lang, name=name))


def _taken(ctx: Context, composer: Composer, parent: Record) -> dict[str, Any]:
    """Values of the record that the added one shares, as far as its writer sees and may write them."""
    creatable = ctx.access.entity(composer.entity).creatable
    ours = ctx.catalog.entity(composer.entity).fields
    found = {}
    for theirs, own in composer.take.items():
        if theirs in creatable and parent.get(own) is not None and own not in parent.masked:
            found[theirs] = ours[theirs].behaviour.dump(ours[theirs], parent[own])
    return found


def _not_composed(ctx: Context, call: Call, composer: Composer, draft: Draft, error: FormloomError) -> Response:
    with fresh_reading(ctx) as fresh:
        if not isinstance(error, ConfirmRequired):
            draft.complain(error.fields, ctx.lang)
        return render(
            fresh,
            "parts/composer.html",
            fragment=True,
            status=422,
            here=f"/e/{call.path['entity']}/{call.record_id()}",
            **_composer_parts(fresh, composer, draft, error, to_confirm(call, error)),
        )


def show_history(ctx: Context, call: Call) -> Response:
    """What one field of a record was and became, by whom and when, the newest first."""
    return _history(ctx, call)


def _history(ctx: Context, call: Call, problem: str = "", error: FormloomError | None = None) -> Response:
    entity, record_id, key = call.path["entity"], call.record_id(), call.path["field"]
    record = Records(ctx).get(entity, record_id)
    field = ctx.access.entity(entity).entity.all_fields.get(key)
    tables = {table.key for table in ctx.catalog.children[entity]}
    if field is None or key not in record or key in record.masked or key in tables:
        raise NotFound()
    entries = Records(ctx).changes(entity, record_id, HISTORY)
    steps = [
        (entry, change)
        for entry in entries
        if entry.entity == entity and entry.op == "update"
        for change in entry.fields
        if change.field == key
    ]
    may_restore = "edit" in record.may and key in ctx.access.entity(entity).writable
    now = None if record[key] is None else field.behaviour.dump(field, record[key])
    return render(
        ctx,
        "parts/history.html",
        fragment=True,
        status=422 if problem or error else 200,
        field=field,
        steps=steps,
        begun=next(
            (entry for entry in reversed(entries) if entry.op == "create" and entry.entity == entity), None
        ),
        may_restore=may_restore,
        now=now,
        rev=record["rev"],
        here=f"/e/{entity}/{record_id}",
        problem=problem,
        warnings=warnings_of(ctx, error),
        confirm=to_confirm(call, error),
        seq=call.form.one("seq"),
    )


def restore_value(ctx: Context, call: Call) -> Response:
    """Give a field the value it had before a change."""
    entity, record_id, key = call.path["entity"], call.record_id(), call.path["field"]
    seq = call.form.number("seq", 0)
    entries = Records(ctx).changes(entity, record_id, HISTORY)
    found = [c for e in entries if e.seq == seq and e.entity == entity for c in e.fields if c.field == key]
    if not found:
        raise NotFound()
    try:
        wanted = {key: found[0].old}
        Records(ctx, confirmed(call)).update(entity, record_id, wanted, rev=revision(call), source="json")
    except ConfirmRequired as error:
        with fresh_reading(ctx) as fresh:
            return _history(fresh, call, error=error)
    except (InvalidInput, Conflict) as error:
        with fresh_reading(ctx) as fresh:
            told = " ".join(each.message(ctx.lang) for each in error.fields)
            return _history(fresh, call, told or error.message(ctx.lang))
    return moved(ctx, call, f"/e/{entity}/{record_id}", say("record.restored", ctx.lang))


routes = [
    Route("/e/{entity}/{id}/changes", page(show_changes)),
    Route("/e/{entity}/{id}/compose", page(compose, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}/history/{field}", page(show_history)),
    Route("/e/{entity}/{id}/history/{field}", page(restore_value, write=True), methods=["POST"]),
]
