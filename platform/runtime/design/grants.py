"""The permission groups of an entity as a matrix: groups across, what their members may do and see down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata import conditions, wording
from ...metadata.errors import FormloomError
from ...metadata.model import Entity
from ...metadata.wording import say, text_of
from ...rbac.grants import OPERATIONS
from ...rbac.tables import departments, users
from ..listview.names import Names

if TYPE_CHECKING:
    from ..context import Context
    from .workspace import Workspace

wording.register(Path(__file__).parents[1] / "wording" / "grants")

MOST_PEOPLE = 2_000
"""Accounts that may be chosen from; whoever has more gives rights to roles."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """A column of the matrix. `operations` are scopes in words, empty where there is none; `fields` edit, view or
    none.
    """

    key: str
    label: str
    members: str
    operations: dict[str, str]
    fields: dict[str, str]


def matrix(work: Workspace, seen: Context, entity: Entity) -> list[Group]:
    """The groups of an entity, in the order they are kept. Queries: 0 to 3, for names."""
    documents = list(work.of_kind("grant", entity.key))
    names, known = Names(work.ctx), _titles(work, seen)
    found = [_group(seen, entity, each, names, known) for each in documents]
    if names.missing:
        names.fetch()
        found = [_group(seen, entity, each, names, known) for each in documents]
    return found


def choosable(work: Workspace) -> dict[str, Any]:
    """Who may be made a member besides roles, as [key, words] pairs. Queries: 2."""
    conn = work.ctx.conn
    named = _department_name(work.ctx.lang)
    places = conn.execute(sa.select(departments.c.key, named).order_by(departments.c.id))
    chosen = sa.select(users.c.login, users.c.name).where(users.c.is_active).order_by(users.c.name, users.c.login)
    people = conn.execute(chosen.limit(MOST_PEOPLE))
    return {
        "departments": [list(row) for row in places],
        "people": [[login, f"{name} ({login})"] for login, name in people],
        "operations": list(OPERATIONS),
    }


def _department_name(lang: str) -> sa.ColumnElement[str]:
    return departments.c.name_zh if lang == "zh" else departments.c.name_en


def _titles(work: Workspace, seen: Context) -> dict[str, dict[str, str]]:
    """What roles, departments and people are called, by key."""
    conn = work.ctx.conn
    members = [m for document in work.of_kind("grant") for m in document["members"]]
    logins = {str(m["user"]) for m in members if "user" in m}
    keys = {str(m["department"]) for m in members if "department" in m}
    roles = {document["key"]: text_of(document["label"], seen.lang) for document in work.of_kind("role")}
    found = {"role": roles, "user": {}, "department": {}}
    if logins:
        people = conn.execute(sa.select(users.c.login, users.c.name).where(users.c.login.in_(logins)))
        found["user"] = {login: name for login, name in people}
    if keys:
        named = sa.select(departments.c.key, _department_name(seen.lang)).where(departments.c.key.in_(keys))
        found["department"] = {key: name for key, name in conn.execute(named)}
    return found


def _group(
    seen: Context, entity: Entity, document: Document, names: Names, known: Mapping[str, Mapping[str, str]]
) -> Group:
    operations = document.get("operations", {})
    return Group(
        key=document["key"],
        label=text_of(document["label"], seen.lang, document["key"]),
        members=_joined(seen.lang, (_member(seen.lang, each, known) for each in document["members"])),
        operations={name: _scope(seen, entity, operations.get(name), names) for name in OPERATIONS},
        fields=_levels(document.get("fields", {}), entity),
    )


def _joined(lang: str, words: Iterator[str]) -> str:
    return ("、" if lang == "zh" else ", ").join(words)


def _member(lang: str, member: Document, known: Mapping[str, Mapping[str, str]]) -> str:
    if member.get("everyone"):
        return say("grants.everyone", lang)
    kind = next(kind for kind in ("role", "user", "department") if kind in member)
    name = known[kind].get(member[kind], str(member[kind]))
    return say("grants.with_below", lang, name=name) if member.get("below") else name


def _scope(seen: Context, entity: Entity, raw: Any, names: Names) -> str:
    """The rows of a scope in words; nothing for none."""
    if raw in (None, False, []):
        return ""
    parts = raw if isinstance(raw, list) else ["all" if raw is True else raw]
    return " + ".join(_one_scope(seen, entity, part, names) for part in parts)


def _one_scope(seen: Context, entity: Entity, raw: Any, names: Names) -> str:
    if isinstance(raw, str):
        return say(f"grants.scope.{raw}", seen.lang)
    try:
        parsed = conditions.parse(raw["where"], entity, seen.catalog)
    except FormloomError as error:
        return error.message(seen.lang)
    return " ".join(conditions.sentence(parsed, entity, seen.catalog, seen.lang, names.title))


def _levels(fields: Mapping[str, str], entity: Entity) -> dict[str, str]:
    others = fields.get("*", "none")
    return {key: fields.get(key, others) for key in entity.fields}
