"""A relation's `filter`: which targets may be picked, given the other fields of the form.

`{"field": "account", "op": "eq", "value": {"from": "account"}}` offers the contacts of the chosen account. As long
as a field it looks at is empty, that test does not restrict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata import conditions
from ...metadata.checks.references import child_of
from ...metadata.conditions import Condition
from ...metadata.model import Field
from ...metadata.wording import LANGUAGES, Phrase, say
from . import related
from .batch import ABSENT, Batch
from .kept import keep
from .ruling import sees_path

if TYPE_CHECKING:
    from ...rbac.access import Access
    from ..context import Context

Row = Mapping[str, Any]


def looks_at(field: Field) -> frozenset[str]:
    """The fields of the form that the relation's filter looks at."""
    return frozenset(_sources(field.option("filter")))


def _sources(raw: Any) -> Iterator[str]:
    if isinstance(raw, Mapping):
        if set(raw) == {"from"}:
            yield raw["from"]
        for value in raw.values():
            yield from _sources(value)
    elif isinstance(raw, list | tuple):
        for value in raw:
            yield from _sources(value)


def filter_of(access: Access, field: Field) -> Any:
    """The relation's filter for this actor, raw: without tests that compare what stands in the form with a field
    of the target he does not see. By typing one value after the other he could find out what that field holds.
    """
    place = ("filter_of", access.actor, field.entity, field.key)
    return keep(access.catalog, place, lambda: _told(access, field.option("filter"), str(field.option("target"))))


def _told(access: Access, raw: Any, owner: str) -> Any:
    if isinstance(raw, list | tuple):
        return [_told(access, part, owner) for part in raw]
    if not isinstance(raw, Mapping):
        return raw
    if "field" in raw:
        typed = next(_sources(raw), None) is not None
        return {"all": []} if typed and not sees_path(access, owner, str(raw["field"])) else raw
    name = raw.get("some", raw.get("none"))
    if name is not None:
        child = child_of(str(name), owner, access.catalog.entities)[0]
        return {key: _told(access, value, child) if key == "where" else value for key, value in raw.items()}
    found = {key: _told(access, value, owner) for key, value in raw.items()}
    return {"all": []} if found.get("not") == {"all": []} else found


def offered(access: Access, field: Field, row: Row) -> Condition:
    """The Condition on targets for a form with these values. The field must have a filter."""
    catalog = access.catalog

    def build() -> Condition:
        target = catalog.entity(field.option("target"))
        return conditions.parse(filter_of(access, field), target, catalog, form=catalog.entity(field.entity))

    return conditions.bind(keep(catalog, ("filter", access.actor, field.entity, field.key), build), row)


def filter_for(ctx: Context, field: Field, values: Row) -> Any:
    """The filter as raw JSON for a form with these typed values, to be the `fixed` condition of a list; None when
    the field has no filter.
    """
    raw = filter_of(ctx.access, field)
    fields = ctx.catalog.entity(field.entity).all_fields
    given = {name: fields[name].behaviour.dump(fields[name], values.get(name)) for name in looks_at(field)}
    return None if raw is None else _filled(raw, given)


def _filled(raw: Any, given: Row) -> Any:
    if isinstance(raw, list | tuple):
        return [_filled(item, given) for item in raw]
    if not isinstance(raw, Mapping):
        return raw
    operand = raw.get("value")
    if "field" in raw and isinstance(operand, Mapping) and set(operand) == {"from"}:
        value = given[operand["from"]]
        return {"all": []} if value is None else {**raw, "value": value}
    return {key: _filled(value, given) for key, value in raw.items()}


def told_why_not(batch: Batch, field: Field) -> dict[str, Any]:
    """The data of a refusal: why a record cannot be chosen in a field. All the reasons there may be, the same for
    what is not there, what the actor may not see and what the filter leaves out: they are not told apart.
    """
    return {"reason": _why_not(batch, field)}


def _why_not(batch: Batch, field: Field) -> Phrase:
    rights = batch.rights
    if field.key not in rights.readable:
        return Phrase("pick.refused")
    if field.option("filter") is None:
        return Phrase("pick.refused_in", {"field": _called([field])})
    others = [rights.entity.all_fields[key] for key in sorted(looks_at(field) & rights.readable)]
    if not others:
        return Phrase("pick.refused_offer", {"field": _called([field])})
    return Phrase("pick.refused_beside", {"field": _called([field]), "others": _called(others)})


def _called(fields: Sequence[Field]) -> dict[str, str]:
    """The labels of fields, in all languages."""
    return {lang: say("pick.mark", lang).join(field.text(lang) for field in fields) for lang in LANGUAGES}


def is_asked_at_once(batch: Batch, field: Field) -> bool:
    """Whether the filter goes into the check that the target exists: one row, and all it looks at is given."""
    columns = batch.columns
    return batch.size == 1 and all(columns.get(name, [ABSENT])[0] is not ABSENT for name in looks_at(field))


def clause(batch: Batch, field: Field, record_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """The filter as SQL on a target's id, for the only row of the batch. Compared with constants, it may look at
    what the actor does not see.
    """
    env = batch.ctx.env
    bare = conditions.TableSource(batch.ctx.catalog, field.option("target"), env=env)
    found = conditions.clause(offered(batch.ctx.access, field, batch.row(0)), bare, env)
    return record_id.in_(sa.select(bare.column("id")).select_from(bare.from_).where(found))


def refuse_unpickable(batch: Batch, skip: Callable[[int, str], bool], row_of: Callable[[int], Row]) -> None:
    """Refuse references to targets that the filter does not offer; `row_of` gives a row as it will be.

    Queries: 1 for each filtered relation that is given, none where `is_asked_at_once`.
    """
    for field in batch.entity.fields.values():
        if field.option("filter") is None or batch.columns.keys().isdisjoint({field.key, *looks_at(field)}):
            continue
        if field.key in batch.columns and is_asked_at_once(batch, field):
            continue
        rows = {place: row_of(place) for place in batch.positions() if not skip(place, field.key)}
        rows = {place: row for place, row in rows.items() if row.get(field.key) not in (None, ABSENT)}
        if rows:
            _judge(batch, field, rows)


def _judge(batch: Batch, field: Field, rows: Mapping[int, Row]) -> None:
    ctx = batch.ctx
    names = sorted(looks_at(field))
    kept: dict[tuple[Any, ...], Condition] = {}
    for row in rows.values():
        given = tuple(row.get(name) for name in names)
        if given not in kept:
            kept[given] = offered(ctx.access, field, row)
    needed = {"id"}.union(*(conditions.paths(found) for found in kept.values()))
    links = {field.key: [row[field.key] for row in rows.values()]}
    columns = related.fetch(ctx, field.entity, links, [f"{field.key}.{path}" for path in needed])
    for n, (place, row) in enumerate(rows.items()):
        target = {path: columns[f"{field.key}.{path}"][n] for path in needed}
        if not conditions.matches(kept[tuple(row.get(name) for name in names)], target, ctx.env):
            batch.refuse_field(place, field, "invalid_reference", **told_why_not(batch, field))
