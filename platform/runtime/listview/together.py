"""One field of many rows changed at once: which fields, what stood there before, what was refused of which row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...metadata.errors import AccessDenied, FieldError, NotFound
from ...metadata.layouts import Placed
from ...metadata.model import Field
from ..formview.draft import Draft
from ..formview.inputs import FormBuilder, Input
from ..records import ListRequest, Record, Records
from ..records.values import ASSIGNED
from .editing import editable, seen_field
from .rows import plain_of

if TYPE_CHECKING:
    from ..context import Context

OPERATION = "batch_edit"
MOST = 500
TOLD = 5
"""Refused rows that are told by name."""


def fields_for_many(ctx: Context, entity: str) -> list[Field]:
    """The fields that can take one value in many rows: what is unique cannot, and files belong to one record."""
    rights = ctx.access.entity(entity)
    if rights.entity.parent is not None or not rights.may(OPERATION):
        return []
    chosen = editable(ctx, entity)
    fields = [rights.entity.all_fields[key] for key in rights.entity.all_fields if key in chosen]
    return [f for f in fields if not f.unique and not f.behaviour.files and (not f.hidden or f.key in ASSIGNED)]


def field_for_many(ctx: Context, entity: str, key: str) -> Field:
    """The field called `key`. Raises UnknownField, AccessDenied."""
    field = seen_field(ctx, entity, key)
    if field not in fields_for_many(ctx, entity):
        raise AccessDenied(operation=OPERATION)
    return field


def input_for_many(ctx: Context, field: Field, draft: Draft | None = None) -> Input:
    """The input of a value that many rows take. What it depends on differs from row to row: all is offered."""
    draft = draft or Draft()
    made = FormBuilder(ctx, field.entity, draft, "edit").input(Placed(field.key))
    return replace(
        made, field=replace(made.field, depends=None), required=False, error=draft.errors.get(field.key)
    )


@dataclass(frozen=True, slots=True)
class Stood:
    """What a field held in a row, as JSON, and the revision the row has."""

    id: int
    rev: int
    value: Any

    def dump(self) -> list[Any]:
        """As the browser keeps it to take the change back."""
        return [self.id, self.rev, self.value]


def held(ctx: Context, field: Field, ids: Sequence[int]) -> list[Stood]:
    """The values of the rows, which may all be changed together. Raises NotFound where not. Queries: 1."""
    found = {row["id"]: row for row in _rows(ctx, field.entity, (field.key,), ids)}
    if len(found) != len(ids):
        raise NotFound()
    dump = field.behaviour.dump
    values = {one: row[field.key] for one, row in found.items()}
    return [
        Stood(one, found[one]["rev"], None if values[one] is None else dump(field, values[one])) for one in ids
    ]


def _rows(ctx: Context, entity: str, columns: tuple[str, ...], ids: Sequence[int]) -> list[Record]:
    among = {"field": "id", "op": "in", "value": list(ids)}
    request = ListRequest(entity, columns, filter=among, limit=max(len(ids), 1), operation=OPERATION)
    return Records(ctx).list(request).items


def refusals(
    ctx: Context, field: Field, ids: Sequence[int], errors: Mapping[int, Sequence[FieldError]]
) -> list[tuple[str, str]]:
    """(title, message) of the first refused rows. Queries: 1."""
    entity = ctx.access.entity(field.entity)
    title = entity.entity.title
    chosen = sorted(errors)[:TOLD]
    columns = (title,) if title in entity.readable else ()
    rows = {row["id"]: row for row in _rows(ctx, field.entity, columns, [ids[place] for place in chosen])}
    told = []
    for place in chosen:
        row, number = rows.get(ids[place]), ids[place]
        name = plain_of(ctx, entity.entity.all_fields[title], title, row) if row and columns else f"#{number}"
        told.append((name, " ".join(dict.fromkeys(error.message(ctx.lang) for error in errors[place]))))
    return told
