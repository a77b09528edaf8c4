"""What inputs suggest while one types: words used before, and the regions of China. JSON."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice

import orjson
import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from ...metadata import conditions
from ...metadata.errors import UnknownField
from ...metadata.model import fold
from ...metadata.regions import regions
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call
from ..http.serve import api

MOST_WORDS = 20
LATEST_ROWS = 500
"""Records whose words are suggested: of those that hold any, the newest."""

A_DAY = 86_400


def suggest_words(ctx: Context, call: Call) -> Response:
    """Words that records the reader sees hold in a field, the most used first. Queries: 1."""
    rights = ctx.access.entity(call.path["entity"])
    rights.require("view")
    field = rights.field(call.path["field"])
    if field.behaviour.widget(field).kind != "tags":
        raise UnknownField(field.key)
    text = call.query.one("q").strip()[:100]
    used: dict[str, int] = {}
    for words in ctx.conn.scalars(_latest(ctx, rights.entity.key, field.key, text)):
        for word in words:
            used[word] = used.get(word, 0) + 1
    fitting = (word for word in sorted(used, key=lambda word: -used[word]) if fold(text) in fold(word))
    return json_answer({"items": list(islice(fitting, MOST_WORDS))})


def _latest(ctx: Context, entity: str, key: str, text: str) -> sa.Select[tuple[tuple[str, ...]]]:
    source = ctx.access.entity(entity).select()
    column = source.column(key)
    chosen = sa.select(column).select_from(source.from_).where(column.is_not(None))
    if text:
        raw = {"field": key, "op": "contains", "value": text}
        condition = conditions.parse(raw, ctx.catalog.entity(entity), ctx.catalog)
        chosen = chosen.where(conditions.clause(condition, source, ctx.env))
    return chosen.order_by(source.column("id").desc()).limit(LATEST_ROWS)


def list_regions(ctx: Context, call: Call) -> Response:
    """All regions, code and name in one text each: the same for everybody. Queries: 0."""
    headers = {"Cache-Control": f"private, max-age={A_DAY}"}
    return Response(_regions(), media_type="application/json", headers=headers)


@lru_cache(maxsize=1)
def _regions() -> bytes:
    return orjson.dumps({"regions": [code + name for code, name in regions().items()]})


routes = [
    Route("/pick/words/{entity}/{field}", api(suggest_words)),
    Route("/regions", api(list_regions)),
]
