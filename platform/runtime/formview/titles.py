"""Titles of what the references in a draft point at, as far as the reader may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...metadata.uploads import label_of
from ...rbac.tables import departments, users
from ..files import reading
from ..records import Records
from ..records.listrequest import ListRequest
from .draft import Draft, Raw

if TYPE_CHECKING:
    from ..context import Context

Places = dict[tuple[str, str], list[tuple[dict[str, str], str, tuple[int, ...]]]]
"""By kind and target: where titles go, under which key, and of which ids: a line each where there are several."""


def titles_of(ctx: Context, entity: str, draft: Draft) -> dict[str, str]:
    """Titles of all references in a draft, those of its lines put into them. Queries: 1 for each target."""
    places: Places = defaultdict(list)
    titles = dict(draft.titles)
    _collect(ctx, entity, draft.raws, titles, places)
    for table in ctx.catalog.children[entity]:
        for line in draft.lines.get(table.key, ()):
            _collect(ctx, table.option("target"), line.raws, line.titles, places)
    for (kind, target), wanted in places.items():
        known = titles_of_ids(ctx, kind, target, {one for _, _, ids in wanted for one in ids})
        for into, key, ids in wanted:
            if any(one in known for one in ids):
                into[key] = "\n".join(known.get(one, "") for one in ids)
    _name_files(ctx, entity, draft, titles)
    return titles


def _name_files(ctx: Context, entity: str, draft: Draft, titles: dict[str, str]) -> None:
    """Put in what the reader may know of the draft's files. Queries: 0 without files."""
    lists = [(entity, draft.raws, titles)]
    for table in ctx.catalog.children[entity]:
        child = table.option("target")
        lists += [(child, line.raws, line.titles) for line in draft.lines.get(table.key, ())]
    held: list[tuple[dict[str, str], str, list[int]]] = []
    for owner, raws, into in lists:
        fields = ctx.catalog.entity(owner).all_fields
        for key, raw in raws.items():
            if key in fields and fields[key].behaviour.files and isinstance(raw, list):
                ids = [int(text) for text in raw if text.isascii() and text.isdigit() and len(text) < 17]
                held.append((into, key, ids))
    facts = reading.known(ctx, {each for _, _, ids in held for each in ids})
    for into, key, ids in held:
        into[key] = label_of(facts[each] for each in ids if each in facts)


def _collect(ctx: Context, entity: str, raws: Mapping[str, Raw], into: dict[str, str], places: Places) -> None:
    fields = ctx.catalog.entity(entity).all_fields
    for key, raw in raws.items():
        field = fields.get(key)
        kind = field and (field.behaviour.target or field.behaviour.several)
        ids = tuple(int(one) for one in (raw if isinstance(raw, list) else [raw]) if _is_id(one)) if kind else ()
        if field and kind and ids:
            places[kind, str(field.option("target", ""))].append((into, key, ids))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def titles_of_ids(ctx: Context, kind: str, target: str, ids: Iterable[int]) -> dict[int, str]:
    """Titles by id of records of entity `target`, or of people or departments where `kind` says so. Queries: 1."""
    wanted = sorted(ids)
    if kind == "user":
        return _named(ctx, users, users.c.name, wanted)
    if kind == "department":
        name = departments.c.name_zh if ctx.lang == "zh" else departments.c.name_en
        return _named(ctx, departments, name, wanted)
    if not wanted or not ctx.access.may(target, "view"):
        return {}
    return _titles(ctx, target, wanted)


def _titles(ctx: Context, target: str, ids: list[int]) -> dict[int, str]:
    rights = ctx.access.entity(target)
    title = rights.entity.title
    columns = (title,) if title in rights.readable else ()
    chosen = {"field": "id", "op": "in", "value": ids}
    rows = Records(ctx).list(ListRequest(target, columns, filter=chosen, limit=len(ids))).items
    field = rights.entity.all_fields[title]
    found = {}
    for row in rows:
        text = field.behaviour.plain(field, row[title], ctx.lang, row.labels.get(title)) if columns else ""
        found[row["id"]] = text or f"#{row['id']}"
    return found


def _named(ctx: Context, table: sa.Table, name: sa.ColumnElement[str], ids: list[int]) -> dict[int, str]:
    rows = ctx.conn.execute(sa.select(table.c.id, name.label("title")).where(table.c.id.in_(ids)))
    return {row.id: row.title for row in rows}
