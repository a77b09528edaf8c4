"""Values that may not repeat within a parent, together with others or under a condition; and choices that must go
with another choice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata import partial
from ...metadata.dependencies import condition_fields
from ...metadata.errors import FieldError
from ...metadata.model import EMPTY, Field
from .batch import ABSENT, Batch
from .rowset import among

if TYPE_CHECKING:
    from .updating import Changed

Row = Mapping[str, Any]
RowOf = Callable[[int], Row]
Moved = Callable[[int], Collection[str] | None]
"""The fields of a row that are written now; None where the whole row is."""


def of_new(batch: Batch, link: str | None = None, owners: Mapping[int, int] = EMPTY) -> None:
    """Judge new rows; of lines, which records they will belong to is known, and the rest left to the index.
    Queries: 1 for each field that is unique in this way.
    """

    def row_of(position: int) -> Row:
        row = batch.row(position)
        return row if link is None else {**row, link: owners.get(position)}

    _judge(batch, row_of, lambda position: None, () if link is None else None)


def of_changed(changed: Changed) -> None:
    """Judge changed rows, as far as what is compared changes."""
    _judge(changed.batch, changed.result, lambda position: changed.new[position].keys(), changed.ids)


def _judge(batch: Batch, row_of: RowOf, moved: Moved, own: Sequence[int] | None) -> None:
    judged = [f for f in batch.entity.fields.values() if f.depends is not None or f.uniqueness is not None]
    rows = {position: row_of(position) for position in batch.positions()} if judged else {}
    for field in judged:
        if field.depends is not None:
            _refuse_unoffered(batch, field, rows, moved)
        if field.uniqueness is not None:
            _refuse_repeated(batch, field, rows, moved, own)


def _judged(keys: Collection[str], rows: Mapping[int, Row], moved: Moved) -> dict[int, Row]:
    found = {}
    for position, row in rows.items():
        written = moved(position)
        if written is None or not set(written).isdisjoint(keys):
            found[position] = row
    return found


def _refuse_unoffered(batch: Batch, field: Field, rows: Mapping[int, Row], moved: Moved) -> None:
    """Refuse options that are not offered with the option chosen in the field ours depends on."""
    assert field.depends is not None
    for position, row in _judged({field.key, field.depends}, rows, moved).items():
        chosen, other = _keys(row.get(field.key)), _keys(row.get(field.depends))
        options = [field.choice_by_key[key] for key in chosen if key in field.choice_by_key]
        if all(not option.when or not set(option.when).isdisjoint(other) for option in options):
            continue
        if field.depends in batch.rights.readable:
            label = batch.entity.all_fields[field.depends].label
            batch.refuse_field(position, field, "option_not_offered", other=label)
        else:
            batch.refuse(position, FieldError("", "rule_refused"))


def _keys(value: Any) -> tuple[Any, ...]:
    if value is None or value is ABSENT:
        return ()
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _refuse_repeated(
    batch: Batch, field: Field, rows: Mapping[int, Row], moved: Moved, own: Sequence[int] | None
) -> None:
    """Refuse rows that repeat what another live row has, or an earlier one of the batch."""
    assert field.uniqueness is not None
    keys = (field.key, *field.uniqueness.columns)
    where = set(condition_fields(field.uniqueness.where))
    rows = _judged({*keys, *where}, rows, moved)
    values = {
        position: tuple(row.get(key) for key in keys)
        for position, row in rows.items()
        if partial.matters(field, batch.entity, row)
    }
    values = {p: each for p, each in values.items() if None not in each and ABSENT not in each}
    if not values:
        return
    first = {each[0] for each in values.values()}
    taken = set() if own is None else _taken(batch, field, keys, first, own)
    for position, each in values.items():
        if each in taken:
            labels = [batch.entity.all_fields[key] for key in keys[1:] if key in batch.rights.readable]
            code, data = (
                ("conflict_unique_within", {"fields": _labels(labels)}) if labels else ("conflict_unique", {})
            )
            batch.refuse_field(position, field, code, **data)
        taken.add(each)


def _say_taken(batch: Batch, position: int, field: Field) -> None:
    columns = field.uniqueness.columns if field.uniqueness else ()
    named = [batch.entity.all_fields[key] for key in columns if key in batch.rights.readable]
    if named:
        batch.refuse_field(position, field, "conflict_unique_within", fields=_labels(named))
    else:
        batch.refuse_field(position, field, "conflict_unique")


def _labels(fields: Sequence[Field]) -> dict[str, str]:
    """The fields' names, joined, in each language."""
    return {"zh": "、".join(f.text("zh") for f in fields), "en": ", ".join(f.text("en") for f in fields)}


def _taken(
    batch: Batch, field: Field, keys: Sequence[str], first: set[Any], own: Sequence[int]
) -> set[tuple[Any, ...]]:
    """What other live rows have where the field has one of these values. Queries: 1."""
    table, conn = batch.rights.table, batch.ctx.conn
    chosen = sa.select(*(table.c[key] for key in keys)).where(partial.counts(field, batch.entity, table))
    if len(first) <= 500:
        chosen = chosen.where(table.c[field.key].in_(first))
    if own:
        chosen = chosen.where(~among(conn, table.c.id, own))
    return {tuple(row) for row in conn.execute(chosen)}
