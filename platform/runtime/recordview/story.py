"""A record's timeline: what was changed in it, and the records that were quickly added to it, by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ...metadata.layouts import Composer
from ...metadata.wording import say
from ..records import Records
from ..records.listrequest import ListRequest
from ..records.record import Record
from ..records.timeline import Entry

if TYPE_CHECKING:
    from ..context import Context

USUAL, MORE, MOST = 30, 50, 330


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened. `change` is a change of the record; else it is an added record at `href`, with its
    option as a pill, its long texts, and the rest as (label, HTML). `clock` is the time of day, `whole` all of it.
    """

    at: datetime
    who: str
    clock: str
    whole: str
    change: Entry | None = None
    href: str = ""
    pill: Markup = Markup("")
    texts: tuple[Markup, ...] = ()
    facts: tuple[tuple[str, Markup], ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """Days with their text, the newest first. `more` is how many entries to ask for to see earlier ones."""

    days: list[tuple[str, list[Told]]] = field(default_factory=list)
    more: int | None = None


def story(ctx: Context, entity: str, record_id: int, limit: int) -> Story:
    """The timeline, at most `limit` entries. Raises NotFound."""
    changes = Records(ctx).changes(entity, record_id, limit + 1)
    found = [Told(entry.at, entry.actor_name, *_times(ctx, entry.at), entry) for entry in changes]
    detail = ctx.catalog.detail_of(entity)
    if detail is not None and detail.composer is not None and _is_visible(ctx, detail.composer):
        found += _added(ctx, detail.composer, record_id, limit + 1)
    found.sort(key=lambda told: told.at, reverse=True)
    by_day = groupby(found[:limit], key=lambda told: told.at.astimezone(ctx.zone).date())
    days = [(_day_text(ctx, day), list(told)) for day, told in by_day]
    return Story(days, min(limit + MORE, MOST) if len(found) > limit < MOST else None)


def _is_visible(ctx: Context, composer: Composer) -> bool:
    if not ctx.access.may(composer.entity, "view"):
        return False
    return {composer.by, composer.at} <= ctx.access.entity(composer.entity).readable


def _added(ctx: Context, composer: Composer, record_id: int, limit: int) -> list[Told]:
    """The added records, the latest first. Queries: 1."""
    rights = ctx.access.entity(composer.entity)
    shown = [key for key in composer.fields if key in rights.readable]
    columns = tuple(dict.fromkeys([*shown, composer.at, *({"created_by"} & rights.readable)]))
    chosen = {"field": composer.by, "op": "eq", "value": record_id}
    request = ListRequest(composer.entity, columns, filter=chosen, sort=(f"-{composer.at}",), limit=limit)
    rows = Records(ctx).list(request).items
    return [_told(ctx, composer, shown, row) for row in rows if row[composer.at] is not None]


def _told(ctx: Context, composer: Composer, shown: Sequence[str], row: Record) -> Told:
    fields = ctx.catalog.entity(composer.entity).all_fields
    pill, texts, facts = Markup(""), [], []
    for key in shown:
        one, value = fields[key], row[key]
        if value is None or key in row.masked:
            continue
        html = Markup(one.behaviour.cell(one, ctx.lang, ctx.zone)(value, row.labels.get(key)))
        if one.choices and not pill:
            pill = html
        elif one.behaviour.widget(one).wide:
            texts.append(html)
        else:
            facts.append((one.text(ctx.lang), html))
    href = f"/e/{composer.entity}/{row['id']}"
    at, who = _moment(ctx, row[composer.at]), row.labels.get("created_by", "")
    return Told(at, who, *_times(ctx, at), None, href, pill, tuple(texts), tuple(facts))


def _times(ctx: Context, at: datetime) -> tuple[str, str]:
    local = at.astimezone(ctx.zone)
    return f"{local:%H:%M}", f"{local:%Y-%m-%d %H:%M:%S}"


def _moment(ctx: Context, at: Any) -> datetime:
    """A day counts as its beginning."""
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return datetime.combine(at, time(), ctx.zone)


def _day_text(ctx: Context, day: date) -> str:
    away = (ctx.env.today - day).days
    if away in (0, 1):
        return say("record.today" if away == 0 else "record.yesterday", ctx.lang)
    return day.isoformat()
