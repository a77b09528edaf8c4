"""Background work."""

from __future__ import annotations

from typing import Any


class Worker:
    """Runs jobs in threads of this process."""

    def __init__(self, site: Any, *, threads: int = 1) -> None:
        self.site = site
        self.threads = threads

    def start(self) -> None:
        """Begin."""

    def run_once(self) -> bool:
        """Run one job; False when there is none."""
        return False

    def stop(self) -> None:
        """End after the jobs that run."""
