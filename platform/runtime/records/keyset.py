"""Order and paging by key: the rows after a given row, found by index seeks instead of counting from the start.

Ascending order has empty values first, descending order has them last, on every database. "After this row" is cut
into disjoint ranges, each of which an index can seek to: the empty and the filled part of the leading column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement


@dataclass(frozen=True)
class Key:
    """One part of an order. `filled` says that the column is never empty, `is_id` that it is the primary key."""

    column: ColumnElement[Any]
    descending: bool = False
    filled: bool = False
    is_id: bool = False

    def order(self, column: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
        """The ORDER BY element, of another column that carries the same values where one is given.

        Where empties stand is said even of columns without any: PostgreSQL uses no index that says otherwise.
        """
        chosen = self.column if column is None else column
        if self.is_id:
            return chosen.desc() if self.descending else chosen.asc()
        return chosen.desc().nulls_last() if self.descending else chosen.asc().nulls_first()

    def equals(self, value: Any) -> ColumnElement[bool]:
        """Rows that stand at `value`."""
        return self.column.is_(None) if value is None else self.column == value

    def beyond(self, value: Any) -> ColumnElement[bool]:
        """Rows with a value that stand after `value`; None stands before all values."""
        if value is None:
            return self.column.is_not(None)
        beyond: ColumnElement[bool] = self.column < value if self.descending else self.column > value
        return beyond

    def reached(self, value: Any) -> ColumnElement[bool]:
        """Rows with a value that stand at or after `value`: the bound an index seeks to."""
        reached: ColumnElement[bool] = self.column <= value if self.descending else self.column >= value
        return reached


def ranges(keys: Sequence[Key], values: Sequence[Any]) -> list[ColumnElement[bool]]:
    """The rows after the one with `values`, as one or two disjoint conditions in the list's order."""
    key, value = keys[0], values[0]
    if len(keys) == 1:
        return [key.beyond(value)]
    rest = _after(keys[1:], values[1:])
    if value is None:
        empty = sa.and_(key.column.is_(None), rest)
        return [empty] if key.descending else [empty, key.column.is_not(None)]
    filled = sa.and_(key.reached(value), sa.or_(key.beyond(value), sa.and_(key.equals(value), rest)))
    return [filled, key.column.is_(None)] if key.descending and not key.filled else [filled]


def _after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """The same as one condition, for the keys behind the leading one."""
    key, value = keys[0], values[0]
    beyond: ColumnElement[bool] = key.beyond(value)
    if key.descending:
        beyond = sa.false() if value is None else beyond if key.filled else sa.or_(beyond, key.column.is_(None))
    if len(keys) == 1:
        return beyond
    return sa.or_(beyond, sa.and_(key.equals(value), _after(keys[1:], values[1:])))
