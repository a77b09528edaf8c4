"""What pickers ask: targets of a reference, by a few characters or by id, as JSON {items: [{id, title, note}]}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from ...metadata.errors import NotFound, UnknownField, ValueRefused
from ...metadata.model import Field
from ...rbac.tables import departments, users
from ..context import Context
from ..http.answer import json_answer
from ..http.call import Call, Pairs
from ..http.errors import BadRequest
from ..http.serve import api
from ..records import Records, branches, picking
from ..records.listquery import searched_fields
from ..records.listrequest import ListRequest
from ..records.record import Record

MOST_HITS = 20
MOST_IDS = 200
MOST_IN_LEVEL = 300
NOTED_FIELDS = 2
FORM_VALUE = "from."


def pick_record(ctx: Context, call: Call) -> Response:
    """Records of an entity the reader may view. Queries: 1."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("view")
    noted = note_fields(ctx, entity)
    ids = _ids(call.query)
    request = ListRequest(
        entity,
        (*title_fields(ctx, entity), *noted),
        filter={"field": "id", "op": "in", "value": ids} if ids is not None else None,
        fixed=_offered(ctx, entity, call.query),
        sort=_order(ctx, entity),
        search=call.query.one("q").strip()[:100],
        limit=MOST_HITS if ids is None else MOST_IDS,
    )
    found = Records(ctx).list(request)
    hits = [hit_of(ctx, entity, record, noted) for record in found.items]
    tree = branches.tree_seen(ctx.access, entity)
    if tree is not None and request.search:
        _note_places(ctx, tree, hits)
    return json_answer({"items": hits})


def _note_places(ctx: Context, tree: Field, hits: Sequence[dict[str, Any]]) -> None:
    """Say of records in a tree what they stand below. Queries: 1."""
    paths = branches.paths_to(ctx, tree, [hit["id"] for hit in hits])
    for hit in hits:
        above = " / ".join(paths.get(hit["id"], [])[:-1])
        hit["note"] = " · ".join(part for part in (above, hit["note"]) if part)


def pick_level(ctx: Context, call: Call) -> Response:
    """The records right below one of a tree, or at its top: {items: [{id, title, note, more}]}. Queries: 2."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("view")
    tree, ids = _tree(ctx, entity), _ids(call.query, "above")
    noted = note_fields(ctx, entity)
    request = ListRequest(
        entity,
        (*title_fields(ctx, entity), *noted),
        filter=branches.level(tree, ids[0] if ids else None),
        fixed=_offered(ctx, entity, call.query),
        sort=_order(ctx, entity),
        limit=MOST_IN_LEVEL,
    )
    hits = [hit_of(ctx, entity, record, noted) for record in Records(ctx).list(request).items]
    below = branches.counts_below(ctx, tree, [hit["id"] for hit in hits])
    return json_answer({"items": [{**hit, "more": below.get(hit["id"], 0)} for hit in hits]})


def pick_path(ctx: Context, call: Call) -> Response:
    """What records of a tree stand below: {items: [{id, path}]}. Queries: 1."""
    entity = call.path["entity"]
    ctx.access.entity(entity).require("view")
    found = branches.paths_to(ctx, _tree(ctx, entity), _ids(call.query) or [])
    return json_answer({"items": [{"id": one, "path": path} for one, path in found.items()]})


def _tree(ctx: Context, entity: str) -> Field:
    """The entity's tree. Raises NotFound where the reader sees none."""
    tree = branches.tree_seen(ctx.access, entity)
    if tree is None:
        raise NotFound()
    return tree


def title_fields(ctx: Context, entity: str) -> tuple[str, ...]:
    """The field that names a record, if the reader sees it."""
    rights = ctx.access.entity(entity)
    return (rights.entity.title,) if rights.entity.title in rights.readable else ()


def note_fields(ctx: Context, entity: str) -> tuple[str, ...]:
    """The fields that tell records of the same name apart: the first other ones a search looks into."""
    title = ctx.catalog.entity(entity).title
    return tuple([key for key in searched_fields(ctx, entity) if key != title][:NOTED_FIELDS])


def hit_of(ctx: Context, entity: str, record: Record, noted: Sequence[str]) -> dict[str, Any]:
    """A record as a hit of a search."""
    fields = ctx.catalog.entity(entity).all_fields
    title = "".join(_text(ctx, fields[key], record) for key in title_fields(ctx, entity))
    notes = [text for key in noted if (text := _text(ctx, fields[key], record))]
    return {"id": record["id"], "title": title or f"#{record['id']}", "note": " · ".join(notes)}


def _text(ctx: Context, field: Field, record: Record) -> str:
    label = record.labels.get(field.key)
    if field.behaviour.target is not None and label is None:
        return ""
    return field.behaviour.plain(field, record[field.key], ctx.lang, label)


def _order(ctx: Context, entity: str) -> tuple[str, ...]:
    title = title_fields(ctx, entity)
    fields = ctx.catalog.entity(entity).all_fields
    return title if title and fields[title[0]].behaviour.sortable else ("-id",)


def _ids(query: Pairs, name: str = "ids") -> list[int] | None:
    text = query.one(name)
    if not text:
        return None
    parts = text.split(",")
    if len(parts) > MOST_IDS or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise BadRequest("not_a_number", code="validation_failed", status=422, name=name)
    return [int(part) for part in parts]


def _offered(ctx: Context, entity: str, query: Pairs) -> Any:
    """The filter of the relation that is being filled in, with the values of its form. Raises UnknownField."""
    name = query.one("for")
    if not name:
        return None
    owner, _, key = name.partition(".")
    try:
        field = ctx.access.entity(owner).field(key)
    except (NotFound, UnknownField):
        raise UnknownField(name) from None
    if field.option("target") != entity:
        raise UnknownField(name)
    return picking.filter_for(ctx, field, _form_values(ctx, field, query))


def _form_values(ctx: Context, field: Field, query: Pairs) -> dict[str, Any]:
    fields = ctx.catalog.entity(field.entity).all_fields
    found: dict[str, Any] = {}
    for name in picking.looks_at(field):
        try:
            found[name] = fields[name].behaviour.parse(fields[name], query.one(FORM_VALUE + name))
        except ValueRefused:
            found[name] = None
    return found


def pick_user(ctx: Context, call: Call) -> Response:
    """Active people, by name or login. Queries: 1."""
    department = departments.c.name_zh if ctx.lang == "zh" else departments.c.name_en
    source = users.outerjoin(departments, departments.c.id == users.c.department_id)
    chosen = sa.select(users.c.id, users.c.name, users.c.login, department.label("note")).select_from(source)
    ids = _ids(call.query)
    if ids is None:
        chosen = chosen.where(users.c.is_active, _says(call, users.c.name, users.c.login))
    else:
        chosen = chosen.where(users.c.id.in_(ids))
    rows = ctx.conn.execute(
        chosen.order_by(users.c.name, users.c.id).limit(MOST_HITS if ids is None else MOST_IDS)
    )
    return json_answer({"items": [{"id": r.id, "title": r.name, "note": r.note or r.login} for r in rows]})


def pick_department(ctx: Context, call: Call) -> Response:
    """Departments, by name. Queries: 1."""
    name = departments.c.name_zh if ctx.lang == "zh" else departments.c.name_en
    above = departments.alias("above")
    parent = above.c.name_zh if ctx.lang == "zh" else above.c.name_en
    chosen = sa.select(departments.c.id, name.label("title"), parent.label("note")).select_from(
        departments.outerjoin(above, above.c.id == departments.c.parent_id)
    )
    ids = _ids(call.query)
    if ids is None:
        chosen = chosen.where(departments.c.is_active, _says(call, departments.c.name_zh, departments.c.name_en))
    else:
        chosen = chosen.where(departments.c.id.in_(ids))
    rows = ctx.conn.execute(chosen.order_by(departments.c.path).limit(MOST_HITS if ids is None else MOST_IDS))
    return json_answer({"items": [{"id": r.id, "title": r.title, "note": r.note or ""} for r in rows]})


def _says(call: Call, *columns: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    text = call.query.one("q").strip()[:100]
    if not text:
        return sa.true()
    return sa.or_(*(sa.func.lower(column).contains(text.lower(), autoescape=True) for column in columns))


routes = [
    Route("/pick/user", api(pick_user)),
    Route("/pick/department", api(pick_department)),
    Route("/pick/{entity}/level", api(pick_level)),
    Route("/pick/{entity}/path", api(pick_path)),
    Route("/pick/{entity}", api(pick_record)),
]
