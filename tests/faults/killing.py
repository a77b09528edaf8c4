"""Kills a forked process at its n-th SQL statement, as a power cut would: no clean-up, no rollback of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from sqlalchemy import event

from formloom.metadata.database import Database

FINISHED = 0


def killed_at(statement: int, url: str, work: Callable[[Database], None]) -> bool:
    """Whether the process died before `work` was done. It works on a Database of its own."""
    child = os.fork()
    if child == 0:
        _be_killed(statement, url, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == FINISHED, "the victim failed by itself"
    return False


def _be_killed(statement: int, url: str, work: Callable[[Database], None]) -> None:
    try:
        database = Database(url)
        passed = 0

        @event.listens_for(database.engine, "before_cursor_execute")
        def _count(*_: object) -> None:
            nonlocal passed
            passed += 1
            if passed >= statement:
                os.kill(os.getpid(), signal.SIGKILL)

        work(database)
        os._exit(FINISHED)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
