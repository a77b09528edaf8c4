"""A record's page, its sections edited in place, its related lists and its timeline."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import Conflict, FormloomError, InvalidInput, NotFound
from ...metadata.model import Related
from ...metadata.wording import say, text_of
from ..context import Context
from ..formview.draft import draft_of_form, draft_of_record, written
from ..formview.inputs import FormBuilder
from ..http.answer import redirect
from ..http.call import Call
from ..http.serve import page
from ..listview.rows import draw_rows
from ..records import Records
from ..records.listrequest import ListRequest
from ..recordview.facts import Facts
from ..render import render
from .form import titles_of

RELATED_ROWS = 20


def show_record(ctx: Context, call: Call) -> Response:
    """The page. Queries: 1, and 1 for each sub-table; related lists and the timeline are asked for after it."""
    entity, record_id = call.path["entity"], call.record_id()
    record = Records(ctx).get(entity, record_id)
    facts = Facts(ctx, entity, record)
    return render(
        ctx,
        "record.html",
        entity=facts.entity,
        record=record,
        facts=facts,
        title=facts.title(),
        plural=facts.entity.text(ctx.lang, plural=True),
        symbol=facts.entity.icon or "table",
        sections=facts.sections(),
        highlights=facts.highlights(),
        stage=facts.stage(),
        related=_related_tabs(ctx, entity, record_id),
        here=f"/e/{entity}/{record_id}",
        timeline=facts.detail.timeline if facts.detail else True,
    )


def _related_tabs(ctx: Context, entity: str, record_id: int) -> list[dict[str, Any]]:
    """The related lists the reader may see, each with the address of its rows and of a new one."""
    found = []
    for number, related in enumerate(_related(ctx, entity)):
        if not _is_visible(ctx, related):
            continue
        target = ctx.catalog.entity(related.entity)
        back = urlencode({related.by: record_id, "back": f"/e/{entity}/{record_id}"})
        found.append(
            {
                "number": number,
                "label": text_of(related.label, ctx.lang) or target.text(ctx.lang, plural=True),
                "icon": target.icon or "table",
                "rows": f"/e/{entity}/{record_id}/related/{number}",
                "new": f"/e/{related.entity}/new?{back}" if _may_add(ctx, related) else None,
            }
        )
    return found


def _related(ctx: Context, entity: str) -> tuple[Related, ...]:
    detail = ctx.catalog.detail_of(entity)
    if detail is not None:
        return detail.related
    return tuple(
        Related(field.entity, field.key)
        for field in ctx.catalog.referrers[entity]
        if ctx.catalog.entity(field.entity).parent is None
    )


def _is_visible(ctx: Context, related: Related) -> bool:
    return ctx.access.may(related.entity, "view") and related.by in ctx.access.entity(related.entity).readable


def _may_add(ctx: Context, related: Related) -> bool:
    rights = ctx.access.entity(related.entity)
    parent = rights.entity.parent
    return parent is None and rights.may("create") and related.by in rights.creatable


def show_related(ctx: Context, call: Call) -> Response:
    """The rows of one related list. Queries: 3 (the record itself, the rows, their number)."""
    entity, record_id = call.path["entity"], call.record_id()
    Records(ctx).get(entity, record_id, ["id"])
    chosen = _related(ctx, entity)
    number = call.record_id("number") if call.path["number"] != "0" else 0
    if number >= len(chosen) or not _is_visible(ctx, chosen[number]):
        raise NotFound()
    related = chosen[number]
    mine = {"field": related.by, "op": "eq", "value": record_id}
    layout = next(iter(ctx.catalog.lists_of[related.entity]), None)
    base = ListRequest.of_layout(ctx.access, related.entity, layout)
    columns = tuple(c.field for c in related.columns) or tuple(c for c in base.columns if c != related.by)[:6]
    readable = ctx.access.entity(related.entity).readable
    shown = tuple(key for key in columns if key.partition(".")[0] in readable)
    request = replace(
        base,
        columns=shown,
        filter=mine,
        fixed=None,
        sort=related.sort or base.sort,
        limit=RELATED_ROWS,
        count="capped",
    )
    found = Records(ctx).list(request)
    target = ctx.catalog.entity(related.entity)
    return render(
        ctx,
        "parts/related.html",
        fragment=True,
        target=target,
        fields=[target.all_fields[key] for key in shown if key in target.all_fields],
        rows=draw_rows(ctx, related.entity, shown, found.items, pick=False),
        page=found,
        number=number,
        all_href=f"/e/{related.entity}?" + urlencode({"filter": json.dumps(mine)}),
    )


def show_changes(ctx: Context, call: Call) -> Response:
    """The timeline, grouped by day."""
    entity, record_id = call.path["entity"], call.record_id()
    entries = Records(ctx).changes(entity, record_id)
    fields = ctx.catalog.entity(entity).all_fields

    def day(entry: Any) -> Any:
        return entry.at.astimezone(ctx.zone).date()

    return render(
        ctx,
        "parts/timeline.html",
        fragment=True,
        days=[(_day_text(ctx, date), list(group)) for date, group in groupby(entries, key=day)],
        fields=fields,
        entity=entity,
        catalog=ctx.catalog,
    )


def _day_text(ctx: Context, date: Any) -> str:
    away = (ctx.env.today - date).days
    if away in (0, 1):
        return say("record.today" if away == 0 else "record.yesterday", ctx.lang)
    return str(date.isoformat())


def edit_section(ctx: Context, call: Call) -> Response:
    """One section with inputs in the place of its values."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("edit")
    record = Records(ctx).get(entity, call.record_id())
    return _section_inputs(ctx, call, draft_of_record(ctx, entity, record))


def _section_inputs(ctx: Context, call: Call, draft: Any, error: FormloomError | None = None) -> Response:
    builder = FormBuilder(ctx, call.path["entity"], draft, "edit")
    return render(
        ctx,
        "parts/section_form.html",
        fragment=True,
        status=200 if error is None else error.status,
        section=builder.section(call.path["section"]),
        draft=draft,
        problem=error.message(ctx.lang) if error else "",
        here=f"/e/{call.path['entity']}/{call.record_id()}",
    )


def save_section(ctx: Context, call: Call) -> Response:
    """Save one section; its inputs again, with everything typed, when something is refused."""
    entity, record_id = call.path["entity"], call.record_id()
    draft = draft_of_form(ctx, entity, call.form)
    try:
        _save(ctx, call, written(draft), draft.rev)
    except (InvalidInput, Conflict) as error:
        assert ctx.site is not None
        with ctx.site.database.reading() as conn:
            fresh = replace(ctx, conn=conn)
            draft.complain(error.fields, ctx.lang)
            draft.values = Records(fresh).get(entity, record_id)
            draft.titles = titles_of(fresh, entity, draft)
            return _section_inputs(fresh, call, draft, error)
    return redirect(call, f"/e/{entity}/{record_id}")


def move_stage(ctx: Context, call: Call) -> Response:
    """Set the stage, and nothing else."""
    entity = call.path["entity"]
    detail = ctx.catalog.detail_of(entity)
    if detail is None or detail.stage is None:
        raise NotFound()
    _save(ctx, call, {detail.stage: call.form.one("stage")}, call.form.one("_rev"))
    return redirect(call, f"/e/{entity}/{call.record_id()}")


def _save(ctx: Context, call: Call, values: dict[str, Any], rev: str) -> None:
    if not (rev.isdigit() and len(rev) < 10):
        raise InvalidInput("version_required")
    Records(ctx).update(call.path["entity"], call.record_id(), values, rev=int(rev))


routes = [
    Route("/e/{entity}/{id}/related/{number}", page(show_related)),
    Route("/e/{entity}/{id}/changes", page(show_changes)),
    Route("/e/{entity}/{id}/section/{section}", page(edit_section)),
    Route("/e/{entity}/{id}/section/{section}", page(save_section, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}/stage", page(move_stage, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}", page(show_record)),
]
