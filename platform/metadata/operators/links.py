"""Operators of fields that point at several records, served by the index of their links.

`Linked` stands for the column: the ids as they are shown, and which row's links they are. Where the field is
hidden in a row, its ids are empty there, and what only the links know must not be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from .branch import read_tops
from .compare import EMPTINESS
from .operator import Clause, Operator, read_many, read_none, read_one, read_present, refusal

if TYPE_CHECKING:
    from ..model import Field


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """`ids` is the column, `record` the id of its row, `table` the links."""

    ids: ColumnElement[Any]
    record: ColumnElement[Any]
    table: sa.Table

    def to_some(self, wanted: Any) -> Clause:
        """Whether it points at one of `wanted`: ids, or a SELECT of ids."""
        links = self.table.alias()
        found = sa.select(links.c.source).where(links.c.target.in_(wanted))
        return sa.and_(self.ids.is_not(None), self.record.in_(found))

    def to_all(self, wanted: Iterable[int]) -> Clause:
        """Whether it points at each of `wanted`."""
        return sa.and_(self.ids.is_not(None), *(self.to_some([one]) for one in wanted))


def _read_id(field: Field, raw: Any) -> int:
    ids = read_present(field, raw)
    if len(ids) != 1:
        raise refusal("needs_value", field=field.key)
    return int(ids[0])


def _read_ids(field: Field, raw: Any) -> tuple[int | None, ...]:
    """Ids of several raws; None stands for empty."""
    read = read_many(field, [raw] if isinstance(raw, str | int) else raw)
    return tuple(key for value in read for key in (value if isinstance(value, tuple) else (value,)))


def _to(column: Linked, branch: sa.Select[Any]) -> Clause:
    return column.to_some(branch)


def _to_one(column: Linked, key: int) -> Clause:
    return column.to_some([key])


def _some(column: Linked, ids: Iterable[int | None]) -> Clause:
    wanted = [key for key in ids if key is not None]
    parts = [column.to_some(wanted)] if wanted else []
    if None in ids:
        parts.append(column.ids.is_(None))
    return sa.or_(*parts) if parts else sa.false()


def _all(column: Linked, ids: Iterable[int | None]) -> Clause:
    return column.to_all([key for key in ids if key is not None])


def _exactly(column: Linked, ids: Any) -> Clause:
    if not ids:
        return column.ids.is_(None)
    length = sum(len(str(key)) + 1 for key in ids) + 1
    return sa.and_(column.to_all(ids), sa.func.length(sa.type_coerce(column.ids, sa.Text)) == length)


def _without(clause: Any) -> Any:
    return lambda column, operand: sa.not_(sa.func.coalesce(clause(column, operand), sa.false()))


def _overlaps(value: Any, ids: Any) -> bool:
    return any(not value if key is None else key in (value or ()) for key in ids)


def _includes(value: Any, ids: Any) -> bool:
    return bool(value) and all(key in value for key in ids if key is not None)


def _same(value: Any, ids: Any) -> bool:
    return set(value or ()) == set(ids or ())


def _reaches(value: Any, branch: Any) -> bool:
    return any(key in branch for key in value or ())


LINKS: tuple[Operator, ...] = (
    Operator("contains", "one", _read_id, _to_one, lambda v, key: key in (v or ())),
    Operator("not_contains", "one", _read_id, _without(_to_one), lambda v, key: key not in (v or ())),
    Operator("in", "many", _read_ids, _some, _overlaps),
    Operator("not_in", "many", _read_ids, _without(_some), lambda v, ids: not _overlaps(v, ids)),
    Operator("contains_all", "many", _read_ids, _all, _includes),
    Operator("eq", "many", read_one, _exactly, _same),
    Operator("ne", "many", read_one, _without(_exactly), lambda v, ids: not _same(v, ids)),
    Operator("in_branch", "many", read_tops, _to, _reaches, branch=True),
    Operator(
        "not_in_branch", "many", read_tops, _without(_to), lambda v, branch: not _reaches(v, branch), branch=True
    ),
    Operator("is_empty", "none", read_none, lambda column, _: column.ids.is_(None), EMPTINESS[0].matches),
    Operator("is_not_empty", "none", read_none, lambda column, _: column.ids.is_not(None), EMPTINESS[1].matches),
)
