"""Forms: a new record, a changed one, and what a form asks while it is being filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import AccessDenied, Conflict, FormloomError, InvalidInput, UnknownField, ValueRefused
from ...metadata.model import Entity, Field
from ...metadata.wording import say
from ..context import Context
from ..formview.choosing import arranged, form_for
from ..formview.draft import (
    Draft,
    draft_of_copy,
    draft_of_form,
    draft_of_record,
    draft_of_values,
    raw_of,
    written,
)
from ..formview.inputs import FormBuilder, FormSection
from ..formview.preview import preview, ruled
from ..formview.rebase import rebase
from ..formview.tabs import TAB, asked_tab, in_tabs
from ..formview.titles import titles_of, titles_of_ids
from ..http.answer import json_answer, local_address
from ..http.call import Call
from ..http.serve import api, page
from ..records import ConfirmRequired, Record, Records
from ..records.merging import VersionConflict
from ..render import render
from .moves import moved

BACK, COPY, AGAIN, CONFIRMED = "back", "copy", "_again", "_confirm"
NOT_FIELDS = frozenset({BACK, COPY, TAB})
CREATE, EDIT = "create", "edit"


def new_form(ctx: Context, call: Call) -> Response:
    """An empty form, with the defaults and what the address brings along; `copy` names a record to start from."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("create")
    given = _typed(ctx, entity, {name: call.query.one(name) for name in call.query if name not in NOT_FIELDS})
    if call.query.one(COPY):
        original = Records(ctx).get(entity, call.query.number(COPY, 0))
        draft = draft_of_copy(ctx, entity, original)
        # What is not copied begins as in any new record.
        begun = draft_of_values(ctx, entity, Records(ctx).defaults(entity, given)).raws
        draft.raws = begun | draft.raws | draft_of_values(ctx, entity, given).raws
    else:
        draft = draft_of_values(ctx, entity, Records(ctx).defaults(entity, given))
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
    ctx.access.entity(entity).require("create")
    draft = draft_of_form(ctx, entity, call.form)
    try:
        record_id = Records(ctx, confirmed(call)).create(entity, written(ctx, entity, draft, new=True))
    except (InvalidInput, Conflict, AccessDenied, ConfirmRequired) as error:
        return _refused(ctx, call, entity, draft, CREATE, error)
    back = call.form.one("_" + BACK)
    done = say("form.created", ctx.lang, name=ctx.catalog.entity(entity).text(ctx.lang))
    if call.form.one(AGAIN):
        return moved(ctx, call, f"/e/{entity}/new" + ("?" + urlencode({BACK: back}) if back else ""), done)
    return moved(ctx, call, local_address(back, f"/e/{entity}/{record_id}"), done)


def update(ctx: Context, call: Call) -> Response:
    """Save a changed record; the form again when something is refused."""
    entity, record_id = call.path["entity"], call.record_id()
    draft = draft_of_form(ctx, entity, call.form)
    rev = int(draft.rev) if draft.rev.isdigit() and len(draft.rev) < 10 else None
    if rev is None:
        raise InvalidInput("version_required")
    try:
        Records(ctx, confirmed(call)).update(entity, record_id, written(ctx, entity, draft, new=False), rev=rev)
    except (InvalidInput, Conflict, ConfirmRequired) as error:
        return _refused(ctx, call, entity, draft, EDIT, error)
    back = call.form.one("_" + BACK)
    return moved(ctx, call, local_address(back, f"/e/{entity}/{record_id}"), say("form.saved", ctx.lang))


def compute(ctx: Context, call: Call) -> Response:
    """What follows from what stands in a form, by input name: defaults and computed values. Nothing is saved."""
    entity, record = call.path["entity"], None
    rights = ctx.access.entity(entity)
    if call.form.one("_id"):
        record = Records(ctx).get(entity, call.form.number("_id", 0))
    rights.require("create" if record is None else "edit")
    draft = draft_of_form(ctx, entity, call.form)
    form = form_for(ctx, entity, draft, record)
    found = preview(ctx, entity, draft, record, call.form.one("_changed"))
    return json_answer({**found, "form": form.key if form else ""})


def reshape(ctx: Context, call: Call) -> Response:
    """The form with everything typed, where what was typed asks for another one. Nothing is saved."""
    entity = call.path["entity"]
    draft = draft_of_form(ctx, entity, call.form)
    operation = EDIT if call.form.one("_id") else CREATE
    ctx.access.entity(entity).require(operation)
    if operation == EDIT:
        draft.values = Records(ctx).get(entity, call.form.number("_id", 0))
    draft.titles = titles_of(ctx, entity, draft)
    return _shown(ctx, call, entity, draft, operation)


def _refused(
    ctx: Context, call: Call, entity: str, draft: Draft, operation: str, error: FormloomError
) -> Response:
    """The form with what was typed. Read afresh: the transaction of the failed save may be good for nothing."""
    assert ctx.site is not None
    with ctx.site.database.reading() as conn:
        fresh = replace(ctx, conn=conn)
        if not isinstance(error, ConfirmRequired):
            draft.complain(error.fields, ctx.lang)
        if operation == EDIT:
            record = Records(fresh).get(entity, call.record_id())
            draft.values = record
            if isinstance(error, VersionConflict) and draft.rev.isdigit():
                rebase(fresh, entity, draft, record, int(draft.rev))
        draft.titles = titles_of(fresh, entity, draft)
        return _shown(fresh, call, entity, draft, operation, error)


def _shown(
    ctx: Context, call: Call, entity: str, draft: Draft, operation: str, error: FormloomError | None = None
) -> Response:
    record = draft.values if isinstance(draft.values, Record) else None
    builder = FormBuilder(ctx, entity, draft, operation, ruled(ctx, entity, draft, record))
    form = form_for(ctx, entity, draft, record)
    shape = arranged(ctx, entity, form)
    sections = builder.sections(shape.sections)
    back = call.form.one("_" + BACK) or call.query.one(BACK)
    number = record["id"] if record is not None else call.record_id() if operation == EDIT else 0
    home = f"/e/{entity}/{number}" if operation == EDIT else f"/e/{entity}"
    found = builder.entity
    return render(
        ctx,
        "form.html",
        status=200 if error is None else error.status,
        # What was refused has no address of its own.
        headers={} if error is None else {"HX-Push-Url": "false"},
        entity=found,
        title=_title(ctx, builder, draft),
        plural=found.text(ctx.lang, plural=True),
        icon_name=found.icon or "table",
        sections=sections,
        tabs=in_tabs(shape.tabs, sections, ctx.lang, asked_tab(call)),
        form_key=form.key if form else "",
        warnings=warnings_of(ctx, error),
        confirm=to_confirm(call, error),
        draft=draft,
        action=home if operation == EDIT else f"/e/{entity}",
        back=local_address(back, "") if back else "",
        cancel=local_address(back, home) if back else home,
        operation=operation,
        error=error,
        problem=error.message(ctx.lang) if error else "",
        complaints=_complaints(ctx, builder, draft, sections),
        overlaps=_overlaps(ctx, builder, error),
        computes=computes(ctx, found),
        copied=bool(call.query.one(COPY)),
    )


def computes(ctx: Context, entity: Entity) -> bool:
    """Whether anything in a form of this entity follows from what is entered."""
    tables = [ctx.catalog.entity(table.option("target")) for table in ctx.catalog.children[entity.key]]
    fields = [field for each in (entity, *tables) for field in each.fields.values()]
    follows = any(f.behaviour.computed or f.default_formula or f.option("fill") for f in fields)
    ruled_here = any(each.key in ctx.catalog.rules_of for each in (entity, *tables))
    return follows or ruled_here or any(f.when for f in ctx.catalog.forms_of.get(entity.key, ()))


def confirmed(call: Call) -> list[str]:
    """The rules whose warnings were seen on the form."""
    return call.form.one(CONFIRMED).split()


def to_confirm(call: Call, error: FormloomError | None) -> str:
    """What the form sends when it is saved all the same."""
    return " ".join([*confirmed(call), *error.rules]) if isinstance(error, ConfirmRequired) else ""


def warnings_of(ctx: Context, error: FormloomError | None) -> list[str]:
    """What rules warn of."""
    if not isinstance(error, ConfirmRequired):
        return []
    return [each["message"] for each in error.members_in(ctx.lang)["warnings"]]


def _title(ctx: Context, builder: FormBuilder, draft: Draft) -> str:
    key = builder.entity.title
    if key not in builder.rights.readable or draft.values.get(key) is None:
        return ""
    field = builder.entity.all_fields[key]
    return field.behaviour.plain(field, draft.values[key], ctx.lang, draft.titles.get(key))


def _complaints(
    ctx: Context, builder: FormBuilder, draft: Draft, sections: Sequence[FormSection]
) -> list[tuple[str, str, str]]:
    """(input's name, its label, the message) of everything refused, for the summary, in the order of the form."""
    places = {each.name: place for place, each in enumerate(i for section in sections for i in section.inputs)}
    names = sorted(draft.errors, key=lambda name: places.get(name.partition("[")[0], len(places)))
    return [(name, _label_of(ctx, builder, name), draft.errors[name]) for name in names]


def _label_of(ctx: Context, builder: FormBuilder, name: str) -> str:
    """`Amount` of `amount`, `Products 3 · Quantity` of `lines[2].qty`."""
    whole = builder.entity.all_fields.get(name.partition("[")[0])
    if whole is None or "[" not in name:
        return whole.text(ctx.lang) if whole else ""
    number = name.partition("[")[2].partition("]")[0]
    column = _field_of(ctx, builder, name)
    told = f"{whole.text(ctx.lang)} {int(number) + 1}"
    return f"{told} · {column.text(ctx.lang)}" if column else told


def _field_of(ctx: Context, builder: FormBuilder, name: str) -> Field | None:
    """The field of an input by its name."""
    head, _, rest = name.partition("[")
    found = builder.entity.all_fields.get(head)
    if found is None or not rest:
        return found
    child = ctx.catalog.entities.get(str(found.option("target")))
    return child.all_fields.get(rest.partition("].")[2]) if child else None


def _overlaps(ctx: Context, builder: FormBuilder, error: FormloomError | None) -> list[dict[str, str]]:
    """Fields that two people changed: what was there, what each wrote, as texts, and theirs as an input has it."""
    if not isinstance(error, VersionConflict):
        return []
    found = []
    for overlap in error.overlaps:
        field = _field_of(ctx, builder, overlap.field)
        if field is None:
            continue
        titles = _overlap_titles(ctx, field, [overlap.base, overlap.theirs, overlap.mine])
        texts = [
            _overlap_text(ctx, field, value, titles) for value in (overlap.base, overlap.theirs, overlap.mine)
        ]
        raw = "" if overlap.theirs is None else _sent(ctx, field, overlap.theirs)
        names = dict(zip(("base", "theirs", "mine"), texts, strict=True))
        label = _label_of(ctx, builder, overlap.field)
        found.append({"name": overlap.field, "label": label, "raw": raw, **names})
    return found


def _sent(ctx: Context, field: Field, dumped: Any) -> str:
    """A JSON value as its input would send it; what an input sends in parts stands between commas."""
    raw = raw_of(ctx, field, field.behaviour.parse(field, dumped))
    return raw if isinstance(raw, str) else ",".join(raw)


def _overlap_titles(ctx: Context, field: Field, values: list[Any]) -> dict[int, str]:
    if field.behaviour.target is None:
        return {}
    ids = {value for value in values if isinstance(value, int)}
    return titles_of_ids(ctx, field.behaviour.target, str(field.option("target", "")), ids)


def _overlap_text(ctx: Context, field: Field, dumped: Any, titles: dict[int, str]) -> str:
    if dumped is None:
        return ""
    value = field.behaviour.parse(field, dumped)
    return field.behaviour.plain(field, value, ctx.lang, titles.get(value) if titles else None)


routes = [
    Route("/e/{entity}/new", page(new_form)),
    Route("/e/{entity}/compute", api(compute), methods=["POST"]),
    Route("/e/{entity}/reshape", page(reshape), methods=["POST"]),
    Route("/e/{entity}/{id}/edit", page(edit_form)),
    Route("/e/{entity}", page(create, write=True), methods=["POST"]),
    Route("/e/{entity}/{id}", page(update, write=True), methods=["POST"]),
]
