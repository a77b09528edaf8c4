"""What a designer shows in its middle: the screen a draft makes, drawn by the templates members see it with.

Each kind of document that can be designed has one function here or in `boards`; `draw` finds it. The HTML carries
`data-…` marks by which the browser knows the parts; it holds no scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...metadata import reading
from ...metadata.errors import AccessDenied, FormloomError
from ...metadata.layouts import Detail, Placed, Section, Tab
from ...metadata.model import Entity, Field
from ...metadata.wording import text_of
from ..formview.draft import Draft, draft_of_record
from ..formview.inputs import FormBuilder
from ..formview.tabs import S, ShownTab
from ..records.record import Record
from ..recordview.facts import Facts, FactSection
from ..recordview.statistics import Number, measured, title
from ..render import render
from . import grants, samples
from .boards import draw_dashboard
from .lists import draw_list
from .menus import draw_menu
from .workspace import Workspace

if TYPE_CHECKING:
    from ..context import Context

ROWS_OF_FIELDS = 3

Document = Mapping[str, Any]
Draw = Callable[["Workspace", "Context", Document], str]


def draw(work: Workspace, kind: str, key: str, lang: str) -> str | None:
    """The screen of a document as HTML; None while the draft cannot be read. Raises NotFound, AccessDenied."""
    seen = work.seen(lang)
    drawing = DRAWN.get(kind)
    if seen is None or drawing is None:
        return None
    return drawing(work, seen, designed(work, kind, key))


def designed(work: Workspace, kind: str, key: str) -> Document:
    """The document that is designed, or what stands for all of an entity's, when the reader may design it.

    Raises NotFound, AccessDenied.
    """
    if kind == GRANTS and not work.ctx.access.administrator:
        raise AccessDenied(operation="design")
    if kind in OF_ENTITY:
        work.require("entity", work.document("entity", key))
        return {"key": key, "entity": key}
    document = work.document(kind, key)
    work.require(kind, document)
    return document


def drawn(ctx: Context, template: str, **data: Any) -> str:
    """A template as text."""
    return bytes(render(ctx, template, fragment=True, **data).body).decode()


def draw_entity(work: Workspace, seen: Context, document: Document) -> str:
    """The fields of an entity, each with values of a few records."""
    entity = seen.catalog.entity(document["key"])
    fields = [field for field in entity.fields.values() if field.key != entity.parent]
    columns = [field.key for field in fields if field.behaviour.column(field) is not None]
    rows = samples.rows(work.ctx, seen, entity.key, columns, ROWS_OF_FIELDS)
    shown = [(field, _values(seen, field, rows)) for field in fields]
    heading = "design.example_values" if rows and isinstance(rows[0], samples.Invented) else "design.sample_values"
    return drawn(seen, "design/entity.html", entity=entity, fields=shown, heading=heading)


def _values(seen: Context, field: Field, rows: list[Any]) -> list[str]:
    """The field's values in these rows, as safe HTML."""
    show = field.behaviour.cell(field, seen.lang, seen.zone)
    found = [(row.get(field.key), row.labels.get(field.key)) for row in rows]
    return [show(value, label) for value, label in found if value not in (None, "", ())]


def draw_form(work: Workspace, seen: Context, document: Document) -> str:
    """A form, filled in with the newest record."""
    form = reading.read_form(document)
    entity = seen.catalog.entity(form.entity)
    builder = FormBuilder(seen, entity.key, _filled(work, seen, entity), "edit")
    return drawn(
        seen,
        "design/form.html",
        entity=entity,
        title=text_of(form.label, seen.lang),
        panels=_panels(seen, form.tabs, builder.built(_known(form.sections, entity))),
    )


def _filled(work: Workspace, seen: Context, entity: Entity) -> Draft:
    record = samples.newest(work.ctx, seen, entity.key)
    return draft_of_record(seen, entity.key, record)


def _known(sections: tuple[Section, ...], entity: Entity) -> list[Section]:
    """Sections without fields that are gone."""
    found = []
    for section in sections:
        placed: tuple[Placed, ...] = tuple(p for p in section.fields if p.field in entity.all_fields)
        found.append(replace(section, fields=placed))
    return found


def _panels(seen: Context, tabs: tuple[Tab, ...], sections: Sequence[S]) -> list[ShownTab[S]]:
    """Sections by tab, also in those that are empty; without tabs all in one that has no name."""
    if not tabs:
        return [ShownTab("", "", tuple(sections))]
    places = {tab.key for tab in tabs}
    stand = [section.tab if section.tab in places else tabs[0].key for section in sections]
    held = {
        tab.key: tuple(each for each, key in zip(sections, stand, strict=True) if key == tab.key) for tab in tabs
    }
    return [ShownTab(tab.key, text_of(tab.label, seen.lang), held[tab.key]) for tab in tabs]


def draw_detail(work: Workspace, seen: Context, document: Document) -> str:
    """A record's page, of the newest record."""
    entity = seen.catalog.entity(document["entity"])
    record = samples.newest(work.ctx, seen, entity.key)
    facts = Facts(seen, entity.key, record)
    facts.detail = reading.read_detail(document)
    return drawn(
        seen,
        "design/detail.html",
        entity=entity,
        record=record,
        facts=facts,
        title=facts.title(),
        panels=_facts(facts, entity),
        own=bool(facts.detail.sections),
        numbers=_numbers(work, seen, record, facts.detail),
        related=[_related(seen, one) for one in facts.detail.related],
        here="",
        timeline=False,
    )


def _facts(facts: Facts, entity: Entity) -> list[ShownTab[FactSection]]:
    """The sections of the page's own, else those of the form it takes them from, by tab."""
    detail = facts.detail
    if detail is not None and detail.sections:
        return _panels(facts.ctx, detail.tabs, facts.built(_known(detail.sections, entity)))
    return _panels(facts.ctx, tuple(facts.arrangement.tabs), facts.sections())


def _numbers(work: Workspace, seen: Context, record: Record, detail: Detail) -> list[Number]:
    """The numbers of the page as they are today; those over what is not published yet are not known."""
    now = replace(work.ctx, lang=seen.lang)
    found = []
    for each in detail.statistics:
        try:
            known = measured(now, detail.entity, record.get("id") or 0, [each])
        except FormloomError:
            known = []
        found.append(replace(known[0], href="") if known else Number(each.key, title(seen, each), ""))
    return found


def _related(seen: Context, related: Any) -> tuple[str, list[Field]]:
    target = seen.catalog.entity(related.entity)
    columns = [target.all_fields[c.field] for c in related.columns if c.field in target.all_fields]
    return text_of(related.label, seen.lang) or target.text(seen.lang, plural=True), columns


def draw_option_set(work: Workspace, seen: Context, document: Document) -> str:
    """The options as members choose and see them, and the fields that use them."""
    found = reading.read_option_set(document)
    users = [
        (entity, field)
        for entity in seen.catalog.entities.values()
        for field in entity.fields.values()
        if field.option("options") == found.key
    ]
    return drawn(seen, "design/option_set.html", found=found, users=users)


def draw_rules(work: Workspace, seen: Context, document: Document) -> str:
    """The rules of an entity, in sentences."""
    from .rules import worded_rules

    entity = seen.catalog.entity(document["entity"])
    return drawn(seen, "design/rules.html", entity=entity, rules=worded_rules(work, seen, entity))


def draw_grants(work: Workspace, seen: Context, document: Document) -> str:
    """Who may do what with an entity."""
    entity = seen.catalog.entity(document["entity"])
    groups = grants.matrix(work, seen, entity)
    fields = [field for field in entity.fields.values() if field.key != entity.parent]
    return drawn(
        seen, "design/grants.html", entity=entity, groups=groups, fields=fields, operations=grants.OPERATIONS
    )


RULES, GRANTS = "rules", "grants"
OF_ENTITY = (RULES, GRANTS)
"""All rules of one entity are designed together, and all its permission groups; the key is the entity's."""

DRAWN: Mapping[str, Draw] = {
    "entity": draw_entity,
    "form": draw_form,
    "list": draw_list,
    "detail": draw_detail,
    "menu": draw_menu,
    "option_set": draw_option_set,
    "dashboard": draw_dashboard,
    RULES: draw_rules,
    GRANTS: draw_grants,
}
"""By kind: (workspace, what the reader will see, document) -> HTML."""
