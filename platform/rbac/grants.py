"""Grants as policy rules: which member may do which operation on which object, and under which grant.

A rule has casbin's four columns. The subject is a member (`role:sales`, `user:li.lei`, `department:east`,
`department_below:east`, `everyone`); the object an entity (`account`), one of its fields (`account.phone`) or a
field of its lines (`order.lines.cost`); the action an operation; the last column names the grant, which
holds the scope of each operation. A field has a rule for `view` and for each writing operation, if the same grant
allows that operation on the entity: a field right without the operation is worth nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..metadata.catalog import Catalog
from ..metadata.model import Entity, Field, Grant
from .logins import canonical

OPERATIONS = (
    "view",
    "create",
    "edit",
    "delete",
    "restore",
    "export",
    "import",
    "print",
    "batch_edit",
    "share",
    "assign",
    "comment",
    "design",
)
"""Everything a grant can allow on an entity."""

WRITING = ("create", "edit", "import", "batch_edit")
"""The operations that write field values."""

OWNERSHIP = frozenset({"owner", "owner_department"})
"""System fields that the operation `assign` opens, and nothing else."""

READING = frozenset({"view", "export", "print"})
"""The operations a read-only token keeps."""

ANYTHING = "*"
ALWAYS_SHOWN = ("id", "rev")
_LEVELS = {"none": 0, "view": 1, "edit": 2}


class Rule(NamedTuple):
    """One policy line."""

    subject: str
    object: str
    action: str
    grant: str


def rules_of(catalog: Catalog) -> Iterator[Rule]:
    """All rules of the Catalog's grants, and one for each role that administers."""
    for role in catalog.roles.values():
        if role.administrator:
            yield Rule(f"role:{role.key}", ANYTHING, ANYTHING, f"role:{role.key}")
    for grant in catalog.grants.values():
        if grant.entity in catalog.entities:
            objects = list(_objects_of(grant, catalog))
            for subject in dict.fromkeys(subject_of(member) for member in grant.members):
                yield from (Rule(subject, name, action, grant.key) for name, action in objects)


def links_of(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """(role, role whose rules it has too), for all roles."""
    for role in catalog.roles.values():
        yield from ((f"role:{role.key}", f"role:{included}") for included in role.includes)


def subject_of(member: Mapping[str, Any]) -> str:
    """The policy subject of a grant's member."""
    if member.get("everyone"):
        return "everyone"
    if "department" in member:
        return f"{'department_below' if member.get('below') else 'department'}:{member['department']}"
    return f"role:{member['role']}" if "role" in member else f"user:{canonical(str(member.get('user')))}"


def _objects_of(grant: Grant, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """(object, action) of everything the grant allows."""
    entity = catalog.entities[grant.entity]
    allowed = [name for name in OPERATIONS if grant.operations.get(name) not in (None, False, [])]
    yield from ((entity.key, name) for name in allowed)
    actions = {1: [n for n in allowed if n == "view"], 2: [n for n in allowed if n in WRITING]}
    for path, field, level in _levels(grant, "", entity, catalog):
        for needed, names in actions.items():
            if level >= needed and (needed == 1 or is_entered(field)):
                yield from ((f"{entity.key}.{path}", name) for name in names)


def is_entered(field: Field) -> bool:
    """Whether users can ever enter the field's value."""
    return not (field.read_only or field.system or field.behaviour.computed)


def _levels(grant: Grant, path: str, entity: Entity, catalog: Catalog) -> Iterator[tuple[str, Field, int]]:
    """(path, field, level) of every field, those of lines included."""
    for field in entity.all_fields.values():
        level = _level(grant, path, field, entity)
        yield path + field.key, field, level
        lines = catalog.entities.get(field.option("target", ""))
        if level and lines is not None and lines.parent == entity.key and field.holds_lines:
            yield from _levels(grant, f"{path}{field.key}.", lines, catalog)


def _level(grant: Grant, path: str, field: Field, entity: Entity) -> int:
    """How far a grant opens a field: 0 not, 1 to view, 2 to edit. Lines are never wider open than their table."""
    named = grant.fields.get(path + field.key)
    if field.system:
        floor = 1 if field.key in ALWAYS_SHOWN or named is None else 0
        return max(floor, _LEVELS.get(named or "view", 0))
    if field.key == entity.parent:
        return 1
    default = grant.fields.get(path + "*") if path else grant.fields.get("*")
    if path and default is None:
        default = _outer(grant, path)
    level = _LEVELS.get(named if named is not None else default or "none", 0)
    return min(level, _LEVELS.get(_outer(grant, path), 0)) if path else level


def _outer(grant: Grant, path: str) -> str:
    """The level of the sub-table field that `path` (`lines.`) leads through."""
    *above, last = path.rstrip(".").split(".")
    named = grant.fields.get(".".join([*above, last]))
    if named is not None:
        return named
    return _outer(grant, ".".join(above) + ".") if above else grant.fields.get("*", "none")
