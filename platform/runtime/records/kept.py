"""What is worked out once per Catalog and kept while that Catalog is in use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

from ...metadata.catalog import Catalog

T = TypeVar("T")

KEPT = 500

_kept: OrderedDict[tuple[int, Hashable], tuple[Catalog, object]] = OrderedDict()
_lock = threading.Lock()


def keep(catalog: Catalog, key: Hashable, build: Callable[[], T]) -> T:
    """What `build` gives for this Catalog and key, made once. Two threads may both make it; one result stays."""
    place = (id(catalog), key)
    with _lock:
        found = _kept.get(place)
        if found is not None:
            _kept.move_to_end(place)
            return found[1]  # type: ignore[return-value]
    made = build()
    with _lock:
        # The Catalog is held along: while an entry is kept, no other object can have its id.
        _kept[place] = (catalog, made)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made
