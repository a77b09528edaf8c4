"""What an import would do, before it does it: columns matched to fields, cells parsed, duplicates found.

Reads only; `apply` writes what the plan says. Positions count the data rows of the sheet from 0; `rows` gives the
sheet's own row number of each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from formloom.metadata.errors import FieldError, InvalidInput, UnknownField
from formloom.metadata.model import Field

from .matching import Layout, Match, find_layout, match_columns, unit_factor
from .mending import mended_rows
from .options import Options
from .parsing import Columns, Source, parse_columns
from .reader import Row, Sheet
from .references import existing_keys
from .verdict import DONE_MARK, Verdicts, result_column

if TYPE_CHECKING:
    from formloom.runtime.context import Context

DUPLICATE, DONE_BEFORE = "duplicate", "done_before"
_REPEATABLE = frozenset({"repeated_in_file", "exists_already", "ambiguous_key", "op_denied"})
"""Refusals that depend on what the database holds, and are therefore judged again before writing."""


@dataclass
class Plan:
    """Rows to create, to update (position -> id) and to skip (position -> why), and the refusals."""

    entity: str
    layout: Layout
    sources: Sequence[Source]
    columns: Columns
    create: list[int] = field(default_factory=list)
    update: dict[int, int] = field(default_factory=dict)
    skip: dict[int, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of data rows."""
        return len(self.layout.data)

    def row_number(self, position: int) -> int:
        """The sheet's row number, from 1, of a data row."""
        return self.layout.data[position] + 1


def importable(ctx: Context, entity: str) -> list[Field]:
    """The fields a sheet may fill, in the entity's order."""
    rights = ctx.access.entity(entity)
    rights.require("import")
    allowed = rights.creatable | rights.writable
    every = rights.entity.all_fields.values()
    return [f for f in every if f.key in allowed and f.key in rights.readable and _fits_a_cell(f)]


def _fits_a_cell(field: Field) -> bool:
    behaviour = field.behaviour
    return behaviour.imported and not behaviour.computed and behaviour.column(field) is not None


def suggest(ctx: Context, entity: str, sheet: Sheet, options: Options) -> tuple[Layout, list[Match]]:
    """The table found in the sheet and a match for each of its columns. Raises InvalidInput."""
    fields = importable(ctx, entity)
    hidden = () if options.hidden_rows else sheet.hidden
    layout = find_layout(sheet.rows, fields, options.header - 1 if options.header else None, hidden)
    return layout, match_columns(layout, sheet.rows, fields)


def resolve(ctx: Context, entity: str, sheet: Sheet, options: Options) -> tuple[Layout, list[Source]]:
    """The table and the columns that fill fields, as decided and else as suggested.

    Raises InvalidInput for decisions that cannot be, AccessDenied for updating by who may not edit.
    """
    ctx.access.entity(entity).require("edit" if options.on_duplicate == "update" else "create")
    layout, matches = suggest(ctx, entity, sheet, options)
    sources = _sources(ctx, entity, matches, options.map)
    missing = next((name for name in options.key if all(name != s.field.key for s in sources)), None)
    if missing is not None:
        raise InvalidInput("import.key_not_matched", name=missing)
    return layout, sources


def build(ctx: Context, entity: str, sheet: Sheet, options: Options) -> Plan:
    """The plan of an import. Raises InvalidInput for a mapping that cannot be, never for a bad cell."""
    layout, sources = resolve(ctx, entity, sheet, options)
    if not sources:
        raise InvalidInput("import.nothing_matched")
    rows = mended_rows(sheet.rows, layout, options)
    plan = Plan(entity, layout, sources, parse_columns(ctx, rows, sources))
    _require(plan)
    _skip_done(plan, rows)
    decide(ctx, plan, options)
    return plan


def _sources(
    ctx: Context, entity: str, matches: Sequence[Match], decided: Mapping[str, str | None]
) -> list[Source]:
    headers = {match.header for match in matches}
    unknown = next((header for header in decided if header not in headers), None)
    if unknown is not None:
        raise InvalidInput("import.no_such_column", name=unknown[:80])
    by_key = {field.key: field for field in importable(ctx, entity)}
    chosen: dict[str, Source] = {}
    for match in matches:
        key = chosen_field(match, decided)
        if key is None:
            continue
        if key not in by_key:
            raise _not_importable(ctx, entity, key)
        if key in chosen:
            raise InvalidInput("import.matched_twice", name=key)
        chosen[key] = Source(match.column, by_key[key], _factor(by_key[key], match.header))
    return list(chosen.values())


def chosen_field(match: Match, decided: Mapping[str, str | None]) -> str | None:
    """The field a column fills: the one decided, else the one suggested unless another column was given it."""
    if match.header in decided:
        return decided[match.header]
    return None if match.field in decided.values() else match.field


def _not_importable(ctx: Context, entity: str, key: str) -> InvalidInput:
    """A field nobody knows and one the importing person may not see are refused alike."""
    rights = ctx.access.entity(entity)
    if key in rights.readable:
        if not rights.entity.all_fields[key].behaviour.imported:
            return InvalidInput(fields=[FieldError(key, "not_files")])
        return InvalidInput("field_read_only", fields=[FieldError(key, "field_read_only")])
    return UnknownField(key)


def _factor(field: Field, header: str) -> Decimal | None:
    return unit_factor(header) if field.behaviour.numeric else None


def _require(plan: Plan) -> None:
    """Refuse empty cells of required fields here, so that the report can point at the cell."""
    for source in plan.sources:
        if source.field.required:
            for position, value in enumerate(plan.columns.values[source.field.key]):
                if value is None and not _is_refused(plan.columns, position, source.field.key):
                    plan.columns.refuse(position, FieldError(source.field.key, "required"))


def _is_refused(columns: Columns, position: int, key: str) -> bool:
    return any(error.field == key for error in columns.refused.get(position, ()))


def _skip_done(plan: Plan, rows: Sequence[Row]) -> None:
    """Rows that a report of ours marks as already in are not taken again."""
    column = result_column(plan.layout.headers)
    if column is None:
        return
    for position, row in enumerate(rows):
        if str(row[column]).startswith(DONE_MARK):
            plan.skip[position] = DONE_BEFORE
            plan.columns.refused.pop(position, None)


def decide(ctx: Context, plan: Plan, options: Options, done: Verdicts | None = None) -> None:
    """Decide again which rows to create, update and skip, from what the database holds now.

    Rows that `done` says were written before are left alone, but still count as seen in the file.
    """
    finished = (done.created.keys() | done.updated.keys()) if done else frozenset()
    plan.create, plan.update = [], {}
    plan.skip = {p: why for p, why in plan.skip.items() if why != DUPLICATE}
    for position in [
        p for p, errors in plan.columns.refused.items() if any(e.code in _REPEATABLE for e in errors)
    ]:
        del plan.columns.refused[position]
    open_rows = [p for p in range(plan.size) if p not in plan.skip and p not in plan.columns.refused]
    if options.on_duplicate == "create":
        plan.create = [p for p in open_rows if p not in finished]
        return
    _decide_by_key(ctx, plan, options, open_rows, finished)
    if plan.create and not ctx.access.may(plan.entity, "create"):
        for position in plan.create:
            plan.columns.refuse(position, FieldError("", "op_denied"))
        plan.create = []


def _decide_by_key(
    ctx: Context, plan: Plan, options: Options, open_rows: Sequence[int], finished: Collection[int]
) -> None:
    keys = _key_values(plan, options.key)
    wanted = {keys[position] for position in open_rows if keys[position] is not None}
    existing = existing_keys(ctx, plan.entity, options.key, wanted) if wanted else {}
    seen: dict[Any, int] = {}
    for position in open_rows:
        key = keys[position]
        if position in finished:
            seen.setdefault(key, position)
        elif key is None:
            plan.create.append(position)
        elif key in seen:
            _repeat(plan, position, options, seen[key])
        else:
            seen[key] = position
            _known(plan, position, options, existing.get(key, []))


def _key_values(plan: Plan, key: Sequence[str]) -> list[tuple[Any, ...] | None]:
    rows = zip(*(plan.columns.values[name] for name in key), strict=True)
    return [None if any(value is None for value in row) else row for row in rows]


def _repeat(plan: Plan, position: int, options: Options, first: int) -> None:
    if options.on_duplicate == "skip":
        plan.skip[position] = DUPLICATE
    else:
        error = FieldError(options.key[0], "repeated_in_file", {"row": plan.row_number(first)})
        plan.columns.refuse(position, error)


def _known(plan: Plan, position: int, options: Options, ids: Sequence[int]) -> None:
    if not ids:
        plan.create.append(position)
    elif options.on_duplicate == "skip":
        plan.skip[position] = DUPLICATE
    elif options.on_duplicate == "error":
        plan.columns.refuse(position, FieldError(options.key[0], "exists_already"))
    elif len(ids) > 1:
        plan.columns.refuse(position, FieldError(options.key[0], "ambiguous_key"))
    else:
        plan.update[position] = ids[0]
