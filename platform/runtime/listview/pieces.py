"""What a list's page is put together from: heads of columns, saved lists, conditions in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head. `sort` is asc, desc or empty; `rank` counts where several columns sort. The cells below one
    that is `editable` may be changed, of one that `reveals` looked at whole.
    """

    key: str
    label: str
    width: int
    numeric: bool
    href: str | None
    sort: str = ""
    rank: int | None = None
    editable: bool = False
    reveals: bool = False

    @property
    def aria_sort(self) -> str | None:
        """What assistive software is told."""
        return {"asc": "ascending", "desc": "descending"}.get(self.sort)


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved list."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition in words, and the address without it."""

    text: str
    drop: str


@dataclass(frozen=True, slots=True)
class Way:
    """A way the list can be shown."""

    label: str
    icon: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A field that can be filtered by with one click."""

    field: str
    label: str
