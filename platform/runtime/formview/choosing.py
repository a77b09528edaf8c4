"""Which of an entity's forms a person uses for a record, and what stands on the record's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...metadata import conditions, rules
from ...metadata.layouts import Form, Placed, Section
from ..records.kept import keep
from ..records.record import Record
from .draft import Draft
from .live import Told
from .preview import EnteredForm

if TYPE_CHECKING:
    from ..context import Context


def form_for(ctx: Context, entity: str, draft: Draft, record: Record | None = None) -> Form | None:
    """The first form that is for this person and for what stands in it; None where there is none."""
    entered: EnteredForm | None = None
    for form in ctx.catalog.forms_of.get(entity, ()):
        if form.roles and set(ctx.actor.roles).isdisjoint(form.roles):
            continue
        if form.when is None:
            return form
        entered = entered or EnteredForm(ctx, entity, draft, record)
        if _fits(ctx, form, entered):
            return form
    return None


def _fits(ctx: Context, form: Form, entered: EnteredForm) -> bool:
    """Whether the form is for such a record. A condition on what its reader does not see chooses nothing."""
    condition = keep(ctx.catalog, ("form_when", form.key), lambda: rules.choice_of(form, ctx.catalog))
    try:
        return condition is None or conditions.matches(condition, Told(entered.row), ctx.env, entered.live)
    except LookupError:
        return False


def form_of_record(ctx: Context, entity: str, record: Record) -> Form | None:
    """The form of a stored record."""
    return form_for(ctx, entity, Draft(values=record), record)


def sections_of(ctx: Context, entity: str, form: Form | None) -> Sequence[Section]:
    """The form's sections; without a form one section of everything that is not hidden."""
    if form is not None:
        return form.sections
    found = ctx.catalog.entity(entity)
    placed = tuple(Placed(f.key) for f in found.fields.values() if not f.hidden and f.key != found.parent)
    return (Section("main", found.label, placed),)


def sections_shown(ctx: Context, entity: str, record: Mapping[str, object]) -> Sequence[Section]:
    """The sections of a record's page: those of its layout, else its form's."""
    detail = ctx.catalog.detail_of(entity)
    if detail is not None and detail.sections:
        return detail.sections
    known = record if isinstance(record, Record) else Record(dict(record))
    return sections_of(ctx, entity, form_of_record(ctx, entity, known))
