"""A batch of rows on its way in: columns of values and what was refused, by position. One record is a batch of
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...metadata.errors import Conflict, FieldError, InvalidInput
from ...metadata.model import Entity, Field

if TYPE_CHECKING:
    from ...rbac.access import EntityAccess
    from ..context import Context
    from .ruling import Warned


class _Absent:
    """The type of ABSENT."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Any = _Absent()
"""Stands where a row says nothing about a field: a new row takes its default, an old one keeps its value."""

Errors = dict[int, list[FieldError]]


class RowErrors(InvalidInput):
    """Several rows were refused together; `rows` holds the refusals of each by its position."""

    def __init__(self, rows: Mapping[int, Sequence[FieldError]]) -> None:
        self.rows = dict(rows)
        named = [
            FieldError(f"items[{row}].{error.field}" if error.field else f"items[{row}]", error.code, error.data)
            for row, errors in sorted(self.rows.items())
            for error in errors
        ]
        super().__init__(fields=named, rows=len(self.rows))


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch became: the id at each position (None where refused), the refusals, how many rows changed, and
    what rules warned of in those that were written all the same.
    """

    ids: tuple[int | None, ...]
    errors: Mapping[int, Sequence[FieldError]] = field(default_factory=dict)
    changed: int = 0
    warnings: Mapping[int, Sequence[FieldError]] = field(default_factory=dict)


@dataclass
class Batch:
    """Rows of one entity. `columns` holds typed values; a sub-table's column holds lists of raw rows.

    `closed` names fields the actor may not write in a row, `closed_tables` sub-tables he may write in none;
    `conflicts` holds the whole error of rows that others
    changed meanwhile. `numbers` are those a single new row has taken. By position, `entered` names the fields the
    writer himself gives, as far as rules ask, `warnings` holds what he has to confirm and `veiled` what he sent of
    masked fields as they are shown.
    """

    ctx: Context
    rights: EntityAccess
    size: int
    columns: dict[str, list[Any]] = field(default_factory=dict)
    tables: dict[str, list[Any]] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)
    closed: dict[int, set[str]] = field(default_factory=dict)
    closed_tables: set[str] = field(default_factory=set)
    conflicts: dict[int, Any] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    entered: dict[int, set[str]] = field(default_factory=dict)
    warnings: dict[int, list[Warned]] = field(default_factory=dict)
    veiled: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def entity(self) -> Entity:
        """The entity of the rows."""
        return self.rights.entity

    def refuse(self, position: int, error: FieldError) -> None:
        """Note a refusal of one row."""
        self.errors.setdefault(position, []).append(error)

    def refuse_field(self, position: int, field: Field, code: str, **data: Any) -> None:
        """Note a refusal of one value; the name of a field the actor may not see is not told."""
        name = field.key if field.key in self.rights.readable else ""
        self.refuse(position, FieldError(name, code, data))

    def is_closed(self, position: int, key: str) -> bool:
        """Whether the actor may not write a sub-table of a row."""
        return key in self.closed_tables or key in self.closed.get(position, ())

    def positions(self) -> Iterable[int]:
        """Positions of the rows nothing was refused in, so far."""
        return (position for position in range(self.size) if position not in self.errors)

    def row(self, position: int) -> dict[str, Any]:
        """The values of one row."""
        return {key: values[position] for key, values in self.columns.items() if values[position] is not ABSENT}

    def keep(self, positions: Sequence[int]) -> None:
        """Reduce the batch to the rows at these positions."""
        self.columns = {key: [values[p] for p in positions] for key, values in self.columns.items()}
        self.tables = {key: [values[p] for p in positions] for key, values in self.tables.items()}
        self.entered = {n: self.entered[p] for n, p in enumerate(positions) if p in self.entered}
        self.warnings = {n: self.warnings[p] for n, p in enumerate(positions) if p in self.warnings}
        self.size = len(positions)


def pivot(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Columns of rows; ABSENT where a row does not mention a key that another does."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return {key: [row.get(key, ABSENT) for row in rows] for key in keys}


def refusal(errors: Sequence[FieldError]) -> InvalidInput | Conflict:
    """The error that refuses a single record for these reasons."""
    if all(error.code == "conflict_unique" for error in errors):
        return Conflict("conflict_unique", fields=errors)
    if len({error.code for error in errors}) == 1 and errors[0].code == "field_read_only":
        return InvalidInput("field_read_only", fields=errors)
    return InvalidInput(fields=errors)
