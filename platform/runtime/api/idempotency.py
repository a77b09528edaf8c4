"""`Idempotency-Key`: the same request sent twice is done once, and answered alike.

The key and the answer are kept in the transaction of the work itself, so that they exist exactly when it does. Two
at once wait for each other: the second finds the first's answer, or does the work when the first failed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from starlette.responses import Response

from ...metadata.columns import UtcDateTime, identifier, plain_text
from ...metadata.system_tables import register
from ..context import Context
from ..http.call import Call
from ..http.errors import BadRequest
from ..http.serve import Handler

HEADER = "idempotency-key"
LONGEST_KEY = 200
KEPT = timedelta(hours=24)

metadata = register(sa.MetaData())

answers = sa.Table(
    "fl_idempotency",
    metadata,
    sa.Column("actor", identifier(), primary_key=True, autoincrement=False),
    sa.Column("key", plain_text(), primary_key=True),
    sa.Column("request", sa.String(64), nullable=False),
    sa.Column("body", sa.LargeBinary),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_fl_idempotency_created", "created_at"),
)
"""`request` is a digest of address and body; a key serves one request only."""


Again = Callable[[Context, Call, bytes], Response]
"""Answers a request that was done before, from the body it was answered with then."""


def once(again: Again) -> Callable[[Handler], Handler]:
    """A decorator of handlers that do their work once per `Idempotency-Key`; without the header they just do it.

    A repeated request is answered by `again`, under the rights its sender has now.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def doing_once(ctx: Context, call: Call) -> Response:
            key = call.headers.get(HEADER)
            if key is None:
                return handler(ctx, call)
            if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
                raise BadRequest("idempotency_key")
            known = _claim(ctx, call, key)
            if known is not None:
                answer = again(ctx, call, known)
                answer.headers["idempotency-replayed"] = "true"
                return answer
            answer = handler(ctx, call)
            _keep(ctx, key, answer)
            return answer

        return doing_once

    return decorate


def _claim(ctx: Context, call: Call, key: str) -> bytes | None:
    """The body of the answer given before, or None when the work is now ours to do. Raises BadRequest for
    another request.
    """
    request = _digest(call)
    conn, now = ctx.conn, datetime.now(UTC)
    conn.execute(sa.delete(answers).where(answers.c.created_at < now - KEPT))
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    claim = insert(answers).values(actor=ctx.actor.id, key=key, request=request, created_at=now)
    claimed = conn.execute(claim.on_conflict_do_nothing().returning(answers.c.key))
    if claimed.first() is not None:
        return None
    row = conn.execute(_mine(sa.select(answers), ctx, key)).one()
    if row.request != request:
        raise BadRequest("idempotency_other", code="validation_failed", status=422)
    return bytes(row.body)


def _mine(statement: sa.Select[tuple[object, ...]], ctx: Context, key: str) -> sa.Select[tuple[object, ...]]:
    return statement.where(answers.c.actor == ctx.actor.id, answers.c.key == key)


def _keep(ctx: Context, key: str, answer: Response) -> None:
    ctx.conn.execute(
        sa.update(answers)
        .where(answers.c.actor == ctx.actor.id, answers.c.key == key)
        .values(body=bytes(answer.body))
    )


def _digest(call: Call) -> str:
    body = orjson.dumps(call.json, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(f"{call.method} {call.url}\n".encode() + body).hexdigest()
