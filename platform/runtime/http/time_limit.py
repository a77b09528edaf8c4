"""A limit on how long the statements of one request may run, so that no question holds a connection for good."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Connection

from ...metadata.database import begin_limited

STEPS = 50_000
"""SQLite looks at the clock each time it has done so many instructions: a few milliseconds."""


@contextmanager
def time_limited(conn: Connection, seconds: int) -> Iterator[None]:
    """While this lasts, a statement that runs longer ends with an OperationalError. 0 seconds is no limit."""
    driver: Any = conn.connection.driver_connection
    if not seconds:
        yield
    elif conn.dialect.name == "sqlite":
        until = time.monotonic() + seconds
        driver.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)
    else:
        begin_limited(driver, seconds * 1000)
        yield
