"""A dashboard of a draft, with the numbers of today."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...metadata import checks, reading
from ..dashboards.state import read_state
from ..render import render

if TYPE_CHECKING:
    from ..context import Context
    from .workspace import Workspace

Document = Mapping[str, Any]

BELOW = ("entity", "option_set")
"""Kinds of documents whose changes cards cannot show before they are published."""

_CARD = re.compile(r"/widgets/(\d+)")


def draw_dashboard(work: Workspace, seen: Context, document: Document) -> str:
    """The board; cards over what is not published yet say so. Queries: one a card."""
    from ..views.dashboard import shown_cards

    board = reading.read_dashboard(document)
    early = _early(work, document)
    ready = tuple(widget for number, widget in enumerate(board.widgets) if number not in early)
    boards = MappingProxyType({board.key: replace(board, widgets=ready)})
    cards: list[Any] = []
    state = None
    if ready:
        now = replace(work.ctx, catalog=replace(work.ctx.catalog, dashboards=boards), lang=seen.lang)
        state = read_state(now, board.key, {})
        cards = shown_cards(now, state)
    waiting = [widget for widget in board.widgets if widget not in ready]
    template = render(
        seen, "design/dashboard.html", fragment=True, board=board, cards=cards, waiting=waiting, state=state
    )
    return bytes(template.body).decode()


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
