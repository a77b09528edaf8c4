"""Rules, on every way records are written: values are set, then what is required, locked and refused is judged.

A rule sees the row as it will be. What it says about a field its writer does not see, it says to nobody: the row
is refused without a reason, and warnings that nobody could judge are not given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from ...metadata import rules
from ...metadata.errors import FieldError, FormloomError, NotFound
from ...metadata.model import Entity
from ...metadata.rules import HIDE, LOCK, REFUSE, REQUIRE, SET, SHOW, Deed, Rules
from ...metadata.wording import Label, text_of
from .batch import Batch
from .kept import keep
from .outlook import Outlook
from .values import ASSIGNED

if TYPE_CHECKING:
    from ...metadata.catalog import Catalog
    from ...rbac.access import Access

Put = Callable[[int, str, Any], None]

NO_RULES = Rules(())


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning of a rule about one row: the writer may confirm it by the rule's key."""

    rule: str
    message: Label
    fields: tuple[str, ...] = ()

    def within(self, place: str) -> Warned:
        """The same of a line, told with its place in the record."""
        return Warned(self.rule, self.message, tuple(f"{place}.{name}" for name in self.fields) or (place,))

    def errors(self) -> list[FieldError]:
        """The warning as refusals of its fields."""
        data = {"message": self.message, "rule": self.rule}
        return [FieldError(name, "rule", data) for name in self.fields or ("",)]


class ConfirmRequired(FormloomError):
    """Rules warn of what would be written; it is written once their keys are confirmed. `warnings` are by row."""

    code, status = "confirm_required", 409

    def __init__(self, warnings: Mapping[int, Collection[Warned]], *, many: bool) -> None:
        self.warnings = [warned for row in warnings.values() for warned in row]
        self.rules = tuple(dict.fromkeys(warned.rule for warned in self.warnings))
        named = [
            FieldError(f"items[{row}].{each.field}" if many else each.field, each.code, each.data)
            for row, found in sorted(warnings.items())
            for warned in found
            for each in warned.errors()
        ]
        super().__init__(fields=named)

    def members_in(self, lang: str) -> dict[str, Any]:
        """What a problem document says of it: each warning once, with the key that confirms it."""
        told = {
            (each.rule, text_of(each.message, lang)): {
                "rule": each.rule,
                "message": text_of(each.message, lang),
                "fields": list(each.fields),
            }
            for each in self.warnings
        }
        return {"warnings": list(told.values())}


def rules_of(catalog: Catalog, entity: str) -> Rules:
    """The compiled rules of an entity."""
    if entity not in catalog.rules_of:
        return NO_RULES
    return keep(catalog, ("rules", entity), lambda: rules.compile_rules(catalog, entity))


@dataclass
class Case:
    """Rows about to be written, as rules judge them. By position: `changed` the fields the writer changes or
    gives, `created` the day a row was made; `put` takes a value a rule sets. `stored`: the rows are there already.
    """

    batch: Batch
    outlook: Outlook
    created: Callable[[int], date]
    changed: Callable[[int], Collection[str]]
    put: Put
    stored: bool = False
    found: Rules = field(init=False)

    def __post_init__(self) -> None:
        self.found = rules_of(self.batch.ctx.catalog, self.batch.entity.key)

    def holds(self, deed: Deed, position: int) -> bool:
        """Whether a deed counts for a row and its condition holds."""
        today, moved = self.batch.ctx.env.today, self.changed(position)
        if not deed.counts(today, self.created(position), moved):
            return False
        if self.stored and moved and ASSIGNED.issuperset(moved) and deed.heads.isdisjoint(moved):
            # Handing a record over is no time to judge the rest of it.
            return False
        return self.outlook.holds(deed.condition, position)

    def positions(self) -> list[int]:
        """Positions of the rows that are judged."""
        return list(self.outlook.rows)


def settle(case: Case) -> None:
    """Give fields the values rules set, until nothing moves: a rule may read what another sets."""
    deeds = case.found.of(SET)
    for _ in range(len(deeds) + 1) if deeds else ():
        moved = False
        for position in case.positions():
            wanted = {
                deed.fields[0]: case.outlook.result(deed.formula, position)
                for deed in deeds
                if deed.formula is not None and case.holds(deed, position)
            }
            for key, value in wanted.items():
                if case.outlook.value(position, key) != value:
                    case.put(position, key, value)
                    case.outlook.forget(position)
                    moved = True
        if not moved:
            return


def hidden(case: Case, position: int) -> set[str]:
    """The fields that rules hide in a row from its writer."""
    deeds = [deed for deed in case.found.of(SHOW, HIDE) if sees(case.batch.ctx.access, case.batch.entity, deed)]
    return hidden_by(deeds, lambda deed: case.holds(deed, position)) if deeds else set()


def hidden_by(deeds: Collection[Deed], holds: Callable[[Deed], bool]) -> set[str]:
    """What is hidden: where some `hide` holds, or there are `show`s and none does."""
    gone: set[str] = set()
    shown: set[str] = set()
    waiting: set[str] = set()
    for deed in deeds:
        true = holds(deed)
        if deed.type == HIDE:
            gone.update(deed.fields if true else ())
        else:
            waiting.update(deed.fields)
            shown.update(deed.fields if true else ())
    return gone | (waiting - shown)


def judge(case: Case) -> None:
    """Refuse rows that leave empty what a rule requires, change what it locks, or are what it refuses."""
    if not case.found.deeds:
        return
    for position in case.positions():
        unseen = hidden(case, position)
        set_here = {deed.fields[0] for deed in case.found.of(SET) if case.holds(deed, position)}
        for deed in case.found.of(REQUIRE, LOCK, REFUSE):
            if case.holds(deed, position):
                _apply(case, deed, position, unseen, set_here)


def _apply(case: Case, deed: Deed, position: int, unseen: set[str], set_here: set[str]) -> None:
    if deed.type == REFUSE:
        _refuse(case, deed, position)
        return
    if deed.type == REQUIRE:
        shown = [key for key in deed.fields if key not in unseen]
        wrong = [key for key in shown if case.outlook.value(position, key) in (None, "", [], ())]
    else:
        wrong = [key for key in deed.fields if key in case.changed(position) and key not in set_here]
    batch = case.batch
    if wrong and not sees(batch.ctx.access, batch.entity, deed):
        _refuse_quietly(batch, position)
        return
    already = {error.field for error in batch.errors.get(position, ())}
    for key in wrong:
        if key not in already:
            code = "required" if deed.type == REQUIRE else "rule_locked"
            batch.refuse_field(position, batch.entity.all_fields[key], code)


def _refuse(case: Case, deed: Deed, position: int) -> None:
    batch = case.batch
    readable = sees(batch.ctx.access, batch.entity, deed)
    fields = tuple(key for key in deed.fields if key in batch.rights.readable)
    warned = Warned(deed.rule, deed.message, fields)
    if deed.warns and readable:
        batch.warnings.setdefault(position, []).append(warned)
    elif not deed.warns and readable:
        for error in warned.errors():
            batch.refuse(position, error)
    elif not deed.warns:
        _refuse_quietly(batch, position)


def _refuse_quietly(batch: Batch, position: int) -> None:
    """Refuse a row without a word about why: the reason is none of its writer's."""
    if not any(error.code == "rule_refused" for error in batch.errors.get(position, ())):
        batch.refuse(position, FieldError("", "rule_refused"))


def sees(access: Access, entity: Entity, deed: Deed) -> bool:
    """Whether the actor sees, in every row and unmasked, everything that decides a deed, and what it speaks of: a
    message about nothing but hidden fields is not for him.
    """

    def look() -> bool:
        hidden_matter = deed.type == REFUSE and deed.fields and not _shows_any(access, entity.key, deed.fields)
        return not hidden_matter and all(sees_path(access, entity.key, path) for path in deed.reads)

    place = ("rule_seen", access.actor, entity.key, deed.rule, deed.type, deed.fields, deed.reads)
    return keep(access.catalog, place, look)


def _shows_any(access: Access, entity: str, fields: Collection[str]) -> bool:
    """Whether the actor may read any of the fields, in some row or in part."""
    return not access.entity(entity).readable.isdisjoint(fields)


def sees_path(access: Access, entity: str, path: str) -> bool:
    """Whether the actor sees every field along a path, in every row and unmasked."""
    here: str | None = entity
    parts = path.split(".")
    if parts[0] not in access.catalog.entities[entity].all_fields and parts[0] in access.catalog.entities:
        here, parts = parts[0], parts[1:]
    for part in parts:
        if here is None or not _sees_field(access, here, part):
            return False
        here = access.catalog.entities[here].all_fields[part].option("target")
    return True


def _sees_field(access: Access, entity: str, key: str) -> bool:
    try:
        rights = access.entity(entity)
    except NotFound:
        return False
    if key not in rights.readable or key in rights.masked:
        return False
    tables = {table.key for table in access.catalog.children[entity]}
    return not rights.may("view") or key in tables or rights.selection().mask(key) is None
