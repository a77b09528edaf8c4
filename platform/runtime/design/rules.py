"""The rules of an entity in sentences: when what holds, what then happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...metadata import conditions
from ...metadata.errors import FormloomError
from ...metadata.model import Entity
from ...metadata.wording import say, text_of
from ..listview.names import Names

if TYPE_CHECKING:
    from ..context import Context
    from .workspace import Workspace

Document = Mapping[str, Any]


def worded_rules(work: Workspace, seen: Context, entity: Entity) -> list[dict[str, Any]]:
    """Every rule of the entity: {key, label, active, when: words, effects: [(symbol, words)]}."""
    documents = list(work.of_kind("rule", entity.key))
    names = Names(work.ctx)
    found = [_worded(seen, entity, document, names) for document in documents]
    if names.missing:
        names.fetch()
        found = [_worded(seen, entity, document, names) for document in documents]
    return found


def _worded(seen: Context, entity: Entity, document: Document, names: Names) -> dict[str, Any]:
    return {
        "key": document["key"],
        "label": text_of(document["label"], seen.lang),
        "active": document.get("active", True),
        "when": _when(seen, entity, document.get("when"), names),
        "effects": list(_effects(seen, entity, document)),
    }


def _when(seen: Context, entity: Entity, raw: Any, names: Names) -> str:
    if raw is None:
        return say("design.rule.always", seen.lang)
    try:
        parsed = conditions.parse(raw, entity, seen.catalog)
    except FormloomError as error:
        return error.message(seen.lang)
    return " ".join(conditions.sentence(parsed, entity, seen.catalog, seen.lang, names.title))


def _effects(seen: Context, entity: Entity, document: Document) -> Iterator[tuple[str, str]]:
    for effect in document["effects"]:
        kind = effect["type"]
        data = {
            "fields": _named(seen, entity, effect),
            "field": _label(seen, entity, effect.get("field", "")),
            "formula": effect.get("formula", ""),
            "message": text_of(effect.get("message"), seen.lang),
        }
        yield kind, say(f"design.rule.said.{kind}", seen.lang, **data)


def _named(seen: Context, entity: Entity, effect: Document) -> str:
    labels = [_label(seen, entity, key) for key in effect.get("fields", ())]
    wanted = set(effect.get("sections", ()))
    for form in seen.catalog.forms.values():
        if form.entity == entity.key:
            labels += [text_of(section.label, seen.lang) for section in form.sections if section.key in wanted]
    return ("、" if seen.lang == "zh" else ", ").join(dict.fromkeys(labels))


def _label(seen: Context, entity: Entity, key: str) -> str:
    field = entity.all_fields.get(key)
    return field.text(seen.lang) if field else key
