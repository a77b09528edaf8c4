"""What is shown where: lists, forms, pages of records, dashboards, the menu. Frozen, as documents say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .wording import Label

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Column:
    """A field as a list column; `width` in CSS pixels, None is by content."""

    field: str
    width: int | None = None


@dataclass(frozen=True, slots=True)
class RowColor:
    """A tint of the rows for which a Condition (raw JSON) holds."""

    when: Mapping[str, Any]
    color: str


@dataclass(frozen=True, slots=True)
class Total:
    """A number below a column of a list: an aggregate of a field over all rows."""

    field: str
    op: str


@dataclass(frozen=True, slots=True)
class Kanban:
    """A list as a board: a lane for each option of `by`, cards with `fields`, the sum of `total` at each head."""

    by: str
    fields: tuple[str, ...] = ()
    total: str | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """A list as a month: records stand on the days from `start` to `end`, in the colour of their option."""

    start: str
    end: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """A list as cards, each with the first picture of `cover` and some fields."""

    cover: str | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListLayout:
    """What a list shows: columns, order (`-amount` descends), the Condition it always applies (raw JSON).

    `group` is a field whose values are headings between rows; of `colors` the first that holds tints a row.
    `frozen` columns stay while the others scroll. As a `tree` records stand below each other, as the entity's
    field for that says. It opens as `view`; the ways it can be shown besides a table are those that are described.
    """

    key: str
    entity: str
    label: Label
    columns: tuple[Column, ...]
    sort: tuple[str, ...] = ()
    filter: Mapping[str, Any] | None = None
    quick_filters: tuple[str, ...] = ()
    position: int = 0
    default: bool = False
    group: str | None = None
    colors: tuple[RowColor, ...] = ()
    totals: tuple[Total, ...] = ()
    frozen: int = 1
    density: str | None = None
    tree: bool = False
    view: str = "table"
    kanban: Kanban | None = None
    calendar: Calendar | None = None
    gallery: Gallery | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A field placed in a section; `columns` are the child's fields where the field is a sub-table."""

    field: str
    span: int = 1
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of placed fields in 1 to 4 columns, in the tab of that key; None is the first one."""

    key: str
    label: Label
    fields: tuple[Placed, ...]
    columns: int = 2
    collapsed: bool = False
    tab: str | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the tabs that sections are spread over."""

    key: str
    label: Label


@dataclass(frozen=True, slots=True)
class Form:
    """Where fields stand when a record is entered. Of several the first is used whose `roles` the actor has (none
    means anybody) and whose `when` (raw JSON) holds.
    """

    key: str
    entity: str
    label: Label
    sections: tuple[Section, ...]
    roles: tuple[str, ...] = ()
    when: Mapping[str, Any] | None = None
    position: int = 0
    tabs: tuple[Tab, ...] = ()


@dataclass(frozen=True, slots=True)
class Related:
    """A list of records of `entity` whose relation field `by` points at the shown record."""

    entity: str
    by: str
    columns: tuple[Column, ...] = ()
    label: Label | None = None
    sort: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number over the records of `entity` whose relation `by` points at the shown one: `op` of `field`, or how
    many there are. `filter` (raw JSON) says which count; a number other than zero has the `color`.
    """

    key: str
    entity: str
    by: str
    op: str = "count"
    field: str | None = None
    label: Label | None = None
    filter: Mapping[str, Any] | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Composer:
    """What is quickly added to a record on its page, and stands in its timeline: a record of `entity` whose
    relation `by` points here. `fields` are asked for, `take` copies ours (by their fields), `at` says when it
    happened.
    """

    entity: str
    by: str
    fields: tuple[str, ...]
    take: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    at: str = "created_at"


@dataclass(frozen=True, slots=True)
class Detail:
    """What a record's page shows. Empty `sections` means the form's, with its tabs."""

    key: str
    entity: str
    label: Label
    highlights: tuple[str, ...] = ()
    stage: str | None = None
    sections: tuple[Section, ...] = ()
    related: tuple[Related, ...] = ()
    timeline: bool = True
    composer: Composer | None = None
    tabs: tuple[Tab, ...] = ()
    statistics: tuple[Statistic, ...] = ()


@dataclass(frozen=True, slots=True)
class Widget:
    """One card of a dashboard; `spec` is the document's own JSON for measures, grouping and filter."""

    key: str
    type: str
    label: Label
    entity: str
    spec: Mapping[str, Any]
    x: int = 0
    y: int = 0
    w: int = 6
    h: int = 4


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of widgets on a 12-column grid with shared filters."""

    key: str
    label: Label
    widgets: tuple[Widget, ...]
    filters: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A menu entry: a group (`items`) or a link to exactly one of entity, list, dashboard."""

    label: Label | None
    icon: str | None = None
    entity: str | None = None
    list: str | None = None
    dashboard: str | None = None
    items: tuple[MenuItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """The application menu."""

    key: str
    label: Label
    items: tuple[MenuItem, ...]
