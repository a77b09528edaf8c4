"""Who acts: a person with everything the decisions about him need, frozen.

An Actor is a value: two equal Actors have equal rights under one Catalog, so it is itself the key of cached
decisions. Loading one costs three statements and is remembered until the policy version moves.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from .tables import departments, user_roles, users

REMEMBERED_ACTORS = 2_000


@dataclass(frozen=True, slots=True)
class TokenLimit:
    """What an API token may at most do; `entities` None means all its owner may reach."""

    read_only: bool = False
    entities: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or the system itself (`id` 0).

    `department_path` holds department keys from the root down to the actor's own; `departments_below` the ids of
    his department and all below it; `subordinates` the ids of all who report to him, directly or not, without him.
    """

    id: int
    login: str
    name: str
    roles: tuple[str, ...] = ()
    department: int | None = None
    department_path: tuple[str, ...] = ()
    departments_below: tuple[int, ...] = ()
    subordinates: tuple[int, ...] = ()
    lang: str = "zh"
    zone: str = "Asia/Shanghai"
    theme: str = "auto"
    limit: TokenLimit | None = None


SYSTEM = Actor(id=0, login="system", name="Formloom")
"""Who acts when nobody does: jobs, packages, commands."""

_remembered: WeakKeyDictionary[Engine, OrderedDict[tuple[int, int], Actor]] = WeakKeyDictionary()
_lock = threading.Lock()


def load_actor(conn: Connection, user_id: int, policy_version: int) -> Actor | None:
    """The active user as Actor, or None. Queries: 0 when remembered for this policy version, else 3 to 4."""
    key = (user_id, policy_version)
    with _lock:
        known = _remembered.setdefault(conn.engine, OrderedDict())
        if key in known:
            known.move_to_end(key)
            return known[key]
    actor = _read_actor(conn, user_id)
    if actor is not None:
        with _lock:
            known[key] = actor
            while len(known) > REMEMBERED_ACTORS:
                known.popitem(last=False)
    return actor


def _read_actor(conn: Connection, user_id: int) -> Actor | None:
    row = conn.execute(sa.select(users).where(users.c.id == user_id, users.c.is_active)).mappings().first()
    if row is None:
        return None
    path, below = _read_organisation(conn, row["department_id"])
    return Actor(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        roles=_read_roles(conn, user_id),
        department=row["department_id"],
        department_path=path,
        departments_below=below,
        subordinates=_read_subordinates(conn, user_id),
        lang=row["lang"],
        zone=row["zone"],
        theme=row["theme"],
    )


def _read_roles(conn: Connection, user_id: int) -> tuple[str, ...]:
    chosen = sa.select(user_roles.c.role_key).where(user_roles.c.user_id == user_id)
    return tuple(conn.scalars(chosen.order_by(user_roles.c.role_key)))


def _read_organisation(conn: Connection, department: int | None) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """(keys from the root to `department`, ids of it and all below). Queries: 0 or 1."""
    if department is None:
        return (), ()
    own = departments.alias("own")
    related = sa.or_(departments.c.path.startswith(own.c.path), own.c.path.startswith(departments.c.path))
    rows = list(
        conn.execute(
            sa.select(departments.c.id, departments.c.key, departments.c.path, own.c.path.label("own_path"))
            .select_from(own.join(departments, related))
            .where(own.c.id == department)
            .order_by(departments.c.path)
        ).mappings()
    )
    above = sorted((r for r in rows if r["own_path"].startswith(r["path"])), key=lambda r: len(r["path"]))
    below = sorted(r["id"] for r in rows if r["path"].startswith(r["own_path"]))
    return tuple(r["key"] for r in above), tuple(below)


def _read_subordinates(conn: Connection, user_id: int) -> tuple[int, ...]:
    """All who report to the user, through any number of levels. A circle of superiors ends by itself."""
    reports = sa.select(users.c.id).where(users.c.superior_id == user_id).cte("reports", recursive=True)
    boss = reports.alias("boss")
    reports = reports.union(sa.select(users.c.id).where(users.c.superior_id == boss.c.id))
    found = conn.scalars(sa.select(reports.c.id).where(reports.c.id != user_id).order_by(reports.c.id))
    return tuple(found)
