"""Which columns one SELECT reads for its reader, and how its rows become Records.

The page of rows is cut first, in a subquery; labels and fields behind relations are looked up for the rows of that
page only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Subquery

from ...metadata.errors import UnknownField
from ...metadata.model import Field
from . import paths
from .labels import Label, behind, label_of, nameless
from .record import Record

if TYPE_CHECKING:
    from ...rbac.access import Access

ALWAYS = ("id", "rev")


def column_behind(access: Access, fields: Sequence[Field], first: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column at the end of a path of which `first` is the first column."""
    if len(fields) == 1:
        return first
    secured = nameless(access, fields[0].option("target"))
    return behind(secured, column_behind(access, fields[1:], secured.column(fields[1].key)), first)


def stored_fields(access: Access, entity: str) -> tuple[str, ...]:
    """All fields of the entity a row of its own can show, in their order: not its sub-tables."""
    rights = access.entity(entity)
    tables = {child.key for child in access.catalog.children[entity]}
    return tuple(key for key in rights.entity.all_fields if key in rights.readable and key not in tables)


@dataclass
class _Shown:
    """One requested path: where its value, its label and its flag stand in the row."""

    path: str
    position: int
    label: Label | None = None
    label_position: int = 0
    flag_position: int | None = None


@dataclass
class Selection:
    """The paths a reader asked for. Raises UnknownField at once for what he may not see."""

    access: Access
    entity: str
    asked: Iterable[str]
    lang: str
    labels: bool = True
    fields: dict[str, tuple[Field, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {path: paths.resolve(self.access, self.entity, path) for path in (*ALWAYS, *self.asked)}
        tables = {
            (child.entity, child.key) for children in self.access.catalog.children.values() for child in children
        }
        for path, chain in self.fields.items():
            if (chain[-1].entity, chain[-1].key) in tables:
                raise UnknownField(path)

    def inner(self, source: Any) -> list[ColumnElement[Any]]:
        """The columns of the page's rows: the first field of each path, and if it is shown where that varies."""
        columns: list[ColumnElement[Any]] = []
        for head in self._heads():
            columns.append(source.column(head).label(f"c_{head}"))
            shown = source.shown(head)
            if shown is not None:
                columns.append(sa.type_coerce(shown, sa.Boolean).label(f"m_{head}"))
        return columns

    def _heads(self) -> list[str]:
        return list(dict.fromkeys(chain[0].key for chain in self.fields.values()))

    def outer(self, page: Subquery) -> tuple[list[ColumnElement[Any]], Reading]:
        """The columns over the cut page, and what makes Records of its rows."""
        columns: list[ColumnElement[Any]] = []
        shown: list[_Shown] = []
        for path, chain in self.fields.items():
            value = column_behind(self.access, chain, page.c[f"c_{chain[0].key}"])
            one = _Shown(path, len(columns))
            columns.append(value.label(f"v{len(columns)}"))
            one.label = label_of(self.access, chain[-1], value, self.lang) if self.labels else None
            if one.label is not None:
                one.label_position = len(columns)
                columns.append(one.label[0].label(f"v{len(columns)}"))
            flag = page.c.get(f"m_{chain[0].key}")
            if flag is not None:
                one.flag_position = len(columns)
                columns.append(flag.label(f"v{len(columns)}"))
            shown.append(one)
        return columns, Reading(shown)


class Reading:
    """Makes Records of fetched rows; where each path stands in a row is worked out once."""

    def __init__(self, shown: Sequence[_Shown]) -> None:
        self._paths = tuple(one.path for one in shown)
        self._values = itemgetter(*(one.position for one in shown))
        self._labels = [(one.path, one.label[1], one.label_position) for one in shown if one.label is not None]
        self._flags = [(one.path, one.flag_position) for one in shown if one.flag_position is not None]

    def __call__(self, row: Sequence[Any]) -> Record:
        """The Record of a row."""
        record = Record(zip(self._paths, self._values(row), strict=True))
        for path, text_of, position in self._labels:
            value = row[position]
            if value is not None and (text := text_of(value)):
                record.labels[path] = text
        if self._flags:
            masked = [path for path, position in self._flags if not row[position]]
            if masked:
                record.masked = frozenset(masked)
        return record
