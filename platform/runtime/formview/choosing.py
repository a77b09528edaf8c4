"""Which of an entity's forms a person uses for a record, and what stands on the record's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...metadata import conditions, rules
from ...metadata.layouts import Form, Placed, Section, Tab
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


class Arrangement(NamedTuple):
    """Sections, and the tabs they may be spread over."""

    sections: Sequence[Section]
    tabs: Sequence[Tab] = ()


def arranged(ctx: Context, entity: str, form: Form | None) -> Arrangement:
    """The form's sections; without a form one section of everything that is not hidden."""
    if form is not None:
        return Arrangement(form.sections, form.tabs)
    found = ctx.catalog.entity(entity)
    placed = tuple(Placed(f.key) for f in found.fields.values() if not f.hidden and f.key != found.parent)
    return Arrangement((Section("main", found.label, placed),))


def arranged_on_page(ctx: Context, entity: str, record: Mapping[str, object]) -> Arrangement:
    """The sections of a record's page: those of its layout, else its form's."""
    detail = ctx.catalog.detail_of(entity)
    if detail is not None and detail.sections:
        return Arrangement(detail.sections, detail.tabs)
    known = record if isinstance(record, Record) else Record(dict(record))
    return arranged(ctx, entity, form_of_record(ctx, entity, known))
