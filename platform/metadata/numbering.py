"""Rows that exist already get numbers when a field begins to give them. Who counts registers here."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

from .catalog import Catalog
from .errors import SetupError

Cursor = tuple[datetime, int]
"""Creation and id of the last row looked at: rows are numbered in this order."""


class Numbers(Protocol):
    """Gives numbers. A column still under a hidden name counts for itself until it is adopted."""

    def number(
        self, conn: Connection, catalog: Catalog, entity: str, field: str, after: Cursor | None, most: int | None
    ) -> Cursor | None:
        """Number some rows behind `after` that have no number, at most `most`; where to go on, None at the end."""

    def adopt(self, conn: Connection, entity: str, hidden: str, field: str) -> None:
        """Let the field count on from where its hidden column came to."""

    def forget(self, conn: Connection, entity: str, field: str) -> None:
        """Let nobody count on from there."""


N = TypeVar("N", bound=Numbers)

_numbers: list[Numbers] = []


def on_numbering(numbers: N) -> N:
    """The same, now the one that gives numbers. The run time registers it."""
    _numbers[:] = [numbers]
    return numbers


def numbers() -> Numbers:
    """Whoever gives numbers. Raises SetupError."""
    if not _numbers:
        raise SetupError("setup.no_recompute")
    return _numbers[0]


def number_rows(conn: Connection, catalog: Catalog, entity: str, field: str) -> None:
    """Number every row that has no number."""
    after = numbers().number(conn, catalog, entity, field, None, None)
    while after is not None:
        after = numbers().number(conn, catalog, entity, field, after, None)


def forget(conn: Connection, entity: str, field: str) -> None:
    """Let nobody count on from where a column that goes came to."""
    for one in _numbers:
        one.forget(conn, entity, field)
