"""Search over everything the reader may view, for the command palette."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from ..http.serve import api
from ..records import Records
from ..records.listquery import searched_fields
from ..records.listrequest import ListRequest
from ..shell import ENTITY_ICON
from .pick import hit_of, note_fields, title_fields

HITS_PER_ENTITY = 5
LONGEST = 100


def search(ctx: Context, call: Call) -> Response:
    """JSON {groups: [{label, icon, hits: [{id, title, note, href}]}]}. Queries: 1 for each searchable entity."""
    text = call.query.one("q").strip()[:LONGEST]
    groups = [group for key in ctx.access.entities() if text and (group := _search_entity(ctx, key, text))]
    return json_answer({"groups": groups})


def _search_entity(ctx: Context, entity: str, text: str) -> dict[str, Any] | None:
    model = ctx.catalog.entity(entity)
    if model.parent is not None or not searched_fields(ctx, entity):
        return None
    noted = note_fields(ctx, entity)
    columns = (*title_fields(ctx, entity), *noted)
    found = Records(ctx).list(ListRequest(entity, columns, search=text, limit=HITS_PER_ENTITY))
    if not found.items:
        return None
    hits = [hit_of(ctx, entity, record, noted) for record in found.items]
    return {
        "label": model.text(ctx.lang, plural=True),
        "icon": model.icon or ENTITY_ICON,
        "hits": [{**hit, "href": f"/e/{entity}/{hit['id']}"} for hit in hits],
    }


routes = [Route("/search", api(search))]
