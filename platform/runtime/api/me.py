"""Who am I, what may I, and why."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ...metadata.errors import InvalidInput
from ...rbac.access import EntityAccess
from ...rbac.explain import explain
from ...rbac.grants import OPERATIONS
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from .table import at, require_administrator


def me(ctx: Context, call: Call) -> Response:
    """The caller and the entities he may use."""
    call.query.only()
    actor = ctx.actor
    return json_answer(
        {
            "id": actor.id,
            "login": actor.login,
            "name": actor.name,
            "roles": list(actor.roles),
            "department": actor.department,
            "language": actor.lang,
            "time_zone": actor.zone,
            "administrator": ctx.access.administrator,
            "entities": [_entity(ctx, key) for key in usable_entities(ctx)],
        }
    )


def usable_entities(ctx: Context) -> list[str]:
    """Keys of the entities with an address of their own that the caller may view or add to."""
    return [
        key
        for key, entity in ctx.catalog.entities.items()
        if entity.parent is None and (ctx.access.may(key, "view") or ctx.access.may(key, "create"))
    ]


def _entity(ctx: Context, key: str) -> dict[str, Any]:
    entity = ctx.catalog.entity(key)
    return {"key": key, "label": entity.text(ctx.lang), "plural": entity.text(ctx.lang, plural=True)}


def my_access(ctx: Context, call: Call) -> Response:
    """What the caller may do with an entity: operations on at least some rows, and field by field."""
    call.query.only()
    rights = ctx.access.entity(call.path["entity"])
    return json_answer(
        {
            "entity": rights.entity.key,
            "operations": {op: rights.may(op) for op in OPERATIONS if rights.may(op)},
            "fields": {key: _right(rights, key) for key in rights.entity.all_fields if _right(rights, key)},
        }
    )


def _right(rights: EntityAccess, key: str) -> str:
    if key in rights.writable:
        return "edit"
    if key in rights.readable:
        return "view"
    return "create" if key in rights.creatable else ""


def explain_access(ctx: Context, call: Call) -> Response:
    """Why somebody may or may not: which grants decide on an entity, a field of it, a record of it."""
    require_administrator(ctx)
    call.query.only("login", "entity", "field", "id")
    login, entity = call.query.one("login"), call.query.one("entity")
    if not login or not entity:
        raise InvalidInput("bad_parameter", name="entity" if login else "login")
    field, record = call.query.one("field") or None, call.query.number("id", 0) or None
    found = explain(ctx.conn, ctx.catalog, login, entity, field=field, record=record)
    return json_answer(found.as_json(ctx.lang))


routes = [
    at("GET", "/me", me),
    at("GET", "/me/access/{entity}", my_access),
    at("GET", "/explain", explain_access),
]
