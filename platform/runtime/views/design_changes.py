"""What designers ask about changes: new keys, what was removed, rows in the way, publications under way."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from ...metadata import changesets, packages
from ...metadata.errors import AccessDenied, InvalidInput
from ...metadata.violations import USUAL_ROWS, violations
from ..api.metadata import dump_preview
from ..context import Context
from ..design import marking, publication, publishing, rekeying, removal, removed
from ..design.workspace import Workspace, require_designer
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import UnknownMember
from ..http.serve import api
from ..job_queue import cancel
from ..packaging import shapes
from ..records import Records
from ..records.listrequest import ListRequest
from . import people

EMPTY = "empty_required"


def rename_entity(ctx: Context, call: Call) -> Response:
    """Give an entity another key in the draft: {href}."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("entity", "key"))
    key = str(body.get("key", ""))
    rekeying.rename_entity(Workspace.of(ctx), str(body.get("entity", "")), key)
    return json_answer({"href": f"/admin/design/entity/{key}"})


def list_removed(ctx: Context, call: Call) -> Response:
    """The fields of `entity` that were removed, or, for administrators, the entities."""
    require_designer(ctx)
    call.query.only("entity")
    work, entity = Workspace.of(ctx), call.query.one("entity")
    if entity:
        work.require("entity", work.document("entity", entity))
    elif not ctx.access.administrator:
        raise AccessDenied()
    return json_answer({"items": removed.listed(work, entity or None), "purges": ctx.access.administrator})


def restore(ctx: Context, call: Call) -> Response:
    """Bring something removed back with its values, or with `dry_run` say what that would do."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("dry_run", "allow_destructive"))
    work, number = Workspace.of(ctx), call.record_id("number")
    if body.get("dry_run") is True:
        return json_answer(removed.previewed(work, number))
    done = removed.bring_back(work, number, body.get("allow_destructive") is True)
    return json_answer({"number": done.number})


def purge(ctx: Context, call: Call) -> Response:
    """Drop something removed for good."""
    require_designer(ctx)
    if not ctx.access.administrator:
        raise AccessDenied()
    body = call.json_object()
    UnknownMember.require(body, ("confirm",))
    removed.purge(Workspace.of(ctx), call.record_id("number"), str(body.get("confirm", "")))
    return json_answer({})


def list_rows(ctx: Context, call: Call) -> Response:
    """The rows behind an effect that refuses the publication: {items: [{id, title, value, address}], next, list}.

    `list` is the address of the list that shows them.
    """
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("entity", "field", "code", "after"))
    effect = {name: str(body.get(name, ""))[:60] for name in ("entity", "field", "code")}
    after = body.get("after", 0)
    preview = changesets.preview(ctx.conn, publishing.edits(publishing.outcomes(Workspace.of(ctx), {})))
    if preview.current is None or preview.desired is None or type(after) is not int:
        raise InvalidInput("effect.unknown")
    if effect["entity"] not in ctx.catalog.entities or not ctx.access.may(effect["entity"], "view"):
        raise InvalidInput("effect.unknown")
    found = violations(ctx.conn, preview.current, preview.desired, effect, after)
    seen = _seen(ctx, effect["entity"], [one.id for one in found])
    items = [
        {"id": one.id, "title": one.title, "value": one.value, "address": f"/e/{effect['entity']}/{one.id}"}
        for one in found
        if one.id in seen
    ]
    more = found[-1].id if len(found) == USUAL_ROWS else None
    return json_answer({"items": items, "next": more, "list": _list_of(ctx, effect, [one["id"] for one in items])})


def _seen(ctx: Context, entity: str, ids: list[int]) -> set[int]:
    """Which of the rows the reader may see: whoever designs need not see every record."""
    if ctx.access.administrator or not ids:
        return set(ids)
    wanted = {"field": "id", "op": "in", "value": ids}
    return {
        row["id"] for row in Records(ctx).list(ListRequest(entity, ("id",), filter=wanted, limit=len(ids))).items
    }


def _list_of(ctx: Context, effect: dict[str, str], ids: list[int]) -> str:
    """The list of all rows where a value is missing; else of these."""
    named = effect["field"] in ctx.catalog.entities[effect["entity"]].fields
    wanted: dict[str, Any] = {"field": "id", "op": "in", "value": ids}
    if effect["code"] == EMPTY and named:
        wanted = {"field": effect["field"], "op": "is_empty"}
    return f"/e/{effect['entity']}?filter={quote(json.dumps(wanted))}"


def list_customised(ctx: Context, call: Call) -> Response:
    """What the site changed of packaged documents, node by node: of what belongs to `entity`, or of `document`."""
    people.require_administrator(ctx)
    call.query.only("entity", "document")
    entity, document = call.query.one("entity"), call.query.one("document")
    found = packages.customised_by_site(ctx.conn)
    mine = [
        one for one in found if ":".join(one.identity) == document or (entity and marking.belongs(one, entity))
    ]
    return json_answer({"items": shapes.customised(ctx, mine)})


def reset(ctx: Context, call: Call) -> Response:
    """Take a packaged document, or nodes of it, back to what its package ships, or say what that would do."""
    people.require_administrator(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("kind", "key", "paths", "dry_run", "allow_destructive"))
    kind, key = str(body.get("kind", "")), str(body.get("key", ""))
    given = body.get("paths")
    paths = [str(each) for each in given] if isinstance(given, list) else []
    if body.get("dry_run") is True:
        preview = packages.preview_reset(ctx.conn, kind, key, paths)
        return json_answer(dump_preview(preview, ctx.lang))
    agreed = body.get("allow_destructive") is True
    done = packages.reset(ctx.own_transactions(), kind, key, ctx.actor.login, paths, allow_destructive=agreed)
    return json_answer({"number": done.number})


def show_publication(ctx: Context, call: Call) -> Response:
    """How far a publication is."""
    require_designer(ctx)
    return json_answer(publication.described(ctx, publication.find(ctx, call.record_id("number"))))


def stop_publication(ctx: Context, call: Call) -> Response:
    """Ask a publication to stop; nothing of it stays."""
    require_designer(ctx)
    cancel(ctx.conn, publication.find(ctx, call.record_id("number")).id)
    return json_answer(publication.described(ctx, publication.find(ctx, call.record_id("number"))))


def forget_entity(ctx: Context, call: Call) -> Response:
    """Where an entity is named, and the documents without it: {uses, blocks, documents}."""
    require_designer(ctx)
    body = call.json_object()
    UnknownMember.require(body, ("entity",))
    if not ctx.access.administrator:
        raise AccessDenied()
    return json_answer(removal.entity_uses(Workspace.of(ctx), str(body.get("entity", ""))))


routes = [
    Route("/admin/design/rename", api(rename_entity, write=True), methods=["POST"]),
    Route("/admin/design/entity-uses", api(forget_entity), methods=["POST"]),
    Route("/admin/design/removed", api(list_removed)),
    Route("/admin/design/removed/{number}/restore", api(restore), methods=["POST"]),
    Route("/admin/design/removed/{number}/purge", api(purge), methods=["POST"]),
    Route("/admin/design/rows", api(list_rows), methods=["POST"]),
    Route("/admin/design/customised", api(list_customised)),
    Route("/admin/design/reset", api(reset), methods=["POST"]),
    Route("/admin/design/publications/{number}", api(show_publication)),
    Route("/admin/design/publications/{number}/stop", api(stop_publication, write=True), methods=["POST"]),
]
