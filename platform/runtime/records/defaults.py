"""What new rows say by themselves where the writer said nothing: constants, formulas, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ...metadata import formula
from ...metadata.model import Field
from ...rbac.tables import users
from . import related
from .batch import ABSENT, Batch
from .kept import keep
from .rowset import among
from .values import is_system


def fill(batch: Batch, around: Mapping[str, Sequence[Any]] | None = None) -> None:
    """Complete the columns of new rows. `around` holds columns by dotted path that are not in the database yet:
    the new parent's, for lines. Queries: 1 for each relation a default looks through.
    """
    waiting = []
    tables = {table.key for table in batch.ctx.catalog.children[batch.entity.key]}
    for field in batch.entity.fields.values():
        if field.behaviour.computed or field.key in tables:
            continue
        missing = _missing(batch, field.key)
        if field.default_formula and missing:
            waiting.append((field, missing))
        elif missing:
            _put(batch, field.key, missing, [constant_default(batch, field)] * len(missing))
    for field, missing in waiting:
        _put(batch, field.key, missing, _computed(batch, field, missing, around or {}))


def _missing(batch: Batch, key: str) -> Sequence[int]:
    column = batch.columns.get(key)
    if column is None:
        return range(batch.size)
    return [p for p, value in enumerate(column) if value is ABSENT] if ABSENT in column else ()


def _put(batch: Batch, key: str, positions: Sequence[int], values: Sequence[Any]) -> None:
    if len(positions) == batch.size:
        batch.columns[key] = list(values)
        return
    column = batch.columns[key]
    for position, value in zip(positions, values, strict=True):
        column[position] = value


def constant_default(batch: Batch, field: Field) -> Any:
    """The constant a new row has in the field where nothing is said; None without one."""
    if field.default is None:
        return None
    place = ("default", field.entity, field.key)
    return keep(batch.ctx.catalog, place, lambda: field.behaviour.parse(field, field.default))


def _computed(
    batch: Batch, field: Field, positions: Sequence[int], around: Mapping[str, Sequence[Any]]
) -> list[Any]:
    ctx = batch.ctx
    compiled = default_formula(batch, field)
    columns = {key: [values[p] for p in positions] for key, values in batch.columns.items()}
    behind = {path: [values[p] for p in positions] for path, values in around.items()}
    wanted = [path for path in compiled.reads if "." in path and path not in behind]
    behind |= related.fetch(ctx, batch.entity.key, columns, wanted)
    inputs = {path: behind.get(path) or columns.get(path) for path in compiled.reads}
    given = {path: column for path, column in inputs.items() if column is not None}
    found = []
    for place in range(len(positions)):
        record = {path: column[place] for path, column in given.items() if column[place] is not ABSENT}
        found.append(compiled.python(record, ctx.env))
    # The system is no user: ME() is nobody for it.
    return [None if value == 0 else value for value in found] if field.behaviour.target == "user" else found


def default_formula(batch: Batch, field: Field) -> formula.Formula:
    """The compiled default of a field."""
    catalog = batch.ctx.catalog
    place = ("default_formula", field.entity, field.key)
    return keep(catalog, place, lambda: formula.compile_default(field, catalog))


def fill_owner(batch: Batch) -> None:
    """Whose the new rows are: the actor's, or of whom the writer named, in that person's department.

    Lines have no owner: they are their parent's. Queries: 0, or 1 where owners were named.
    """
    if batch.entity.parent:
        return
    actor = batch.ctx.actor
    own = (None, None) if is_system(batch.ctx) else (actor.id, actor.department)
    owners = batch.columns.setdefault("owner", [ABSENT] * batch.size)
    places = batch.columns.setdefault("owner_department", [ABSENT] * batch.size)
    named = {owner for owner in owners if owner is not ABSENT and owner is not None and owner != own[0]}
    departments: dict[int | None, int | None] = {own[0]: own[1], None: None}
    departments.update(departments_of(batch, named))
    for position in range(batch.size):
        if owners[position] is ABSENT:
            owners[position] = own[0]
        if places[position] is ABSENT:
            places[position] = departments.get(owners[position])


def departments_of(batch: Batch, people: set[int]) -> dict[int | None, int | None]:
    """The department of each user. Queries: 0 or 1."""
    if not people:
        return {}
    conn = batch.ctx.conn
    found = conn.execute(sa.select(users.c.id, users.c.department_id).where(among(conn, users.c.id, people)))
    return {row.id: row.department_id for row in found}
