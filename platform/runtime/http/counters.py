"""A few numbers of this process, in the text form Prometheus reads."""

from __future__ import annotations

import threading
from collections import Counter


class Counters:
    """Requests by method and status, and the time they took. Each worker process counts its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds = 0.0

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count one request."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
        with self._lock:
            self._requests[(known, status)] += 1
            self._seconds += seconds

    def text(self, more: dict[str, float] | None = None) -> str:
        """All numbers in the exposition format; `more` adds gauges by name."""
        with self._lock:
            requests, seconds = dict(self._requests), self._seconds
        lines = ["# TYPE formloom_requests_total counter"]
        lines += [
            f'formloom_requests_total{{method="{method}",status="{status}"}} {count}'
            for (method, status), count in sorted(requests.items())
        ]
        lines += ["# TYPE formloom_request_seconds_total counter", f"formloom_request_seconds_total {seconds:.6f}"]
        for name, value in (more or {}).items():
            lines += [f"# TYPE formloom_{name} gauge", f"formloom_{name} {value:g}"]
        return "\n".join(lines) + "\n"
