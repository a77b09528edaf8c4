"""Which rows: a grant's scope JSON as a value that can be united, compared and turned into SQL.

What cannot be understood denies. A condition that would match by being empty (`{"all": []}`, `in []`) is refused
for the same reason: nobody means "everything" by saying nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ..metadata.catalog import Catalog
from ..metadata.conditions import All, AnyOf, Children, Comparison, Condition, Env, Not, TableSource, clause, parse
from ..metadata.errors import BadFilter, FormloomError
from ..metadata.model import Entity
from ..metadata.operators.spans import Between, Window

log = logging.getLogger(__name__)

PARTS = ("own", "department", "department_below", "subordinates")
"""Scopes that have a name. `subordinates` are one's own rows and those of all who report to one."""

_NARROWER = {"subordinates": {"own"}, "department_below": {"department"}}


@dataclass(frozen=True, slots=True)
class Where:
    """A scope given as a Condition; equal when the JSON is. `steady`: it does not look at the clock."""

    text: str
    condition: Condition = field(compare=False)
    steady: bool = field(compare=False)


@dataclass(frozen=True, slots=True)
class Inside:
    """Rows of a sub entity whose parent row is in `scope`; `link` is the field that points at the parent."""

    parent: str
    link: str
    scope: Scope


@dataclass(frozen=True)
class Scope:
    """A set of rows, as the union of its parts. Without any part it holds no row."""

    everything: bool = False
    parts: frozenset[str] = frozenset()
    conditions: frozenset[Where] = frozenset()
    inside: Inside | None = None

    @property
    def nothing(self) -> bool:
        """Whether no row can be in it."""
        return not (self.everything or self.parts or self.conditions or self.inside)

    @cached_property
    def steady(self) -> bool:
        """Whether its SQL is the same at every moment, as no Condition looks at the clock."""
        around = self.inside is None or self.inside.scope.steady
        return around and all(where.steady for where in self.conditions)

    def covers(self, other: Scope) -> bool:
        """Whether it surely holds every row of `other` (False may mean: perhaps)."""
        if self.everything or other.nothing:
            return True
        if other.everything or not (_widened(self.parts) >= other.parts and self.conditions >= other.conditions):
            return False
        if other.inside is None:
            return True
        return self.inside is not None and self.inside.scope.covers(other.inside.scope)


EVERYTHING = Scope(everything=True)
NOTHING = Scope()


def _widened(parts: frozenset[str]) -> frozenset[str]:
    return parts.union(*(_NARROWER.get(part, ()) for part in parts))


def union(scopes: Iterable[Scope]) -> Scope:
    """The rows of any of `scopes`; those inside a parent must have the same parent."""
    listed = list(scopes)
    if any(scope.everything for scope in listed):
        return EVERYTHING
    parts: frozenset[str] = frozenset().union(*(scope.parts for scope in listed))
    needless = frozenset().union(*(_NARROWER.get(part, ()) for part in parts))
    inner = [scope.inside for scope in listed if scope.inside is not None]
    around = union(each.scope for each in inner) if inner else NOTHING
    return Scope(
        everything=around.everything,
        parts=parts - needless,
        conditions=frozenset().union(*(scope.conditions for scope in listed)),
        inside=Inside(inner[0].parent, inner[0].link, around) if inner and not around.everything else None,
    )


def inside(parent: str, link: str, scope: Scope) -> Scope:
    """The rows of a sub entity whose parent row is in `scope`."""
    return scope if scope.everything or scope.nothing else Scope(inside=Inside(parent, link, scope))


def parse_scope(raw: Any, entity: Entity, catalog: Catalog) -> tuple[Scope, tuple[str, ...]]:
    """The scope of a grant's JSON, and what could not be understood in it (each such part holds no row)."""
    if raw is True or raw == "all":
        return EVERYTHING, ()
    if raw is None or raw is False:
        return NOTHING, ()
    if isinstance(raw, str) and raw in PARTS:
        return Scope(parts=frozenset({raw})), ()
    if isinstance(raw, list):
        read = [parse_scope(part, entity, catalog) for part in raw]
        return union(scope for scope, _ in read), tuple(problem for _, problems in read for problem in problems)
    if isinstance(raw, Mapping) and set(raw) == {"where"}:
        return _parse_where(raw["where"], entity, catalog)
    return NOTHING, (f"not a scope: {json.dumps(raw, ensure_ascii=False)[:200]}",)


def _parse_where(raw: Any, entity: Entity, catalog: Catalog) -> tuple[Scope, tuple[str, ...]]:
    try:
        _refuse_empty(raw)
        condition = parse(raw, entity, catalog)
    except FormloomError as error:
        return NOTHING, (str(error),)
    where = Where(json.dumps(raw, sort_keys=True, ensure_ascii=False), condition, is_steady(condition, catalog))
    return Scope(conditions=frozenset({where})), ()


def is_steady(condition: Condition, catalog: Catalog) -> bool:
    """Whether the condition selects the same at every moment: no relative dates, no fields that read the clock."""
    match condition:
        case All(parts) | AnyOf(parts):
            return all(is_steady(part, catalog) for part in parts)
        case Not(part):
            return is_steady(part, catalog)
        case Children():
            return is_steady(condition.part, catalog)
        case Comparison():
            moving = isinstance(condition.operand, Window | Between) or catalog.is_virtual(condition.field)
            return not moving


def _refuse_empty(raw: Any) -> None:
    """Raises BadFilter for a condition that says nothing."""
    if not isinstance(raw, Mapping) or not raw:
        raise BadFilter(reason="an empty condition")
    for name, value in raw.items():
        if name in ("all", "any", "value") and isinstance(value, list) and not value:
            raise BadFilter(reason=f"an empty list under “{name}”")
        for nested in _conditions_under(name, value):
            _refuse_empty(nested)


def _conditions_under(name: str, value: Any) -> Iterator[Any]:
    if name in ("all", "any") and isinstance(value, list):
        yield from value
    elif name in ("not", "where"):
        yield value


def scope_clause(
    scope: Scope, table: sa.FromClause, entity: Entity, catalog: Catalog, env: Env
) -> ColumnElement[bool]:
    """SQL that holds for the rows of `table` (the entity's, or an alias of it) in `scope`."""
    if scope.everything:
        return sa.true()
    found = [_part_clause(part, table, env) for part in PARTS if part in scope.parts]
    for where in sorted(scope.conditions, key=lambda each: each.text):
        found.append(_where_clause(where, table, entity, catalog, env))
    if scope.inside is not None:
        found.append(_inside_clause(scope.inside, table, catalog, env))
    return sa.or_(*found) if found else sa.false()


def _part_clause(part: str, table: sa.FromClause, env: Env) -> ColumnElement[bool]:
    owner, department = table.c.owner, table.c.owner_department
    if part == "own":
        return owner == env.me
    if part == "subordinates":
        return owner.in_((env.me, *env.subordinates))
    if env.department is None:
        return sa.false()
    return department == env.department if part == "department" else department.in_(env.departments_below)


def _where_clause(
    where: Where, table: sa.FromClause, entity: Entity, catalog: Catalog, env: Env
) -> ColumnElement[bool]:
    try:
        return clause(where.condition, TableSource(catalog, entity.key, table), env)
    except FormloomError:
        log.warning("a scope on %s cannot be evaluated and denies: %s", entity.key, where.text[:500])
        return sa.false()


def _inside_clause(inner: Inside, table: sa.FromClause, catalog: Catalog, env: Env) -> ColumnElement[bool]:
    parent = catalog.table(inner.parent).alias()
    visible = scope_clause(inner.scope, parent, catalog.entity(inner.parent), catalog, env)
    return table.c[inner.link].in_(sa.select(parent.c.id).where(visible))
