"""Documents and changesets by API, for administrators. Every write is a changeset; `dry_run` shows its effects."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from ...metadata import changesets, documents, packages
from ...metadata.bases import readable
from ...metadata.changesets import Changeset, Preview
from ...metadata.drafts import Edit
from ...metadata.errors import InvalidInput, NotFound
from .. import changing
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import BadRequest, UnknownMember
from ..job_queue import Job, cancel, get_job
from .table import at, require_administrator

MOST_EDITS = 2_000
HISTORY_PAGE = 50


def list_documents(ctx: Context, call: Call) -> Response:
    """All documents in force of one kind; `layers` says whose each is and whether the site changed it.

    A packaged document the site deleted is among the layers alone.
    """
    require_administrator(ctx)
    call.query.only()
    kind = _kind(call)
    found = [document for (other, _), document in ctx.catalog.documents.items() if other == kind]
    marks = packages.marks(ctx.conn)
    layers = {key: mark.dump() for (other, key), mark in marks.items() if other == kind}
    return json_answer({"items": found, "layers": layers, "version": ctx.catalog.version})


def get_document(ctx: Context, call: Call) -> Response:
    """One document in force; headers say whose it is (`formloom-layer`) and whether the site changed it."""
    require_administrator(ctx)
    call.query.only()
    identity = (_kind(call), call.path["key"])
    found = ctx.catalog.documents.get(identity)
    if found is None:
        raise NotFound()
    mark = packages.marks(ctx.conn).get(identity, packages.Mark(None)).dump()
    told = {"formloom-layer": mark["layer"], "formloom-customised": "true" if mark["customised"] else "false"}
    return json_answer(found, headers={"etag": f'"{ctx.catalog.version}"', **told})


def put_document(ctx: Context, call: Call) -> Response:
    """Make a document effective: a changeset of one edit."""
    require_administrator(ctx)
    document = without_decimals(call.json_object())
    kind, key = _kind(call), call.path["key"]
    if document.get("kind") != kind or document.get("key") != key:
        raise BadRequest("document_place", code="validation_failed", status=422, kind=kind, key=key)
    return _one_edit(ctx, call, Edit.put(document))


def delete_document(ctx: Context, call: Call) -> Response:
    """Take a document out of force: a changeset of one edit."""
    require_administrator(ctx)
    kind, key = _kind(call), call.path["key"]
    if (kind, key) not in ctx.catalog.documents:
        raise NotFound()
    return _one_edit(ctx, call, Edit("delete", kind, key))


def _one_edit(ctx: Context, call: Call, edit: Edit) -> Response:
    call.query.only("dry_run", "allow_destructive", "note")
    note, destructive = call.query.one("note")[:500], call.query.flag("allow_destructive")
    if call.query.flag("dry_run"):
        return json_answer(dump_preview(changesets.preview(ctx.conn, [edit]), ctx.lang))
    return _apply(ctx, [edit], note, destructive)


_MEMBERS = ("edits", "dry_run", "note", "allow_destructive", "expected_version", "base", "background")


def create_changeset(ctx: Context, call: Call) -> Response:
    """Many edits as one changeset, or what they would do. One that takes long, or is asked for in the
    `background`, becomes a job: 202 with its address.
    """
    require_administrator(ctx)
    call.query.only()
    body = without_decimals(call.json_object())
    UnknownMember.require(body, _MEMBERS)
    raw = body.get("edits")
    if not isinstance(raw, list) or not 0 < len(raw) <= MOST_EDITS:
        raise InvalidInput("edit.invalid")
    edits, base = [Edit.load(each) for each in raw], _base(body)
    if _flag(body, "dry_run"):
        return json_answer(dump_preview(changesets.preview(ctx.conn, edits, base=base), ctx.lang))
    expected = body.get("expected_version")
    if expected is not None and type(expected) is not int:
        raise BadRequest("not_a_number", code="validation_failed", status=422, name="expected_version")
    note, destructive = str(body.get("note") or "")[:500], _flag(body, "allow_destructive")
    if expected is None and (_flag(body, "background") or _takes_long(ctx, edits, base)):
        return _begin(ctx, edits, {"note": note, "allow_destructive": destructive, "base": base})
    return _apply(ctx, edits, note, destructive, expected=expected, base=base)


def _takes_long(ctx: Context, edits: list[Edit], base: Mapping[str, str]) -> bool:
    """Whether it is a matter for a job. Only big tables are looked at closely."""
    entities = {edit.key for edit in edits if edit.kind in ("entity", "option_set")}
    if not entities or ctx.site is None or not ctx.site.works:
        return False
    return changing.is_long(ctx.conn, changesets.preview(ctx.conn, edits, base=base))


def _begin(ctx: Context, edits: list[Edit], wishes: dict[str, Any]) -> Response:
    """The job, begun; what applying would refuse is refused now."""
    changesets.refuse(changesets.preview(ctx.conn, edits, base=wishes["base"]), wishes["allow_destructive"])
    with ctx.own_transactions().writing() as conn:
        number = changing.begin(conn, edits, {**wishes, "actor": ctx.actor.login}, ctx.actor.id)
        job = get_job(conn, number)
    assert job is not None and ctx.site is not None
    ctx.site.wake_jobs()
    return json_answer({"job": changing.described(job)}, status=202)


def get_job_state(ctx: Context, call: Call) -> Response:
    """How far a changeset in the background is."""
    require_administrator(ctx)
    call.query.only()
    return json_answer(changing.described(_changeset_job(ctx, call)))


def cancel_job(ctx: Context, call: Call) -> Response:
    """Ask a changeset in the background to stop; what it prepared is dropped."""
    require_administrator(ctx)
    call.query.only()
    cancel(ctx.conn, _changeset_job(ctx, call).id)
    return json_answer(changing.described(_changeset_job(ctx, call)))


def _changeset_job(ctx: Context, call: Call) -> Job:
    job = get_job(ctx.conn, call.record_id("number"))
    if job is None or job.kind != changing.KIND:
        raise NotFound()
    return job


def _base(body: dict[str, Any]) -> dict[str, str]:
    """Digests of the documents the edits began from, by `kind:key`."""
    base = body.get("base", {})
    if not isinstance(base, dict) or not all(isinstance(value, str) for value in base.values()):
        raise BadRequest("json_object")
    return base


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest("not_a_flag", code="validation_failed", status=422, name=name)
    return value


def _apply(
    ctx: Context,
    edits: list[Edit],
    note: str,
    allow_destructive: bool,
    *,
    expected: int | None = None,
    base: Mapping[str, str] = changesets.NO_BASE,
) -> Response:
    applied = changesets.apply(
        ctx.own_transactions(),
        edits,
        ctx.actor.login,
        note,
        allow_destructive=allow_destructive,
        expected_version=expected,
        base=base,
    )
    return json_answer(dump_changeset(applied))


def list_changesets(ctx: Context, call: Call) -> Response:
    """Applied changesets, the newest first; `before` continues below a number."""
    require_administrator(ctx)
    call.query.only("before", "limit")
    limit = min(max(call.query.number("limit", HISTORY_PAGE), 1), 500)
    before = call.query.number("before", 0) or None
    found = changesets.history(ctx.conn, limit, before)
    return json_answer({"items": [dump_changeset(each) for each in found]})


def get_changeset(ctx: Context, call: Call) -> Response:
    """One applied changeset with the documents before and after."""
    require_administrator(ctx)
    found = changesets.get(ctx.conn, call.record_id("number"))
    details = [change.dump() for change in found.changes]
    steps = [dict(step) for step in found.steps]
    return json_answer(
        {**dump_changeset(found), "details": details, "differences": readable(found, ctx.lang), "steps": steps}
    )


def revert_changeset(ctx: Context, call: Call) -> Response:
    """Take a changeset back, or say what that would do."""
    require_administrator(ctx)
    call.query.only("dry_run")
    body = call.json_object() if call.json is not None else {}
    UnknownMember.require(body, ("dry_run", "note", "allow_destructive"))
    number = call.record_id("number")
    if _flag(body, "dry_run") or call.query.flag("dry_run"):
        return json_answer(dump_preview(changesets.preview_revert(ctx.conn, number), ctx.lang))
    note, destructive = str(body.get("note") or "")[:500], _flag(body, "allow_destructive")
    database = ctx.own_transactions()
    applied = changesets.revert(database, number, ctx.actor.login, note, allow_destructive=destructive)
    return json_answer(dump_changeset(applied))


def get_schema(ctx: Context, call: Call) -> Response:
    """The JSON Schema of a kind of document."""
    call.query.only()
    return json_answer(documents.schema(_kind(call)))


def _kind(call: Call) -> str:
    kind = call.path["kind"]
    if kind not in documents.KINDS:
        raise NotFound()
    return kind


def dump_changeset(changeset: Changeset) -> dict[str, Any]:
    """A changeset as JSON, without the documents."""
    return {
        "number": changeset.number,
        "layer": changeset.layer,
        "actor": changeset.actor,
        "note": changeset.note,
        "applied_at": changeset.applied_at.isoformat().replace("+00:00", "Z"),
        "reverts": changeset.reverts,
        "changes": [_dump_change(change) for change in changeset.changes],
    }


def _dump_change(change: Any) -> dict[str, Any]:
    kind, key, layer = change.place
    op = "put" if change.before is None else "delete" if change.after is None else "change"
    return {"kind": kind, "key": key, "layer": layer, "op": op}


def dump_preview(preview: Preview, lang: str) -> dict[str, Any]:
    """What applying would mean, as JSON in the reader's words."""
    return {
        "version": preview.version,
        "refused": preview.refused,
        "destructive": preview.destructive,
        "changes": [_dump_change(change) for change in preview.changes],
        "findings": [finding.dump(lang) for finding in preview.findings],
        "places": [
            {"kind": place.document[0], "key": place.document[1], "path": place.path, "target": place.target}
            for place in preview.places
        ],
        "effects": [{**effect.dump(), "message": effect.describe(lang)} for effect in preview.effects],
        "plan": preview.plan.describe(lang),
        **preview.details(lang),
    }


def without_decimals(value: Any) -> Any:
    """A JSON value with its Decimals as ordinary numbers: documents are stored as JSON, not compared as money."""
    if isinstance(value, dict):
        return {name: without_decimals(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_decimals(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


routes = [
    at("GET", "/metadata/changesets", list_changesets),
    at("POST", "/metadata/changesets", create_changeset),
    at("GET", "/metadata/changesets/{number}", get_changeset),
    at("POST", "/metadata/changesets/{number}/revert", revert_changeset),
    at("GET", "/metadata/jobs/{number}", get_job_state),
    at("POST", "/metadata/jobs/{number}/cancel", cancel_job, write=True),
    at("GET", "/metadata/schemas/{kind}", get_schema),
    at("GET", "/metadata/{kind}", list_documents),
    at("GET", "/metadata/{kind}/{key}", get_document),
    at("PUT", "/metadata/{kind}/{key}", put_document),
    at("DELETE", "/metadata/{kind}/{key}", delete_document),
]
