"""What readers get: a Record (one row as typed values with its labels) and a Page of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class Record(dict[str, Any]):
    """Typed values by field key or dotted path; a sub-table's value is a list of Records.

    `labels` holds the text of each reference whose target the reader may see; a reference with a value and no
    label points at something he may not. `masked` names the fields hidden from him in this row alone. `may` holds
    the operations he may do on it, where the reader asked for them. `tint` is the colour a list gives the row.
    """

    __slots__ = ("labels", "masked", "may", "tint")

    def __init__(
        self,
        values: Mapping[str, Any] | Iterable[tuple[str, Any]],
        labels: dict[str, str] | None = None,
        masked: frozenset[str] = frozenset(),
        may: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(values)
        self.labels = {} if labels is None else labels
        self.masked = masked
        self.may = may
        self.tint: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list. `next` is the cursor of the following page; `count` is None when it was not asked for and
    the page does not tell it.

    `count_capped` says that there are at least `count` rows.
    """

    items: list[Record]
    next: str | None = None
    count: int | None = None
    count_capped: bool = False
