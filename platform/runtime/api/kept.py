"""What changes of metadata put aside: listed, brought back, dropped for good; and rows that stand in their way."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ...metadata import changesets, shadows
from ...metadata.drafts import Edit
from ...metadata.errors import InvalidInput
from ...metadata.shadows import Kept
from ...metadata.violations import USUAL_ROWS, violations
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import BadRequest, UnknownMember
from .metadata import MOST_EDITS, dump_changeset, dump_preview, without_decimals
from .table import at, require_administrator

MOST_ROWS = 500


def list_kept(ctx: Context, call: Call) -> Response:
    """Columns and tables put aside by changesets, with the rows and bytes in them."""
    require_administrator(ctx)
    call.query.only()
    return json_answer({"items": [_dump(kept) for kept in shadows.measured(ctx.conn)]})


def _dump(kept: Kept) -> dict[str, Any]:
    shadow = kept.shadow
    return {
        "id": shadow.id,
        "changeset": shadow.changeset,
        "entity": shadow.entity,
        "field": shadow.field,
        "label": shadow.document.get("label", shadow.field or shadow.entity),
        "type": shadow.document.get("type"),
        "rows": kept.rows,
        "bytes": kept.bytes,
    }


def restore(ctx: Context, call: Call) -> Response:
    """Bring a removed field or entity back with its values, or say what that would do."""
    require_administrator(ctx)
    call.query.only("dry_run")
    number = call.record_id("number")
    if call.query.flag("dry_run"):
        return json_answer(dump_preview(changesets.preview_restore(ctx.conn, number), ctx.lang))
    return json_answer(dump_changeset(changesets.restore(ctx.own_transactions(), number, ctx.actor.login)))


def purge(ctx: Context, call: Call) -> Response:
    """Drop for good what a changeset put aside; how many columns and tables that were."""
    require_administrator(ctx)
    call.query.only()
    body = call.json_object()
    UnknownMember.require(body, ("changeset",))
    if type(body.get("changeset")) is not int:
        raise BadRequest("not_a_number", code="validation_failed", status=422, name="changeset")
    return json_answer({"purged": shadows.purge(ctx.own_transactions(), body["changeset"])})


def list_violations(ctx: Context, call: Call) -> Response:
    """Rows that keep edits from being applied: those behind one effect of their preview, in pages."""
    require_administrator(ctx)
    call.query.only()
    body = without_decimals(call.json_object())
    UnknownMember.require(body, ("edits", "entity", "field", "code", "after", "limit"))
    raw = body.get("edits")
    if not isinstance(raw, list) or not 0 < len(raw) <= MOST_EDITS:
        raise InvalidInput("edit.invalid")
    effect = {name: str(body.get(name, ""))[:60] for name in ("entity", "field", "code")}
    after, limit = _number(body, "after", 0), min(max(_number(body, "limit", USUAL_ROWS), 1), MOST_ROWS)
    preview = changesets.preview(ctx.conn, [Edit.load(each) for each in raw])
    if preview.current is None or preview.desired is None:
        raise InvalidInput("effect.unknown")
    found = violations(ctx.conn, preview.current, preview.desired, effect, after, limit)
    items = [
        {"id": one.id, "title": one.title, "value": one.value, "address": f"/e/{effect['entity']}/{one.id}"}
        for one in found
    ]
    return json_answer({"items": items, "next": found[-1].id if len(found) == limit else None})


def _number(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if type(value) is not int or value < 0:
        raise BadRequest("not_a_number", code="validation_failed", status=422, name=name)
    return value


routes = [
    at("GET", "/metadata/kept", list_kept),
    at("POST", "/metadata/kept/purge", purge),
    at("POST", "/metadata/kept/{number}/restore", restore),
    at("POST", "/metadata/changesets/violations", list_violations),
]
