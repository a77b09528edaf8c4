"""What a writer gives becomes typed values; what he may not write is refused. The first step of every write.

A field he may not see answers as one that does not exist. One he sees but may not write may be echoed unchanged,
so that what was read can be sent back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import jsonschema_rs

from ...metadata.catalog import Catalog
from ...metadata.errors import FieldError, UnknownField, ValueRefused
from ...metadata.model import Field
from ...rbac.actor import SYSTEM
from .batch import ABSENT, Batch
from .kept import keep
from .revealing import set_aside

if TYPE_CHECKING:
    from ...rbac.access import EntityAccess
    from ..context import Context

Source = Literal["typed", "form", "cell", "json"]
"""How values are given: already typed, or raw from a form, a sheet or JSON, which is read strictly."""

ASSIGNED = frozenset({"owner", "owner_department"})
SYSTEM_WRITES = ASSIGNED | {"created_at", "created_by", "updated_at", "updated_by", "position"}
NEVER_WRITTEN = frozenset({"id", "rev", "deleted_at"})


def is_system(ctx: Context) -> bool:
    """Whether the product itself acts, which may write what no person may."""
    return ctx.actor.id == SYSTEM.id


def writable_fields(ctx: Context, rights: EntityAccess, op: str) -> frozenset[str]:
    """The fields this actor may give a value in a `create` or an `edit`."""
    if is_system(ctx):
        stored = {f.key for f in rights.entity.fields.values() if not f.behaviour.computed}
        return frozenset(stored | (SYSTEM_WRITES & rights.entity.all_fields.keys()))
    if op == "edit":
        return rights.writable
    # A line says which record it belongs to when it is made, and never again.
    return rights.creatable | {rights.entity.parent} if rights.entity.parent else rights.creatable


def read(batch: Batch, given: Mapping[str, Sequence[Any]], source: Source, op: str) -> dict[str, list[Any]]:
    """Fill the batch with typed columns; the columns he may see and not write come back, parsed, to be compared.

    Raises UnknownField. Values that cannot be read are refused in the batch.
    """
    writable = writable_fields(batch.ctx, batch.rights, op)
    tables = {table.key for table in batch.ctx.catalog.children[batch.entity.key]}
    echoed: dict[str, list[Any]] = {}
    for name, raws in given.items():
        field = _field(batch.rights, name)
        key = field.key
        if op == "edit" and key not in batch.rights.readable:
            raise UnknownField(key)
        if key in tables:
            if key not in writable:
                batch.closed_tables.add(key)
            batch.tables[key] = parse(batch, field, raws, source)
        elif key in writable and key not in NEVER_WRITTEN:
            batch.columns[key] = parse(batch, field, set_aside(batch, key, raws), source)
        else:
            echoed[key] = parse(batch, field, set_aside(batch, key, raws), source, quietly=True)
    return echoed


def _field(rights: EntityAccess, key: Any) -> Field:
    if not isinstance(key, str):
        raise UnknownField(str(key))
    return rights.field(key)


def parse(batch: Batch, field: Field, raws: Sequence[Any], source: Source, *, quietly: bool = False) -> list[Any]:
    """Typed values of one column, ABSENT where a row does not mention it; refusals go to the batch.

    `quietly`: an unreadable value is not refused; its refusal stands in its place, equal to no value.
    """
    if source == "typed":
        return list(raws)
    present = [position for position, raw in enumerate(raws) if raw is not ABSENT]
    values, refused = field.behaviour.parse_column(field, [raws[position] for position in present])
    if source == "json":
        refused = {**_strict(batch.ctx.catalog, field, [raws[p] for p in present]), **refused}
    for index, error in refused.items():
        values[index] = error
        if not quietly:
            batch.refuse(present[index], error.at(field.key))
            values[index] = None
    if len(present) == len(raws):
        return values
    column: list[Any] = [ABSENT] * len(raws)
    for position, value in zip(present, values, strict=True):
        column[position] = value
    return column


def _strict(catalog: Catalog, field: Field, raws: Sequence[Any]) -> dict[int, ValueRefused]:
    """What JSON values break the field's schema, which is stricter than its parser."""
    validator = keep(catalog, ("schema", field.entity, field.key), lambda: _validator(field))
    return {
        position: ValueRefused("wrong_type")
        for position, raw in enumerate(raws)
        if raw is not None and not validator.is_valid(raw)
    }


def _validator(field: Field) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(field.behaviour.json_schema(field), validate_formats=True)


def refuse_read_only(
    batch: Batch, echoed: Mapping[str, Sequence[Any]], current: Mapping[str, Sequence[Any]]
) -> None:
    """Refuse values of read-only columns that are not what the rows hold. `current` is empty for new rows."""
    for key, values in echoed.items():
        held = current.get(key)
        for position, value in enumerate(values):
            if value is ABSENT or (value is None and held is None):
                continue
            if held is None or value != held[position]:
                batch.refuse(position, FieldError(key, "field_read_only"))
