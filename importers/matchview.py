"""What the match step of the wizard shows: each column with samples of what is typed and what it would become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from markupsafe import Markup

from formloom.metadata.errors import FormloomError
from formloom.metadata.model import Field

from .matching import Layout, Match
from .options import Options
from .parsing import Source, parse_columns
from .plan import chosen_field, resolve, suggest
from .reader import Row, Sheet, shown
from .staging import Import
from .standing import staged_sheet

if TYPE_CHECKING:
    from formloom.runtime.context import Context

SAMPLES = 3
SEARCHED_ROWS = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """A cell's text, and what it would be stored as or why it would be refused, where its field is known."""

    text: str
    stored: Markup = Markup("")
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class MatchedColumn:
    """A column of the sheet, the field it fills and how sure that is."""

    header: str
    field: str | None
    suggested: str | None
    confidence: int
    factor: Decimal | None
    samples: tuple[Sample, ...]


def matched_columns(
    ctx: Context,
    sheet: Sheet,
    layout: Layout,
    matches: Sequence[Match],
    fields: Mapping[str, Field],
    chosen: Mapping[str, str | None],
) -> list[MatchedColumn]:
    """The sheet's columns as they are matched now."""
    return [_column(ctx, sheet, layout, match, fields.get(chosen[match.header] or "")) for match in matches]


def _column(ctx: Context, sheet: Sheet, layout: Layout, match: Match, field: Field | None) -> MatchedColumn:
    rows = _telling_rows(sheet, layout, match.column)
    if field is None:
        samples = [Sample(shown(row[match.column])[:60]) for row in rows]
        return MatchedColumn(match.header, None, match.field, match.confidence, None, tuple(samples))
    factor = match.factor if field.behaviour.numeric else None
    samples = _parsed(ctx, rows, Source(match.column, field, factor))
    return MatchedColumn(match.header, field.key, match.field, match.confidence, factor, tuple(samples))


def _telling_rows(sheet: Sheet, layout: Layout, column: int) -> list[Row]:
    """The first rows whose cells of the column differ."""
    found: dict[str, Row] = {}
    for number in layout.data[:SEARCHED_ROWS]:
        text = shown(sheet.rows[number][column])
        if text:
            found.setdefault(text, sheet.rows[number])
        if len(found) == SAMPLES:
            break
    return list(found.values())


def _parsed(ctx: Context, rows: Sequence[Row], source: Source) -> list[Sample]:
    columns = parse_columns(ctx, rows, [source])
    show = source.field.behaviour.cell(source.field, ctx.lang, ctx.zone)
    samples = []
    for position, row in enumerate(rows):
        text, value = shown(row[source.column])[:60], columns.values[source.field.key][position]
        refused = columns.refused.get(position)
        if refused:
            samples.append(Sample(text, refusal=refused[0].message(ctx.lang)))
        else:
            samples.append(Sample(text, Markup("" if value is None else show(value, text))))
    return samples


def remembered(ctx: Context, record: Import, earlier: Sequence[Import]) -> Options | None:
    """The decisions of the newest earlier import that fit this sheet; None when there are none."""
    if not earlier:
        return None
    last = earlier[0].options
    _layout, matches = suggest(ctx, record.entity, staged_sheet(ctx, record), Options())
    headers = {match.header for match in matches}
    decided = {header: key for header, key in last.map.items() if header in headers}
    filled = {chosen_field(match, decided) for match in matches}
    key = tuple(name for name in last.key if name in filled)
    same = last.on_duplicate == "create" or key
    options = Options(
        map=decided, on_duplicate=last.on_duplicate if same else "create", key=key if same else (), mode=last.mode
    )
    try:
        resolve(ctx, record.entity, staged_sheet(ctx, record), options)
    except FormloomError:  # a field is gone since, or closed to him
        return None
    return options
