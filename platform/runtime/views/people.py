"""What the pages about people read: accounts with their roles, departments as a tree, sessions, tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata.errors import AccessDenied, NotFound
from ...metadata.wording import text_of
from ...rbac import organisation
from ...rbac.tables import departments, sessions, tokens, user_roles, users

if TYPE_CHECKING:
    from ..context import Context

PEOPLE_PER_PAGE = 50


def require_administrator(ctx: Context) -> None:
    """Nothing, for an administrator. Raises AccessDenied."""
    if not ctx.access.administrator:
        raise AccessDenied(operation="design")


@dataclass(frozen=True, slots=True)
class Person:
    """An account in the list of users."""

    id: int
    login: str
    name: str
    department: str
    superior: str
    roles: tuple[str, ...]
    kind: str
    active: bool
    last_login: datetime | None


def department_name(ctx: Context) -> sa.ColumnElement[str]:
    """The column of department names in the reader's language."""
    return departments.c.name_zh if ctx.lang == "zh" else departments.c.name_en


def list_people(ctx: Context, text: str, number: int) -> tuple[list[Person], bool]:
    """(people of the page with this number, whether there are more). Queries: 2."""
    superior = users.alias("superior")
    chosen = (
        sa.select(users, department_name(ctx).label("department"), superior.c.name.label("superior"))
        .select_from(users.outerjoin(departments, departments.c.id == users.c.department_id))
        .outerjoin(superior, superior.c.id == users.c.superior_id)
        .order_by(users.c.is_active.desc(), users.c.name, users.c.id)
        .offset(number * PEOPLE_PER_PAGE)
        .limit(PEOPLE_PER_PAGE + 1)
    )
    if text:
        parts = [sa.func.lower(c).contains(text.lower(), autoescape=True) for c in (users.c.name, users.c.login)]
        chosen = chosen.where(sa.or_(*parts))
    rows = ctx.conn.execute(chosen).mappings().all()
    roles = _roles_of(ctx, [row["id"] for row in rows])
    people = [_person(row, roles.get(row["id"], ())) for row in rows[:PEOPLE_PER_PAGE]]
    return people, len(rows) > PEOPLE_PER_PAGE


def _person(row: Mapping[str, Any], roles: Sequence[str]) -> Person:
    return Person(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        department=row["department"] or "",
        superior=row["superior"] or "",
        roles=tuple(roles),
        kind=row["kind"],
        active=row["is_active"],
        last_login=row["last_login_at"],
    )


def _roles_of(ctx: Context, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    chosen = sa.select(user_roles).where(user_roles.c.user_id.in_(ids)).order_by(user_roles.c.role_key)
    for row in ctx.conn.execute(chosen):
        role = ctx.catalog.roles.get(row.role_key)
        found.setdefault(row.user_id, []).append(text_of(role.label, ctx.lang) if role else row.role_key)
    return found


def read_account(ctx: Context, user_id: int) -> dict[str, Any]:
    """All columns of an account, with `roles` (keys) and `superior` (name). Raises NotFound. Queries: 2."""
    superior = users.alias("superior")
    chosen = sa.select(users, superior.c.name.label("superior")).select_from(
        users.outerjoin(superior, superior.c.id == users.c.superior_id)
    )
    row = ctx.conn.execute(chosen.where(users.c.id == user_id)).mappings().first()
    if row is None:
        raise NotFound()
    roles = sa.select(user_roles.c.role_key).where(user_roles.c.user_id == user_id)
    return {**row, "roles": list(ctx.conn.scalars(roles))}


def role_choices(ctx: Context) -> list[tuple[str, str]]:
    """(key, label) of all roles, in their order."""
    roles = sorted(ctx.catalog.roles.values(), key=lambda role: (role.position, role.key))
    return [(role.key, text_of(role.label, ctx.lang, role.key)) for role in roles]


@dataclass(frozen=True, slots=True)
class Department:
    """A department in the tree; `depth` counts from 0 at the top, `people` those directly in it."""

    id: int
    key: str
    name: str
    depth: int
    path: str
    active: bool
    head: str
    people: int


def department_tree(ctx: Context) -> list[Department]:
    """All departments, each after its parent. Queries: 3."""
    count = (
        sa.select(users.c.department_id, sa.func.count()).where(users.c.is_active).group_by(users.c.department_id)
    )
    people = dict(ctx.conn.execute(count).all())
    rows = organisation.tree(ctx.conn)
    heads = {row["head_id"] for row in rows if row["head_id"]}
    chosen = sa.select(users.c.id, users.c.name).where(users.c.id.in_(heads))
    names = dict(ctx.conn.execute(chosen).all()) if heads else {}
    return [
        Department(
            id=row["id"],
            key=row["key"],
            name=row[f"name_{ctx.lang}"],
            depth=row["path"].count("/") - 2,
            path=row["path"],
            active=row["is_active"],
            head=names.get(row["head_id"], ""),
            people=people.get(row["id"], 0),
        )
        for row in rows
    ]


def department_choices(ctx: Context, without: str = "") -> list[tuple[int, str]]:
    """(id, indented name) of all departments but those at or below the path `without`."""
    tree = department_tree(ctx)
    kept = [d for d in tree if not (without and d.path.startswith(without))]
    return [(department.id, "\u2003" * department.depth + department.name) for department in kept]


def read_department(ctx: Context, key: str) -> dict[str, Any]:
    """All columns of a department, with `head` (name). Raises NotFound. Queries: 1."""
    source = departments.outerjoin(users, users.c.id == departments.c.head_id)
    chosen = sa.select(departments, users.c.name.label("head")).select_from(source)
    row = ctx.conn.execute(chosen.where(departments.c.key == key)).mappings().first()
    if row is None:
        raise NotFound()
    return dict(row)


def sessions_of(ctx: Context, user_id: int) -> list[Mapping[str, Any]]:
    """The account's sessions, the latest first; `current` marks the one that asks. Queries: 1."""
    own = ctx.session.key if ctx.session else ""
    chosen = sa.select(sessions).where(sessions.c.user_id == user_id, sessions.c.expires_at > ctx.now)
    rows = ctx.conn.execute(chosen.order_by(sessions.c.seen_at.desc())).mappings()
    return [{**row, "current": row["token_hash"] == own} for row in rows]


def tokens_of(ctx: Context, user_id: int) -> list[Mapping[str, Any]]:
    """The account's tokens that are not revoked, the latest first. Queries: 1."""
    chosen = sa.select(tokens).where(tokens.c.user_id == user_id, tokens.c.revoked_at.is_(None))
    return [dict(row) for row in ctx.conn.execute(chosen.order_by(tokens.c.id.desc())).mappings()]
