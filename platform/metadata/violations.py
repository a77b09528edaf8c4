"""Rows that stand in the way of a change, one by one: empty where a value is required, doubled where it is to be
unique, refused by a limit. What a preview counts is listed here in pages, so that it can be put right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .catalog import Catalog
from .effects import is_refused, shown
from .errors import InvalidInput
from .moving import spans

USUAL_ROWS = 50


@dataclass(frozen=True, slots=True)
class Violation:
    """A row in the way: its id, what it is called, the value as shown."""

    id: int
    title: str
    value: str


def violations(
    conn: Connection,
    current: Catalog,
    desired: Catalog,
    effect: Mapping[str, str],
    after: int = 0,
    limit: int = 50,
) -> list[Violation]:
    """At most `limit` rows behind id `after` that make the change refused by `effect` {entity, field, code}.

    Raises InvalidInput for an effect no row can be listed for.
    """
    finder = _FINDERS.get(effect["code"])
    entity = current.entities.get(effect["entity"])
    if finder is None or entity is None or effect["field"] not in desired.entities[entity.key].all_fields:
        raise InvalidInput("effect.unknown")
    return finder(conn, current, desired, effect, after, limit)


Finder = Callable[[Connection, Catalog, Catalog, Mapping[str, str], int, int], list[Violation]]


def _rows(current: Catalog, effect: Mapping[str, str]) -> tuple[sa.Table, Any, sa.Select[Any]]:
    """The table, the field's column (NULL where there is none yet), and a query of ids, titles and values."""
    entity, table = current.entities[effect["entity"]], current.tables[effect["entity"]]
    column = table.c[effect["field"]] if effect["field"] in table.c else sa.null()
    title = table.c[entity.title] if entity.title in table.c else sa.null()
    query = sa.select(table.c.id, title.label("title"), column.label("value")).where(table.c.deleted_at.is_(None))
    return table, column, query.order_by(table.c.id)


def _listed(conn: Connection, current: Catalog, effect: Mapping[str, str], query: Any) -> list[Violation]:
    field = current.entities[effect["entity"]].all_fields.get(effect["field"])
    return [
        Violation(key, "" if title is None else str(title), "" if field is None else shown(field, value))
        for key, title, value in conn.execute(query)
    ]


def _empty(
    conn: Connection, current: Catalog, desired: Catalog, effect: Mapping[str, str], after: int, limit: int
) -> list[Violation]:
    table, column, query = _rows(current, effect)
    return _listed(conn, current, effect, query.where(column.is_(None), table.c.id > after).limit(limit))


def _doubled(
    conn: Connection, current: Catalog, desired: Catalog, effect: Mapping[str, str], after: int, limit: int
) -> list[Violation]:
    table, column, query = _rows(current, effect)
    live = sa.and_(table.c.deleted_at.is_(None), column.is_not(None))
    twice = sa.select(column).where(live).group_by(column).having(sa.func.count() > 1)
    return _listed(conn, current, effect, query.where(column.in_(twice), table.c.id > after).limit(limit))


def _limited(
    conn: Connection, current: Catalog, desired: Catalog, effect: Mapping[str, str], after: int, limit: int
) -> list[Violation]:
    table, column, query = _rows(current, effect)
    field = desired.entities[effect["entity"]].all_fields[effect["field"]]
    found: list[int] = []
    for span in spans(conn, table.name, after):
        rows = sa.select(table.c.id, column).where(span.of(table), column.is_not(None)).order_by(table.c.id)
        for key, value in conn.execute(rows):
            if is_refused(field, value):
                found.append(key)
            if len(found) == limit:
                return _listed(conn, current, effect, query.where(table.c.id.in_(found)))
    return _listed(conn, current, effect, query.where(table.c.id.in_(found)))


_FINDERS: Mapping[str, Finder] = {"empty_required": _empty, "duplicates": _doubled, "values_refused": _limited}
