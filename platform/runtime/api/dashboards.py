"""Every number of a dashboard, as the caller may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from ...metadata.model import Field
from ..context import Context
from ..dashboards.cards import Card, Mark, cards_of
from ..dashboards.state import PLACES, read_state
from ..http.answer import json_answer
from ..http.call import Call
from ..records.record import Record
from .table import at


def dashboard_data(ctx: Context, call: Call) -> Response:
    """The cards. Queries: one a card."""
    call.query.only(*PLACES)
    state = read_state(ctx, call.path["key"], call.query.single())
    period = state.period
    return json_answer(
        {
            "key": state.board.key,
            "period": {"text": period.text, "from": _plain(period.first), "to": _plain(period.last)},
            "widgets": [card_data(ctx, card) for card in cards_of(ctx, state)],
        }
    )


def card_data(ctx: Context, card: Card) -> dict[str, Any]:
    """One card as JSON. `state` ok, empty or denied; a denied one says nothing else."""
    base = {"key": card.widget.key, "type": card.widget.type, "label": card.label, "state": card.state}
    if card.state == "denied":
        return base
    found: dict[str, Any] = {**base, "href": card.href, "measures": list(card.measures)}
    if card.columns:
        fields = [column.field for column in card.columns]
        rows = [_row(ctx, card, row, fields) for row in card.rows]
        return {**found, "columns": fields, "rows": rows, "more": card.more}
    if card.widget.type == "metric":
        return {
            **found,
            "value": _plain(card.value),
            "before": _plain(card.before),
            "spark": [_plain(value) for value in card.spark],
        }
    return {
        **found,
        "categories": [asdict(category) for category in card.categories],
        "series": [asdict(series) for series in card.series],
        "marks": [_mark(mark) for mark in card.marks],
        "more": card.more,
    }


def _mark(mark: Mark) -> dict[str, Any]:
    return {**asdict(mark), "values": [_plain(value) for value in mark.values]}


def _row(ctx: Context, card: Card, row: Record, fields: Sequence[str]) -> dict[str, Any]:
    from ..records import paths

    def dumped(path: str) -> Any:
        field: Field = paths.resolve(ctx.access, card.widget.entity, path)[-1]
        value = row.get(path)
        return None if value is None else field.behaviour.dump(field, value)

    return {"id": row.get("id"), **{path: dumped(path) for path in fields}, "labels": dict(row.labels)}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


routes = [at("GET", "/dashboards/{key}/data", dashboard_data)]
