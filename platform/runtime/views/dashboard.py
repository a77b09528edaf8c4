"""Dashboards: a grid of cards with a bar of filters above it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from ...metadata.wording import say, text_of
from ..api.dashboards import card_data
from ..context import Context
from ..dashboards.cards import Card, cards_of
from ..dashboards.numbers import change, full_of, short_of, size_of, unit_of
from ..dashboards.period import EVER, PERIODS
from ..dashboards.state import PLACES, BoardState, read_state
from ..http.call import Call
from ..http.serve import page
from ..listview.rows import draw_rows
from ..records import paths
from ..render import render

CHARTS = frozenset({"bar", "line", "pie", "funnel"})
PERIODS_SHOWN = 7
MOST_CHANGE = 999
TALLEST = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a table card."""

    label: str
    numeric: bool


@dataclass(frozen=True)
class Shown:
    """A card with what its template needs besides: rows as HTML, chart data as JSON, numbers as texts."""

    card: Card
    height: int
    data: str = ""
    rows: Markup = Markup()
    headings: tuple[Heading, ...] = ()
    value: str = ""
    exact: str = ""
    before: str = ""
    change: int | None = None
    foot: str = ""
    marks: tuple[Mapping[str, Any], ...] = ()


def dashboard(ctx: Context, call: Call) -> Response:
    """The dashboard of the address. Raises NotFound."""
    return show_dashboard(ctx, call, call.path["dashboard"])


def show_dashboard(ctx: Context, call: Call, key: str) -> Response:
    """A dashboard for this reader. Queries: one a card, and one for each chosen person or department."""
    call.query.only(*PLACES)
    state = read_state(ctx, key, call.query.single())
    return render(
        ctx,
        "dashboard.html",
        board=state.board,
        title=text_of(state.board.label, ctx.lang, key),
        state=state,
        cards=shown_cards(ctx, state),
        periods=named_periods(ctx, state),
        shown=PERIODS_SHOWN,
        path=f"/d/{key}",
    )


def shown_cards(ctx: Context, state: BoardState) -> list[Shown]:
    """The cards with all their template needs. Queries: one a card."""
    return [_shown(ctx, card, state) for card in cards_of(ctx, state)]


def named_periods(ctx: Context, state: BoardState) -> list[tuple[str, str, str]]:
    """(address, text, whether chosen) of the named periods."""
    chosen = state.period.name
    return [
        (state.href(period=name), say(f"dashboard.period.{name}", ctx.lang), "page" if name == chosen else "")
        for name in (*PERIODS, EVER)
    ]


def _shown(ctx: Context, card: Card, state: BoardState) -> Shown:
    height = min(card.widget.h, TALLEST)
    if card.state != "ok":
        return Shown(card, height)
    if card.widget.type == "metric":
        return _shown_metric(ctx, card, state, height)
    if card.columns:
        return _shown_rows(ctx, card, height)
    data = ""
    if card.widget.type in CHARTS:
        units = [unit_of(field) for field in card.numbers]
        whole = {**card_data(ctx, card), "units": units, "color": card.widget.spec.get("color")}
        data = json.dumps(whole, ensure_ascii=False)
    return Shown(card, height, data=data, marks=tuple(_marks(ctx, card)))


def _shown_metric(ctx: Context, card: Card, state: BoardState, height: int) -> Shown:
    number = card.numbers[0]
    more = change(card.value, card.before)
    spark = json.dumps([size_of(value) for value in card.spark]) if len(card.spark) > 1 else ""
    return Shown(
        card,
        height,
        data=spark,
        value=short_of(number, card.value, ctx.lang),
        exact=full_of(number, card.value, ctx.lang),
        before=short_of(number, card.before, ctx.lang) if card.before is not None else "",
        change=None if more is None else max(-MOST_CHANGE, min(MOST_CHANGE, more)),
        foot=_span(ctx, card, state),
    )


def _span(ctx: Context, card: Card, state: BoardState) -> str:
    """What a number without a comparison is of: the period, or this very moment."""
    if not card.widget.spec.get("date_field"):
        return say("dashboard.now", ctx.lang)
    if state.period.name == "custom":
        return f"{state.period.first} – {state.period.last}"
    return say(f"dashboard.period.{state.period.name}", ctx.lang)


def _marks(ctx: Context, card: Card) -> list[Mapping[str, Any]]:
    """The marks in words, for rankings and for those who do not see the chart."""
    most = max((size_of(mark.values[0]) for mark in card.marks), default=0) or 1
    return [
        {
            "label": mark.label if mark.series is None else f"{mark.label} · {mark.series}",
            "texts": [full_of(*pair, ctx.lang) for pair in zip(card.numbers, mark.values, strict=True)],
            "short": short_of(card.numbers[0], mark.values[0], ctx.lang),
            "share": max(0, min(100, round(size_of(mark.values[0]) / most * 100))),
            "href": mark.href,
        }
        for mark in card.marks
    ]


def _shown_rows(ctx: Context, card: Card, height: int) -> Shown:
    columns = [column.field for column in card.columns]
    fields = [paths.resolve(ctx.access, card.widget.entity, path)[-1] for path in columns]
    headings = tuple(Heading(field.text(ctx.lang), field.behaviour.of(field).numeric) for field in fields)
    rows = draw_rows(ctx, card.widget.entity, columns, card.rows, pick=False)
    return Shown(card, height, rows=rows, headings=headings)


routes = [Route("/d/{dashboard}", page(dashboard))]
