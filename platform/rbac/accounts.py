"""User accounts: made, changed, disabled, given roles and passwords.

Every change moves the policy version first. That makes cached decisions stale, and, being a write to one row, lets
only one transaction at a time judge who the last administrator is. Nothing here asks who is calling: the caller
has required an administrator.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata.catalog import Catalog
from ..metadata.effects import Effect, guard
from ..metadata.errors import Conflict, NotFound, UnknownField
from ..metadata.wording import LANGUAGES
from . import sessions
from .failures import ReauthenticationRequired, refused
from .logins import IMPOSSIBLE, canonical
from .passwords import SHORTEST, hash_password, matches
from .tables import bump_policy, departments, insert, user_roles, users

LONGEST_LOGIN = 64
LONGEST_NAME = 120
KINDS = ("normal", "queue", "external")
"""`queue` accounts own records but nobody signs in with them; `external` ones belong to people outside."""

THEMES = ("auto", "light", "dark")
SETTINGS = frozenset({"name", "email", "phone", "lang", "zone", "theme"})
"""What people may change about themselves."""

_CHANGEABLE = SETTINGS | {"department_id", "superior_id", "kind", "is_active", "must_change_password"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """An account to be made. Department by key, superior by login; without a password nobody can sign in."""

    login: str
    name: str
    password: str | None = None
    department: str | None = None
    superior: str | None = None
    roles: tuple[str, ...] = ()
    email: str | None = None
    phone: str | None = None
    lang: str = "zh"
    zone: str = "Asia/Shanghai"
    kind: str = "normal"
    must_change_password: bool = False


def create(
    conn: Connection,
    new: NewUser,
    catalog: Catalog,
    *,
    shortest_password: int = SHORTEST,
    now: datetime | None = None,
) -> int:
    """The id of a new account. Raises InvalidInput, Conflict `login_taken`."""
    login = _checked_login(new.login)
    values = {
        "login": login,
        "name": new.name,
        "department_id": _department(conn, new.department),
        "superior_id": _superior(conn, new.superior),
        "email": new.email,
        "phone": new.phone,
        "lang": new.lang,
        "zone": new.zone,
        "kind": new.kind,
        "must_change_password": new.must_change_password,
        "created_at": now or datetime.now(UTC),
    }
    _check(values)
    roles = _checked_roles(new.roles, catalog)
    if new.password is not None:
        values["password_hash"] = hash_password(new.password, shortest=shortest_password)
    bump_policy(conn)
    if conn.scalar(sa.select(users.c.id).where(users.c.login == login)) is not None:
        raise Conflict("login_taken")
    user_id = insert(conn, users, values)
    _store_roles(conn, user_id, roles)
    return user_id


def update(conn: Connection, user_id: int, changes: Mapping[str, Any], catalog: Catalog) -> None:
    """Change columns of an account. Raises NotFound, InvalidInput, Conflict `last_admin`."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise UnknownField(min(unknown))
    _check(changes)
    _check_references(conn, user_id, changes)
    with _KeepingAnAdministrator(conn, catalog):
        found = conn.execute(sa.update(users).where(users.c.id == user_id).values(dict(changes)))
        if found.rowcount != 1:
            raise NotFound()
    if changes.get("is_active") is False or changes.get("kind") == "queue":
        sessions.revoke_all(conn, user_id)


def disable(conn: Connection, user_id: int, catalog: Catalog) -> None:
    """Let nobody sign in with the account any more, and end its sessions. Raises Conflict `last_admin`."""
    update(conn, user_id, {"is_active": False}, catalog)


def set_roles(conn: Connection, user_id: int, roles: Collection[str], catalog: Catalog) -> None:
    """Give the account exactly these roles. Raises NotFound, InvalidInput, Conflict `last_admin`."""
    checked = _checked_roles(roles, catalog)
    with _KeepingAnAdministrator(conn, catalog):
        if conn.scalar(sa.select(users.c.id).where(users.c.id == user_id)) is None:
            raise NotFound()
        conn.execute(sa.delete(user_roles).where(user_roles.c.user_id == user_id))
        _store_roles(conn, user_id, checked)


def set_password(conn: Connection, user_id: int, password: str, *, must_change: bool = False) -> None:
    """Set the password and end all sessions of the account. Raises NotFound, InvalidInput."""
    values = {"password_hash": hash_password(password), "must_change_password": must_change}
    if conn.execute(sa.update(users).where(users.c.id == user_id).values(values)).rowcount != 1:
        raise NotFound()
    sessions.revoke_all(conn, user_id)


def change_own_password(conn: Connection, user_id: int, current: str, password: str) -> None:
    """As `set_password`, by the owner. Raises ReauthenticationRequired when `current` is wrong."""
    require_password(conn, user_id, current)
    set_password(conn, user_id, password)


def change_own_settings(
    conn: Connection, user_id: int, changes: Mapping[str, Any], catalog: Catalog, *, current: str = ""
) -> None:
    """Change what people may change about themselves; a new e-mail address needs the current password."""
    unknown = changes.keys() - SETTINGS
    if unknown:
        raise UnknownField(min(unknown))
    if "email" in changes:
        known = conn.scalar(sa.select(users.c.email).where(users.c.id == user_id))
        if changes["email"] != known:
            require_password(conn, user_id, current)
    update(conn, user_id, changes, catalog)


def require_password(conn: Connection, user_id: int, password: str) -> None:
    """Nothing, when it is the account's. Raises ReauthenticationRequired."""
    stored = conn.scalar(sa.select(users.c.password_hash).where(users.c.id == user_id))
    if not matches(stored, password):
        raise ReauthenticationRequired()


def find(conn: Connection, login: str) -> int:
    """The id of the account with this login. Raises NotFound."""
    found = conn.scalar(sa.select(users.c.id).where(users.c.login == canonical(login)))
    if found is None:
        raise NotFound()
    return int(found)


def administrator_roles(catalog: Catalog) -> frozenset[str]:
    """Roles whose people may do everything, directly or by including such a role."""
    found = {key for key, role in catalog.roles.items() if role.administrator}
    grown = True
    while grown:
        more = {
            key for key, role in catalog.roles.items() if key not in found and found.intersection(role.includes)
        }
        found |= more
        grown = bool(more)
    return frozenset(found)


@guard
def keep_an_administrator(conn: Connection, current: Catalog, desired: Catalog) -> Iterator[Effect]:
    """A refusal of documents after which nobody would administer. Queries: 0 while the roles stay, else 2."""
    if administrator_roles(current) <= administrator_roles(desired):
        return
    if administrators(conn, current) and not administrators(conn, desired):
        yield Effect("refuse", "last_admin", "", None, 1)


def administrators(conn: Connection, catalog: Catalog) -> int:
    """How many active people may do everything. Queries: 1."""
    query = (
        sa.select(sa.func.count(sa.distinct(users.c.id)))
        .join(user_roles, user_roles.c.user_id == users.c.id)
        .where(users.c.is_active, users.c.kind == "normal")
        .where(user_roles.c.role_key.in_(sorted(administrator_roles(catalog))))
    )
    return int(conn.execute(query).scalar_one())


class _KeepingAnAdministrator:
    """Around a change: refuses it with `last_admin` when nobody could undo it."""

    def __init__(self, conn: Connection, catalog: Catalog) -> None:
        self.conn = conn
        self.catalog = catalog

    def __enter__(self) -> None:
        bump_policy(self.conn)
        self.before = administrators(self.conn, self.catalog)

    def __exit__(self, kind: object, *error: object) -> None:
        if kind is None and self.before and not administrators(self.conn, self.catalog):
            raise Conflict("last_admin")


def _store_roles(conn: Connection, user_id: int, roles: Iterable[str]) -> None:
    rows = [{"user_id": user_id, "role_key": role} for role in roles]
    if rows:
        conn.execute(sa.insert(user_roles), rows)


def _checked_login(raw: str) -> str:
    login = canonical(raw)
    if not login:
        raise refused("login", "required")
    if len(login) > LONGEST_LOGIN:
        raise refused("login", "too_long", max=LONGEST_LOGIN)
    if any(c == IMPOSSIBLE or unicodedata.category(c)[0] in "CZ" for c in login):
        raise refused("login", "login_characters")
    return login


def _checked_roles(roles: Collection[str], catalog: Catalog) -> list[str]:
    for role in roles:
        if role not in catalog.roles:
            raise refused("roles", "unknown_option", value=str(role)[:80])
    return sorted(set(roles))


def _check(values: Mapping[str, Any]) -> None:
    """Raises InvalidInput for the first value of a column that cannot be."""
    name = values.get("name", "x")
    if not isinstance(name, str) or not name.strip():
        raise refused("name", "required")
    for key in ("name", "email", "phone"):
        text = values.get(key) or ""
        if len(text) > LONGEST_NAME:
            raise refused(key, "too_long", max=LONGEST_NAME)
        if any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
            raise refused(key, "bad_character")
    choices = {"lang": LANGUAGES, "kind": KINDS, "theme": THEMES}
    for key, allowed in choices.items():
        if key in values and values[key] not in allowed:
            raise refused(key, "unknown_option", value=str(values[key])[:80])
    if "zone" in values and values["zone"] not in available_timezones():
        raise refused("zone", "unknown_option", value=str(values["zone"])[:80])


def _check_references(conn: Connection, user_id: int, changes: Mapping[str, Any]) -> None:
    for key, table in (("department_id", departments), ("superior_id", users)):
        target = changes.get(key)
        if target is not None and conn.scalar(sa.select(table.c.id).where(table.c.id == target)) is None:
            raise refused(key, "not_a_reference")
    if changes.get("superior_id") == user_id:
        raise refused("superior_id", "own_superior")


def _department(conn: Connection, key: str | None) -> int | None:
    if key is None:
        return None
    found = conn.scalar(sa.select(departments.c.id).where(departments.c.key == key))
    if found is None:
        raise refused("department", "not_a_reference")
    return int(found)


def _superior(conn: Connection, login: str | None) -> int | None:
    if login is None:
        return None
    found = conn.scalar(sa.select(users.c.id).where(users.c.login == canonical(login)))
    if found is None:
        raise refused("superior", "not_a_reference")
    return int(found)
