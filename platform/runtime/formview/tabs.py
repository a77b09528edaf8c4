"""Sections in the tabs they stand in: which tab is open, which has mistakes in it, which has nothing to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from ...metadata.layouts import Tab
from ...metadata.wording import text_of

if TYPE_CHECKING:
    from ..http.call import Call

TAB = "_tab"
"""The open tab in an address. Fields are named there too; none of them begins so."""


class Tabbed(Protocol):
    """A section as it is shown: the tab it stands in, whether it holds what was refused, whether rules hide it."""

    @property
    def tab(self) -> str | None: ...
    @property
    def bad(self) -> bool: ...
    @property
    def hidden(self) -> bool: ...


S = TypeVar("S", bound=Tabbed)


@dataclass(frozen=True)
class ShownTab(Generic[S]):
    """A tab with its sections; of all tabs one is `chosen`, which is open at first."""

    key: str
    label: str
    sections: tuple[S, ...]
    chosen: bool = False

    @property
    def bad(self) -> bool:
        """Whether an input in it was refused."""
        return any(section.bad for section in self.sections)

    @property
    def hidden(self) -> bool:
        """Whether rules hide all there is in it."""
        return all(section.hidden for section in self.sections)


def in_tabs(tabs: Sequence[Tab], sections: Sequence[S], lang: str, asked: str = "") -> list[ShownTab[S]]:
    """The tabs that have sections, in their order; none where there is nothing to choose between.

    What was refused is seen at once: its tab is open, whichever was asked for.
    """
    held: dict[str, list[S]] = {tab.key: [] for tab in tabs}
    for section in sections if tabs else ():
        held[section.tab if section.tab in held else tabs[0].key].append(section)
    found = [ShownTab(t.key, text_of(t.label, lang), tuple(held[t.key])) for t in tabs if held[t.key]]
    if len(found) < 2:
        return []
    seen = [tab for tab in found if not tab.hidden] or found
    bad = [tab for tab in seen if tab.bad]
    wanted = [tab for tab in seen if tab.key == asked]
    chosen = (bad or wanted or seen)[0].key
    return [ShownTab(tab.key, tab.label, tab.sections, tab.key == chosen) for tab in found]


def asked_tab(call: Call) -> str:
    """The tab an address asks for; a form that is sent comes from a page whose address has it."""
    if TAB in call.query:
        return call.query.one(TAB)
    return dict(parse_qsl(urlsplit(call.headers.get("hx-current-url", "")).query)).get(TAB, "")
