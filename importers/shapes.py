"""What the addresses of imports and exports take and give, as JSON Schemas for the API's description."""

from __future__ import annotations

from typing import Any

from formloom.runtime.api.table import Shape

from .options import SCHEMA

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Json = dict[str, Any]

_OPTIONS: Json = {name: value for name, value in SCHEMA.items() if name != "$schema"}
_TEXT: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer"}


def _object(properties: Json, *, required: tuple[str, ...] = ()) -> Json:
    return {"type": "object", "properties": properties, "required": list(required or properties)}


_JOB = _object({"id": _NUMBER, "state": _TEXT, "done": _NUMBER, "total": _NUMBER})
_COLUMN = _object(
    {
        "header": _TEXT,
        "field": {"type": ["string", "null"]},
        "confidence": {"type": "integer", "minimum": 0, "maximum": 100},
        "samples": {"type": "array", "items": _TEXT},
    }
)
_ERROR = _object({"row": _NUMBER, "field": _TEXT, "code": _TEXT, "message": _TEXT})
_COUNTS = {"type": "object", "additionalProperties": _NUMBER}
_IMPORT = _object(
    {
        "id": _NUMBER,
        "entity": _TEXT,
        "file": _TEXT,
        "state": {"enum": ["staged", "checked", "applying", "done", "failed", "cancelled", "undone"]},
        "options": _OPTIONS,
        "counts": _COUNTS,
        "error": {"type": ["object", "null"]},
        "job": {"anyOf": [_JOB, {"type": "null"}]},
        "errors": {"type": "array", "items": _ERROR},
        "columns": {"type": "array", "items": _COLUMN},
    },
    required=("id", "entity", "file", "state", "options", "counts", "error", "job", "errors"),
)
_UPLOAD = _object(
    {
        "entity": _TEXT,
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
        "options": {"type": "string", "contentMediaType": "application/json", "contentSchema": _OPTIONS},
    },
    required=("entity", "file"),
)
_EXPORT = _object(
    {
        "entity": _TEXT,
        "filter": {"type": "object"},
        "sort": _TEXT,
        "fields": _TEXT,
        "search": _TEXT,
        "list": _TEXT,
        "format": {"enum": ["xlsx", "csv"]},
    },
    required=("entity",),
)
_EXPORTED = {**_JOB, "properties": {**_JOB["properties"], "result": {"type": ["object", "null"]}}}

UPLOAD = Shape(body=_UPLOAD, takes="multipart/form-data", answer=_IMPORT, status=201)
SHOW = Shape(answer=_IMPORT)
APPLY = Shape(body=_OPTIONS, needs_body=False, answer=_IMPORT, status=202)
CANCEL = Shape(answer=_IMPORT)
UNDO = Shape(answer=_IMPORT, status=202)
WORKBOOK = Shape(gives=XLSX)
EXPORT = Shape(body=_EXPORT, answer=_object({"id": _NUMBER, "state": _TEXT}), status=202)
EXPORTED = Shape(answer=_EXPORTED)
FILE = Shape(gives="application/octet-stream")
