"""A record's page, its sections edited in place, its stage, its related lists, its neighbours in a list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import AccessDenied, Conflict, FormloomError, InvalidInput, NotFound
from ...metadata.wording import say
from ..context import Context
from ..formview.choosing import arranged_on_page
from ..formview.draft import Draft, draft_of_form, draft_of_record, written
from ..formview.inputs import FormBuilder
from ..formview.preview import ruled
from ..formview.rebase import rebase
from ..formview.tabs import asked_tab, in_tabs
from ..formview.titles import titles_of
from ..http.answer import json_answer
from ..http.call import Call
from ..http.serve import api, page
from ..listview.rows import draw_rows
from ..listview.state import read_state
from ..records import ConfirmRequired, Record, Records
from ..records.merging import VersionConflict
from ..recordview import related, statistics
from ..recordview.facts import Facts
from ..render import render
from .form import computes, confirmed, to_confirm, warnings_of
from .moves import moved


def show_record(ctx: Context, call: Call) -> Response:
    """The page. Queries: 1, and 1 for each sub-table; related lists and the timeline are asked for after it."""
    entity, record_id = call.path["entity"], call.record_id()
    record = Records(ctx).get(entity, record_id)
    facts = Facts(ctx, entity, record)
    sections = facts.sections()
    return render(
        ctx,
        "record.html",
        entity=facts.entity,
        record=record,
        facts=facts,
        title=facts.title(),
        plural=facts.entity.text(ctx.lang, plural=True),
        symbol=facts.entity.icon or "table",
        sections=sections,
        tabs=in_tabs(facts.arrangement.tabs, sections, ctx.lang, asked_tab(call)),
        highlights=facts.highlights(),
        stage=facts.stage(),
        related=related.tabs(ctx, entity, record_id, call.query.one(related.RELATED)),
        numbers=statistics.strip(ctx, entity, record_id),
        here=f"/e/{entity}/{record_id}",
        timeline=facts.detail.timeline if facts.detail else True,
    )


def show_neighbours(ctx: Context, call: Call) -> Response:
    """The ways to the records before and after this one in the list whose state is the query. Queries: 3."""
    entity, record_id = call.path["entity"], call.record_id()
    try:
        request = replace(read_state(ctx, entity, call.query).request, after=None, count="none", tree=None)
        before, after = Records(ctx).neighbours(request, record_id)
    except (InvalidInput, NotFound):
        # The list is not what it was: there is nothing to lead through.
        before = after = None
    return render(ctx, "parts/neighbours.html", fragment=True, entity=entity, before=before, after=after)


def show_related(ctx: Context, call: Call) -> Response:
    """The rows of one related list. Queries: 3 (the record itself, the rows, their number)."""
    entity, record_id = call.path["entity"], call.record_id()
    Records(ctx).get(entity, record_id, ["id"])
    number = call.path["number"]
    chosen = related.chosen(ctx, entity, number)
    request = related.request_of(ctx, chosen, record_id)
    found = Records(ctx).list(request)
    target = ctx.catalog.entity(chosen.entity)
    return render(
        ctx,
        "parts/related.html",
        fragment=True,
        target=target,
        fields=[target.all_fields[key] for key in request.columns if key in target.all_fields],
        rows=draw_rows(ctx, chosen.entity, request.columns, found.items, pick=False),
        reveals={key for key in request.columns if ctx.access.entity(chosen.entity).may_reveal(key)},
        page=found,
        number=number,
        tab=next(tab for tab in related.tabs(ctx, entity, record_id) if str(tab.number) == number),
    )


def show_statistics(ctx: Context, call: Call) -> Response:
    """The numbers over what points at the record. Queries: 1."""
    entity, record_id = call.path["entity"], call.record_id()
    found = statistics.counted(ctx, entity, record_id)
    return render(ctx, "parts/statistics.html", fragment=True, numbers=found, load=None)


def edit_section(ctx: Context, call: Call) -> Response:
    """One section with inputs in the place of its values."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("edit")
    record = Records(ctx).get(entity, call.record_id())
    if "edit" not in record.may:
        raise AccessDenied(operation="edit")
    return _section_inputs(ctx, call, draft_of_record(ctx, entity, record))


def _section_inputs(ctx: Context, call: Call, draft: Draft, error: FormloomError | None = None) -> Response:
    entity = call.path["entity"]
    record = draft.values if isinstance(draft.values, Record) else Record({})
    builder = FormBuilder(ctx, entity, draft, "edit", ruled(ctx, entity, draft, record))
    section = builder.section(arranged_on_page(ctx, entity, record).sections, call.path["section"])
    asked = {each.name for each in section.inputs}
    others = [message for name, message in draft.errors.items() if name.partition("[")[0] not in asked]
    return render(
        ctx,
        "parts/section_form.html",
        fragment=True,
        status=200 if error is None else error.status,
        section=section,
        section_entity=builder.entity,
        computes=computes(ctx, builder.entity),
        draft=draft,
        problem=" ".join([error.message(ctx.lang), *others]) if error else "",
        warnings=warnings_of(ctx, error),
        confirm=to_confirm(call, error),
        here=f"/e/{entity}/{call.record_id()}",
    )


def save_section(ctx: Context, call: Call) -> Response:
    """Save one section; its inputs again, with everything typed, when something is refused."""
    entity, record_id = call.path["entity"], call.record_id()
    draft = draft_of_form(ctx, entity, call.form)
    rev = revision(call)
    try:
        Records(ctx, confirmed(call)).update(entity, record_id, written(ctx, entity, draft, new=False), rev=rev)
    except (InvalidInput, Conflict, ConfirmRequired) as error:
        with fresh_reading(ctx) as fresh:
            if not isinstance(error, ConfirmRequired):
                draft.complain(error.fields, ctx.lang)
            record = Records(fresh).get(entity, record_id)
            draft.values = record
            if isinstance(error, VersionConflict):
                rebase(fresh, entity, draft, record, rev)
            draft.titles = titles_of(fresh, entity, draft)
            return _section_inputs(fresh, call, draft, error)
    return moved(ctx, call, f"/e/{entity}/{record_id}", say("form.saved", ctx.lang))


def move_stage(ctx: Context, call: Call) -> Response:
    """Set the stage, and nothing else; why it cannot be is told beside the stages."""
    entity, record_id = call.path["entity"], call.record_id()
    detail = ctx.catalog.detail_of(entity)
    if detail is None or detail.stage is None:
        raise NotFound()
    try:
        wanted = {detail.stage: call.form.one("stage")}
        Records(ctx, confirmed(call)).update(entity, record_id, wanted, rev=revision(call))
    except (InvalidInput, Conflict, ConfirmRequired) as error:
        if not call.is_htmx:
            raise
        return _not_moved(ctx, call, error)
    return moved(ctx, call, f"/e/{entity}/{record_id}", say("form.saved", ctx.lang))


def reveal(ctx: Context, call: Call) -> Response:
    """The whole value of a masked field, for who may look at it; the look is logged."""
    value = Records(ctx).reveal(call.path["entity"], call.record_id(), call.path["field"])
    return json_answer({"value": value or ""})


def _not_moved(ctx: Context, call: Call, error: FormloomError) -> Response:
    entity = ctx.catalog.entity(call.path["entity"])
    reasons = []
    for each in error.fields:
        field = entity.all_fields.get(each.field)
        reasons.append(f"{field.text(ctx.lang)}: {each.message(ctx.lang)}" if field else each.message(ctx.lang))
    return render(
        ctx,
        "parts/not_moved.html",
        fragment=True,
        status=error.status,
        headers={"HX-Retarget": "#stage-problem", "HX-Reswap": "innerHTML", "HX-Push-Url": "false"},
        problem=error.message(ctx.lang),
        reasons=reasons,
        stage=call.form.one("stage"),
        rev=call.form.one("_rev"),
        confirm=to_confirm(call, error),
        here=f"/e/{entity.key}/{call.record_id()}",
        stale=isinstance(error, VersionConflict),
    )


def revision(call: Call) -> int:
    """The revision a form was filled in from. Raises InvalidInput."""
    rev = call.form.one("_rev")
    if not (rev.isascii() and rev.isdigit() and len(rev) < 10):
        raise InvalidInput("version_required")
    return int(rev)


@contextmanager
def fresh_reading(ctx: Context) -> Iterator[Context]:
    """The context in a transaction of its own: that of a failed save may be good for nothing."""
    assert ctx.site is not None
    with ctx.site.database.reading() as conn:
        yield replace(ctx, conn=conn)


routes = [
    Route("/e/{entity}/{id}/related/{number}", page(show_related)),
    Route("/e/{entity}/{id}/statistics", page(show_statistics)),
    Route("/e/{entity}/{id}/neighbours", page(show_neighbours)),
    Route("/e/{entity}/{id}/section/{section}", page(edit_section)),
    Route("/e/{entity}/{id}/section/{section}", page(save_section, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}/stage", page(move_stage, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}/reveal/{field}", api(reveal, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}", page(show_record)),
]
