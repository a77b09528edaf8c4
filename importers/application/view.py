"""What the screens of an application show: sheets, columns in words, problems, previews. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from formloom.metadata.errors import ValueRefused
from formloom.metadata.model import Field
from formloom.metadata.wording import LANGUAGES, say, text_of, texts
from formloom.runtime.formview.inputs import Input

from ..matching import unit_factor
from ..parsing import scaled
from ..plan import importable
from ..reader import CellError, TypedFormula, shown
from . import facts
from .changes import offered_types
from .documents import LIST_COLUMNS, title_of
from .fitting import Misfit
from .judging import Judge, Problem, field_of, problems
from .keeping import Application, FactsOf
from .making import steps
from .proposal import Column, Proposal, Sheet

if TYPE_CHECKING:
    from formloom.runtime.context import Context

ICONS = (
    *("table", "users", "user", "building", "building-store", "box", "shopping-cart", "list-details", "tags"),
    *("file-text", "receipt", "file-invoice", "calendar-event", "checklist", "map-pin", "cash", "briefcase"),
)
SHOWN_OPTIONS = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: its value, its words, and a plain description."""

    value: str
    text: str
    note: str = ""


def type_words(name: str, lang: str) -> str:
    """A field type in words."""
    return _said(f"application.type.{name}", lang, name)


def type_note(name: str, lang: str) -> str:
    """What a field type is for; '' for one that explains itself."""
    return _said(f"application.type_note.{name}", lang, "")


def _said(key: str, lang: str, otherwise: str) -> str:
    return say(key, lang) if key in texts(lang) else otherwise


def noted(note: Sequence[Any], lang: str) -> str:
    """A note or a piece of evidence as a sentence."""
    code, data = note
    shown_data = {name: f"{value:,}" if type(value) is int else value for name, value in data.items()}
    if "type" in shown_data:
        shown_data["type"] = type_words(str(shown_data["type"]), lang)
    key = f"application.note.{code}"
    return say(key, lang, **shown_data) if key in texts(lang) else say(f"error.{code}", lang, **data)


@dataclass(frozen=True)
class ShownProblem:
    """A problem in words, with the sheet and the column it is at."""

    text: str
    sheet: str
    column: int | None


class Review:
    """A proposal as its owner sees it, at one of its sheets."""

    def __init__(self, ctx: Context, found: Application, sheet: str = "") -> None:
        self.ctx = ctx
        self.found = found
        self.proposal: Proposal = found.ready()
        self.here = f"/imports/new-app/{found.id}"
        usable = [each for each in self.proposal.sheets if each.usable]
        first = next(iter([*self.proposal.used, *usable, *self.proposal.sheets]), None)
        self.sheet: Sheet | None = self.proposal.sheet(sheet) or first
        self.judge = Judge(ctx, self.proposal, FactsOf(ctx.settings.data_dir, found.file_hash, self.proposal))

    @property
    def lang(self) -> str:
        """The reader's language."""
        return self.ctx.lang

    @property
    def other_lang(self) -> str:
        """The language the reader does not use."""
        return next(each for each in LANGUAGES if each != self.lang)

    def name(self, thing: Sheet | Column | Proposal) -> str:
        """What a sheet, a column or the application is called."""
        return text_of(thing.label, self.lang)

    def evidence(self, column: Column) -> list[str]:
        """Why the column was proposed so; under another type, how many cells fit."""
        if column.type == column.proposed:
            return [noted(note, self.lang) for note in column.evidence]
        data = {"type": column.type, "taken": column.taken, "filled": column.counts.filled}
        code = "most_fit" if column.refused else "all_fit"
        return [noted([code, {**data, "refused": column.refused}], self.lang)]

    def notes(self, sheet: Sheet) -> list[str]:
        """What is unusual about a sheet."""
        return [noted(note, self.lang) for note in sheet.notes]

    @cached_property
    def types(self) -> list[Choice]:
        """The types a column may become."""
        return [Choice(name, type_words(name, self.lang), type_note(name, self.lang)) for name in offered_types()]

    @cached_property
    def targets(self) -> list[Choice]:
        """What a relation may point at: sheets of the workbook, then entities that exist."""
        mine = [Choice(f"sheet:{each.name}", self.name(each)) for each in self.proposal.used]
        return mine + [Choice(f"entity:{each.value}", each.text) for each in self.entities]

    @cached_property
    def entities(self) -> list[Choice]:
        """Entities that exist and stand alone."""
        found = (self.ctx.catalog.entities[key] for key in self.ctx.access.entities())
        return [Choice(each.key, each.text(self.lang)) for each in found if each.parent is None]

    def fields(self, sheet: Sheet) -> list[Choice]:
        """The fields of the entity a sheet goes into."""
        if not sheet.into or sheet.into not in self.ctx.catalog.entities:
            return []
        return [Choice(field.key, field.text(self.lang)) for field in importable(self.ctx, sheet.into)]

    def titles(self, sheet: Sheet) -> list[Choice]:
        """The columns records may be called by."""
        return [Choice(str(c.at), self.name(c)) for c in sheet.used if c is not sheet.link and not c.target]

    def title(self, sheet: Sheet) -> str:
        """The column records are called by, as its position."""
        found = title_of(sheet)
        return "" if found is None else str(found.at)

    def misfits(self, sheet: Sheet, column: Column) -> list[Misfit]:
        """The cells that would be refused, the commonest first."""
        return list(self.judge.fit(sheet, column).misfits)

    def row_of(self, sheet: Sheet, misfit: Misfit) -> int:
        """About where in the sheet a refused cell stands first: blank rows between are not counted."""
        return sheet.header + 1 + misfit.first

    def relations(self, sheet: Sheet) -> list[str]:
        """A sheet's relations in words."""
        found = []
        for column in sheet.used:
            target = self.target_words(column)
            if target and not sheet.into:
                key = "application.is_lines" if column is sheet.link else "application.points"
                found.append(say(key, self.lang, column=self.name(column), target=target))
        return found

    def target_words(self, column: Column) -> str:
        """What a relation points at."""
        sheet, key = self.proposal.target_of(column), self.proposal.target_key(column)
        if sheet is not None and not sheet.into:
            return self.name(sheet)
        entity = self.ctx.catalog.entities.get(key)
        return entity.text(self.lang) if entity else ""

    @cached_property
    def problems(self) -> list[ShownProblem]:
        """Everything to be decided first, in words."""
        return [self._problem(each) for each in problems(self.ctx, self.proposal)]

    def _problem(self, problem: Problem) -> ShownProblem:
        sheet = self.proposal.sheet(problem.sheet)
        column = sheet.column(problem.column) if sheet and problem.column is not None else None
        given = {name: f"{v:,}" if type(v) is int else v for name, v in (problem.data or {}).items()}
        text = say(f"application.problem.{problem.code}", self.lang, **given)
        place = [self.name(each) for each in (sheet, column) if each is not None]
        return ShownProblem(" · ".join([*place, text]), problem.sheet, problem.column)

    @cached_property
    def totals(self) -> dict[str, int]:
        """How much there is: entities, rows, relations, problems."""
        used = self.proposal.used
        return {
            "sheets": len(used),
            "rows": sum(sheet.rows for sheet in used),
            "relations": sum(1 for sheet, _ in self.proposal.relations() if not sheet.into),
            "problems": len(self.problems),
        }

    def order(self) -> list[Sheet]:
        """The sheets in the order in which they will be imported."""
        return [step.sheet for step in steps(self.proposal)]

    def roles(self) -> list[Choice]:
        """The roles that can be given the application; administrators have it anyway."""
        return [
            Choice(role.key, text_of(role.label, self.lang, role.key))
            for role in self.ctx.catalog.roles.values()
            if not role.administrator
        ]

    # --- previews --------------------------------------------------------------------------------------------

    def preview_columns(self, sheet: Sheet) -> list[Column]:
        """The columns the list will show."""
        title = title_of(sheet)
        used = [column for column in sheet.used if column is not title and column is not sheet.link]
        return [*([title] if title else []), *used][:LIST_COLUMNS]

    def preview_rows(self, sheet: Sheet) -> list[list[Markup]]:
        """The first rows as the list will show them."""
        columns = [self._shown_cells(sheet, column) for column in self.preview_columns(sheet)]
        return [list(row) for row in zip(*columns, strict=True)]

    def _shown_cells(self, sheet: Sheet, column: Column) -> list[Markup]:
        cells = [facts.unpacked(raw) for raw in column.head]
        field = self.field(sheet, column)
        if field is None or field.behaviour.target is not None:
            return [Markup.escape(shown(cell)) for cell in cells]
        show = field.behaviour.cell(field, self.lang, self.ctx.zone)
        factor = unit_factor(column.header) if field.behaviour.numeric else None
        return [_cell(field, show, scaled(cell, factor) if factor else cell) for cell in cells]

    def field(self, sheet: Sheet, column: Column) -> Field | None:
        """The field a column becomes, or fills."""
        if sheet.into and sheet.into in self.ctx.catalog.entities:
            return self.ctx.catalog.entity(sheet.into).all_fields.get(column.field)
        return field_of(self.proposal, column)

    def preview_form(self, sheet: Sheet) -> list[Input]:
        """The inputs of the form, as it will be."""
        used = [column for column in sheet.used if column is not sheet.link]
        found = ((column, self.field(sheet, column)) for column in used)
        return [self._input(column, field) for column, field in found if field is not None]

    def _input(self, column: Column, field: Field) -> Input:
        widget = field.behaviour.widget(field)
        choices = ((o.key, text_of(o.label, self.lang, o.key), o.color) for o in field.choices[:SHOWN_OPTIONS])
        return Input(
            field=field,
            name=f"preview.{column.at}",
            kind=widget.kind,
            label=self.name(column),
            required=column.required,
            wide=widget.kind == "textarea",
            attributes={name: value for name, value in widget.attributes.items() if name != "filtered"},
            choices=tuple(choices),
        )

    def lines(self, sheet: Sheet) -> Iterable[Sheet]:
        """The sheets whose rows become lines of this one's records."""
        for each in self.proposal.used:
            link = each.link
            if link is not None and self.proposal.target_of(link) is sheet and each is not sheet:
                yield each


def _cell(field: Field, show: Any, cell: Any) -> Markup:
    """A cell as it will be shown, or as typed where it would be refused."""
    raw = cell.text if isinstance(cell, TypedFormula) else cell
    try:
        if isinstance(raw, CellError):
            raise ValueRefused("cell_error")
        value = field.behaviour.parse(field, raw)
    except ValueRefused:
        return Markup('<span class="refused-text">{}</span>').format(shown(cell))
    return Markup("" if value is None else show(value, None))


def options_shown(column: Column) -> list[dict[str, Any]]:
    """The options that are shown one by one."""
    return column.options[:SHOWN_OPTIONS]
