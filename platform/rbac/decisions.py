"""What the matching grants come to for one actor: per entity, who shows which field in which rows.

Several grants may match. They are never united by rows and columns apart: a field is visible in a row when *some*
grant whose scope holds that row shows that field. So each field has a scope of its own, the union of the scopes of
the grants that show it, and it needs no condition in SQL exactly where that scope covers all visible rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..metadata.catalog import Catalog
from ..metadata.model import Entity
from .actor import Actor, TokenLimit
from .derived import Input, Inputs
from .grants import ANYTHING, OPERATIONS, OWNERSHIP, READING, Rule, is_entered
from .policy import Policy
from .scope import EVERYTHING, NOTHING, Scope, inside, parse_scope, union

WITH_PARENT = "create_with_parent"
"""Who may create a parent may enter its lines with it, even if he may not edit either later."""

OpenFields = frozenset[tuple[str, str]]
"""(entity, field) of what the actor sees in every row."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one grant gives on one entity: a scope for each operation, and the fields it shows and opens.

    `inner` holds the same of fields of lines, by path (`lines.cost`). `reveal` names masked fields that may
    be looked at whole; `*` is all of them.
    """

    grant: str
    scopes: Mapping[str, Scope]
    view: frozenset[str]
    edit: frozenset[str]
    inner_view: frozenset[str] = frozenset()
    inner_edit: frozenset[str] = frozenset()
    unlimited: bool = False
    reveal: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decisions:
    """Everything decided for one actor on one entity."""

    entity: Entity
    allowances: tuple[Allowance, ...]

    @cached_property
    def rows(self) -> Mapping[str, Scope]:
        """For each operation that is allowed somewhere, the rows."""
        found = {name: self._rows(name) for name in (*OPERATIONS, WITH_PARENT)}
        return {name: scope for name, scope in found.items() if not scope.nothing}

    def _rows(self, operation: str) -> Scope:
        return union(a.scopes[operation] for a in self.allowances if operation in a.scopes)

    @cached_property
    def shown(self) -> Mapping[str, Scope]:
        """For each field that some row shows, the rows that do."""
        found: dict[str, list[Scope]] = {}
        for allowance in self.allowances:
            scope = allowance.scopes.get("view", NOTHING)
            for key in allowance.view if not scope.nothing else ():
                found.setdefault(key, []).append(scope)
        return {key: union(scopes) for key, scopes in found.items()}

    def editable(self, operation: str, key: str) -> Scope:
        """The rows in which some grant allows both `operation` and to write the field."""
        if key in OWNERSHIP:
            return self.rows.get("assign", NOTHING)
        return union(a.scopes[operation] for a in self.allowances if operation in a.scopes and key in a.edit)

    def revealed(self, key: str) -> Scope:
        """The rows in which some grant that shows the masked field lets the actor look at it whole."""
        return union(
            a.scopes["view"]
            for a in self.allowances
            if "view" in a.scopes and key in a.view and (a.unlimited or not a.reveal.isdisjoint((key, "*")))
        )

    def writable(self, *operations: str) -> frozenset[str]:
        """Fields that some grant allowing one of `operations` lets the actor write."""
        opened = [a for a in self.allowances if any(name in a.scopes for name in operations)]
        owning = OWNERSHIP if opened and "assign" in self.rows else frozenset[str]()
        return owning.union(*(a.edit for a in opened))


def decide(catalog: Catalog, actor: Actor, policy: Policy) -> Mapping[str, Decisions]:
    """Decisions by entity, for all entities of which the actor may do anything."""
    draft = _Draft(catalog, policy.inputs)
    draft.take(policy.matching(actor))
    draft.derive_lines()
    draft.hide_derived()
    if actor.limit is not None:
        draft.limit(actor.limit)
    return {
        key: Decisions(catalog.entities[key], tuple(found)) for key, found in draft.allowances.items() if found
    }


def decide_everything(catalog: Catalog, reason: str) -> Mapping[str, Decisions]:
    """Decisions that allow everything everywhere."""
    return {key: Decisions(entity, (_unlimited(entity, reason),)) for key, entity in catalog.entities.items()}


def _unlimited(entity: Entity, reason: str) -> Allowance:
    scopes = dict.fromkeys((*OPERATIONS, WITH_PARENT), EVERYTHING)
    entered = frozenset(key for key, each in entity.fields.items() if is_entered(each))
    return Allowance(reason, scopes, frozenset(entity.all_fields), entered, unlimited=True)


def _split(paths: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """(fields, paths through lines)."""
    listed = list(paths)
    return frozenset(p for p in listed if "." not in p), frozenset(p for p in listed if "." in p)


@dataclass
class _Draft:
    """Allowances by entity while they are worked out."""

    catalog: Catalog
    inputs: Inputs
    allowances: dict[str, list[Allowance]] = field(default_factory=dict)

    def take(self, rules: Iterable[Rule]) -> None:
        """Gather the rules of each grant."""
        by_grant: dict[str, list[Rule]] = {}
        for rule in rules:
            by_grant.setdefault(rule.grant, []).append(rule)
        for grant, found in by_grant.items():
            if any(rule.object == ANYTHING for rule in found):
                for key, entity in self.catalog.entities.items():
                    self.allowances.setdefault(key, []).append(_unlimited(entity, grant))
            else:
                self._take_grant(grant, found)

    def _take_grant(self, key: str, rules: list[Rule]) -> None:
        grant = self.catalog.grants[key]
        entity = self.catalog.entities[grant.entity]
        start = len(entity.key) + 1
        operations = {rule.action for rule in rules if rule.object == entity.key}
        named = [(rule.object[start:], rule.action) for rule in rules if rule.object != entity.key]
        view, inner_view = _split(path for path, action in named if action == "view")
        edit, inner_edit = _split(path for path, action in named if action != "view")
        scopes = {name: parse_scope(grant.operations[name], entity, self.catalog)[0] for name in operations}
        allowance = Allowance(
            grant=key,
            scopes={name: scope for name, scope in scopes.items() if not scope.nothing},
            view=view,
            edit=edit,
            inner_view=inner_view,
            inner_edit=inner_edit,
            reveal=grant.reveal,
        )
        self.allowances.setdefault(entity.key, []).append(allowance)

    def derive_lines(self) -> None:
        """Give each sub entity what its parent's grants say of the lines."""
        for parent in _parents_first(self.catalog):
            for table in self.catalog.children[parent.key]:
                child = self.catalog.entities.get(table.option("target"))
                if child is None or child.parent != parent.key:
                    continue
                for allowance in self.allowances.get(parent.key, ()):
                    if table.key in allowance.view | allowance.edit and not allowance.unlimited:
                        derived = _lines_allowance(allowance, table.key, parent.key, child)
                        self.allowances.setdefault(child.key, []).append(derived)

    def hide_derived(self) -> None:
        """Take derived fields out of allowances that do not show all their inputs, until nothing changes.

        An input behind a relation or among other records counts as shown when the actor sees it in all rows.
        """
        changed = True
        while changed:
            open_fields = self._open_fields()
            changed = False
            for key, found in self.allowances.items():
                for position, allowance in enumerate(found):
                    hidden = self._hidden(key, allowance, open_fields)
                    if hidden:
                        found[position] = replace(allowance, view=allowance.view - hidden)
                        changed = True

    def _open_fields(self) -> OpenFields:
        return frozenset(
            (key, name)
            for key, found in self.allowances.items()
            for allowance in found
            if allowance.scopes.get("view", NOTHING).everything
            for name in allowance.view
        )

    def _hidden(self, key: str, allowance: Allowance, open_fields: OpenFields) -> frozenset[str]:
        """The derived fields the allowance shows though not all their inputs."""
        if allowance.unlimited:
            return frozenset()
        return frozenset(
            name
            for name, inputs in self.inputs[key].items()
            if name in allowance.view
            and not all(self._sees(each, allowance.grant, open_fields) for each in inputs)
        )

    def _sees(self, needed: Input, grant: str, open_fields: OpenFields) -> bool:
        entity = self.catalog.entities.get(needed.entity)
        if entity is not None and needed.name in entity.all_fields and entity.all_fields[needed.name].mask:
            return False
        if (needed.entity, needed.name) in open_fields:
            return True
        found = self.allowances.get(needed.entity, ()) if needed.same_grant else ()
        return any(a.grant == grant and needed.name in a.view for a in found)

    def limit(self, limit: TokenLimit) -> None:
        """Keep only what the token allows."""
        for key, found in self.allowances.items():
            if limit.entities is not None and not _reaches(self.catalog.entities[key], limit.entities):
                found.clear()
            elif limit.read_only:
                found[:] = [
                    replace(a, scopes={n: s for n, s in a.scopes.items() if n in READING}, edit=frozenset())
                    for a in found
                ]


def _reaches(entity: Entity, entities: frozenset[str]) -> bool:
    return entity.key in entities or (entity.parent is not None and entity.parent in entities)


def _parents_first(catalog: Catalog) -> Iterator[Entity]:
    waiting = [entity for entity in catalog.entities.values() if not entity.parent]
    seen: set[str] = set()
    while waiting:
        entity = waiting.pop()
        if entity.key in seen:
            continue
        seen.add(entity.key)
        yield entity
        waiting.extend(child for child in catalog.entities.values() if child.parent == entity.key)


def _lines_allowance(outer: Allowance, table: str, parent: str, child: Entity) -> Allowance:
    """What a grant on the parent says of the lines in its sub-table field `table`."""
    view, inner_view = _split(_below(outer.inner_view, table))
    edit, inner_edit = _split(_below(outer.inner_edit, table))
    scopes = {
        name: inside(parent, parent, scope)
        for name, scope in outer.scopes.items()
        if name in READING or name == "comment"
    }
    if table in outer.edit:
        if "edit" in outer.scopes:
            own = inside(parent, parent, outer.scopes["edit"])
            scopes |= dict.fromkeys(("create", "edit", "delete", "restore", "batch_edit", "import"), own)
        made = [outer.scopes[name] for name in ("create", WITH_PARENT) if name in outer.scopes]
        if made:
            scopes[WITH_PARENT] = inside(parent, parent, union(made))
    reveal = frozenset(_below(outer.reveal, table)) | (outer.reveal & {"*"})
    return Allowance(outer.grant, scopes, view, edit, inner_view, inner_edit, reveal=reveal)


def _below(paths: Iterable[str], table: str) -> Iterator[str]:
    start = f"{table}."
    return (path[len(start) :] for path in paths if path.startswith(start))
