"""Password hashes: argon2id with fixed parameters, a few at a time, and no faster for users that do not exist."""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from .failures import refused

MEMORY_KIB = 19_456
ROUNDS = 2
LONGEST_BYTES = 1_024
SHORTEST = 8
AT_ONCE = 2
"""Hashes computed at the same time; each takes MEMORY_KIB and one core for about a tenth of a second."""

_hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1, type=Type.ID)
_free = threading.BoundedSemaphore(AT_ONCE)


def hash_password(password: str, *, shortest: int = SHORTEST) -> str:
    """The hash to store; the password is taken verbatim. Raises InvalidInput when it is too short or too long."""
    encoded = password.encode("utf-8", "surrogatepass")
    if len(encoded) > LONGEST_BYTES:
        raise refused("password", "password_too_long", bytes=LONGEST_BYTES)
    if len(password) < shortest:
        raise refused("password", "password_too_short", length=shortest)
    with _free:
        return _hasher.hash(encoded)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the one stored; takes as long when there is none. Raises InvalidInput: too long."""
    encoded = password.encode("utf-8", "surrogatepass")
    if len(encoded) > LONGEST_BYTES:
        raise refused("password", "password_too_long", bytes=LONGEST_BYTES)
    try:
        with _free:
            return _hasher.verify(stored or _nobodys(), encoded) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    """A hash nobody's password matches, of the same cost as a real one."""
    return _hasher.hash(secrets.token_bytes(32))
