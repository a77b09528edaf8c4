"""Forms: a new record, a changed one, and what a form asks while it is being filled in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import Conflict, FormloomError, InvalidInput, UnknownField, ValueRefused
from ...metadata.model import Field
from ...rbac.tables import departments, users
from ..context import Context
from ..formview.draft import Draft, draft_of_form, draft_of_record, draft_of_values, raw_of, written
from ..formview.inputs import FormBuilder
from ..http.answer import local_address, redirect
from ..http.call import Call
from ..http.serve import page
from ..records import Records
from ..records.merging import VersionConflict
from ..render import render
from .pick import title_fields

BACK, AGAIN = "back", "_again"
CREATE, EDIT = "create", "edit"


def new_form(ctx: Context, call: Call) -> Response:
    """An empty form, with the defaults and what the address brings along."""
    entity = call.path["entity"]
    rights = ctx.access.entity(entity)
    rights.require("create")
    given = {name: call.query.one(name) for name in call.query if name != BACK}
    values = Records(ctx).defaults(entity, _typed(ctx, entity, given))
    draft = draft_of_values(ctx, entity, values)
    draft.titles = titles_of(ctx, entity, draft)
    return _shown(ctx, call, entity, draft, CREATE)


def _typed(ctx: Context, entity: str, given: dict[str, str]) -> dict[str, Any]:
    """Values of an address for a new record. Raises UnknownField, InvalidInput."""
    rights = ctx.access.entity(entity)
    values: dict[str, Any] = {}
    for name, text in given.items():
        field = rights.field(name)
        if name not in rights.creatable:
            raise UnknownField(name)
        try:
            values[name] = field.behaviour.parse(field, text)
        except ValueRefused as error:
            raise InvalidInput(fields=[error.at(name)]) from None
    return values


def edit_form(ctx: Context, call: Call) -> Response:
    """The form of a stored record."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("edit")
    record = Records(ctx).get(entity, call.record_id())
    return _shown(ctx, call, entity, draft_of_record(ctx, entity, record), EDIT)


def create(ctx: Context, call: Call) -> Response:
    """Save a new record; the form again, with everything typed, when something is refused."""
    entity = call.path["entity"]
    draft = draft_of_form(ctx, entity, call.form)
    try:
        record_id = Records(ctx).create(entity, written(draft))
    except (InvalidInput, Conflict) as error:
        return _refused(ctx, call, entity, draft, CREATE, error)
    if call.form.one(AGAIN):
        kept = {BACK: call.form.one("_" + BACK)} if call.form.one("_" + BACK) else {}
        return redirect(call, f"/e/{entity}/new" + ("?" + urlencode(kept) if kept else ""))
    return redirect(call, local_address(call.form.one("_" + BACK), f"/e/{entity}/{record_id}"))


def update(ctx: Context, call: Call) -> Response:
    """Save a changed record; the form again when something is refused."""
    entity, record_id = call.path["entity"], call.record_id()
    draft = draft_of_form(ctx, entity, call.form)
    rev = int(draft.rev) if draft.rev.isdigit() and len(draft.rev) < 10 else None
    if rev is None:
        raise InvalidInput("version_required")
    try:
        Records(ctx).update(entity, record_id, written(draft), rev=rev)
    except (InvalidInput, Conflict) as error:
        return _refused(ctx, call, entity, draft, EDIT, error)
    return redirect(call, local_address(call.form.one("_" + BACK), f"/e/{entity}/{record_id}"))


def _refused(
    ctx: Context, call: Call, entity: str, draft: Draft, operation: str, error: FormloomError
) -> Response:
    """The form with what was typed. Read afresh: the transaction of the failed save may be good for nothing."""
    assert ctx.site is not None
    with ctx.site.database.reading() as conn:
        fresh = replace(ctx, conn=conn)
        draft.complain(error.fields, ctx.lang)
        if operation == EDIT:
            record = Records(fresh).get(entity, call.record_id())
            draft.values = record
            if isinstance(error, VersionConflict):
                draft.rev = str(record["rev"])
        draft.titles = titles_of(fresh, entity, draft)
        return _shown(fresh, call, entity, draft, operation, error)


def _shown(
    ctx: Context, call: Call, entity: str, draft: Draft, operation: str, error: FormloomError | None = None
) -> Response:
    builder = FormBuilder(ctx, entity, draft, operation)
    sections = builder.sections()
    back = call.form.one("_" + BACK) or call.query.one(BACK)
    home = f"/e/{entity}/{call.record_id()}" if operation == EDIT else f"/e/{entity}"
    found = builder.entity
    return render(
        ctx,
        "form.html",
        status=200 if error is None else error.status,
        entity=found,
        title=_title(ctx, builder, draft),
        plural=found.text(ctx.lang, plural=True),
        icon_name=found.icon or "table",
        sections=sections,
        draft=draft,
        action=home if operation == EDIT else f"/e/{entity}",
        back=local_address(back, "") if back else "",
        cancel=local_address(back, home) if back else home,
        operation=operation,
        error=error,
        problem=error.message(ctx.lang) if error else "",
        complaints=_complaints(ctx, builder, draft, error),
        overlaps=_overlaps(ctx, builder, error),
    )


def _title(ctx: Context, builder: FormBuilder, draft: Draft) -> str:
    key = builder.entity.title
    if key not in builder.rights.readable or draft.values.get(key) is None:
        return ""
    field = builder.entity.all_fields[key]
    return field.behaviour.plain(field, draft.values[key], ctx.lang, draft.titles.get(key))


def _complaints(
    ctx: Context, builder: FormBuilder, draft: Draft, error: FormloomError | None
) -> list[tuple[str, str, str]]:
    """(input's name, its label, the message) of everything refused, for the summary."""
    found = []
    for name, message in draft.errors.items():
        field = builder.entity.all_fields.get(name.partition("[")[0])
        label = field.text(ctx.lang) if field else ""
        table = _line_place(ctx, field, name)
        found.append((name, f"{label} {table}".strip(), message))
    return found


def _line_place(ctx: Context, table: Field | None, name: str) -> str:
    """`3 · Quantity` of `lines[2].qty`."""
    if table is None or "[" not in name:
        return ""
    number, _, key = name.partition("[")[2].partition("].")
    child = ctx.catalog.entities.get(str(table.option("target")))
    column = child.all_fields.get(key) if child else None
    return f"{int(number) + 1} · {column.text(ctx.lang) if column else key}"


def _overlaps(ctx: Context, builder: FormBuilder, error: FormloomError | None) -> list[dict[str, str]]:
    """Fields that two people changed: what was there, what each wrote, as texts, and theirs as an input has it."""
    if not isinstance(error, VersionConflict):
        return []
    found = []
    for overlap in error.overlaps:
        field = builder.entity.all_fields.get(overlap.field)
        if field is None:
            continue
        titles = _overlap_titles(ctx, field, [overlap.base, overlap.theirs, overlap.mine])
        texts = [
            _overlap_text(ctx, field, value, titles) for value in (overlap.base, overlap.theirs, overlap.mine)
        ]
        raw = (
            "" if overlap.theirs is None else str(raw_of(ctx, field, field.behaviour.parse(field, overlap.theirs)))
        )
        names = dict(zip(("base", "theirs", "mine"), texts, strict=True))
        found.append({"name": field.key, "label": field.text(ctx.lang), "raw": raw, **names})
    return found


def _overlap_titles(ctx: Context, field: Field, values: list[Any]) -> dict[int, str]:
    if field.behaviour.target is None:
        return {}
    ids = {value for value in values if isinstance(value, int)}
    return _titles(ctx, field.behaviour.target, str(field.option("target", "")), ids)


def _overlap_text(ctx: Context, field: Field, dumped: Any, titles: dict[int, str]) -> str:
    if dumped is None:
        return ""
    value = field.behaviour.parse(field, dumped)
    return field.behaviour.plain(field, value, ctx.lang, titles.get(value) if titles else None)


def titles_of(ctx: Context, entity: str, draft: Draft) -> dict[str, str]:
    """Titles of all references in a draft, those of its lines put into them. Queries: 1 for each target."""
    places: dict[tuple[str, str], list[tuple[dict[str, str], str, int]]] = defaultdict(list)
    titles = dict(draft.titles)
    _collect(ctx, entity, draft.raws, titles, places)
    for table in ctx.catalog.children[entity]:
        for line in draft.lines.get(table.key, ()):
            _collect(ctx, table.option("target"), line.raws, line.titles, places)
    for (kind, target), wanted in places.items():
        known = _titles(ctx, kind, target, {record_id for _, _, record_id in wanted})
        for into, key, record_id in wanted:
            if record_id in known:
                into[key] = known[record_id]
    return titles


def _collect(ctx: Context, entity: str, raws: Any, into: dict[str, str], places: Any) -> None:
    fields = ctx.catalog.entity(entity).all_fields
    for key, raw in raws.items():
        field = fields.get(key)
        if field is None or field.behaviour.target is None or not isinstance(raw, str):
            continue
        if raw.isascii() and raw.isdigit() and len(raw) < 19:
            kind = field.behaviour.target
            places[kind, str(field.option("target", ""))].append((into, key, int(raw)))


def _titles(ctx: Context, kind: str, target: str, ids: Iterable[int]) -> dict[int, str]:
    wanted = sorted(ids)
    if kind == "user":
        return _named(ctx, users, users.c.name, wanted)
    if kind == "department":
        return _named(
            ctx, departments, departments.c.name_zh if ctx.lang == "zh" else departments.c.name_en, wanted
        )
    if not ctx.access.may(target, "view"):
        return {}
    from ..records.listrequest import ListRequest
    from .pick import hit_of

    request = ListRequest(
        target,
        title_fields(ctx, target),
        filter={"field": "id", "op": "in", "value": wanted},
        limit=max(len(wanted), 1),
    )
    return {row["id"]: hit_of(ctx, target, row, ())["title"] for row in Records(ctx).list(request).items}


def _named(ctx: Context, table: sa.Table, name: sa.ColumnElement[str], ids: list[int]) -> dict[int, str]:
    rows = ctx.conn.execute(sa.select(table.c.id, name.label("title")).where(table.c.id.in_(ids)))
    return {row.id: row.title for row in rows}


routes = [
    Route("/e/{entity}/new", page(new_form)),
    Route("/e/{entity}/{id}/edit", page(edit_form)),
    Route("/e/{entity}", page(create, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}", page(update, write=True), methods=["POST"]),
]
