"""Uploads by API: a file is uploaded first, then named by its id in a record."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ...metadata.errors import InvalidInput
from ..context import Context
from ..files import reading, uploading
from ..files.sending import Content, sent
from ..files.store import key_of
from ..files.tables import facts_of
from ..http.answer import json_answer
from ..http.call import Call
from ..http.errors import UnknownMember
from .table import Shape, at

FILE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "size": {"type": "integer"},
        "type": {"type": "string"},
        "width": {"type": ["integer", "null"]},
        "height": {"type": ["integer", "null"]},
        "url": {"type": "string"},
        "thumbnail": {"type": ["string", "null"]},
    },
}
UPLOAD: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "entity": {"type": "string", "description": "the entity of the field it is for"},
        "field": {"type": "string", "description": "the field it is for, whose limits are then checked at once"},
    },
}


def upload_file(ctx: Context, call: Call) -> Response:
    """Keep a file. It goes again after a day unless a record is saved with its id."""
    call.query.only()
    UnknownMember.require(call.form.single(), ("entity", "field", "_csrf"))
    UnknownMember.require(call.files, ("file",))
    entity, key = call.form.one("entity"), call.form.one("field")
    if bool(entity) != bool(key):
        raise InvalidInput("bad_parameter", name="field" if entity else "entity")
    field = uploading.field_for(ctx, entity, key) if entity else None
    if field is None:
        uploading.require_any_field(ctx)
    facts = uploading.take(ctx, call.upload("file"), field)
    return json_answer(facts.dump(), 201, {"location": f"/api/v1/files/{facts.id}"})


def get_file(ctx: Context, call: Call) -> Response:
    """What is known of a file, and where its content is."""
    call.query.only()
    return json_answer(facts_of(reading.find(ctx, call.record_id())).dump())


def file_content(ctx: Context, call: Call) -> Response:
    """The content of a file."""
    assert ctx.site is not None
    call.query.only()
    row = reading.find(ctx, call.record_id())
    content = Content(key_of(row.sha256), row.sha256, row.media_type, row.name, False, "private, no-cache")
    return sent(call, ctx.site.files, content)


routes = [
    at(
        "POST",
        "/files",
        upload_file,
        shape=Shape(body=UPLOAD, takes="multipart/form-data", answer=FILE, status=201),
    ),
    at("GET", "/files/{id}", get_file, shape=Shape(answer=FILE)),
    at("GET", "/files/{id}/content", file_content, shape=Shape(gives="application/octet-stream")),
]
