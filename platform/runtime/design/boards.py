"""A dashboard of a draft, with the numbers of today."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...metadata import checks, reading
from ...metadata.model import Entity
from ...metadata.wording import LANGUAGES, register, say
from ..dashboards.period import EVER, PERIODS, read_period
from ..dashboards.state import BoardState, usual_period
from ..render import render

if TYPE_CHECKING:
    from ...metadata.catalog import Catalog
    from ..context import Context
    from .workspace import Workspace

Document = Mapping[str, Any]

register(Path(__file__).parents[1] / "wording" / "boards")

OPS = ("count", "count_distinct", "sum", "avg", "min", "max")
BUCKETS = ("day", "week", "month", "quarter", "year")
BELOW = ("entity", "option_set")
"""Kinds of documents whose changes cards cannot show before they are published."""

_CARD = re.compile(r"/widgets/(\d+)")


def draw_dashboard(work: Workspace, seen: Context, document: Document) -> str:
    """The board; cards over what is not published yet say so. Queries: one a card."""
    from ..views.dashboard import PERIODS_SHOWN, named_periods, shown_cards

    board = reading.read_dashboard(document)
    early = _early(work, document)
    ready = tuple(widget for number, widget in enumerate(board.widgets) if number not in early)
    now = replace(work.ctx, lang=seen.lang)
    state = BoardState(replace(board, widgets=ready), read_period(usual_period(board), now.env.today))
    template = render(
        seen,
        "design/dashboard.html",
        fragment=True,
        board=board,
        cards=shown_cards(now, state),
        waiting=[widget for number, widget in enumerate(board.widgets) if number in early],
        state=state,
        periods=named_periods(now, state),
        shown=PERIODS_SHOWN,
    )
    return bytes(template.body).decode()


TITLES = (*OPS, "rows", "by", "by_two", *(f"bucket.{name}" for name in BUCKETS))


def title_words(catalog: Catalog) -> dict[str, Any]:
    """What cards are called by themselves, by language: the words, and the names of all there is to count."""
    return {
        "titles": {lang: {name: say(f"board.title.{name}", lang) for name in TITLES} for lang in LANGUAGES},
        "names": {
            lang: {entity.key: _names(entity, lang) for entity in catalog.entities.values()} for lang in LANGUAGES
        },
    }


def _names(entity: Entity, lang: str) -> dict[str, str]:
    """The entity's name by the empty key, those of its fields by theirs."""
    fields = {key: field.text(lang) for key, field in entity.all_fields.items()}
    return {"": entity.text(lang, plural=True), **fields}


def period_choices(lang: str) -> list[list[str]]:
    """(name, text) of the periods a board may begin with."""
    return [[name, say(f"dashboard.period.{name}", lang)] for name in (*PERIODS, EVER)]


def _early(work: Workspace, document: Document) -> frozenset[int]:
    """The places of cards that ask for what today's tables do not have, because it is not published."""
    if not any(kind in BELOW for kind, _ in work.drafts):
        return frozenset()
    own = ("dashboard", document["key"])
    others = [each for identity, each in work.ctx.catalog.documents.items() if identity != own]
    findings = checks.check([*others, document], {own})
    paths = [finding.path for finding in findings if finding.document == own and finding.severity == "error"]
    matches = [_CARD.match(path) for path in paths]
    if None in matches:
        return frozenset(range(len(document["widgets"])))
    return frozenset(int(match[1]) for match in matches if match)
