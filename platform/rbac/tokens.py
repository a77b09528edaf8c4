"""API tokens: `Authorization: Bearer fl_…`. Stored is only the hash; the secret is shown once.

A token can do at most what its owner can at that moment, and less when its scope says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata.apply import on_rename
from ..metadata.catalog import Catalog
from ..metadata.database import Database
from ..metadata.errors import NotFound
from ..metadata.renaming import Renames
from ..metadata.uses import Stored, collector
from .actor import TokenLimit, load_actor
from .failures import refused
from .sessions import TOUCH_AFTER, SignedIn, fingerprint, versions
from .tables import insert, tokens, users

PREFIX = "fl_"
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be made. `scope` as in `parse_limit`; without `expires_at` it lasts until it is revoked."""

    name: str
    scope: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


def create(
    conn: Connection, user_id: int, new: NewToken, catalog: Catalog, *, now: datetime | None = None
) -> tuple[int, str]:
    """(id, secret) of a new token of the user. Raises NotFound, InvalidInput."""
    now = now or datetime.now(UTC)
    parse_limit(new.scope, catalog)
    name = new.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise refused("name", "too_long" if name else "required", max=LONGEST_NAME)
    if new.expires_at is not None and new.expires_at <= now:
        raise refused("expires_at", "in_the_past")
    if conn.scalar(sa.select(users.c.id).where(users.c.id == user_id, users.c.is_active)) is None:
        raise NotFound()
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {
        "user_id": user_id,
        "name": name,
        "token_hash": fingerprint(secret),
        "scope": dict(new.scope),
        "created_at": now,
        "expires_at": new.expires_at,
    }
    return insert(conn, tokens, values), secret


def parse_limit(scope: Mapping[str, Any], catalog: Catalog | None = None) -> TokenLimit | None:
    """The limit of a scope `{"read_only": bool, "entities": [keys]}`; None when it limits nothing.

    Raises InvalidInput for anything else, and for entities `catalog` does not have.
    """
    entities = scope.get("entities")
    read_only = scope.get("read_only", False)
    understood = entities is None or (isinstance(entities, list) and all(isinstance(e, str) for e in entities))
    if scope.keys() - {"read_only", "entities"} or not isinstance(read_only, bool) or not understood:
        raise refused("scope", "token_scope")
    if catalog is not None and not catalog.entities.keys() >= set(entities or ()):
        raise refused("scope", "token_scope")
    if not read_only and entities is None:
        return None
    return TokenLimit(read_only, None if entities is None else frozenset(entities))


def _find(*, hold: bool) -> sa.Select[Any]:
    """The SELECT of `load`, built once: every request of a program runs it."""
    policy, catalog = versions(hold=hold)
    return (
        sa.select(tokens.c.token_hash, tokens.c.user_id, tokens.c.scope, tokens.c.last_used_at, policy, catalog)
        .join(users, users.c.id == tokens.c.user_id)
        .where(tokens.c.token_hash == sa.bindparam("fingerprint"), tokens.c.revoked_at.is_(None))
        .where(users.c.is_active, users.c.kind != "queue")
        .where(sa.or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > sa.bindparam("now")))
    )


_FIND = {hold: _find(hold=hold) for hold in (False, True)}


def load(conn: Connection, secret: str, *, now: datetime | None = None, hold: bool = False) -> SignedIn | None:
    """Whose token this is; None when it is unknown, expired, revoked, or its owner disabled."""
    if not secret.startswith(PREFIX):
        return None
    now = now or datetime.now(UTC)
    row = conn.execute(_FIND[hold], {"fingerprint": fingerprint(secret), "now": now}).first()
    if row is None:
        return None
    actor = load_actor(conn, row.user_id, row.policy_version)
    if actor is None:
        return None
    return SignedIn(
        actor=replace(actor, limit=parse_limit(row.scope)),
        key=row.token_hash,
        catalog_version=row.catalog_version,
        touch_due=row.last_used_at is None or now - row.last_used_at > TOUCH_AFTER,
    )


def touch(database: Database, key: str, *, now: datetime | None = None) -> None:
    """Note that the token is in use, in a transaction of its own."""
    with database.writing() as conn:
        conn.execute(
            sa.update(tokens).where(tokens.c.token_hash == key).values(last_used_at=now or datetime.now(UTC))
        )


@collector
def limited(conn: Connection, catalog: Catalog) -> Iterator[Stored]:
    """Tokens that are limited to some entities. Queries: 1."""
    chosen = sa.select(tokens.c.id, tokens.c.name, tokens.c.scope).where(tokens.c.revoked_at.is_(None))
    for row in conn.execute(chosen.order_by(tokens.c.id)):
        for entity in row.scope.get("entities") or ():
            yield Stored("token", str(row.id), row.name, entity, frozenset({""}))


@on_rename
def follow(conn: Connection, renames: Renames) -> None:
    """Let tokens that are limited to an entity go on under its new key. Queries: 1, and 1 for each such token."""
    if not renames.entities:
        return
    for row in conn.execute(sa.select(tokens.c.id, tokens.c.scope)).all():
        named = row.scope.get("entities") or ()
        if renames.entities.keys() & set(named):
            scope = {**row.scope, "entities": [renames.entity(key) for key in named]}
            conn.execute(sa.update(tokens).where(tokens.c.id == row.id).values(scope=scope))


def revoke(conn: Connection, token_id: int, *, now: datetime | None = None, owner: int | None = None) -> None:
    """End a token, of `owner` only when given. Raises NotFound."""
    chosen = sa.update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    if owner is not None:
        chosen = chosen.where(tokens.c.user_id == owner)
    if conn.execute(chosen.values(revoked_at=now or datetime.now(UTC))).rowcount != 1:
        raise NotFound()
