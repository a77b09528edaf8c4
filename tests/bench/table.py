"""Lines of the table, and how they are printed and timed."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. Without a limit it only informs. `beside` are the raw figures it follows from."""

    what: str
    figure: float
    limit: float | None
    unit: str
    beside: str = ""

    @property
    def ratio(self) -> float | None:
        """How much of its limit the figure takes: more than 1 misses it."""
        return None if self.limit is None else self.figure / self.limit

    def text(self, width: int) -> str:
        """The line as printed."""
        shown = f"{self.figure:10.2f} {self.unit:10}"
        if self.ratio is None:
            judged = " " * 22
        else:
            judged = f"{self.limit:7g}  {self.ratio:6.2f} {'ok' if self.ratio <= 1 else 'MISS':5}"
        return f"{self.what:{width}} {shown} {judged}  {self.beside}".rstrip()


HEAD = ("what", "    figure", "  limit   ratio")


def print_head(width: int) -> None:
    """Print the head of the table."""
    print(f"{HEAD[0]:{width}} {HEAD[1]} {'':10} {HEAD[2]}{'':7} beside", flush=True)


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds by the clock, and of them those in which this thread had the processor."""

    clock: list[float]
    busy: list[float]


def alternating(acts: Sequence[Callable[[], Any]], rounds: int, warm: int = 5) -> list[Times]:
    """How long several acts take, `rounds` times in turn, so that all of them meet the same disturbances."""
    for _ in range(warm):
        for act in acts:
            act()
    gc.collect()
    times = [Times([], []) for _ in acts]
    for _ in range(rounds):
        for act, found in zip(acts, times, strict=True):
            clock, busy = time.perf_counter(), time.thread_time()
            act()
            found.busy.append((time.thread_time() - busy) * 1000)
            found.clock.append((time.perf_counter() - clock) * 1000)
    return times


def milliseconds(act: Callable[[], Any], rounds: int, warm: int = 5) -> list[float]:
    """How long `act` takes by the clock, `rounds` times, after some that do not count."""
    return alternating([act], rounds, warm)[0].clock


def p95(times: Sequence[float]) -> float:
    """What 95 of 100 do not exceed."""
    return statistics.quantiles(times, n=20)[-1]


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Gives a function that tells the seconds since the beginning, or, afterwards, how long it lasted."""
    start = time.perf_counter()
    end: list[float] = []
    yield lambda: (end[0] if end else time.perf_counter()) - start
    end.append(time.perf_counter())
