"""Groups as what a chart draws: its categories in order, its series, and a mark for each number.

Buckets nothing fell into are marks of zero, so that a line does not skip a month. Those that have not begun yet
are categories without a mark: a line ends today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ...metadata.layouts import Widget
from ...metadata.model import Field
from ...metadata.wording import say
from ..records import paths
from ..records.aggregate import Dimension, Group
from .drill import Drill, is_of
from .names import axis_name, bucket_name
from .period import Period, bucket_start, buckets_between

if TYPE_CHECKING:
    from ..context import Context

MOST_BUCKETS = 400
"""Beyond these, gaps stay gaps."""


@dataclass(frozen=True, slots=True)
class Category:
    """A place on an axis or in a ranking. `begun` is false for a bucket that lies in the future."""

    label: str
    short: str
    begun: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """One of the colours of a chart that is split by a second dimension."""

    label: str
    color: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar, slice, point or line of a ranking. `values` are the measures; `href` leads to its rows.

    `category` and `row` are its places among the categories and the series.
    """

    label: str
    values: tuple[Any, ...]
    href: str
    color: str | None = None
    series: str | None = None
    category: int = 0
    row: int = 0


@dataclass(frozen=True)
class Drawing:
    """What a chart draws."""

    categories: tuple[Category, ...] = ()
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()


class Drawer:
    """Makes drawings of one widget's groups."""

    def __init__(self, ctx: Context, widget: Widget, dimensions: Sequence[Dimension], drill: Drill) -> None:
        self.ctx, self.widget, self.dimensions, self.drill = ctx, widget, dimensions, drill
        self.fields: list[Field] = [paths.resolve(ctx.access, widget.entity, one.field)[-1] for one in dimensions]

    def draw(self, groups: Sequence[Group], zeros: tuple[Any, ...], period: Period) -> Drawing:
        """The groups, drawn. `zeros` are the measures of no rows."""
        if not groups or not self.dimensions:
            return Drawing()
        heads = self._by_total(groups) if self._ranked else list(dict.fromkeys(group.keys[0] for group in groups))
        bucket = self.dimensions[0].bucket
        if bucket:
            heads = self._without_gaps(heads, bucket, period)
            if len(self.dimensions) == 1:
                have = {group.keys[0] for group in groups}
                gaps = [key for key in heads if key not in have and key <= self.ctx.env.today]
                groups = [*groups, *(Group((key,), (None,), zeros) for key in gaps)]
        rows = self._rows(groups)
        places = {key: place for place, key in enumerate(heads)}
        marks = [self._mark(group, places, rows) for group in groups]
        marks.sort(key=lambda mark: (mark.category, mark.row))
        return Drawing(
            self._categories(heads, groups),
            tuple(Series(label, color) for label, color, _ in rows.values()),
            tuple(marks),
        )

    @property
    def _ranked(self) -> bool:
        """Whether categories go by size: groups of two dimensions come ordered one by one, not by their sums."""
        given = str(self.widget.spec.get("sort") or "")
        return len(self.dimensions) == 2 and given.lstrip("-") == "value" and not self.dimensions[0].bucket

    def _by_total(self, groups: Sequence[Group]) -> list[Any]:
        totals: dict[Any, Any] = {}
        for group in groups:
            totals[group.keys[0]] = totals.get(group.keys[0], 0) + (group.values[0] or 0)
        falling = str(self.widget.spec["sort"]).startswith("-")
        return sorted(totals, key=lambda key: totals[key], reverse=falling)

    def _without_gaps(self, heads: Sequence[Any], bucket: str, period: Period) -> list[Any]:
        days = sorted(key for key in heads if key is not None)
        empty = [key for key in heads if key is None]
        if not days:
            return empty
        first, last = days[0], days[-1]
        if self.widget.spec.get("date_field") == self.dimensions[0].field and period.first and period.last:
            first, last = bucket_start(period.first, bucket), max(period.last, last)
        filled = buckets_between(first, last, bucket, MOST_BUCKETS + 1)
        return [*(filled if len(filled) <= MOST_BUCKETS else days), *empty]

    def _rows(self, groups: Sequence[Group]) -> dict[Any, tuple[str, str | None, int]]:
        """Label, colour and place of each series: choices as they are listed, all else as it comes."""
        if len(self.dimensions) < 2:
            return {}
        listed = {choice.key: place for place, choice in enumerate(self.fields[1].choices)}
        keys = list(dict.fromkeys(group.keys[1] for group in groups))
        if self.dimensions[1].bucket:
            keys.sort(key=lambda key: (key is None, key or date.min))
        keys.sort(key=lambda key: listed.get(key, len(listed)) if listed else 0)
        labels = {group.keys[1]: self._label(1, group) for group in groups}
        return {key: (labels[key], self._color(1, key), place) for place, key in enumerate(keys)}

    def _mark(self, group: Group, places: dict[Any, int], rows: dict[Any, tuple[str, str | None, int]]) -> Mark:
        conditions = [
            is_of(dimension, field, key)
            for dimension, field, key in zip(self.dimensions, self.fields, group.keys, strict=True)
        ]
        mark = Mark(
            self._label(0, group),
            group.values,
            self.drill.to(*conditions),
            self._color(0, group.keys[0]),
            category=places[group.keys[0]],
        )
        if not rows:
            return mark
        label, color, row = rows[group.keys[1]]
        return replace(mark, series=label, color=color, row=row)

    def _categories(self, heads: Sequence[Any], groups: Sequence[Group]) -> tuple[Category, ...]:
        bucket = self.dimensions[0].bucket
        labels = {group.keys[0]: self._label(0, group) for group in groups}
        if not bucket:
            return tuple(Category(labels[key], labels[key]) for key in heads)
        found, before = [], None
        for key in heads:
            if key is None:
                found.append(Category(labels[key], labels[key]))
                continue
            short = axis_name(key, bucket, self.ctx.lang, before)
            begun = key in labels or key <= self.ctx.env.today
            found.append(Category(bucket_name(key, bucket, self.ctx.lang), short, begun))
            before = key
        return tuple(found)

    def _label(self, place: int, group: Group) -> str:
        key, bucket = group.keys[place], self.dimensions[place].bucket
        if key is None:
            return say("dashboard.none", self.ctx.lang)
        if bucket:
            return bucket_name(key, bucket, self.ctx.lang)
        return group.labels[place] or say("dashboard.unseen", self.ctx.lang)

    def _color(self, place: int, key: Any) -> str | None:
        return next((choice.color for choice in self.fields[place].choices if choice.key == key), None)
