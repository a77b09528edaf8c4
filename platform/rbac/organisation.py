"""The tree of departments. Each row holds its path of ids (`/1/4/`), so that "and below" is one prefix.

Every change moves the policy version first; that also keeps two moves from running into each other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..metadata.errors import Conflict, NotFound, UnknownField
from ..metadata.wording import LANGUAGES, Label, text_of
from .failures import refused
from .tables import bump_policy, departments, insert, users

KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")
LONGEST_NAME = 120
_CHANGEABLE = frozenset({"name", "head_id", "is_active", "position"})


def add(conn: Connection, key: str, name: Label, *, parent: str | None = None, position: int = 0) -> int:
    """The id of a new department below `parent` (a key). Raises InvalidInput, Conflict `department_taken`."""
    if not KEY.fullmatch(key):
        raise refused("key", "department_key")
    bump_policy(conn)
    if _find(conn, key) is not None:
        raise Conflict("department_taken")
    above = None
    if parent is not None:
        above = _find(conn, parent)
        if above is None:
            raise refused("parent", "not_a_reference")
    values = {
        "key": key,
        **_names(name),
        "parent_id": above["id"] if above else None,
        "path": "",
        "position": position,
    }
    department = insert(conn, departments, values)
    path = f"{above['path'] if above else '/'}{department}/"
    conn.execute(sa.update(departments).where(departments.c.id == department).values(path=path))
    return department


def update(conn: Connection, key: str, changes: Mapping[str, Any]) -> None:
    """Change a department's name, head (`head_id`), position or activity. Raises NotFound, InvalidInput."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise UnknownField(min(unknown))
    values = {name: value for name, value in changes.items() if name != "name"}
    if "name" in changes:
        values |= _names(changes["name"])
    head = values.get("head_id")
    if head is not None and conn.scalar(sa.select(users.c.id).where(users.c.id == head)) is None:
        raise refused("head_id", "not_a_reference")
    bump_policy(conn)
    if (
        values
        and conn.execute(sa.update(departments).where(departments.c.key == key).values(values)).rowcount != 1
    ):
        raise NotFound()


def move(conn: Connection, key: str, parent: str | None) -> None:
    """Hang a department, with all below it, under another one, or make it a root. Queries: 5, whatever its size.

    Raises NotFound, InvalidInput, Conflict `department_cycle`.
    """
    bump_policy(conn)
    moved = _find(conn, key)
    if moved is None:
        raise NotFound()
    above = _find(conn, parent) if parent is not None else None
    if parent is not None and above is None:
        raise refused("parent", "not_a_reference")
    if above is not None and above["path"].startswith(moved["path"]):
        raise Conflict("department_cycle")
    old = moved["path"]
    new = f"{above['path'] if above else '/'}{moved['id']}/"
    path = departments.c.path
    shifted = sa.literal(new) + sa.func.substr(path, len(old) + 1)
    conn.execute(sa.update(departments).where(path.startswith(old)).values(path=shifted))
    conn.execute(
        sa.update(departments)
        .where(departments.c.id == moved["id"])
        .values(parent_id=above["id"] if above else None)
    )


def delete(conn: Connection, key: str) -> None:
    """Remove a department nobody and nothing belongs to. Raises NotFound, Conflict `in_use`."""
    bump_policy(conn)
    found = _find(conn, key)
    if found is None:
        raise NotFound()
    try:
        with conn.begin_nested():
            conn.execute(sa.delete(departments).where(departments.c.id == found["id"]))
    except sa.exc.IntegrityError:
        raise Conflict("in_use") from None


def tree(conn: Connection) -> list[Mapping[str, Any]]:
    """All departments, each after its parent, siblings by position and key. Queries: 1."""
    rows = [dict(row) for row in conn.execute(sa.select(departments)).mappings()]
    below: dict[int | None, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda r: (r["position"], r["key"])):
        below.setdefault(row["parent_id"], []).append(row)
    found: list[Mapping[str, Any]] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        row = waiting.pop()
        found.append(row)
        waiting.extend(reversed(below.get(row["id"], [])))
    return found


def _find(conn: Connection, key: str) -> sa.RowMapping | None:
    return conn.execute(sa.select(departments).where(departments.c.key == key)).mappings().first()


def _names(name: Label) -> dict[str, str]:
    texts = {f"name_{lang}": text_of(name, lang).strip() for lang in LANGUAGES}
    for text in texts.values():
        if not text:
            raise refused("name", "required")
        if len(text) > LONGEST_NAME:
            raise refused("name", "too_long", max=LONGEST_NAME)
    return texts
