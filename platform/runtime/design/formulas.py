"""Formulas while they are written: what is wrong and where, what they would give, why a value is what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...metadata import dependencies, formula
from ...metadata.dependencies import Place
from ...metadata.errors import FormulaError, UnknownField
from ...metadata.formula import Formula
from ...metadata.model import Entity, Field
from ...metadata.wording import say
from ..records import Records, paths
from ..records.listrequest import ListRequest
from ..records.record import Record
from .samples import is_kept

if TYPE_CHECKING:
    from ...metadata.catalog import Catalog
    from ..context import Context

SAMPLES = 5
DEEPEST_TRACE = 4
MOST_TERMS = 30


def checked(now: Context, seen: Context, entity: Entity, text: str, field: str = "") -> dict[str, Any]:
    """What a formula, of a `field` where it is one's, gives: {result, samples: [{id, title, value}]}; {error,
    position} where it cannot be read or its value would depend on itself.
    """
    try:
        compiled = formula.compile(text, entity, seen.catalog)
    except FormulaError as error:
        return {"error": error.message(seen.lang), "position": error.data.get("position")}
    circle = _circle(seen.catalog, (entity.key, field), compiled.reads) if field else []
    if circle:
        steps = " → ".join(_place_label(seen, place) for place in circle)
        return {"error": say("design.formula_circle", seen.lang, circle=steps), "position": None}
    samples, unknown = _tried(now, seen, entity, compiled)
    return {
        "result": say(f"formula.kind.{compiled.result}", seen.lang),
        "kind": compiled.result,
        "samples": samples,
        "unknown": unknown,
    }


def _circle(catalog: Catalog, start: Place, reads: frozenset[str]) -> list[Place]:
    """The way from a field back to itself by what its formula reads, and what that is worked out from in turn."""
    known = dict(dependencies.graph(catalog))
    paths = (dependencies.resolve_path(catalog.entities, start[0], path) or () for path in reads)
    known[start] = frozenset(place for path in paths for place in path)
    before: dict[Place, Place] = {}
    waiting = [start]
    for place in waiting:
        for read in sorted(known.get(place, ())):
            if read == start:
                return [start, *_way(before, start, place)]
            if read not in before:
                before[read] = place
                waiting.append(read)
    return []


def _way(before: Mapping[Place, Place], start: Place, last: Place) -> list[Place]:
    """From behind `start` by way of `last` to `start` again."""
    way, here = [start], last
    while here != start:
        way.insert(0, here)
        here = before[here]
    return way


def _place_label(ctx: Context, place: Place) -> str:
    entity = ctx.catalog.entities[place[0]]
    field = entity.all_fields.get(place[1])
    return f"{entity.text(ctx.lang)} · {field.text(ctx.lang) if field else place[1]}"


def _tried(
    now: Context, seen: Context, entity: Entity, compiled: Formula
) -> tuple[list[dict[str, Any]], list[str]]:
    """Values of the newest records, and the fields that have none there yet."""
    old = now.catalog.entities.get(entity.key)
    if old is None or not now.access.may(entity.key, "view"):
        return [], []
    unknown = sorted(path for path in compiled.reads if not _is_there(now, seen, entity.key, path))
    found = Records(now).list(ListRequest(entity.key, ("id", old.title), limit=SAMPLES)).items
    samples = []
    for row in found:
        values = values_of(now, entity.key, row["id"], compiled.reads - set(unknown))
        value = compiled.python(values, now.env)
        title = old.all_fields[old.title]
        name = title.behaviour.plain(title, row.get(old.title), seen.lang, row.labels.get(old.title))
        samples.append({"id": row["id"], "title": name or f"#{row['id']}", "value": worded(value, seen.lang)})
    return samples, unknown


def _is_there(now: Context, seen: Context, entity: str, path: str) -> bool:
    """Whether today's tables hold what the formula reads."""
    head, _, rest = path.partition(".")
    old = now.catalog.entities[entity].all_fields.get(head)
    new = seen.catalog.entities[entity].all_fields.get(head)
    if not is_kept(old, new):
        return False
    target = old.option("target") if old is not None else None
    return not rest or (target in now.catalog.entities and _is_there(now, seen, target, rest))


def values_of(ctx: Context, entity: str, record_id: int, reads: frozenset[str]) -> dict[str, Any]:
    """The values a formula reads of one record; of lines a list of each. Queries: 1, and 1 for each sub-table."""
    tables = {table.key: table.option("target") for table in ctx.catalog.children[entity]}
    plain = tuple(path for path in reads if path.partition(".")[0] not in tables)
    wanted = {"field": "id", "op": "eq", "value": record_id}
    found = Records(ctx).list(ListRequest(entity, plain or ("id",), filter=wanted, limit=1)).items
    values: dict[str, Any] = dict(found[0]) if found else {}
    for table, child in tables.items():
        keys = tuple(path.partition(".")[2] for path in reads if path.startswith(f"{table}."))
        if not keys:
            continue
        mine = {"field": entity, "op": "eq", "value": record_id}
        lines = Records(ctx).list(ListRequest(child, keys, filter=mine, limit=500)).items
        values |= {f"{table}.{key}": [line[key] for line in lines] for key in keys}
    return values


def worded(value: Any, lang: str) -> str:
    """A formula's value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("boolean.yes" if value else "boolean.no", lang)
    if isinstance(value, Decimal):
        text = f"{value:,.6f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
        return text or "0"
    return str(value)


def traced(ctx: Context, field: Field, record_id: int, depth: int = 0) -> dict[str, Any]:
    """Why a value is what it is: {label, value, formula, terms}, where computed terms are traced in turn."""
    record = Records(ctx).get(field.entity, record_id, [field.key])
    compiled = ctx.catalog.formulas.get((field.entity, field.key))
    told: dict[str, Any] = {
        "label": field.text(ctx.lang),
        "value": field.behaviour.plain(field, record.get(field.key), ctx.lang, record.labels.get(field.key)),
        "formula": compiled.text if compiled else "",
        "how": "" if compiled else _how(ctx, field),
        "terms": [],
    }
    if compiled is not None and depth < DEEPEST_TRACE:
        values = values_of(ctx, field.entity, record_id, compiled.reads)
        told["terms"] = [
            _term(ctx, field.entity, record_id, path, values, depth)
            for path in sorted(compiled.reads)[:MOST_TERMS]
        ]
    return told


def _how(ctx: Context, field: Field) -> str:
    """What a roll-up sums up, or where a look-up looks, in words."""
    source = str(field.option("of") or field.option("path") or "")
    head, _, rest = source.partition(".")
    if not source:
        return ""
    child = ctx.catalog.entities.get(head) if head not in ctx.catalog.entity(field.entity).all_fields else None
    if child is None:
        name = _path_label(ctx, field.entity, source)
    else:
        name = " · ".join([child.text(ctx.lang, plural=True), *([_path_label(ctx, head, rest)] if rest else [])])
    function = field.option("function")
    return f"{say(f'design.value.{function}', ctx.lang)}: {name}" if function else name


def _term(
    ctx: Context, entity: str, record_id: int, path: str, values: Mapping[str, Any], depth: int
) -> dict[str, Any]:
    """One thing a formula looked at."""
    head, _, rest = path.partition(".")
    field = ctx.catalog.entity(entity).all_fields[head]
    if not rest and field.behaviour.computed:
        return traced(ctx, field, record_id, depth + 1)
    value = values.get(path)
    label, shown = _path_label(ctx, entity, path), _shown(ctx, entity, path, value, values)
    return {"label": label, "value": shown, "formula": "", "how": "", "terms": []}


def _path_label(ctx: Context, entity: str, path: str) -> str:
    return " · ".join(field.text(ctx.lang) for field in _chain(ctx, entity, path))


def _chain(ctx: Context, entity: str, path: str) -> Sequence[Field]:
    """The fields along a path, through sub-tables too."""
    found = []
    here: str | None = entity
    for part in path.split("."):
        field = ctx.catalog.entity(here or "").all_fields[part]
        found.append(field)
        here = field.option("target")
    return found


def _shown(ctx: Context, entity: str, path: str, value: Any, values: Mapping[str, Any]) -> str:
    field = _chain(ctx, entity, path)[-1]
    label = values.labels.get(path) if isinstance(values, Record) else None
    if isinstance(value, list):
        return "、".join(field.behaviour.plain(field, one, ctx.lang) for one in value)
    return field.behaviour.plain(field, value, ctx.lang, label)


def required_field(ctx: Context, entity: str, key: str) -> Field:
    """A computed field the reader sees. Raises UnknownField."""
    field = paths.resolve(ctx.access, entity, key)[-1]
    if not field.behaviour.computed:
        raise UnknownField(key)
    return field
