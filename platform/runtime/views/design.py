"""The designers' pages and what their scripts ask: keeping a draft, showing it, formulas, publishing."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata import documents
from ...metadata.errors import FormloomError, InvalidInput, NotFound
from ...metadata.guess import guess_type
from ...metadata.wording import LANGUAGES, text_of
from ..api.metadata import without_decimals
from ..context import Context
from ..design import describe, drafts, formulas, marking, naming, opening, publication, publishing, removal, values
from ..design.drafts import Identity
from ..design.preview import draw
from ..design.starting import new_entity
from ..design.workspace import Workspace, designed_entities, require_designer
from ..http.answer import json_answer, redirect
from ..http.call import Call
from ..http.errors import BadRequest, UnknownMember
from ..http.serve import api, page
from ..job_queue import Job
from ..listview.fields import describe_field
from ..render import render

MOST_AT_ONCE = 50
PUBLISHED_HERE = ("entity", "option_set", "form", "list", "detail", "rule", "menu", "dashboard", "grant")
"""Kinds whose documents are designed here."""


def show_home(ctx: Context, call: Call) -> Response:
    """Everything that can be designed, with the draft that waits. Queries: 4."""
    require_designer(ctx)
    work = Workspace.of(ctx)
    catalog, lang = work.catalog or ctx.catalog, ctx.lang
    mine = designed_entities(ctx)
    found = [
        {
            "key": entity.key,
            "label": entity.text(lang),
            "icon": entity.icon or "table",
            "parent": catalog.entities[entity.parent].text(lang) if entity.parent in catalog.entities else "",
            "fields": len(entity.fields),
            "tabs": opening.tabs(work, "", entity.key),
            "is_new": entity.key not in ctx.catalog.entities,
        }
        for entity in catalog.entities.values()
        if entity.key in mine or ctx.access.administrator
    ]
    others = {kind: opening.titles(work, kind) for kind in opening.ALONE}
    told = publication.told(ctx)
    marks = marking.marks(ctx) if ctx.access.administrator else {}
    return render(
        ctx,
        "design/home.html",
        entities=found,
        others=others if ctx.access.administrator else {},
        drafts=opening.drafted(work),
        publications=told,
        marks=marks,
        given=json.dumps(_given_home(ctx, told), ensure_ascii=False),
    )


def _given_home(ctx: Context, told: list[dict[str, Any]]) -> dict[str, Any]:
    words = describe.design_words(ctx.lang)
    return {"words": words, "icons": describe.icon_names(), "lang": ctx.lang, "publications": told}


def show_designer(ctx: Context, call: Call) -> Response:
    """The designer of one document. Raises NotFound, AccessDenied."""
    require_designer(ctx)
    kind, key = call.path["kind"], call.path["key"]
    work = Workspace.of(ctx)
    given = opening.opened(work, kind, key)
    entity = given["entity"]
    return render(
        ctx,
        "design/designer.html",
        given=json.dumps(given, ensure_ascii=False),
        kind=kind,
        title=_title(work, kind, key),
        tabs=opening.tabs(work, kind, entity) if entity else [],
        name=text_of(work.document("entity", entity)["label"], ctx.lang) if entity else _title(work, kind, key),
        live=_live(kind, key, entity),
    )


def _title(work: Workspace, kind: str, key: str) -> str:
    document = work.document("entity" if kind in opening.OF_ENTITY else kind, key)
    return text_of(document["label"], work.ctx.lang, key)


def _live(kind: str, key: str, entity: str | None) -> str:
    """The screen members use."""
    if kind == "dashboard":
        return f"/d/{key}"
    if entity is None:
        return "/"
    return f"/e/{entity}" + (f"?list={key}" if kind == "list" else "/new" if kind == "form" else "")


def find_designer(ctx: Context, call: Call) -> Response:
    """On to the designer of the screen the address `screen` shows."""
    require_designer(ctx)
    path, _, query = call.query.one("screen").partition("?")
    chosen = dict(part.split("=", 1) for part in query.split("&") if "=" in part).get("list", "")
    return redirect(call, opening.place_of(ctx, path, chosen))


def keep_work(ctx: Context, call: Call) -> Response:
    """Keep changed documents in the draft and show what they make: {html, findings, drafts, entities}.

    Body: {put: [{id, document, base}], show: {kind, key, lang}}; a document that is null goes away.
    """
    require_designer(ctx)
    body = without_decimals(call.json_object())
    UnknownMember.require(body, ("put", "show"))
    work = Workspace.of(ctx)
    given = body.get("put", [])
    if not isinstance(given, list) or len(given) > MOST_AT_ONCE:
        raise BadRequest("json_object")
    for each in given:
        _keep(work, each)
    if given:
        work = Workspace.of(ctx)
    return json_answer(_shown(work, body.get("show") or {}))


def _keep(work: Workspace, each: Any) -> None:
    """One changed document. Raises InvalidInput, AccessDenied."""
    UnknownMember.require(each if isinstance(each, dict) else {}, ("id", "document", "base"))
    kind, _, key = str(each.get("id", "")).partition(":")
    document, base = each.get("document"), each.get("base")
    if kind not in PUBLISHED_HERE or kind not in documents.KINDS or not key:
        raise InvalidInput("edit.invalid")
    for side in (document, base):
        if side is not None and (not isinstance(side, dict) or (side.get("kind"), side.get("key")) != (kind, key)):
            raise InvalidInput("edit.invalid")
        if side is not None:
            work.require(kind, side)
    drafts.put(work.ctx.conn, work.ctx.actor.id, (kind, key), document, base)


def _shown(work: Workspace, show: Any) -> dict[str, Any]:
    lang = show.get("lang") if show.get("lang") in LANGUAGES else work.ctx.lang
    html = None
    if show.get("kind"):
        html = draw(work, str(show["kind"]), str(show.get("key", "")), lang)
    return {
        "html": html,
        "findings": [finding.dump(work.ctx.lang) for finding in work.findings],
        "drafts": opening.drafted(work),
        "entities": opening.entities(work) if work.catalog is not None else None,
        "followed": _followed(work, show),
    }


def _followed(work: Workspace, show: Any) -> dict[str, Any]:
    """What of the designer's documents names a former key of the draft, as it follows."""
    kind, key = str(show.get("kind", "")), str(show.get("key", ""))
    if not kind or work.documents is work.written:
        return {}
    return opening.followed(work, kind, key, opening.entity_of(work, kind, key))


def drop_work(ctx: Context, call: Call) -> Response:
    """Let drafts go: those named in `ids`, or all."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("ids",))
    ids = body.get("ids")
    named = None if ids is None else [tuple(str(each).split(":", 1)) for each in ids]
    drafts.forget(ctx.conn, ctx.actor.id, None if named is None else _with_formers(ctx, named))
    return json_answer({"drafts": opening.drafted(Workspace.of(ctx))})


def _with_formers(ctx: Context, named: list[Any]) -> list[Identity]:
    """Those documents, and the entities that got another key with them."""
    formers = drafts.former_entities(drafts.read(ctx.conn, ctx.actor.id))
    found = [one for one in named if len(one) == 2]
    return found + [formers[one].identity for one in found if one in formers]


def make_entity(ctx: Context, call: Call) -> Response:
    """Begin a new entity in the draft: {href}. `parent` makes it the lines of another."""
    if not ctx.access.administrator:
        require_designer(ctx)
        raise NotFound()
    body = call.json_object()
    UnknownMember.require(body, ("label", "key", "icon", "parent"))
    label = body.get("label")
    work = Workspace.of(ctx)
    taken = {key for kind, key in work.documents if kind == "entity"}
    words = text_of(label, ctx.lang) if isinstance(label, dict) else str(label or "")
    key = str(body.get("key") or naming.free_key(words, taken, "entity"))
    if ("entity", key) in work.documents:
        raise InvalidInput("design.taken", key=key)
    document = new_entity(key, label, body.get("icon") or None)
    if body.get("parent"):
        document["parent"] = str(body["parent"])
    found = documents.validate(document)
    if found:
        raise InvalidInput("design.refused", reason=found[0].message(ctx.lang))
    drafts.put(ctx.conn, ctx.actor.id, ("entity", key), document, None)
    return json_answer({"href": f"/admin/design/entity/{key}", "key": key, "document": document})


def guess_field(ctx: Context, call: Call) -> Response:
    """What a label suggests: {key, type}, for a field of an entity that has `taken` keys, or an entity."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("label", "taken", "what"))
    label, taken = str(body.get("label", ""))[:200], body.get("taken")
    names = {str(each) for each in taken} if isinstance(taken, list) else set()
    what = "entity" if body.get("what") == "entity" else "field"
    if what == "entity":
        names |= {key for kind, key in Workspace.of(ctx).documents if kind == "entity"}
    return json_answer({"key": naming.free_key(label, names, what), "type": guess_type(label)})


def try_formula(ctx: Context, call: Call) -> Response:
    """What a formula of an entity would give for real records, or where it is wrong."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("entity", "text", "field"))
    work = Workspace.of(ctx)
    seen = work.seen(ctx.lang) or ctx
    key = str(body.get("entity", ""))
    if key not in designed_entities(ctx) and not ctx.access.administrator:
        raise NotFound()
    field = body.get("field")
    found = formulas.checked(ctx, seen, seen.catalog.entity(key), str(body.get("text", "")), str(field or ""))
    return json_answer(found)


def read_value(ctx: Context, call: Call) -> Response:
    """A text as a value of a field of the draft, {value, shown}; without `text` its default."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("entity", "field", "text"))
    text = None if body.get("text") is None else str(body["text"])
    entity, field = str(body.get("entity", "")), str(body.get("field", ""))
    found = values.read_default(Workspace.of(ctx), entity, field, text)
    return json_answer(found)


def trace_value(ctx: Context, call: Call) -> Response:
    """Why a computed value of a record is what it is."""
    require_designer(ctx)
    field = formulas.required_field(ctx, call.path["entity"], call.path["field"])
    return json_answer(formulas.traced(ctx, field, call.record_id()))


def show_why(ctx: Context, call: Call) -> Response:
    """The same for a dialog of the record's page."""
    require_designer(ctx)
    entity = call.path["entity"]
    field = formulas.required_field(ctx, entity, call.path["field"])
    found = formulas.traced(ctx, field, call.record_id())
    address = f"/admin/design/entity/{entity}#field:{field.key}"
    return render(ctx, "design/why.html", fragment=True, found=found, address=address)


def show_fields(ctx: Context, call: Call) -> Response:
    """The fields of an entity as conditions name them, those of the draft too. Raises NotFound."""
    require_designer(ctx)
    work = Workspace.of(ctx)
    seen = work.seen(ctx.lang) or ctx
    rights = seen.access.entity(call.path["entity"])
    fields = [f for f in rights.entity.all_fields.values() if f.key in rights.readable and f.behaviour.operators]
    return json_answer({"fields": [describe_field(field, ctx.lang) for field in fields if field.key != "rev"]})


def find_uses(ctx: Context, call: Call) -> Response:
    """Where a field is named, and those documents without it."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("entity", "field"))
    work, entity = Workspace.of(ctx), str(body.get("entity", ""))
    work.require("entity", work.document("entity", entity))
    return json_answer(removal.uses(work, entity, str(body.get("field", ""))))


def publish(ctx: Context, call: Call) -> Response:
    """Make the draft a changeset, or with `dry_run` say what that would do."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("dry_run", "choices", "note", "allow_destructive", "base"))
    choices = body.get("choices")
    choices = choices if isinstance(choices, dict) else {}
    work = Workspace.of(ctx)
    if body.get("dry_run") is True:
        return json_answer(publishing.previewed(work, choices))
    if not work.drafts:
        raise InvalidInput("design.nothing")
    note = str(body.get("note") or "")[:500]
    base = body.get("base") if isinstance(body.get("base"), dict) else None
    try:
        done = publishing.publish(work, choices, note, body.get("allow_destructive") is True, base)
    except FormloomError as error:
        if error.code == "metadata.invalid":
            reasons = [finding.message(ctx.lang) for finding in getattr(error, "findings", ())][:3]
            raise InvalidInput("design.refused", reason=" ".join(reasons)) from None
        raise
    if isinstance(done, Job):
        return json_answer({"publication": publication.described(ctx, done)}, status=202)
    return json_answer({"number": done.number})


routes = [
    Route("/admin/design", page(show_home)),
    Route("/admin/design/at", page(find_designer)),
    Route("/admin/design/work", api(keep_work, write=True), methods=["POST"]),
    Route("/admin/design/drop", api(drop_work, write=True), methods=["POST"]),
    Route("/admin/design/make", api(make_entity, write=True), methods=["POST"]),
    Route("/admin/design/guess", api(guess_field), methods=["POST"]),
    Route("/admin/design/formula", api(try_formula), methods=["POST"]),
    Route("/admin/design/value", api(read_value), methods=["POST"]),
    Route("/admin/design/uses", api(find_uses), methods=["POST"]),
    Route("/admin/design/publish", api(publish), methods=["POST"]),
    Route("/admin/design/fields/{entity}", api(show_fields)),
    Route("/admin/design/trace/{entity}/{id}/{field}", api(trace_value)),
    Route("/admin/design/why/{entity}/{id}/{field}", page(show_why)),
    Route("/admin/design/{kind}/{key}", page(show_designer)),
]
