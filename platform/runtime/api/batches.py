"""Many records in one call: numbers over them, and one operation on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from ...metadata.errors import FieldError, InvalidInput
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import BadRequest, TooLarge, UnknownMember
from ..records import AggregateRequest, ListRequest, Mode, Records, Written
from ..records.listrequest import check_filter
from ..records.paths import resolve
from .dumping import Dump, dump_of
from .records import CONFIRM, MOST_ROWS, confirmed
from .table import at

OPERATIONS = ("update", "delete", "assign", "restore")
MEMBERS = ("op", "ids", "filter", "values", "mode")


def aggregate(ctx: Context, call: Call) -> Response:
    """Groups of records and their numbers, in the order of `group_by` and `measures`."""
    call.query.only()
    request = AggregateRequest.parse(ctx.access, call.path["entity"], call.json_object())
    found = Records(ctx).aggregate(request)
    keys = [_key_dump(ctx, request, n) for n in range(len(request.group_by))]
    values = [_value_dump(ctx, request, n) for n in range(len(request.measures))]
    rows = [
        {
            "keys": [_dumped(dump, key) for dump, key in zip(keys, group.keys, strict=True)],
            "labels": list(group.labels),
            "values": [_dumped(dump, value) for dump, value in zip(values, group.values, strict=True)],
        }
        for group in found.groups
    ]
    return json_answer({"rows": rows, "more": found.more})


def _dumped(dump: Dump | None, value: Any) -> Any:
    return value if dump is None or value is None else dump(value)


def _key_dump(ctx: Context, request: AggregateRequest, place: int) -> Dump | None:
    dimension = request.group_by[place]
    if dimension.bucket is not None:
        return str
    return dump_of(resolve(ctx.access, request.entity, dimension.field)[-1])


def _value_dump(ctx: Context, request: AggregateRequest, place: int) -> Dump | None:
    measure = request.measures[place]
    if measure.field is None or measure.op in ("count", "count_distinct"):
        return None
    field = resolve(ctx.access, request.entity, measure.field)[-1]
    if measure.op in ("min", "max"):
        return dump_of(field)
    return lambda value: value if isinstance(value, int) else format(value, "f")


def batch(ctx: Context, call: Call) -> Response:
    """One operation on records named by their ids or by a filter; all of them or each for itself."""
    call.query.only(CONFIRM)
    entity, body = call.path["entity"], call.json_object()
    UnknownMember.require(body, MEMBERS)
    op, mode = _choice(body, "op", OPERATIONS), _choice({"mode": "all", **body}, "mode", ("all", "each"))
    rights = ctx.access.entity(entity)
    rights.require("view")
    rights.require({"update": "batch_edit"}.get(op, op))
    ids = _ids(ctx, entity, body, deleted=op == "restore")
    if (op in ("update", "assign")) != ("values" in body):
        raise BadRequest("batch_values", code="validation_failed", status=422, op=op)
    records = Records(ctx, confirmed(call))
    written = _carry_out(records, entity, op, ids, body.get("values"), mode)
    return json_answer(_dump(ctx, ids, written, mode))


def _carry_out(records: Records, entity: str, op: str, ids: list[int], values: Any, mode: Mode) -> Written:
    if op == "delete":
        return records.delete_many(entity, ids, mode=mode)
    if op == "restore":
        return records.restore_many(entity, ids, mode=mode)
    if not isinstance(values, dict) or not values or (op == "assign" and values.keys() != {"owner"}):
        raise BadRequest("batch_values", code="validation_failed", status=422, op=op)
    columns = {key: [value] * len(ids) for key, value in values.items()}
    return records.update_many(entity, ids, columns, source="json", mode=mode)


def _choice(body: dict[str, Any], name: str, known: Sequence[str]) -> Any:
    value = body.get(name)
    if not isinstance(value, str) or value not in known:
        raise BadRequest("not_a_choice", code="validation_failed", status=422, name=name, known=", ".join(known))
    return value


def _ids(ctx: Context, entity: str, body: dict[str, Any], *, deleted: bool) -> list[int]:
    """The ids of the call, each once. Raises InvalidInput, TooLarge."""
    if ("ids" in body) == ("filter" in body):
        raise BadRequest("batch_rows", code="validation_failed", status=422)
    if "ids" in body:
        return _checked_ids(body["ids"])
    if body["filter"] is None:
        raise InvalidInput("bad_filter", reason="null")
    check_filter(ctx.access, entity, body["filter"])
    request = ListRequest(entity, ("id",), filter=body["filter"], deleted=deleted)
    found = Records(ctx).ids(request, MOST_ROWS + 1)
    if len(found) > MOST_ROWS:
        raise TooLarge(MOST_ROWS)
    return found


def _checked_ids(ids: Any) -> list[int]:
    if not isinstance(ids, list) or not all(type(each) is int and 0 < each < 2**53 for each in ids):
        raise InvalidInput(fields=[FieldError("ids", "not_a_reference")])
    if len(ids) > MOST_ROWS:
        raise TooLarge(MOST_ROWS)
    if len(set(ids)) != len(ids):
        raise BadRequest("batch_twice", code="validation_failed", status=422)
    return ids


def _dump(ctx: Context, ids: list[int], written: Written, mode: Mode) -> dict[str, Any]:
    refused = [
        {
            "id": ids[position],
            "errors": [{"field": e.field, "code": e.code, "message": _message(e, ctx.lang)} for e in errors],
        }
        for position, errors in sorted(written.errors.items())
    ]
    return {"mode": mode, "matched": len(ids), "changed": written.changed, "refused": refused}


def _message(error: FieldError, lang: str) -> str:
    return error.message(lang)


routes = [
    at("POST", "/records/{entity}/aggregate", aggregate),
    at("POST", "/records/{entity}/batch", batch, write=True),
]
