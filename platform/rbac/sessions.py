"""Sessions of signed-in people, kept on the server: what the browser holds is worth nothing once we forget it.

The cookie carries 256 random bits; stored is only their SHA-256. One SELECT finds the session, its user and the
two versions (policy and Catalog) that say whether what the process remembers is still true.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata.database import Database
from ..metadata.tables import state
from .actor import Actor, load_actor
from .tables import POLICY, sessions, users

IDLE = timedelta(hours=24)
LIFETIME = timedelta(days=7)
TOUCH_AFTER = timedelta(minutes=5)
"""How far behind `seen_at` may be: it is written once in a while, not by each request."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came, and what the process needs to know at once. `key` names the session or token among the stored."""

    actor: Actor
    key: str
    catalog_version: int
    csrf: str = ""
    must_change_password: bool = False
    touch_due: bool = False


def fingerprint(secret: str) -> str:
    """What is stored of a session's or token's secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def versions(*, hold: bool = False) -> tuple[sa.ColumnElement[int], sa.ColumnElement[int]]:
    """(policy version, Catalog version) as columns of another SELECT.

    With `hold` no changeset can finish until the transaction ends, where the database has locks of rows.
    """
    policy, catalog = (sa.select(state.c.version).where(state.c.name == name) for name in (POLICY, "catalog"))
    if hold:
        catalog = catalog.with_for_update(read=True)
    return policy.scalar_subquery().label(f"{POLICY}_version"), catalog.scalar_subquery().label("catalog_version")


def start(
    conn: Connection,
    user_id: int,
    *,
    user_agent: str = "",
    address: str = "",
    lifetime: timedelta = LIFETIME,
    now: datetime | None = None,
) -> str:
    """The secret of a new session. Old sessions of the browser are the caller's to end."""
    now = now or datetime.now(UTC)
    secret = secrets.token_urlsafe(32)
    conn.execute(
        sa.insert(sessions).values(
            token_hash=fingerprint(secret),
            user_id=user_id,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
            expires_at=now + lifetime,
            user_agent=user_agent[:300],
            address=address[:64],
        )
    )
    return secret


def _find(*, hold: bool) -> sa.Select[Any]:
    """The SELECT of `load`, built once: every request runs it."""
    policy, catalog = versions(hold=hold)
    return (
        sa.select(
            sessions.c.token_hash,
            sessions.c.user_id,
            sessions.c.csrf,
            sessions.c.seen_at,
            users.c.must_change_password,
            policy,
            catalog,
        )
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_hash == sa.bindparam("fingerprint"), users.c.is_active)
        .where(sessions.c.expires_at > sa.bindparam("now"), sessions.c.seen_at > sa.bindparam("idle_since"))
    )


_FIND = {hold: _find(hold=hold) for hold in (False, True)}


def load(conn: Connection, secret: str, *, now: datetime | None = None, hold: bool = False) -> SignedIn | None:
    """Who has this session; None when it is unknown, over, or its account disabled. `hold` as in `versions`.

    Queries: 1 while the policy version stands still, else 4 to 5.
    """
    now = now or datetime.now(UTC)
    row = conn.execute(
        _FIND[hold], {"fingerprint": fingerprint(secret), "now": now, "idle_since": now - IDLE}
    ).first()
    if row is None:
        return None
    actor = load_actor(conn, row.user_id, row.policy_version)
    if actor is None:
        return None
    return SignedIn(
        actor=actor,
        key=row.token_hash,
        catalog_version=row.catalog_version,
        csrf=row.csrf,
        must_change_password=row.must_change_password,
        touch_due=now - row.seen_at > TOUCH_AFTER,
    )


def touch(database: Database, key: str, *, now: datetime | None = None) -> None:
    """Note that the session is in use, in a transaction of its own; for `SignedIn.touch_due`."""
    with database.writing() as conn:
        conn.execute(
            sa.update(sessions).where(sessions.c.token_hash == key).values(seen_at=now or datetime.now(UTC))
        )


def revoke(conn: Connection, secret: str) -> None:
    """End one session: signing out."""
    conn.execute(sa.delete(sessions).where(sessions.c.token_hash == fingerprint(secret)))


def revoke_all(conn: Connection, user_id: int, *, but: str | None = None) -> None:
    """End all sessions of an account, but the one with the secret `but`."""
    chosen = sa.delete(sessions).where(sessions.c.user_id == user_id)
    if but is not None:
        chosen = chosen.where(sessions.c.token_hash != fingerprint(but))
    conn.execute(chosen)


def sweep(conn: Connection, *, now: datetime | None = None) -> None:
    """Forget sessions that are over."""
    now = now or datetime.now(UTC)
    conn.execute(sa.delete(sessions).where(sa.or_(sessions.c.expires_at <= now, sessions.c.seen_at <= now - IDLE)))
