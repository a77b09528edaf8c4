"""The frozen objects that documents become: entities, fields, rules, grants. No behaviour, no database.

A `Field` knows its type's behaviour through `behaviour`; nothing outside `metadata/fields/` asks which type it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .wording import Label, text_of

if TYPE_CHECKING:
    from .fieldtype import FieldType

SYSTEM_FIELDS = {
    "id": "integer",
    "rev": "integer",
    "owner": "user",
    "owner_department": "department",
    "created_at": "datetime",
    "created_by": "user",
    "updated_at": "datetime",
    "updated_by": "user",
    "deleted_at": "datetime",
}
"""System fields of every entity, with the type each behaves as."""

EMPTY: Mapping[str, Any] = MappingProxyType({})


def fold(word: str) -> str:
    """A word as it is compared where case and width do not matter."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select, multiselect or stage. `category` is open, won or lost where it matters."""

    key: str
    label: Label
    color: str = "gray"
    retired: bool = False
    category: str | None = None
    probability: int | None = None
    aliases: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    """Options of the field this one depends on with which it is offered; none means with all."""


def _words(option: Option) -> tuple[tuple[str, ...], ...]:
    labels = (option.label,) if isinstance(option.label, str) else tuple(option.label.values())
    return (option.key,), labels, option.aliases


@dataclass(frozen=True, slots=True)
class OptionSet:
    """A named list of options that several fields share."""

    key: str
    label: Label
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Uniqueness:
    """How far a value may not repeat where that is not the whole entity: among rows that agree in `columns`, as
    far as `where` (raw JSON) holds for both.
    """

    columns: tuple[str, ...] = ()
    where: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Field:
    """One field of an entity. `options` holds what only its type understands (`max_length`, `target`, …)."""

    entity: str
    key: str
    type: str
    label: Label
    help: Label | None = None
    placeholder: Label | None = None
    aliases: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    required: bool = False
    unique: bool = False
    uniqueness: Uniqueness | None = None
    read_only: bool = False
    hidden: bool = False
    searchable: bool = False
    indexed: bool = False
    publish: bool = False
    copy: bool = True
    in_list: bool = False
    quick_filter: bool = False
    mask: str | Mapping[str, Any] | None = None
    other: bool = False
    depends: str | None = None
    default: Any = None
    default_formula: str | None = None
    system: bool = False
    options: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    choices: tuple[Option, ...] = ()

    @cached_property
    def behaviour(self) -> FieldType:
        """The type's behaviour, from the registry; a computed field's is that of its result."""
        from .fieldtype import FIELD_TYPES

        return FIELD_TYPES[self.type].of(self)

    @cached_property
    def choice_by_key(self) -> Mapping[str, Option]:
        """Options by key, retired ones included."""
        return {choice.key: choice for choice in self.choices}

    @cached_property
    def choice_by_word(self) -> Mapping[str, Option]:
        """Options by every word a person may use for them: key, labels, aliases; case and width folded."""
        found: dict[str, Option] = {}
        choices = sorted(self.choices, key=lambda choice: choice.retired)
        # Where two options share a word, keys go before labels and labels before aliases.
        for words in zip(*(_words(choice) for choice in choices), strict=True):
            for choice, some in zip(choices, words, strict=True):
                found.update((folded, choice) for word in some if (folded := fold(word)) not in found)
        return found

    def option(self, name: str, default: Any = None) -> Any:
        """What the document says under `name`, a setting of this type."""
        return self.options.get(name, default)

    @cached_property
    def holds_lines(self) -> bool:
        """Whether it is a sub-table: rows of another entity that live and are saved with the record."""
        kind = self.behaviour
        return bool(self.option("target")) and kind.target is None and kind.several is None

    def text(self, lang: str) -> str:
        """The label in `lang`."""
        return text_of(self.label, lang, self.key)


@dataclass(frozen=True)
class Entity:
    """A kind of record. `fields` are the declared ones (and, in a sub entity, the link to its parent)."""

    key: str
    label: Label
    title: str
    fields: Mapping[str, Field]
    system_fields: Mapping[str, Field]
    plural: Label | None = None
    icon: str | None = None
    parent: str | None = None
    description: Label | None = None
    was: tuple[str, ...] = ()

    @cached_property
    def all_fields(self) -> Mapping[str, Field]:
        """Declared and system fields by key."""
        return MappingProxyType({**self.fields, **self.system_fields})

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Former keys of fields, each with the present one."""
        former = {old: field.key for field in self.fields.values() for old in field.was}
        return MappingProxyType({old: key for old, key in former.items() if old not in self.all_fields})

    def find(self, key: str) -> Field | None:
        """The field of that key, present or former."""
        return self.all_fields.get(self.renamed.get(key, key))

    def text(self, lang: str, *, plural: bool = False) -> str:
        """The entity's name in `lang`."""
        return text_of(self.plural if plural and self.plural else self.label, lang, self.key)


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of people; `includes` are roles whose grants it has too."""

    key: str
    label: Label
    includes: tuple[str, ...] = ()
    home: str | None = None
    administrator: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does. `fields` and `sections` are shown, hidden, required or locked; `set` gives `field` the
    value of `formula`; `refuse` says `message`, and `severity` whether that can be confirmed.
    """

    type: str
    fields: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    field: str = ""
    formula: str = ""
    message: Label = ""
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for records of `entity` while `when` (raw JSON; None is always) does. It counts from the day
    `since` on.
    """

    key: str
    entity: str
    label: Label
    effects: tuple[Effect, ...]
    when: Mapping[str, Any] | None = None
    active: bool = True
    position: int = 0
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission group: who may do what on which rows and fields of one entity. Raw JSON parts as stored."""

    key: str
    entity: str
    label: Label
    members: tuple[Mapping[str, Any], ...]
    operations: Mapping[str, Any]
    fields: Mapping[str, str]
    reveal: frozenset[str] = frozenset()
