"""The steps a Plan is made of: plain values that say what happens to which table. No behaviour but their words."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from .wording import register, say

register(Path(__file__).parent / "wording" / "changes")


@dataclass(frozen=True, slots=True)
class Shadow:
    """Values kept from before: a renamed column of `table_name`, or the whole table when `field` is None.

    `document` is the field's or the entity's document as it was when changeset number `changeset` took it away.
    """

    id: int
    changeset: int
    entity: str
    field: str | None
    table_name: str
    column_name: str | None
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do to an entity's table."""

    entity: str

    @property
    def place(self) -> str:
        """What tells the step from the others of its plan."""
        return f"{self.name()} {self.entity}.{getattr(self, 'field', '')}"

    @classmethod
    def name(cls) -> str:
        """`add_column` for AddColumn: the word used in logs and wording keys."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def describe(self, lang: str) -> str:
        """The step as a sentence."""
        shown = {f.name: getattr(self, f.name) for f in fields(self)}
        flat = {name: ", ".join(value) if isinstance(value, tuple) else value for name, value in shown.items()}
        return say(f"plan.{self.name()}", lang, **flat)

    def dump(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": self.name(), **asdict(self)}


@dataclass(frozen=True, slots=True)
class CreateTable(Step):
    """A table with its columns and indexes."""


@dataclass(frozen=True, slots=True)
class AddForeignKeys(Step):
    """All foreign keys of a new table, after every new table exists."""


@dataclass(frozen=True, slots=True)
class ShadowTable(Step):
    """Rename a removed entity's table and keep its rows."""


@dataclass(frozen=True, slots=True)
class RestoreTable(Step):
    """Give a kept table its name back."""

    shadow: Shadow


@dataclass(frozen=True, slots=True)
class Reconnect(Step):
    """The foreign keys of a table that was brought back. SQLite can only do that by copying the table."""


@dataclass(frozen=True, slots=True)
class RenameTable(Step):
    """Call an entity's table as its new key says; rows, keys and indexes stay."""

    to: str


@dataclass(frozen=True, slots=True)
class RenameIndexes(Step):
    """Call the indexes and keys of a table after its entity and columns, which were renamed."""

    was: str


@dataclass(frozen=True, slots=True)
class FieldStep(Step):
    """One thing to do to a column."""

    field: str


@dataclass(frozen=True, slots=True)
class AddColumn(FieldStep):
    """A column, empty in all rows."""


@dataclass(frozen=True, slots=True)
class RenameColumn(FieldStep):
    """Call a field's column as its new key says; values, keys and indexes stay."""

    to: str


@dataclass(frozen=True, slots=True)
class ShadowColumn(FieldStep):
    """Rename a removed field's column and keep its values."""


@dataclass(frozen=True, slots=True)
class RestoreColumn(FieldStep):
    """Give a kept column its name back."""

    shadow: Shadow


@dataclass(frozen=True, slots=True)
class ConvertColumn(FieldStep):
    """A column of the new type filled from the old one, which stays as a shadow."""


@dataclass(frozen=True, slots=True)
class UnconvertColumn(FieldStep):
    """Bring back the exact values from before a conversion; rows changed since are converted back."""

    shadow: Shadow


@dataclass(frozen=True, slots=True)
class CheckValues(FieldStep):
    """Values that the field's new settings would refuse must not exist."""


@dataclass(frozen=True, slots=True)
class RequireValues(FieldStep):
    """No row may be empty."""


@dataclass(frozen=True, slots=True)
class Backfill(FieldStep):
    """Put the default into empty rows."""


@dataclass(frozen=True, slots=True)
class NumberRows(FieldStep):
    """Number the rows that have no number, in the order in which they were made."""


@dataclass(frozen=True, slots=True)
class DropLinks(FieldStep):
    """Drop the links of a field that points at several records; its column says them still."""


@dataclass(frozen=True, slots=True)
class AddLinks(FieldStep):
    """A table of links, filled from the ids in the field's column."""


@dataclass(frozen=True, slots=True)
class RenameLinks(FieldStep):
    """Call a table of links as its entity and field are called now."""

    was: str


@dataclass(frozen=True, slots=True)
class Recompute(Step):
    """Compute stored formulas and roll-ups anew."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropIndex(Step):
    """Remove an index."""

    index: str


@dataclass(frozen=True, slots=True)
class AddIndex(Step):
    """Build an index; a unique one also refuses duplicates from now on."""

    index: str
    field: str
    unique: bool


@dataclass(frozen=True, slots=True)
class DropForeignKey(Step):
    """Remove the keys of these columns. SQLite can only do that by copying the table."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddForeignKey(FieldStep):
    """A key on an existing column. SQLite can only do that by copying the table."""
