"""Dashboards: a grid of cards with a bar of filters above it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

from ...metadata.wording import say, text_of
from ...rbac.tables import departments, users
from ..api.dashboards import card_data
from ..context import Context
from ..dashboards.cards import Card, cards_of
from ..dashboards.period import EVER, PERIODS
from ..dashboards.state import PLACES, BoardState, read_state
from ..http.call import Call
from ..http.serve import page
from ..listview.rows import draw_rows
from ..records import paths
from ..render import render

CHARTS = frozenset({"bar", "line", "pie", "funnel"})


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a table card."""

    label: str
    numeric: bool


@dataclass(frozen=True)
class Shown:
    """A card with what its template needs besides: rows as HTML, chart data as JSON, numbers as texts."""

    card: Card
    data: Markup = Markup()
    rows: Markup = Markup()
    headings: tuple[Heading, ...] = ()
    value: str = ""
    before: str = ""
    change: int | None = None
    ranks: tuple[Mapping[str, Any], ...] = ()


def dashboard(ctx: Context, call: Call) -> Response:
    """The dashboard of the address. Raises NotFound."""
    return show_dashboard(ctx, call, call.path["dashboard"])


def show_dashboard(ctx: Context, call: Call, key: str) -> Response:
    """A dashboard for this reader. Queries: one a card, and one for each chosen person or department."""
    call.query.only(*PLACES)
    state = read_state(ctx, key, call.query.single())
    cards = [_shown(ctx, card) for card in cards_of(ctx, state)]
    return render(
        ctx,
        "dashboard.html",
        board=state.board,
        title=text_of(state.board.label, ctx.lang, key),
        state=state,
        cards=cards,
        periods=_periods(ctx, state),
        people=_person(ctx, state),
        department=_department(ctx, state),
        here=state.href(),
        path=f"/d/{key}",
    )


def _periods(ctx: Context, state: BoardState) -> list[tuple[str, str, str]]:
    """(address, text, whether chosen) of the named periods."""
    names = [*PERIODS, EVER]
    chosen = state.period.name
    return [
        (state.href(period=name), say(f"dashboard.period.{name}", ctx.lang), "page" if name == chosen else "")
        for name in names
    ]


def _person(ctx: Context, state: BoardState) -> str:
    if not state.owner:
        return ""
    return ctx.conn.scalar(sa.select(users.c.name).where(users.c.id == state.owner)) or ""


def _department(ctx: Context, state: BoardState) -> str:
    if not state.department:
        return ""
    name = departments.c.name_zh if ctx.lang == "zh" else departments.c.name_en
    return ctx.conn.scalar(sa.select(name).where(departments.c.id == state.department)) or ""


def _shown(ctx: Context, card: Card) -> Shown:
    if card.state != "ok":
        return Shown(card)
    kind = card.widget.type
    if kind in CHARTS:
        data = json.dumps(card_data(ctx, card), ensure_ascii=False, default=str).replace("<", "\\u003c")
        return Shown(card, data=Markup(data))
    if kind == "table":
        return _shown_table(ctx, card)
    if kind == "ranking":
        return Shown(card, ranks=tuple(_ranks(ctx, card)))
    spark = json.dumps([float(value) for value in card.spark]) if card.spark else ""
    return Shown(
        card,
        data=Markup(spark),
        value=_number(ctx, card, card.value),
        before=_number(ctx, card, card.before) if card.before is not None else "",
        change=_change(card),
    )


def _change(card: Card) -> int | None:
    """Per cent more (or less) than before; None without anything to compare with."""
    if not card.before:
        return None
    return round((float(card.value) - float(card.before)) / abs(float(card.before)) * 100)


def _number(ctx: Context, card: Card, value: Any, place: int = 0) -> str:
    """A number short enough to be glanced at: 1,284 · 12.3万 · 1.2M."""
    field = card.numbers[place] if place < len(card.numbers) else None
    text = short(float(value or 0), ctx.lang)
    return text + "%" if field is not None and field.behaviour.of(field).name == "percent" else text


def short(value: float, lang: str) -> str:
    """A number in few characters, by the units of the language."""
    units = [(1e8, "亿"), (1e4, "万")] if lang == "zh" else [(1e9, "B"), (1e6, "M"), (1e5, "K")]
    for size, unit in units:
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'K' else size):,.1f}".removesuffix(".0") + unit
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.2f}"


def _ranks(ctx: Context, card: Card) -> list[Mapping[str, Any]]:
    most = max((float(mark.values[0] or 0) for mark in card.marks), default=0) or 1
    return [
        {
            "label": mark.label,
            "text": _number(ctx, card, mark.values[0]),
            "share": max(0, min(100, round(float(mark.values[0] or 0) / most * 100))),
            "href": mark.href,
        }
        for mark in card.marks
    ]


def _shown_table(ctx: Context, card: Card) -> Shown:
    columns = [column.field for column in card.columns]
    fields = [paths.resolve(ctx.access, card.widget.entity, path)[-1] for path in columns]
    headings = tuple(Heading(field.text(ctx.lang), field.behaviour.numeric) for field in fields)
    return Shown(card, rows=draw_rows(ctx, card.widget.entity, columns, card.rows, pick=False), headings=headings)


routes = [Route("/d/{dashboard}", page(dashboard))]
