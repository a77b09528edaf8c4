"""Records by API: list, read, create, change, delete, what happened to them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson
from starlette.responses import Response

from ...metadata.errors import AccessDenied, InvalidInput, NotFound
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import BadRequest, TooLarge, UnknownMember
from ..records import ListRequest, Record, Records, VersionConflict
from ..records.batch import pivot
from ..records.timeline import Entry
from .dumping import RecordDumper
from .idempotency import once
from .table import at
from .tags import MARK, revision_of, sees_all, tag_of

MOST_ROWS = 1_000
MOST_CHANGES = 500
CONFIRM = "confirm"
_APPLIED = {"preference-applied": "return=minimal"}
_SHOWN = re.compile(rf'(?:W/)?"({MARK}[0-9a-f]{{32}})"')
_ETAG = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"')


def list_records(ctx: Context, call: Call) -> Response:
    """A page of records."""
    entity = call.path["entity"]
    request = ListRequest.parse(ctx.access, entity, call.query.single())
    page = Records(ctx).list(replace(request, labels=False))
    return json_answer(
        {
            "items": RecordDumper(ctx.access, entity).many(page.items),
            "next": page.next,
            "count": page.count,
            "count_capped": page.count_capped,
        }
    )


def get_record(ctx: Context, call: Call) -> Response:
    """One record. Its entity tag is its revision, or made from what is shown where that is not all; a part of that
    has none.
    """
    call.query.only("fields")
    asked = call.query.one("fields")
    fields = [name.strip() for name in asked.split(",")] if asked else None
    return _record_answer(ctx, call.path["entity"], call.record_id(), fields=fields)


def _record_answer(
    ctx: Context, entity: str, record_id: int, *, status: int = 200, fields: list[str] | None = None
) -> Response:
    record = Records(ctx).get(entity, record_id, fields)
    headers = {} if fields and not sees_all(ctx.access, entity) else {"etag": tag_of(ctx, entity, record)}
    if status == 201:
        headers["location"] = f"/api/v1/records/{entity}/{record_id}"
    return json_answer(RecordDumper(ctx.access, entity)(record), status, headers)


def _created_before(ctx: Context, call: Call, body: bytes) -> Response:
    """The answer to records that an earlier request of the same key made."""
    made = orjson.loads(body)
    if "id" not in made or _wants_little(call):
        return json_answer(made, 201)
    return _new_answer(ctx, call.path["entity"], made["id"])


@once(_created_before)
def create_records(ctx: Context, call: Call) -> Response:
    """One new record, or several at once: all of them or none. `confirm` names rules whose warnings are known."""
    call.query.only(CONFIRM)
    entity, body = call.path["entity"], call.json_object()
    if body.keys() == {"items"} and "items" not in ctx.access.entity(entity).entity.fields:
        return _create_many(ctx, call, entity, body["items"])
    record_id = Records(ctx, confirmed(call)).create(entity, body, source="json")
    if _wants_little(call):
        place = {"location": f"/api/v1/records/{entity}/{record_id}"}
        return json_answer({"id": record_id}, 201, {**_APPLIED, **place})
    return _new_answer(ctx, entity, record_id)


def _new_answer(ctx: Context, entity: str, record_id: int) -> Response:
    """A new record. Who may add records without seeing them learns no more than the number of his own."""
    try:
        return _record_answer(ctx, entity, record_id, status=201)
    except (NotFound, AccessDenied):
        return json_answer({"id": record_id}, 201)


def confirmed(call: Call) -> list[str]:
    """The rules whose warnings the caller has seen: `confirm=account.credit,account.name`."""
    return [key.strip() for key in call.query.one(CONFIRM).split(",") if key.strip()]


def _create_many(ctx: Context, call: Call, entity: str, items: Any) -> Response:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadRequest("json_object")
    if len(items) > MOST_ROWS:
        raise TooLarge(MOST_ROWS)
    written = Records(ctx, confirmed(call)).create_many(entity, pivot(items), source="json", size=len(items))
    return json_answer({"items": [{"id": record_id} for record_id in written.ids]}, 201)


def change_record(ctx: Context, call: Call) -> Response:
    """Change the fields that are given; what others changed meanwhile is kept, the same field is a conflict."""
    call.query.only(CONFIRM)
    entity, record_id = call.path["entity"], call.record_id()
    values = dict(call.json_object())
    given = _revision(call, values)
    _require_same_id(values, record_id)
    try:
        rev = _present(ctx, entity, record_id, given)
        rev = Records(ctx, confirmed(call)).update(entity, record_id, values, rev, source="json")
    except VersionConflict as conflict:
        raise _with_current(ctx, entity, record_id, conflict) from None
    if _wants_little(call):
        tag = {"etag": f'"{rev}"'} if sees_all(ctx.access, entity) else {}
        return Response(status_code=204, headers={**_APPLIED, **tag, "cache-control": "no-store"})
    return _record_answer(ctx, entity, record_id)


def _wants_little(call: Call) -> bool:
    """Whether a save need not be answered with the whole record, which costs a statement: RFC 7240."""
    given = call.headers.get("prefer", "").lower().split(",")
    return "return=minimal" in {preference.partition(";")[0].replace(" ", "") for preference in given}


def _present(ctx: Context, entity: str, record_id: int, given: int | str) -> int:
    """The revision a write starts from. Raises NotFound, VersionConflict."""
    return given if isinstance(given, int) else revision_of(ctx, entity, record_id, given)


def _revision(call: Call, values: dict[str, Any]) -> int | str:
    """What the caller started from: `If-Match`, which may be a tag made from what was shown, or `rev` among the
    values. Raises InvalidInput.
    """
    given = values.pop("rev", None)
    tag = call.headers.get("if-match")
    if tag is not None:
        shown = _SHOWN.fullmatch(tag.strip())
        if shown is not None and given is None:
            return shown[1]
        match = _ETAG.fullmatch(tag.strip())
        if match is None or given not in (None, int(match[1])):
            raise InvalidInput("version_invalid")
        return int(match[1])
    if given is None:
        raise InvalidInput("version_required")
    if type(given) is not int or not 0 < given < 10**9:
        raise InvalidInput("version_invalid")
    return given


def _require_same_id(values: dict[str, Any], record_id: int) -> None:
    given = values.pop("id", record_id)
    if type(given) is not int or given != record_id:
        raise BadRequest("other_id", code="validation_failed", status=422)


class ShownConflict(VersionConflict):
    """A conflict with what its reader may know: `members` go into the problem document."""

    def __init__(self, conflict: VersionConflict, current: dict[str, Any]) -> None:
        super().__init__(conflict.overlaps, conflict.data.get("rev"))
        overlaps = [
            {"field": each.field, "mine": each.mine, "theirs": each.theirs, "base": each.base}
            for each in conflict.overlaps
        ]
        self.members = {"current": current, "conflicts": overlaps}


def _with_current(ctx: Context, entity: str, record_id: int, conflict: VersionConflict) -> ShownConflict:
    """The conflict, with what the record holds now as far as the caller may see it."""
    record = Records(ctx).get(entity, record_id)
    return ShownConflict(conflict, RecordDumper(ctx.access, entity)(record))


def delete_record(ctx: Context, call: Call) -> Response:
    """Put a record into the bin."""
    call.query.only()
    entity, record_id = call.path["entity"], call.record_id()
    values = dict(call.json_object()) if call.json is not None else {}
    given = _revision(call, values)
    if values:
        raise InvalidInput("unknown_field", name=str(next(iter(values)))[:80])
    try:
        Records(ctx).delete(entity, record_id, _present(ctx, entity, record_id, given))
    except VersionConflict as conflict:
        raise _with_current(ctx, entity, record_id, conflict) from None
    return Response(status_code=204)


def reveal_field(ctx: Context, call: Call) -> Response:
    """The whole value of a masked field; that it was looked at stands in the record's history."""
    call.query.only()
    body = call.json_object()
    UnknownMember.require(body, ("field",))
    key = body.get("field")
    if not isinstance(key, str):
        raise InvalidInput("bad_parameter", name="field")
    value = Records(ctx).reveal(call.path["entity"], call.record_id(), key)
    return json_answer({"field": key, "value": value})


def list_changes(ctx: Context, call: Call) -> Response:
    """What happened to a record, the newest first."""
    call.query.only("limit")
    limit = call.query.number("limit", 100)
    if not 0 < limit <= MOST_CHANGES:
        raise InvalidInput("bad_parameter", name="limit")
    entries = Records(ctx).changes(call.path["entity"], call.record_id(), limit)
    return json_answer({"items": [_dump_entry(entry) for entry in entries]})


def _dump_entry(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "entity": entry.entity,
        "id": entry.record_id,
        "title": entry.title,
        "op": entry.op,
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "cause": entry.cause,
        "actor": entry.actor,
        "actor_name": entry.actor_name,
        "fields": [
            {
                "field": each.field,
                "old": each.old,
                "new": each.new,
                "old_text": each.old_text,
                "new_text": each.new_text,
            }
            for each in entry.fields
        ],
    }


__all__ = ["Record", "routes"]

routes = [
    at("GET", "/records/{entity}", list_records),
    at("POST", "/records/{entity}", create_records, write=True),
    at("GET", "/records/{entity}/{id}", get_record),
    at("PATCH", "/records/{entity}/{id}", change_record, write=True),
    at("DELETE", "/records/{entity}/{id}", delete_record, write=True),
    at("GET", "/records/{entity}/{id}/changes", list_changes),
    at("POST", "/records/{entity}/{id}/reveal", reveal_field, write=True),
]
