"""Named places where a test can kill the process, to prove that a crash leaves all or nothing.

`FORMLOOM_CRASH=changeset.step:3` ends the process, without any clean-up, the third time the place is passed.
"""

from __future__ import annotations

import os

KILLED = 137
"""Exit status of a process killed here, the same as of SIGKILL."""

_passed: dict[str, int] = {}


def crash_point(name: str) -> None:
    """Nothing, unless the variable names this place and it is reached often enough."""
    wanted = os.environ.get("FORMLOOM_CRASH")
    if not wanted:
        return
    place, _, count = wanted.partition(":")
    if place == name:
        _passed[name] = _passed.get(name, 0) + 1
        if _passed[name] >= int(count or 1):
            os._exit(KILLED)
