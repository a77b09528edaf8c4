"""Fixtures of the permission tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection


@pytest.fixture
def counted() -> Callable[[Connection], AbstractContextManager[list[str]]]:
    """`with counted(conn) as statements`: the statements run meanwhile."""

    @contextmanager
    def counting(conn: Connection) -> Iterator[list[str]]:
        statements: list[str] = []

        def note(conn, cursor, statement, *rest) -> None:
            statements.append(statement)

        event.listen(conn, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(conn, "before_cursor_execute", note)

    return counting
