"""The API described by itself (OpenAPI 3.1), as far as the caller may use it: nothing else is in it.

Addresses come from the routing table, their words from the handlers' docstrings, records from the catalog as the
caller sees it. An address is therefore described because it is served, and cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ...metadata.model import Field
from ...metadata.wording import text_of
from ...rbac.access import EntityAccess
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from .me import usable_entities
from .records import CONFIRM
from .table import PREFIX, Shape, at

Json = dict[str, Any]

NEEDS = {
    ("POST", "/records/{entity}"): "create",
    ("PATCH", "/records/{entity}/{id}"): "edit",
    ("DELETE", "/records/{entity}/{id}"): "delete",
    ("POST", "/records/{entity}/batch"): "batch_edit",
    ("GET", "/excel-templates/{entity}"): "import",
}
"""What an address asks for beyond seeing the entity."""

FOR_ADMINISTRATORS = ("/metadata", "/packages", "/explain")
WITH_ANY = {"/imports": "import", "/exports": "export"}
"""Addresses for those who may do the operation with some entity."""

CONFIRMING = (
    "keys of rules, comma-separated, whose warnings are accepted: write the same again with the `rule` of each"
)
WARNED = (
    "A conflict with what others saved; or, with the code `confirm_required`, rules warn: `warnings` lists them"
)
NUMBERS = frozenset({"id", "number"})
LISTING = {
    "filter": "a Condition as JSON",
    "sort": "field keys, comma-separated; a leading - descends",
    "fields": "field keys or dotted paths, comma-separated",
    "search": "words to find",
    "limit": "1 to 500, default 50",
    "after": "the cursor `next` of the page before",
    "count": "none, capped or exact",
    "deleted": "1 for the bin",
}


def openapi(ctx: Context, call: Call) -> Response:
    """This description."""
    call.query.only()
    return json_answer(describe(ctx))


def describe(ctx: Context) -> Json:
    """The description for the caller."""
    entities = usable_entities(ctx)
    paths: Json = {}
    for path, method, operation in _operations(ctx, entities):
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Formloom", "version": _version()},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {"problem": PROBLEM, **_schemas(ctx, entities)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _version() -> str:
    try:
        return version("formloom")
    except PackageNotFoundError:
        return "0"


def _operations(ctx: Context, entities: list[str]) -> Iterator[tuple[str, str, Json]]:
    """(path, method, operation) of everything the caller may use."""
    for route in api_routes(ctx):
        path = route.path.removeprefix(PREFIX)
        method = next(iter((route.methods or set()) - {"HEAD"}))
        if "{entity}" not in path:
            if _is_open(ctx, path):
                yield path, method.lower(), _operation(route, path, method, None)
            continue
        for key in entities:
            if _may_use(ctx.access.entity(key), method, path):
                operation = _operation(route, path, method, key)
                yield path.replace("{entity}", key), method.lower(), operation


def api_routes(ctx: Context) -> list[Route]:
    """All addresses of the API, those that other packages added too."""
    assert ctx.site is not None
    return [route for route in ctx.site.routes if isinstance(route, Route) and route.path.startswith(PREFIX)]


def _is_open(ctx: Context, path: str) -> bool:
    if path.startswith(FOR_ADMINISTRATORS):
        return ctx.access.administrator
    for start, operation in WITH_ANY.items():
        if path.startswith(start):
            return any(ctx.access.may(key, operation) for key in ctx.catalog.entities)
    return True


def _may_use(rights: EntityAccess, method: str, path: str) -> bool:
    needed = NEEDS.get((method, path), "view")
    return rights.may(needed) or (path.endswith("/batch") and rights.may("delete"))


def _operation(route: Route, path: str, method: str, entity: str | None) -> Json:
    words = (route.endpoint.declared.handler.__doc__ or "").strip()  # type: ignore[attr-defined]
    name = re.sub(r"\W+", "_", path.replace("{entity}", entity or "")).strip("_")
    operation: Json = {
        "operationId": f"{method.lower()}_{name}",
        "summary": words.partition("\n")[0],
        "parameters": [_place(name) for name in re.findall(r"{(\w+)}", path) if name != "entity"],
        "responses": {"200": {"description": "OK"}, "default": {"$ref": "#/components/responses/problem"}},
    }
    operation["responses"]["default"] = {
        "description": "Refused",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
    }
    shape: Shape | None = getattr(route.endpoint, "shape", None)
    if entity is not None:
        operation["tags"] = [entity]
        _describe_record_call(operation, path, method, entity)
    if shape is not None:
        _describe_shape(operation, shape)
    elif entity is None and method in ("POST", "PUT"):
        operation["requestBody"] = _body({"type": "object"}, required=False)
    return operation


def _describe_shape(operation: Json, shape: Shape) -> None:
    """Add what the address itself declares."""
    if shape.body is not None:
        content = {shape.takes: {"schema": dict(shape.body)}}
        operation["requestBody"] = {"required": shape.needs_body, "content": content}
    schema = dict(shape.answer) if shape.answer is not None else {}
    success = {"description": "OK", "content": {shape.gives: {"schema": schema}}}
    operation["responses"] = {str(shape.status): success, "default": operation["responses"]["default"]}


def _place(name: str) -> Json:
    kind = {"type": "integer", "minimum": 1} if name in NUMBERS else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": kind}


def _describe_record_call(operation: Json, path: str, method: str, entity: str) -> None:
    """Add what a call on records takes and gives."""
    record = {"$ref": f"#/components/schemas/{entity}"}
    match method, path:
        case "GET", "/records/{entity}":
            operation["parameters"] += [_parameter(name, text) for name, text in LISTING.items()]
            operation["responses"]["200"] = _answer(_page_of(record))
        case "POST", "/records/{entity}":
            new = {"$ref": f"#/components/schemas/{entity}.create"}
            several = {"type": "object", "properties": {"items": {"type": "array", "items": new}}}
            operation["parameters"] += [_header(name, required=False) for name in ("Idempotency-Key", "Prefer")]
            operation["requestBody"] = _body({"anyOf": [new, several]})
            operation["responses"] = {"201": _answer(record), "default": operation["responses"]["default"]}
            _describe_confirming(operation)
        case "GET", "/records/{entity}/{id}":
            operation["parameters"].append(_parameter("fields", LISTING["fields"]))
            operation["responses"]["200"] = _answer(record)
        case "PATCH", _:
            operation["parameters"] += [_header("If-Match", required=False), _header("Prefer", required=False)]
            operation["requestBody"] = _body({"$ref": f"#/components/schemas/{entity}.change"})
            operation["responses"]["200"] = _answer(record)
            operation["responses"]["204"] = {"description": "Done, with `Prefer: return=minimal`"}
            _describe_confirming(operation)
        case "DELETE", _:
            operation["parameters"].append(_header("If-Match", required=False))
            done = {"204": {"description": "In the bin"}}
            operation["responses"] = {**done, "default": operation["responses"]["default"]}
        case "POST", "/records/{entity}/aggregate":
            operation["requestBody"] = _body(AGGREGATE)
        case "POST", "/records/{entity}/batch":
            operation["requestBody"] = _body(BATCH)
            _describe_confirming(operation)


def _describe_confirming(operation: Json) -> None:
    """Add how warnings of rules are accepted."""
    operation["parameters"].append(_parameter(CONFIRM, CONFIRMING))
    refused = operation["responses"]["default"]["content"]
    operation["responses"]["409"] = {"description": WARNED, "content": refused}


def _page_of(record: Json) -> Json:
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": record},
            "next": {"type": ["string", "null"]},
            "count": {"type": ["integer", "null"]},
            "count_capped": {"type": "boolean"},
        },
        "required": ["items", "next"],
    }


def _parameter(name: str, text: str) -> Json:
    return {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}


def _header(name: str, *, required: bool) -> Json:
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}


def _body(schema: Json, *, required: bool = True) -> Json:
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def _answer(schema: Json) -> Json:
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _schemas(ctx: Context, entities: list[str]) -> Json:
    """The records' schemas: as read, as created, as changed."""
    shown = [key for key in ctx.access.entities() if key not in entities]
    found: Json = {}
    for key in [*entities, *shown]:
        rights = ctx.access.entity(key)
        readable = [name for name in rights.entity.all_fields if name in rights.readable]
        found[key] = _object(ctx, rights, readable, "read")
        if rights.may("create"):
            names = [name for name in rights.entity.fields if name in rights.creatable]
            found[f"{key}.create"] = _object(ctx, rights, names, "create")
        if rights.may("edit"):
            names = [name for name in rights.entity.fields if name in rights.writable]
            change = _object(ctx, rights, names, "change")
            change["properties"]["rev"] = {"type": "integer", "minimum": 1}
            found[f"{key}.change"] = change
    return found


def _object(ctx: Context, rights: EntityAccess, names: list[str], purpose: str) -> Json:
    properties = {name: _property(ctx, rights, rights.entity.all_fields[name], purpose) for name in names}
    schema: Json = {"type": "object", "title": rights.entity.text(ctx.lang), "properties": properties}
    if purpose != "read":
        schema["additionalProperties"] = False
    if purpose == "create":
        required = [name for name in names if _must_be_given(rights.entity.all_fields[name])]
        if required:
            schema["required"] = required
    return schema


def _must_be_given(field: Field) -> bool:
    return field.required and field.default is None and field.default_formula is None


def _property(ctx: Context, rights: EntityAccess, field: Field, purpose: str) -> Json:
    child = field.option("target") if field in ctx.catalog.children[rights.entity.key] else None
    if child is not None:
        schema: Json = {"type": "array", "items": _child(ctx, child)}
    else:
        schema = {"anyOf": [field.behaviour.json_schema(field), {"type": "null"}]}
    schema["title"] = field.text(ctx.lang)
    if field.help:
        schema["description"] = text_of(field.help, ctx.lang)
    if purpose == "read" and field.key not in rights.writable and field.key not in rights.creatable:
        schema["readOnly"] = True
    return schema


def _child(ctx: Context, key: str) -> Json:
    return {"$ref": f"#/components/schemas/{key}"} if key in ctx.access.entities() else {"type": "object"}


PROBLEM: Json = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "warnings": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "rule": {"type": "string"},
                    "message": {"type": "string"},
                    "fields": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
}
AGGREGATE: Json = {
    "type": "object",
    "properties": {
        "group_by": {"type": "array", "maxItems": 4},
        "measures": {"type": "array", "maxItems": 12},
        "filter": {"type": ["object", "null"]},
        "sort": {"type": "string"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
    "additionalProperties": False,
}
BATCH: Json = {
    "type": "object",
    "properties": {
        "op": {"enum": ["update", "delete", "assign", "restore"]},
        "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 1000},
        "filter": {"type": "object"},
        "values": {"type": "object"},
        "mode": {"enum": ["all", "each"]},
    },
    "required": ["op"],
    "additionalProperties": False,
}

routes = [at("GET", "/openapi.json", openapi)]
