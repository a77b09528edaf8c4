"""The inputs of a form for one reader: sections of fields he may see, each with the widget its type asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ...metadata.errors import NotFound
from ...metadata.fields.choice import OTHER
from ...metadata.layouts import Placed, Section
from ...metadata.model import Field, Option
from ...metadata.rules import LOCK, SET
from ...metadata.uploads import FileFacts, facts_in
from ...metadata.wording import text_of
from ..records import picking
from ..records.branches import tree_seen
from ..records.ruling import rules_of
from .draft import Draft, Line, Raw, exact_of, start_of
from .live import State

if TYPE_CHECKING:
    from ...rbac.access import EntityAccess
    from ..context import Context

NOTHING = "–"


@dataclass(frozen=True)
class Input:
    """One input. `name` is its HTML name, `raw` what stands in it, `title` the text of a reference.

    `exact` is the whole text where `raw` is less; `shown` is the value as HTML where it may only be read. Rules
    may hide it or, where it is `guarded`, lock it.
    """

    field: Field
    name: str
    kind: str
    label: str
    raw: Raw = ""
    exact: str = ""
    title: str = ""
    help: str = ""
    placeholder: str = ""
    required: bool = False
    wide: bool = False
    hidden: bool = False
    guarded: bool = False
    locked: bool = False
    error: str | None = None
    shown: Markup | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[tuple[str, str, str], ...] = ()
    table: Table | None = None

    @property
    def chosen(self) -> frozenset[str]:
        """The keys chosen of the choices."""
        return frozenset(self.raw if isinstance(self.raw, list) else [self.raw] if self.raw else [])

    @property
    def files(self) -> list[FileFacts]:
        """The uploaded files it holds, in their order."""
        known = facts_in(self.title)
        ids = [int(one) for one in self.raw if one.isdigit()] if isinstance(self.raw, list) else []
        return [known[each] for each in ids if each in known]

    @property
    def links(self) -> list[tuple[str, str]]:
        """(id, title) of each record chosen; the title is empty where it may not be seen."""
        ids = self.raw if isinstance(self.raw, list) else [self.raw] if self.raw else []
        titles = self.title.split("\n")
        return list(zip(ids, [*titles, *[""] * len(ids)], strict=False))

    @property
    def offers(self) -> Mapping[str, str]:
        """By choice the options of the field it depends on with which it is offered, where not with all."""
        return {each.key: " ".join(each.when) for each in self.field.choices if each.when and self.field.depends}

    @property
    def other(self) -> str:
        """What is written instead of a choice."""
        texts = self.raw if isinstance(self.raw, list) else [self.raw]
        return next((text.removeprefix(OTHER) for text in texts if text.startswith(OTHER)), "")

    @property
    def text(self) -> str:
        """What stands in a plain input."""
        return self.raw if isinstance(self.raw, str) else ", ".join(self.raw)


@dataclass(frozen=True, slots=True)
class Held:
    """What an input is built from: its name, raw text, title of a reference, complaint, and typed value."""

    name: str
    raw: Raw = ""
    title: str = ""
    error: str | None = None
    value: Any = None


@dataclass(frozen=True)
class Table:
    """A sub-table: its columns as inputs without values, its rows as inputs, and an empty row to copy."""

    key: str
    columns: tuple[Input, ...]
    rows: tuple[TableRow, ...]
    blank: TableRow
    editable: bool
    sums: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TableRow:
    """One row of a sub-table."""

    number: str
    cells: tuple[Input, ...]
    id: str = ""
    rev: str = ""


@dataclass(frozen=True)
class FormSection:
    """A titled group of inputs in 1 to 4 columns; `bad` says that one of them was refused."""

    key: str
    label: str
    columns: int
    collapsed: bool
    inputs: tuple[Input, ...]
    tab: str | None = None

    @property
    def bad(self) -> bool:
        """Whether an input of it was refused."""
        return any(each.error for each in self.inputs)

    @property
    def hidden(self) -> bool:
        """Whether rules hide all there is in it."""
        return all(each.hidden for each in self.inputs)


class FormBuilder:
    """Builds inputs for one entity and one purpose: `create` or `edit`."""

    def __init__(
        self, ctx: Context, entity: str, draft: Draft, operation: str, state: State | None = None
    ) -> None:
        self.ctx = ctx
        self.draft = draft
        self.state = state or State()
        self.operation = operation
        self.rights: EntityAccess = ctx.access.entity(entity)
        self.entity = self.rights.entity
        self.tables = {table.key for table in ctx.catalog.children[entity]}

    @property
    def allowed(self) -> frozenset[str]:
        """Fields that may be written: of a stored record none that its reader does not see in it."""
        if self.operation == "create":
            return self.rights.creatable
        return self.rights.writable - getattr(self.draft.values, "masked", frozenset())

    def sections(self, sections: Iterable[Section]) -> list[FormSection]:
        """Those of the sections that have anything to show."""
        return [section for section in self.built(sections) if section.inputs]

    def built(self, sections: Iterable[Section]) -> list[FormSection]:
        """These sections, also those that have nothing to show: for whoever designs them."""
        return [self._section(section) for section in sections]

    def section(self, sections: Iterable[Section], key: str) -> FormSection:
        """The section called `key`. Raises NotFound."""
        for section in sections:
            if section.key == key and (built := self._section(section)).inputs:
                return built
        raise NotFound()

    def _section(self, section: Section) -> FormSection:
        inputs = tuple(self.input(placed) for placed in section.fields if self._is_shown(placed.field))
        label = text_of(section.label, self.ctx.lang)
        return FormSection(section.key, label, section.columns, section.collapsed, inputs, section.tab)

    def _is_shown(self, key: str) -> bool:
        if key not in self.entity.all_fields:
            return False
        visible = key in self.rights.readable or key in self.allowed
        # What the record will say by itself has nothing to show before it exists.
        if self.operation == "edit" or key in self.allowed or key in self.draft.raws:
            return visible
        return visible and self._follows(key)

    def _follows(self, key: str) -> bool:
        """Whether a computed value follows from nothing but what is entered in this form."""
        field = self.entity.fields.get(key)
        if field is None or not field.behaviour.computed:
            return key in self.allowed
        compiled = self.ctx.catalog.formulas.get((self.entity.key, key))
        if compiled is None:
            return field.option("by") is None and str(field.option("of")).partition(".")[0] in self.tables
        heads = {path.partition(".")[0] for path in compiled.reads}
        return bool(heads) and all(head in self.tables or self._follows(head) for head in heads)

    def input(self, placed: Placed) -> Input:
        """The input of one field."""
        found = self.entity.all_fields[placed.field]
        if found.key in self.tables:
            return self._table_input(found, placed)
        key, draft = found.key, self.draft
        held = Held(
            key, draft.raws.get(key, ""), draft.titles.get(key, ""), draft.errors.get(key), draft.values.get(key)
        )
        return self.build(found, held, writable=key in self.allowed, wide=placed.span > 1)

    def build(self, found: Field, held: Held, *, writable: bool, wide: bool = False) -> Input:
        """An input from what it holds; one that may not be written shows its value instead."""
        lang = self.ctx.lang
        told = self.state.locked.get(held.name, {})
        if "raw" in told:
            held = replace(held, raw=told["raw"], title=told["title"])
        widget = found.behaviour.widget(found)
        kind = widget.kind if writable else "readonly"
        shown = None
        if kind == "readonly":
            html = found.behaviour.large(found, lang, self.ctx.zone)(held.value, held.title or None)
            shown = Markup(html or NOTHING)
        return Input(
            field=found,
            name=held.name,
            kind=kind,
            label=found.text(lang),
            raw=held.raw,
            exact=exact_of(found, held.value),
            title=held.title,
            help=text_of(found.help, lang),
            placeholder=text_of(found.placeholder, lang),
            required=writable and (found.required or held.name in self.state.required),
            wide=wide or widget.wide,
            hidden=held.name in self.state.hidden,
            guarded=writable and self._is_guarded(found),
            locked=held.name in self.state.locked,
            error=held.error,
            shown=shown,
            attributes=self._attributes(found, widget.attributes),
            choices=tuple(_choices(found, held.raw, lang)),
        )

    def _is_guarded(self, found: Field) -> bool:
        deeds = rules_of(self.ctx.catalog, found.entity).of(LOCK, SET)
        return any(found.key in deed.fields for deed in deeds)

    def _attributes(self, found: Field, given: Mapping[str, Any]) -> dict[str, Any]:
        attributes = dict(given)
        source = str(attributes.get("source", ""))
        if "target" in (found.behaviour.target, found.behaviour.several):
            attributes["tree"] = tree_seen(self.ctx.access, source) is not None
        if attributes.pop("filtered", False):
            attributes["for"] = f"{found.entity}.{found.key}"
            attributes["from"] = " ".join(picking.looks_at(found))
        return attributes

    def _table_input(self, table: Field, placed: Placed) -> Input:
        writable = table.key in self.allowed
        child = self.ctx.access.entity(table.option("target"))
        columns = self._columns(child, table, placed.columns)
        rows = [
            self._row(table.key, str(number), line, columns, child, writable)
            for number, line in enumerate(self.draft.lines.get(table.key, ()))
        ]
        start = Line(start_of(self.ctx, child.entity.key))
        blank = self._row(table.key, "__n__", start, columns, child, writable)
        built = Table(table.key, blank.cells, tuple(rows), blank, writable, summed(columns))
        return Input(
            field=table,
            name=table.key,
            kind="subtable",
            label=table.text(self.ctx.lang),
            required=writable and (table.required or table.key in self.state.required),
            wide=True,
            hidden=table.key in self.state.hidden,
            guarded=writable and self._is_guarded(table),
            locked=table.key in self.state.locked,
            error=self.draft.errors.get(table.key),
            table=built,
        )

    def _columns(self, child: EntityAccess, table: Field, chosen: Sequence[str]) -> list[Field]:
        fields = child.entity.fields
        keys: Iterable[str] = chosen or [k for k, f in fields.items() if k != child.entity.parent and not f.hidden]
        visible = child.readable | child.writable | child.creatable
        return [fields[key] for key in keys if key in fields and key in visible]

    def _row(
        self, table: str, number: str, line: Line, columns: Sequence[Field], child: EntityAccess, writable: bool
    ) -> TableRow:
        allowed = (child.writable if line.id else child.creatable) if writable else frozenset()
        cells = []
        for column in columns:
            key, name = column.key, f"{table}[{number}].{column.key}"
            raw, title = line.raws.get(key, ""), line.titles.get(key, "")
            held = Held(name, raw, title, self.draft.errors.get(name), line.shown.get(key))
            cells.append(self.build(column, held, writable=key in allowed))
        return TableRow(number, tuple(cells), line.id, line.rev)


def summed(columns: Sequence[Field]) -> frozenset[str]:
    """The columns of a sub-table whose sum says something: amounts worked out for each row; where there are none,
    every number that is no rate.
    """
    numbers = [one for one in columns if "sum" in one.behaviour.of(one).aggregates]
    amounts = [one for one in numbers if one.behaviour.computed]
    rates = {one.key for one in numbers if "suffix" in one.behaviour.widget(one).attributes}
    return frozenset(one.key for one in amounts or numbers) - rates


def _choices(found: Field, raw: Raw, lang: str) -> Iterable[tuple[str, str, str]]:
    """(key, text, colour) of what may be chosen; a retired option only where it is chosen already."""
    chosen = raw if isinstance(raw, list) else [raw]
    options: Iterable[Option] = found.choices
    return (
        (option.key, text_of(option.label, lang), option.color)
        for option in options
        if not option.retired or option.key in chosen
    )
