"""What is worked out once per Catalog and kept while that Catalog is in use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from ...metadata.catalog import Catalog

T = TypeVar("T")


class Kept(Generic[T]):
    """At most `limit` results, each of one Catalog and key; the longest unused goes first. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._found: OrderedDict[tuple[int, Hashable], tuple[Catalog, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, catalog: Catalog, key: Hashable) -> T | None:
        """What is kept under this Catalog and key."""
        place = (id(catalog), key)
        with self._lock:
            found = self._found.get(place)
            if found is None:
                return None
            self._found.move_to_end(place)
            return found[1]

    def put(self, catalog: Catalog, key: Hashable, made: T) -> None:
        """Keep a result."""
        with self._lock:
            # The Catalog is held along: while an entry is kept, no other object can have its id.
            self._found[id(catalog), key] = (catalog, made)
            while len(self._found) > self.limit:
                self._found.popitem(last=False)


_facts: Kept[Any] = Kept(5_000)


def keep(catalog: Catalog, key: Hashable, build: Callable[[], T]) -> T:
    """What `build` gives for this Catalog and key, made once. Two threads may both make it; one result stays."""
    found: T | None = _facts.get(catalog, key)
    if found is None:
        found = build()
        _facts.put(catalog, key, found)
    return found
