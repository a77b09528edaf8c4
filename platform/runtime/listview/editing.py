"""Cells of a list that are changed where they stand: which, with what input, and the row as it is afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from ...metadata.errors import AccessDenied, NotFound, UnknownField
from ...metadata.layouts import Placed
from ...metadata.model import Field
from ..formview.draft import Draft
from ..formview.inputs import FormBuilder, Input
from ..formview.preview import ruled
from ..records import Record, Records
from ..records.selection import stored_fields
from ..records.values import ASSIGNED
from .branching import twigs_of
from .rows import draw_rows

if TYPE_CHECKING:
    from ..context import Context
    from .state import ListState

IN_THE_CELL = frozenset({"input", "select", "picker", "tree", "checkbox"})
"""Widgets as large as a cell; the others open a panel over it."""


def editable(ctx: Context, entity: str) -> frozenset[str]:
    """The fields the reader may change in some row of a list: a sub-table is changed in its record."""
    rights = ctx.access.entity(entity)
    fields = rights.writable - {table.key for table in ctx.catalog.children[entity]}
    if not rights.may("edit"):
        fields &= ASSIGNED
    return frozenset(key for key in fields if key in ASSIGNED or not rights.entity.all_fields[key].read_only)


def seen_field(ctx: Context, entity: str, key: str) -> Field:
    """A field the reader sees; one he may only give to new records is not in his lists. Raises UnknownField."""
    rights = ctx.access.entity(entity)
    field = rights.field(key)
    if field.key not in rights.readable:
        raise UnknownField(key)
    return field


def field_of(ctx: Context, entity: str, key: str) -> Field:
    """The field of a cell that may be changed. Raises UnknownField, AccessDenied."""
    field = seen_field(ctx, entity, key)
    if field.key not in editable(ctx, entity):
        raise AccessDenied(operation="edit")
    return field


def record_of(ctx: Context, entity: str, record_id: int) -> Record:
    """The record with all that its rules look at. Raises NotFound. Queries: 1, more where rules see sub-tables."""
    ruled_here = entity in ctx.catalog.rules_of
    return Records(ctx).get(entity, record_id, None if ruled_here else stored_fields(ctx.access, entity))


@dataclass(frozen=True, slots=True)
class CellInput:
    """The input of a cell. `beside` are (name, text) of what its offers depend on; `lasting` says that the value
    it begins with can be written back.
    """

    input: Input
    beside: tuple[tuple[str, str], ...]
    lasting: bool

    @property
    def large(self) -> bool:
        """Whether it needs more room than a cell."""
        return self.input.kind not in IN_THE_CELL

    @property
    def kept(self) -> bool:
        """Whether rules keep the field as it is in this record, or hide it."""
        return self.input.locked or self.input.hidden


def input_of(ctx: Context, field: Field, draft: Draft) -> CellInput:
    """The input of a field of the record in the draft's values. Raises AccessDenied where this row is closed."""
    entity, record = field.entity, draft.values
    assert isinstance(record, Record)
    builder = FormBuilder(ctx, entity, draft, "edit", ruled(ctx, entity, draft, record))
    made = builder.input(Placed(field.key))
    if made.kind == "readonly" or ("edit" not in record.may and field.key not in ASSIGNED):
        raise AccessDenied(operation="edit")
    return CellInput(made, tuple(_beside(made, draft)), field.key not in builder.rights.masked)


def _beside(made: Input, draft: Draft) -> Iterator[tuple[str, str]]:
    """What stands in the record where a picker's filter and choices that depend on others look."""
    names = str(made.attributes.get("from", "")).split()
    if made.field.depends:
        names.append(made.field.depends)
    for name in dict.fromkeys(names):
        raw = draft.raws.get(name, "")
        for text in [raw] if isinstance(raw, str) else raw:
            yield name, text


def draw_row(ctx: Context, state: ListState, record_id: int, *, pick: bool) -> Markup:
    """A row of the list as it is now, whether or not it still belongs there. Raises NotFound. Queries: 1, 2 in a
    tree.
    """
    alone = {"field": "id", "op": "eq", "value": record_id}
    plain = replace(state.request, search="", sort=("-id",), group=None, after=None, limit=1, tree=None)
    found = Records(ctx).list(replace(plain, filter=alone, fixed=None)).items
    if not found:
        raise NotFound()
    twigs = twigs_of(ctx, state, found)
    return draw_rows(ctx, state.request.entity, state.columns, found, pick=pick, twigs=twigs)
