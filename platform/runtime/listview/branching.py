"""A list as a tree: what says of a row that others stand below it, and of a found one where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from ...metadata.layouts import ListLayout
from ...metadata.wording import say
from ..records import Records, branches
from ..records.listrequest import ListRequest
from ..records.record import Record
from ..render import icon
from .rows import draw_rows

if TYPE_CHECKING:
    from ..context import Context
    from .state import ListState


def tree_shown(ctx: Context, layout: ListLayout | None, request: ListRequest, view: str) -> str | None:
    """The field by which the rows of a list stand below each other; None where they do not, or in groups."""
    if layout is None or not layout.tree or view != "table" or request.group is not None:
        return None
    tree = branches.tree_seen(ctx.access, request.entity)
    return tree.key if tree is not None else None


def at_the_top(request: ListRequest, tree: str | None) -> ListRequest:
    """What a list that is a tree shows at first. What was searched for is shown wherever it stands."""
    return request if tree is None or request.search or request.filter is not None else replace(request, tree=tree)


@dataclass(frozen=True, slots=True)
class Twigs:
    """What a tree adds to rows: how many stand below, or the titles above."""

    lang: str
    counts: Mapping[int, int] | None
    above: Mapping[int, Sequence[str]]

    def attributes(self, record: Record) -> str:
        """What the row says of itself."""
        return ' aria-expanded="false"' if self.counts and self.counts.get(record["id"]) else ""

    def before(self, record: Record, title: str) -> str:
        """What stands before the title: the way into the branch."""
        if self.counts is None:
            return ""
        count = self.counts.get(record["id"])
        if not count:
            return '<span class="twig"></span>'
        # The title is escaped already.
        label = Markup(escape(say("branch.toggle", self.lang, title="\0", count=count))).replace("\0", title)
        return (
            f'<button class="twig" type="button" tabindex="-1" data-do="toggle-branch" aria-label="{label}">'
            f"{icon('chevron-right')}</button>"
        )

    def after(self, record: Record) -> str:
        """What stands behind the title: how many are below, or where it was found."""
        if self.counts is not None:
            count = self.counts.get(record["id"])
            return f'<span class="count">{count:,}</span>' if count else ""
        path = " / ".join(self.above.get(record["id"], ())[:-1])
        return f'<small class="soft twig-path">{escape(path)}</small>' if path else ""


def twigs_of(
    ctx: Context, state: ListState, rows: Sequence[Record], records: Records | None = None
) -> Twigs | None:
    """What the tree adds to these rows; None for a list that is none. Queries: 1 where it is one."""
    if state.tree is None:
        return None
    ids = [row["id"] for row in rows]
    if state.request.tree is not None:
        return Twigs(ctx.lang, (records or Records(ctx)).counts_below(state.request, ids), {})
    tree = ctx.access.entity(state.request.entity).field(state.tree)
    return Twigs(ctx.lang, None, branches.paths_to(ctx, tree, ids))


def draw_branch(ctx: Context, state: ListState, above: int, *, pick: bool) -> tuple[Markup, str | None]:
    """(the rows right below one, the cursor of those that follow). Queries: 2.

    Raises NotFound for a record that its reader does not see.
    """
    request, records = replace(state.request, above=above), Records(ctx)
    page = records.list(request)
    if not page.items:
        records.get(request.entity, above, ["id"])
    twigs = twigs_of(ctx, state, page.items)
    return draw_rows(ctx, request.entity, state.columns, page.items, pick=pick, twigs=twigs), page.next
