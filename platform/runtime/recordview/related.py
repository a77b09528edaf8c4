"""What points at a record: the lists of its page, each asked for when it is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ...metadata.errors import NotFound
from ...metadata.layouts import Related
from ...metadata.wording import text_of
from ..records.listrequest import ListRequest

if TYPE_CHECKING:
    from ..context import Context

RELATED = "_related"
"""The open related list in an address."""
ROWS = 20
USUAL_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Tab:
    """One related list: its place in the page, the addresses of its rows, of a new one, and of all in a list."""

    number: int
    label: str
    icon: str
    rows: str
    new: str | None
    whole: str
    chosen: bool = False


def tabs(ctx: Context, entity: str, record_id: int, asked: str = "") -> list[Tab]:
    """The related lists the reader may see, one of them open: that of the number asked for, else the first."""
    here = f"/e/{entity}/{record_id}"
    found = []
    for number, one in enumerate(related_of(ctx, entity)):
        if not is_visible(ctx, one):
            continue
        target = ctx.catalog.entity(one.entity)
        new = urlencode({one.by: record_id, "back": here})
        found.append(
            Tab(
                number=number,
                label=text_of(one.label, ctx.lang) or target.text(ctx.lang, plural=True),
                icon=target.icon or "table",
                rows=f"{here}/related/{number}",
                new=f"/e/{one.entity}/new?{new}" if may_add(ctx, one.entity, one.by) else None,
                whole=f"/e/{one.entity}?" + urlencode({"filter": json.dumps(pointing(ctx, one, record_id))}),
            )
        )
    place = next((place for place, tab in enumerate(found) if str(tab.number) == asked), 0)
    return [replace(tab, chosen=at == place) for at, tab in enumerate(found)]


def related_of(ctx: Context, entity: str) -> tuple[Related, ...]:
    """The lists the page's layout names; without a layout, everything that points here."""
    detail = ctx.catalog.detail_of(entity)
    if detail is not None:
        return detail.related
    return tuple(
        Related(field.entity, field.key)
        for field in ctx.catalog.referrers[entity]
        if ctx.catalog.entity(field.entity).parent is None
    )


def is_visible(ctx: Context, related: Related) -> bool:
    """Whether the reader sees such records, and what they point at."""
    return ctx.access.may(related.entity, "view") and related.by in ctx.access.entity(related.entity).readable


def may_add(ctx: Context, entity: str, by: str) -> bool:
    """Whether the reader may make a record of `entity` that points here."""
    if not ctx.access.may(entity, "create"):
        return False
    rights = ctx.access.entity(entity)
    return rights.entity.parent is None and by in rights.creatable


def pointing(ctx: Context, related: Related, record_id: int) -> dict[str, object]:
    """The Condition on records that point at a record, with others or alone."""
    field = ctx.catalog.entity(related.entity).all_fields[related.by]
    return {"field": related.by, "op": "contains" if field.behaviour.several else "eq", "value": record_id}


def chosen(ctx: Context, entity: str, number: str) -> Related:
    """The related list of that number. Raises NotFound, also where the reader may not see it."""
    lists = related_of(ctx, entity)
    if not (number.isascii() and number.isdigit() and int(number) < len(lists)):
        raise NotFound()
    if not is_visible(ctx, lists[int(number)]):
        raise NotFound()
    return lists[int(number)]


def request_of(ctx: Context, related: Related, record_id: int) -> ListRequest:
    """What is asked for a related list."""
    layout = next(iter(ctx.catalog.lists_of[related.entity]), None)
    base = ListRequest.of_layout(ctx.access, related.entity, layout)
    columns = tuple(c.field for c in related.columns) or tuple(c for c in base.columns if c != related.by)
    readable = ctx.access.entity(related.entity).readable
    seen = [key for key in columns if key.partition(".")[0] in readable]
    shown = tuple(seen if related.columns else seen[:USUAL_COLUMNS])
    sort = tuple(key for key in related.sort if key.removeprefix("-") in readable)
    return replace(
        base,
        columns=shown,
        filter=pointing(ctx, related, record_id),
        fixed=None,
        sort=sort or base.sort,
        limit=ROWS,
        count="capped",
    )
