"""What must hold of values before they are written: required, references, unique. Set-based, and all of it at
once.

Each check is one SELECT over all rows of the batch. For a single record they are asked together in one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.errors import FieldError, NotFound
from ...metadata.model import Entity, Field
from ...rbac.tables import departments, users
from . import linking, picking
from .batch import ABSENT, Batch
from .rowset import among, among_texts
from .values import is_system

_PEOPLE = {"user": users, "department": departments}

Skip = Callable[[int, str], bool]
"""Whether a row's value of a field is not to be judged: it is the one the row holds already."""


@dataclass
class Check:
    """A question to the database about one field's values: `found_is_good` tells which answer refuses."""

    field: Field
    places: dict[Any, list[int]]
    chosen: sa.Select[Any] | None
    code: str
    found_is_good: bool
    held: Mapping[int, Collection[Any]] = dataclass_field(default_factory=dict)
    told: Callable[[], Mapping[str, Any]] = dict
    """By position, ids a row pointed at before: those may stay, whoever sees them."""

    def judge(self, batch: Batch, found: set[Any], skip: Skip) -> None:
        """Refuse the rows whose value got the wrong answer."""
        for value, positions in self.places.items():
            if (value in found) is self.found_is_good:
                continue
            for position in positions:
                kept = self.found_is_good and value in self.held.get(position, ())
                if not kept and not skip(position, self.field.key):
                    batch.refuse_field(position, self.field, self.code, **self.told())


def never(position: int, key: str) -> bool:
    """Skips nothing: all values of new rows are judged."""
    return False


def ask(conn: Connection, checks: Sequence[Check], single: bool) -> list[set[Any]]:
    """What each check finds. Queries: 1 for a single record, else 1 for each check."""
    asked = [check.chosen for check in checks if check.chosen is not None]
    if single and asked:
        answers = iter(conn.execute(sa.select(*as_columns(asked))).one())
        return [set() if check.chosen is None else {next(answers)} for check in checks]
    return [set() if check.chosen is None else set(conn.scalars(check.chosen)) for check in checks]


def as_columns(asked: Iterable[sa.Select[Any]]) -> list[sa.Label[Any]]:
    """SELECTs of one column that are asked about one value each, as columns of another SELECT."""
    return [chosen.limit(1).scalar_subquery().label(f"q{n}") for n, chosen in enumerate(asked)]


def places_of(batch: Batch, key: str) -> dict[Any, list[int]]:
    """Positions by value, of the values that are given and not empty."""
    places: dict[Any, list[int]] = {}
    for position, value in enumerate(batch.columns.get(key, ())):
        if value is not None and value is not ABSENT:
            places.setdefault(value, []).append(position)
    return places


def require(batch: Batch, entity: Entity, besides: str | None = None, skip: Skip | None = None) -> None:
    """Refuse rows that leave a required field empty; `besides` is filled in later, `skip` what may be left."""
    for field in entity.fields.values():
        column = batch.columns.get(field.key)
        if (
            not field.required
            or field.behaviour.numbered
            or column is None
            or field.key == besides
            or None not in column
        ):
            continue
        for position, value in enumerate(column):
            if value is not None or (skip is not None and skip(position, field.key)):
                continue
            if not any(e.field == field.key for e in batch.errors.get(position, ())):
                batch.refuse_field(position, field, "required")


def references(batch: Batch) -> list[Check]:
    """Checks that what references point at is there and visible to the actor: absent and hidden are alike."""
    found = []
    for key in batch.columns:
        field = batch.entity.all_fields[key]
        if field.behaviour.target is None and field.behaviour.several is None:
            continue
        places = _places_pointed_at(batch, key)
        # A single record asks about one id at a time: each answer is a column of one statement.
        parts = [{one: at} for one, at in places.items()] if batch.size == 1 else [places] if places else []
        for part in parts:
            chosen = _existing(batch, field, set(part))
            told = partial(picking.told_why_not, batch, field)
            found.append(Check(field, part, chosen, "invalid_reference", True, told=told))
    return found


def _places_pointed_at(batch: Batch, key: str) -> dict[Any, list[int]]:
    """Positions by id, of all the ids the rows point at."""
    places: dict[Any, list[int]] = {}
    for position, value in enumerate(batch.columns.get(key, ())):
        for one in linking.ids_of(value):
            places.setdefault(one, []).append(position)
    return places


def _existing(batch: Batch, field: Field, ids: set[int]) -> sa.Select[Any] | None:
    conn, kind = batch.ctx.conn, field.behaviour.target or field.behaviour.several or ""
    if kind in _PEOPLE:
        table = _PEOPLE[kind]
        chosen = sa.select(table.c.id).where(among(conn, table.c.id, ids))
        return chosen if is_system(batch.ctx) else chosen.where(table.c.is_active)
    at_once = field.option("filter") is not None and picking.is_asked_at_once(batch, field)
    try:
        source = batch.ctx.access.entity(field.option(kind)).select()
    except NotFound:
        return None
    column = source.column("id")
    pickable = [picking.clause(batch, field, column)] if at_once else []
    return sa.select(column).select_from(source.from_).where(among(conn, column, ids), *pickable)


def uniques(batch: Batch, own: Sequence[int] = ()) -> list[Check]:
    """Checks that unique values are not taken by other live rows, whoever sees those. `own` are the rows' ids."""
    table = batch.rights.table
    found = []
    for field in batch.entity.fields.values():
        places = places_of(batch, field.key) if field.unique and field.key in table.c else {}
        if not places:
            continue
        column = table.c[field.key]
        chosen = sa.select(column).where(
            table.c.deleted_at.is_(None), _any_of(batch.ctx.conn, column, list(places))
        )
        if own:
            chosen = chosen.where(~among(batch.ctx.conn, table.c.id, own))
        found.append(Check(field, places, chosen, "conflict_unique", False))
    return found


def _any_of(conn: Connection, column: Any, values: list[Any]) -> sa.ColumnElement[bool]:
    if all(isinstance(value, str) for value in values):
        return among_texts(conn, column, values)
    found: sa.ColumnElement[bool] = column.in_(values)
    return found


def refuse_doubles(batch: Batch, value_of: Callable[[int, str], Any], skip: Skip = never) -> None:
    """Refuse rows that repeat a unique value of an earlier row of the same batch."""
    for field in batch.entity.fields.values():
        if not field.unique or field.key not in batch.columns:
            continue
        seen: set[Any] = set()
        for position in list(batch.positions()):
            value = value_of(position, field.key)
            if value is None or value is ABSENT:
                continue
            if value in seen and not skip(position, field.key):
                batch.refuse(position, FieldError(field.key, "conflict_unique"))
            seen.add(value)
