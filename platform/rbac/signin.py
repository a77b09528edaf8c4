"""Signing in by name and password, with a limit on failures.

Wrong password, unknown, disabled and queue accounts get the same answer in the same time. The password is checked
outside any transaction, because that is slow on purpose; the attempt is written down before, so that many at once
do not slip under the limit.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata.database import Database
from ..metadata.errors import Unauthenticated
from . import sessions
from .accounts import LONGEST_LOGIN
from .failures import RateLimited
from .logins import canonical
from .passwords import hash_password, is_outdated, matches
from .tables import insert, login_attempts, users

WINDOW = timedelta(minutes=15)
ALLOWED_FAILURES = 5
"""Failures within WINDOW that are answered plainly, per account and per address; the next one locks both."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Where an attempt comes from."""

    address: str = ""
    user_agent: str = ""

    @property
    def neighbourhood(self) -> str:
        """The address as failures are counted: an IPv6 network is one place, as anyone has all of it."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address[:64]
        if address.version == 4:
            return str(address)
        return str(ipaddress.ip_network((address, 64), strict=False))


@dataclass(frozen=True, slots=True)
class _Attempt:
    failures: int
    retry_after: int

    @property
    def limit(self) -> RateLimited:
        return RateLimited(self.retry_after)


def sign_in(
    database: Database,
    login: str,
    password: str,
    caller: Caller,
    *,
    lifetime: timedelta = sessions.LIFETIME,
    now: datetime | None = None,
) -> str:
    """The secret of a new session. Uses transactions of its own: call it while holding none that writes.

    Raises Unauthenticated `bad_login`, RateLimited, InvalidInput for a password that is too long.
    """
    now = now or datetime.now(UTC)
    account = _account(login)
    attempt = _begin(database, account, caller, now)
    if attempt.failures > ALLOWED_FAILURES:
        raise attempt.limit
    with database.reading() as conn:
        row = conn.execute(sa.select(users).where(users.c.login == account)).mappings().first()
    stored: str | None = row["password_hash"] if row is not None else None
    right = matches(stored, password)
    if row is None or stored is None or not right or not row["is_active"] or row["kind"] == "queue":
        raise attempt.limit if attempt.failures == ALLOWED_FAILURES else Unauthenticated("bad_login")
    rehashed = hash_password(password, shortest=0) if is_outdated(stored) else stored
    with database.writing() as conn:
        _forget(conn, account)
        changed = conn.execute(
            sa.update(users)
            .where(users.c.id == row["id"], users.c.is_active, users.c.password_hash == stored)
            .values(last_login_at=now, password_hash=rehashed)
        )
        if changed.rowcount != 1:
            raise Unauthenticated("bad_login")
        return sessions.start(
            conn,
            row["id"],
            user_agent=caller.user_agent,
            address=caller.address,
            lifetime=lifetime,
            now=now,
        )


def _account(login: str) -> str:
    """The login as failures are counted; what cannot be one is shortened by its hash."""
    name = canonical(login[:1_000])
    return name if len(name) <= LONGEST_LOGIN else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _begin(database: Database, account: str, caller: Caller, now: datetime) -> _Attempt:
    """Write the attempt down as failed, unless there were too many; it is forgotten when it succeeds."""
    attempts = login_attempts
    with database.writing() as conn:
        conn.execute(sa.delete(attempts).where(attempts.c.at <= now - WINDOW))
        failures, first = 0, now
        for column, value in ((attempts.c.account, account), (attempts.c.address, caller.neighbourhood)):
            count, oldest = conn.execute(
                sa.select(sa.func.count(), sa.func.min(attempts.c.at)).where(column == value)
            ).one()
            if count > failures:
                failures, first = count, oldest
        retry_after = max(1, int((first + WINDOW - now).total_seconds()))
        if failures > ALLOWED_FAILURES:
            return _Attempt(failures, retry_after)
        values = {"account": account, "address": caller.neighbourhood, "at": now}
        insert(conn, attempts, values)
        return _Attempt(failures, retry_after)


def _forget(conn: Connection, account: str) -> None:
    conn.execute(sa.delete(login_attempts).where(login_attempts.c.account == account))
