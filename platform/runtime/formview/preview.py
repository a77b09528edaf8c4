"""What follows from what stands in a form, before it is saved: defaults and computed fields.

Only what the reader sees takes part. Values behind references are read as he may read them; what follows from a
field that is hidden from him, or from one that nobody sent, is left as it is until the record is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...metadata import conditions, formula
from ...metadata.errors import UnknownField, ValueRefused
from ...metadata.masks import STARS
from ...metadata.model import Field
from ...metadata.results import rollup_source
from ..records import Records, paths
from ..records.kept import keep
from ..records.listrequest import ListRequest
from ..records.outlook import AGGREGATES
from ..records.record import Record
from ..records.ruling import rules_of
from .draft import Draft, Line, Raw, raw_of
from .fillin import filled
from .live import UNKNOWN, Live, State
from .titles import titles_of_ids

if TYPE_CHECKING:
    from ..context import Context

MOST_BEHIND = 500


def preview(ctx: Context, entity: str, draft: Draft, record: Record | None, changed: str = "") -> dict[str, Any]:
    """`values` by input name: `raw` and `title` for an input that takes a default, `html` for a value that is
    shown; the `rows` that sub-tables take; and what `rules` make of the inputs.

    `changed` is the input just changed, `record` the stored one that is being changed. Queries: 1 for each entity
    looked at behind references.
    """
    form = EnteredForm(ctx, entity, draft, record)
    values, rows = filled(form, changed)
    return {"values": values | dict(form.told()), "rows": rows, "rules": form.live.state().dump()}


def ruled(ctx: Context, entity: str, draft: Draft, record: Record | None) -> State:
    """What rules make of a form as it is opened. Queries: none without rules."""
    children = (table.option("target") for table in ctx.catalog.children[entity])
    if not any(key in ctx.catalog.rules_of for key in (entity, *children)):
        return State()
    return EnteredForm(ctx, entity, draft, record).live.state()


class _Behind:
    """Values behind references, as the reader may read them; each entity is read once for all rows."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.ids: dict[str, set[int]] = {}
        self.columns: dict[str, set[str]] = {}
        self.known: dict[str, dict[int, Record]] = {}

    def want(self, row: EnteredRow) -> None:
        """Note what a row's formulas will ask for."""
        for path in row.reads():
            head, _, rest = path.partition(".")
            link = row.entity.all_fields.get(head)
            if not rest or link is None or link.behaviour.target != "target":
                continue
            target = link.option("target")
            if _is_seen(self.ctx, target, rest):
                self.columns.setdefault(target, set()).add(rest)
            value = row.values.get(head)
            if isinstance(value, int):
                self.ids.setdefault(target, set()).add(value)

    def value(self, target: str, record_id: Any, rest: str) -> Any:
        """One value; empty without a reference."""
        if record_id in (None, UNKNOWN):
            return record_id
        if rest not in self.columns.get(target, ()):
            return UNKNOWN
        if record_id not in self.known.get(target, {}):
            self._load(target, record_id)
        found = self.known[target].get(record_id)
        return UNKNOWN if found is None or rest in found.masked else found[rest]

    def _load(self, target: str, record_id: int) -> None:
        ids = sorted(self.ids.get(target, set()) - self.known.get(target, {}).keys())[: MOST_BEHIND - 1]
        wanted = {"field": "id", "op": "in", "value": sorted({*ids, record_id})}
        request = ListRequest(target, tuple(sorted(self.columns[target])), filter=wanted, limit=MOST_BEHIND)
        known = self.known.setdefault(target, {})
        known.update({row["id"]: row for row in Records(self.ctx).list(request).items})


def _is_seen(ctx: Context, entity: str, path: str) -> bool:
    try:
        paths.resolve(ctx.access, entity, path)
    except UnknownField:
        return False
    return ctx.access.may(entity, "view")


class EnteredRow:
    """The record, or a line of it: typed values of what stands in the form, computed ones as they are asked for.

    `prefix` stands before a field's key in the name of its input; `stored` is the row as it was read.
    """

    def __init__(
        self, form: EnteredForm, entity: str, raws: Mapping[str, Raw], stored: Mapping[str, Any], prefix: str = ""
    ) -> None:
        self.form, self.ctx, self.stored = form, form.ctx, stored
        self.rights = form.ctx.access.entity(entity)
        self.entity = self.rights.entity
        self.is_new = not stored
        masked = stored.masked if isinstance(stored, Record) else ()
        self.values: dict[str, Any] = {k: v for k, v in stored.items() if k not in masked}
        for key, raw in raws.items():
            if key in self.entity.fields and not self.entity.fields[key].behaviour.computed:
                self.values[key] = _parsed(self.entity.fields[key], raw)
        for key in self.rights.masked & self.values.keys():
            # Of what is shown in part nothing follows here.
            if key not in raws or STARS in str(raws[key]):
                self.values[key] = UNKNOWN
        self.computed: dict[str, Any] = {}
        touched = form.draft.touched
        self.moved = {name.removeprefix(prefix) for name in touched if name.startswith(prefix)}

    @property
    def writable(self) -> frozenset[str]:
        """Fields with an input."""
        return self.rights.creatable if self.is_new else self.rights.writable

    def reads(self) -> Iterator[str]:
        """All paths its formulas and defaults look at."""
        for field in self.entity.fields.values():
            if field.default_formula:
                yield from self.form.default(field).reads
            compiled = self.ctx.catalog.formulas.get((self.entity.key, field.key))
            if compiled is not None:
                yield from compiled.reads
        yield from rules_of(self.ctx.catalog, self.entity.key).reads

    def fill(self) -> Iterator[tuple[Field, Any]]:
        """Defaults that apply now: of what is empty, and of what follows from something just changed."""
        for field in self.entity.fields.values():
            if not field.default_formula or (field.key not in self.writable and not self.is_new):
                continue
            compiled = self.form.default(field)
            if not self._is_due(field, compiled.reads):
                continue
            value = self.evaluate(compiled)
            if value is not UNKNOWN and value != self.values.get(field.key) and value is not None:
                self.values[field.key] = value
                self.moved.add(field.key)
                yield field, value

    def _is_due(self, field: Field, reads: Iterable[str]) -> bool:
        if field.key in self.moved:
            return False
        if not self.moved.isdisjoint(path.partition(".")[0] for path in reads):
            return True
        return self.is_new and self.values.get(field.key) is None

    def usual(self, field: Field) -> Any:
        """The constant a new row has in the field."""
        return None if field.default is None else _parsed(field, field.default)

    def evaluate(self, compiled: formula.Formula) -> Any:
        """The value of a formula, UNKNOWN where it looks at something that is."""
        inputs = {path: self.at(path) for path in compiled.reads}
        unknown = any(v is UNKNOWN or (isinstance(v, list) and UNKNOWN in v) for v in inputs.values())
        return UNKNOWN if unknown else compiled.python(inputs, self.ctx.env)

    def at(self, path: str) -> Any:
        """The value at a path; a list where it leads through a sub-table."""
        head, _, rest = path.partition(".")
        if not rest:
            return self.value(head)
        if head in self.form.lines and self is self.form.row:
            return [line.value(rest) for line in self.form.lines[head]]
        if head == self.entity.parent:
            return self.form.row.at(rest)
        link = self.entity.all_fields.get(head)
        if link is None or link.behaviour.target != "target":
            return UNKNOWN
        return self.form.behind.value(link.option("target"), self.value(head), rest)

    def value(self, key: str) -> Any:
        """The value of a field."""
        field = self.entity.all_fields.get(key)
        if field is None:
            return UNKNOWN
        if field.behaviour.computed:
            if key not in self.computed:
                self.computed[key] = self._compute(field)
            return self.computed[key]
        if key in self.values or self.is_new:
            return self.values.get(key)
        return UNKNOWN

    def _compute(self, field: Field) -> Any:
        compiled = self.ctx.catalog.formulas.get((self.entity.key, field.key))
        if compiled is not None:
            return self.evaluate(compiled)
        source = rollup_source(field, self.ctx.catalog.entities)
        table = str(field.option("of")).partition(".")[0]
        if source is None or table not in self.form.lines or field.option("by") is not None:
            return self.stored.get(field.key, UNKNOWN)
        return self._gathered(field, self.form.lines[table], source[2])

    def _gathered(self, field: Field, lines: Sequence[EnteredRow], key: str | None) -> Any:
        where = field.option("where")
        if where is not None and lines:
            child = lines[0].entity
            condition = conditions.parse(where, child, self.ctx.catalog)
            try:
                needed = sorted(conditions.paths(condition))
                rows = [{path: line.at(path) for path in needed} for line in lines]
                if any(UNKNOWN in row.values() for row in rows):
                    return UNKNOWN
                pairs = zip(lines, rows, strict=True)
                lines = [line for line, row in pairs if conditions.matches(condition, row, self.ctx.env)]
            except LookupError:
                return UNKNOWN
        values = [line.value(key) if key else 1 for line in lines]
        gather = AGGREGATES.get(str(field.option("function")))
        if gather is None or UNKNOWN in values:
            return UNKNOWN
        total = gather([value for value in values if value is not None])
        return None if total is None else _parsed(field, str(total))

    def defaults(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What its inputs take as defaults, by field."""
        for field, value in self.fill():
            yield field.key, self.told(field, value)

    def shown(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Its computed values, by field."""
        for field in self.entity.fields.values():
            if field.behaviour.computed and field.key in self.rights.readable:
                value = self.value(field.key)
                if value is not UNKNOWN:
                    yield field.key, self.told(field, value)

    def told(self, field: Field, value: Any) -> dict[str, Any]:
        """A value as its input takes it, or as it is shown where there is none."""
        title = None
        if field.behaviour.target is not None and isinstance(value, int):
            target = str(field.option("target", ""))
            title = titles_of_ids(self.ctx, field.behaviour.target, target, [value]).get(value)
        if field.key in self.writable:
            return {"raw": raw_of(self.ctx, field, value), "title": title or ""}
        shown = field.behaviour.cell(field, self.ctx.lang, self.ctx.zone)(value, title)
        return {"html": shown}


class EnteredForm:
    """A record with its lines as a form holds them."""

    def __init__(self, ctx: Context, entity: str, draft: Draft, record: Record | None) -> None:
        self.ctx, self.draft = ctx, draft
        self.behind = _Behind(ctx)
        self.row = EnteredRow(self, entity, draft.raws, record or {})
        self.lines: dict[str, list[EnteredRow]] = {}
        for table in ctx.catalog.children[entity]:
            known = {line["id"]: line for line in (record or {}).get(table.key) or ()}
            if table.key in draft.lines:
                self.lines[table.key] = self._sent(table, draft.lines[table.key], known)
            elif table.key in (record or {}) or record is None:
                self.lines[table.key] = [
                    EnteredRow(self, table.option("target"), {}, line) for line in known.values()
                ]
        for row in (self.row, *(line for lines in self.lines.values() for line in lines)):
            self.behind.want(row)

    def _sent(self, table: Field, lines: Sequence[Line], known: Mapping[int, Record]) -> list[EnteredRow]:
        found = []
        for number, line in enumerate(lines):
            stored = known.get(int(line.id), {}) if line.id.isascii() and line.id.isdigit() else {}
            found.append(EnteredRow(self, table.option("target"), line.raws, stored, f"{table.key}[{number}]."))
        return found

    def default(self, field: Field) -> formula.Formula:
        """The compiled default of a field."""
        place = ("default_formula", field.entity, field.key)
        return keep(self.ctx.catalog, place, lambda: formula.compile_default(field, self.ctx.catalog))

    def told(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Everything that may have moved, by the names the inputs were sent under: first what inputs take."""
        for prefix, row in self.placed():
            yield from ((prefix + key, told) for key, told in row.defaults())
        yield from self.live.told()
        for prefix, row in self.placed():
            yield from ((prefix + key, told) for key, told in row.shown())

    def placed(self) -> list[tuple[str, EnteredRow]]:
        """The record and the lines that were sent, each with what stands before its inputs' names."""
        sent = [
            (f"{table}[{line.number}].", row)
            for table, lines in self.draft.lines.items()
            for line, row in zip(lines, self.lines[table], strict=True)
        ]
        return [("", self.row), *sent]

    @cached_property
    def live(self) -> Live:
        """What rules make of it."""
        return Live(self)


def _parsed(field: Field, raw: Raw) -> Any:
    try:
        return field.behaviour.parse(field, raw)
    except ValueRefused:
        return None
