"""The compiled rights of one actor, and the only doors to rows: `Access`, per entity `EntityAccess`.

Everything that reads or writes records asks here. Reading goes through `select`, which gives a selectable that has
no hidden field and no row out of scope, so that no caller can show, filter, sort or count them. What is decided is
remembered per Catalog and actor; an `Access` adds the moment, because scopes may speak of today.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ..metadata.catalog import Catalog
from ..metadata.conditions import Env
from ..metadata.errors import AccessDenied, NotFound, UnknownField
from ..metadata.model import Entity, Field
from .actor import SYSTEM, Actor
from .decisions import WITH_PARENT, Decisions, decide, decide_everything
from .grants import ANYTHING
from .policy import policy_of
from .scope import NOTHING, Scope, scope_clause
from .secured import Secured, Selection

KEPT_COMPILED = 500

_Asked = tuple[str, str, bool | None]
"""Entity, operation, deleted: what a kept SELECT was built for."""


@dataclass(frozen=True)
class _Compiled:
    """Decisions of one actor under one Catalog, with what was built from them so far."""

    catalog: Catalog
    actor: Actor
    decisions: Mapping[str, Decisions]
    selections: dict[_Asked, Selection] = field(default_factory=dict)


_kept: OrderedDict[tuple[int, Actor], _Compiled] = OrderedDict()
_lock = threading.Lock()


def access_for(catalog: Catalog, actor: Actor, *, now: datetime | None = None) -> Access:
    """What `actor` may do under `catalog`, at the moment `now`.

    Compiled once and kept under everything it depends on: the Catalog, and the actor with his roles, departments,
    subordinates and token limits, by value.
    """
    key = (id(catalog), actor)
    with _lock:
        compiled = _kept.get(key)
        if compiled is not None:
            _kept.move_to_end(key)
            return Access(compiled, now)
    compiled = _Compiled(catalog, actor, decide(catalog, actor, policy_of(catalog)))
    with _lock:
        # It holds the Catalog: while it is kept, no other object can have its id.
        _kept[key] = compiled
        while len(_kept) > KEPT_COMPILED:
            _kept.popitem(last=False)
    return Access(compiled, now)


class Access:
    """What one actor may do at one moment. Safe to share between threads."""

    def __init__(self, compiled: _Compiled, now: datetime | None = None) -> None:
        self._compiled = compiled
        self._now = now
        self.actor = compiled.actor
        self.catalog = compiled.catalog
        self.kept = compiled.selections
        self._entities: dict[str, EntityAccess] = {}

    @classmethod
    def system(cls, catalog: Catalog, why: str, *, now: datetime | None = None) -> Access:
        """The unchecked door: everything, for code that acts for nobody and says why. Raises ValueError."""
        if not why.strip():
            raise ValueError("say why access is not checked")
        return cls(_Compiled(catalog, SYSTEM, decide_everything(catalog, why)), now)

    @classmethod
    def tried(cls, catalog: Catalog, actor: Actor) -> Access:
        """What `actor` would be allowed under a Catalog that is only tried out; nothing of it is kept."""
        return cls(_Compiled(catalog, actor, decide(catalog, actor, policy_of(catalog))))

    @cached_property
    def env(self) -> Env:
        """The moment and the person, as Conditions and formulas see them."""
        zone = ZoneInfo(self.actor.zone)
        now = self._now or datetime.now(UTC)
        return Env(
            today=now.astimezone(zone).date(),
            now=now,
            zone=zone,
            me=self.actor.id,
            department=self.actor.department,
            departments_below=self.actor.departments_below,
            subordinates=self.actor.subordinates,
        )

    @cached_property
    def administrator(self) -> bool:
        """Whether nothing is withheld: a role that administers, without the limits of a token."""
        if self.actor.limit is not None:
            return False
        if not self.decisions:
            # Before there is any entity to decide on, the rules themselves say it.
            rules = policy_of(self.catalog).matching(self.actor)
            return self.actor == SYSTEM or any(rule.object == ANYTHING for rule in rules)
        return any(a.unlimited for d in self.decisions.values() for a in d.allowances)

    @property
    def decisions(self) -> Mapping[str, Decisions]:
        """What was decided, by entity."""
        return self._compiled.decisions

    def entity(self, key: str) -> EntityAccess:
        """The actor's rights on an entity. Raises NotFound when it is unknown, or not his to view or create."""
        known = self._entities.get(key)
        if known is None:
            decisions = self.decisions.get(self.catalog.former.get(key, key))
            if decisions is None or not decisions.rows.keys() & {"view", "create", WITH_PARENT}:
                raise NotFound()
            known = self._entities[key] = EntityAccess(self, decisions)
        return known

    @cached_property
    def _viewable(self) -> tuple[str, ...]:
        decisions = self.decisions
        return tuple(key for key in self.catalog.entities if key in decisions and "view" in decisions[key].rows)

    def entities(self) -> tuple[str, ...]:
        """Keys of the entities the actor may view, sub entities included, in the Catalog's order."""
        return self._viewable

    def may(self, entity: str, operation: str) -> bool:
        """Whether the actor may do `operation` on some row of the entity. False for what does not exist."""
        decisions = self.decisions.get(entity)
        return decisions is not None and operation in decisions.rows


class EntityAccess:
    """What one actor may do with the records of one entity."""

    def __init__(self, access: Access, decisions: Decisions) -> None:
        self.access = access
        self.decisions = decisions
        self.entity: Entity = decisions.entity
        self.table: sa.Table = access.catalog.table(decisions.entity.key)

    def may(self, operation: str) -> bool:
        """Whether the operation is allowed on some row."""
        return operation in self.decisions.rows

    def require(self, operation: str) -> None:
        """Nothing, when the operation is allowed on some row. Raises AccessDenied."""
        if not self.may(operation):
            raise AccessDenied(operation=operation)

    @cached_property
    def readable(self) -> frozenset[str]:
        """Fields shown in some row, the system fields among them."""
        return frozenset(self.decisions.shown) - {"deleted_at"}

    def is_stored(self, key: str) -> bool:
        """Whether reading gives the field a column: all fields but sub-tables."""
        return key in self.table.c or self.access.catalog.is_virtual(self.entity.all_fields[key])

    @cached_property
    def masked(self) -> frozenset[str]:
        """Fields of which only a part is shown. The product itself sees the whole."""
        if self.access.actor is SYSTEM:
            return frozenset()
        return frozenset(key for key in self.readable if self.entity.all_fields[key].mask is not None)

    @cached_property
    def veiled(self) -> frozenset[str]:
        """Masked fields that the actor may not look at whole in all rows: he compares nothing with them."""
        rows = self.decisions.rows.get("view", NOTHING)
        return frozenset(key for key in self.masked if not self.decisions.revealed(key).covers(rows))

    def revealing(self, key: str) -> ColumnElement[bool]:
        """SQL over `table` for the rows in which the actor may look at a masked field whole."""
        scope = self.decisions.revealed(key)
        return sa.false() if scope.nothing else self.clause(scope)

    def may_reveal(self, key: str) -> bool:
        """Whether the actor may look at a masked field whole in some row."""
        return key in self.masked and not self.decisions.revealed(key).nothing

    @cached_property
    def writable(self) -> frozenset[str]:
        """Fields that may be changed in some row."""
        return self.decisions.writable("edit") & self.readable

    @cached_property
    def creatable(self) -> frozenset[str]:
        """Fields that may be given to a new record."""
        return self.decisions.writable("create", WITH_PARENT)

    def field(self, key: str) -> Field:
        """A field the actor sees or may fill in. Raises UnknownField, the same for hidden and unknown ones."""
        now = self.entity.renamed.get(key, key)
        if now not in self.readable and now not in self.creatable:
            raise UnknownField(key)
        return self.entity.all_fields[now]

    def select(self, operation: str = "view", *, deleted: bool | None = False) -> Secured:
        """The rows on which the actor may do `operation`, with what he sees of them, under the entity's name.

        `deleted`: False the live rows, True those in the bin, None both. Raises NotFound when he may not view it.
        """
        return Secured(self, self.selection(operation, deleted=deleted), self.entity.key)

    def selection(self, operation: str = "view", *, deleted: bool | None = False) -> Selection:
        """The SELECT behind `select`, kept while it is the same at every moment. Raises NotFound."""
        if not self.may("view"):
            raise NotFound()
        kept = self.access.kept
        key = (self.entity.key, operation, deleted)
        found = kept.get(key)
        if found is None:
            found = Selection(self, operation, deleted)
            if found.steady:
                kept[key] = found
        return found

    def rows(self, operation: str, fields: Iterable[str] = ()) -> tuple[Scope, ...]:
        """Scopes that must all hold for `operation`, writing `fields`; none when every row is open."""
        needed = [self.decisions.rows.get(operation, NOTHING)]
        needed += [self.decisions.editable(operation, key) for key in sorted(fields)]
        if operation not in ("create", WITH_PARENT):
            needed.append(self.decisions.rows.get("view", NOTHING))
        distinct: list[Scope] = []
        for scope in needed:
            if not any(scope.covers(narrower) for narrower in distinct):
                distinct = [wider for wider in distinct if not wider.covers(scope)] + [scope]
        return tuple(scope for scope in distinct if not scope.everything)

    def scope(self, operation: str, fields: Iterable[str] = ()) -> ColumnElement[bool]:
        """SQL over `table` for the rows on which the actor may do `operation` and write all of `fields`.

        `true()` when that is every row. Any operation but `create` needs the row to be visible as well.
        """
        clauses = [self.clause(scope) for scope in self.rows(operation, fields)]
        return sa.and_(*clauses) if clauses else sa.true()

    def clause(self, scope: Scope) -> ColumnElement[bool]:
        """SQL over `table` for the rows in `scope`."""
        return scope_clause(scope, self.table, self.entity, self.access.catalog, self.access.env)
