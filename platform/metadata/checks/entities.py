"""Checks of entities and option sets, each alone and among the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ..errors import ValueRefused
from ..fieldtype import FIELD_TYPES
from ..model import Entity, Field
from .finding import Finding, Identity
from .model import Document, Model
from .names import ENTITY_WORDS, FIELD_WORDS, SHADOW_NAME, SQL_WORDS

MOST_INDEXES = 60
"""Indexes of one table; each makes every write slower."""

Findings = Iterator[Finding]


def check(model: Model, changed: Collection[Identity] | None = None) -> Findings:
    """Findings in entities and option sets. With `changed`, an entity that did not change, nor any set of options,
    is only looked at for what it has to do with others.
    """
    anew = changed is None or any(kind == "option_set" for kind, _ in changed)
    for key, document in model.of_kind("option_set").items():
        yield from _options(("option_set", key), "/options", document["options"])
    for key, document in model.of_kind("entity").items():
        if anew or ("entity", key) in (changed or ()):
            yield from _entity(model, model.entities[key], document)
        else:
            yield from _among_others(model, key, document)
    yield from _parent_circles(model)
    yield from _former_entities(model)


def _former_entities(model: Model) -> Findings:
    """A former key means one thing: what exists goes before, and nothing may answer to a key twice."""
    documents = model.of_kind("entity")
    twice = _twice(old for document in documents.values() for old in document.get("was", ()))
    for key, document in documents.items():
        for old in document.get("was", ()):
            if old in documents or old in twice:
                yield Finding("M225", ("entity", key), "/was", {"key": old})


def _former_fields(raw_fields: Iterable[Document], at: tuple[str, str]) -> Findings:
    keys = {raw["key"] for raw in raw_fields}
    twice = _twice(old for raw in raw_fields for old in raw.get("was", ()))
    for position, raw in enumerate(raw_fields):
        for old in raw.get("was", ()):
            if old in keys or old in twice:
                yield Finding("M225", at, f"/fields/{position}/was", {"key": old})


def _entity(model: Model, entity: Entity, document: Document) -> Findings:
    at = ("entity", entity.key)
    if entity.key in ENTITY_WORDS or entity.key in SQL_WORDS:
        yield Finding("M201", at, "/key", {"key": entity.key})
    yield from _title(entity, at)
    raw_fields = document["fields"]
    for key in _twice(raw["key"] for raw in raw_fields):
        yield Finding("M204", at, "/fields", {"key": key})
    yield from _former_fields(raw_fields, at)
    if entity.parent and any(raw["key"] == entity.parent for raw in raw_fields):
        yield Finding("M204", at, "/parent", {"key": entity.parent})
    if sum(f.indexed or f.unique or f.behaviour.target is not None for f in entity.fields.values()) > MOST_INDEXES:
        yield Finding("M219", at, "/fields", {"most": MOST_INDEXES})
    for position, raw in enumerate(raw_fields):
        yield from _field(model, entity.fields[raw["key"]], raw, (at, f"/fields/{position}"))


def _title(entity: Entity, at: tuple[str, str]) -> Findings:
    field = entity.fields.get(entity.title)
    if field is None:
        yield Finding("M205", at, "/title", {"key": entity.title})
    elif not field.behaviour.sortable or field.behaviour.target is not None:
        yield Finding("M206", at, "/title", {"key": entity.title})


def _among_others(model: Model, key: str, document: Document) -> Findings:
    for position, raw in enumerate(document["fields"]):
        yield from _subtable(
            model, model.entities[key].fields[raw["key"]], (("entity", key), f"/fields/{position}")
        )


Where = tuple[tuple[str, str], str]
"""The document and the path in it."""


def _field(model: Model, field: Field, raw: Document, where: Where) -> Findings:
    at, path = where
    if field.key in FIELD_WORDS or SHADOW_NAME.match(field.key):
        yield Finding("M202", at, f"{path}/key", {"key": field.key})
    if field.key in SQL_WORDS:
        yield Finding("M203", at, f"{path}/key", {"key": field.key})
    if isinstance(raw.get("options"), list):
        yield from _options(at, f"{path}/options", raw["options"])
    yield from _contradictions(field, raw, where)
    yield from _subtable(model, field, where)
    if raw.get("default") is not None and not FIELD_TYPES[field.type].computed:
        yield from _default(field, where)


def _options(at: tuple[str, str], path: str, options: Iterable[Mapping[str, Any]]) -> Findings:
    for key in _twice(option["key"] for option in options):
        yield Finding("M208", at, path, {"key": key})


def _twice(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]


_NOT_COMPUTED = ("required", "unique", "default", "default_formula")


def _contradictions(field: Field, raw: Document, where: Where) -> Findings:
    """Settings that cannot both hold."""
    at, path = where
    kind = FIELD_TYPES[field.type]
    if kind.computed:
        for name in _NOT_COMPUTED:
            if raw.get(name) not in (None, False):
                yield Finding("M213", at, f"{path}/{name}", {"key": field.key, "setting": name})
    elif field.behaviour.column(field) is None:
        for name in ("unique", "indexed", "searchable", "default", "default_formula"):
            if raw.get(name) not in (None, False):
                yield Finding("M213", at, f"{path}/{name}", {"key": field.key, "setting": name})
    if raw.get("default") is not None and raw.get("default_formula"):
        yield Finding("M215", at, f"{path}/default", {"key": field.key})
    if field.required and field.option("on_delete") == "set_null":
        yield Finding("M216", at, f"{path}/on_delete", {"key": field.key})
    low, high = raw.get("min"), raw.get("max")
    if low is not None and high is not None and float(low) > float(high):
        yield Finding("M217", at, f"{path}/min", {"key": field.key})


def _subtable(model: Model, field: Field, where: Where) -> Findings:
    """The rows of a sub-table belong to a sub entity of ours."""
    target = model.entities.get(field.option("target", ""))
    if field.holds_lines and target is not None and target.parent != field.entity:
        at, path = where
        yield Finding("M210", at, f"{path}/target", {"target": target.key, "entity": field.entity})


def _default(field: Field, where: Where) -> Findings:
    at, path = where
    try:
        field.behaviour.parse(field, field.default)
    except ValueRefused as error:
        yield Finding("M214", at, f"{path}/default", {"key": field.key, "reason": error.at(field.key)})


def _parent_circles(model: Model) -> Findings:
    for key in model.entities:
        seen: list[str] = []
        at = key
        while at in model.entities and at not in seen:
            seen.append(at)
            at = model.entities[at].parent or ""
        if at == key:
            yield Finding("M212", ("entity", key), "/parent", {"circle": " → ".join([*seen, key])})
        elif len(seen) > 2:
            yield Finding("M211", ("entity", key), "/parent", {"parent": str(model.entities[key].parent)})
