"""Former keys of fields and entities: documents that still say them are read as if they said the present ones.

A field or an entity lists its former keys under `was`. Whatever a document names, in a condition, a layout, a
grant or a formula, is looked up by both, so that nobody has to edit what names a thing when the thing gets another
key. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from . import reading
from .checks.references import Reference, references
from .errors import FormloomError
from .formula.tree import Call, Name, Operation, Tree, read
from .model import Entity, fold

Document = Mapping[str, Any]

_FORMULAS = ("formula", "default_formula")
_PART = r"(?:\{[^{}]*\}|[^\W\d]\w*)"
_PATH = re.compile(rf"{_PART}(?:\s*\.\s*{_PART})*")


def former_keys(document: Document) -> bool:
    """Whether an entity's document, or a field of it, had another key once."""
    return bool(document.get("was")) or any(raw.get("was") for raw in document.get("fields", ()))


def resolved(documents: Iterable[Document]) -> list[Document]:
    """The documents with every former key replaced by the present one; the same objects where none is said."""
    every = list(documents)
    if not any(document.get("kind") == "entity" and former_keys(document) for document in every):
        return every
    entities = {document["key"]: document for document in every if document.get("kind") == "entity"}
    present = {old: key for key, document in entities.items() for old in document.get("was", ())}
    present = {old: key for old, key in present.items() if old not in entities}
    every = [_with_targets(document, present) for document in every]
    known = _known(every, present)
    return [_Rewriter(document, known, present).result() for document in every]


def _with_targets(document: Document, present: Mapping[str, str]) -> Document:
    """An entity's document that points at entities by their present keys."""
    if document.get("kind") != "entity" or not present:
        return document
    fields = [
        {**raw, "target": present[raw["target"]]} if raw.get("target") in present else raw
        for raw in document["fields"]
    ]
    changed = {"parent": present[document["parent"]]} if document.get("parent") in present else {}
    same = not changed and all(new is old for new, old in zip(fields, document["fields"], strict=True))
    return document if same else {**document, **changed, "fields": fields}


def _known(documents: Iterable[Document], present: Mapping[str, str]) -> dict[str, Entity]:
    """Entities by present and former keys, their fields too."""
    read_ones = reading.read_entities([d for d in documents if d.get("kind") == "entity"], {})
    known = {key: _with_former(entity) for key, entity in read_ones.items()}
    return {**known, **{old: known[key] for old, key in present.items()}}


def _with_former(entity: Entity) -> Entity:
    if not entity.renamed:
        return entity
    former = {old: entity.fields[key] for old, key in entity.renamed.items()}
    return replace(entity, fields=MappingProxyType({**entity.fields, **former}))


@dataclass
class _Rewriter:
    """One document, rewritten where it says a former key."""

    document: Document
    known: Mapping[str, Entity]
    present: Mapping[str, str]
    copied: bool = False
    moved: dict[str, str] = field(default_factory=dict)

    def result(self) -> Document:
        """The document with present keys only."""
        for reference in list(references(self.document, self.known)):
            now = self._now(reference)
            if now is not None and now != reference.name:
                self._replace(reference, now)
        if self.document.get("kind") == "entity":
            self._entity()
        if self.document.get("kind") == "rule":
            self._rule()
        return self.document

    def _now(self, reference: Reference) -> str | None:
        if reference.kind == "entity":
            return self.present.get(reference.name)
        if reference.kind == "field":
            return present_path(self.known, reference.owner, reference.name)
        return None

    def _own(self) -> Any:
        """The document, ours to change."""
        if not self.copied:
            self.document, self.copied = deepcopy(dict(self.document)), True
        return self.document

    def _replace(self, reference: Reference, now: str) -> None:
        *steps, last = reference.path.strip("/").split("/")
        holder = self._own()
        for step in steps:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        if reference.is_name:
            last = self.moved.get(reference.path, last)
            renamed = self.moved[reference.path] = _said(last, reference.name, now)
            items = [(renamed if name == last else name, value) for name, value in holder.items()]
            holder.clear()
            holder.update(items)
            return
        at: Any = int(last) if isinstance(holder, list) else last
        if isinstance(holder[at], str):
            holder[at] = _said(holder[at], reference.name, now)

    def _entity(self) -> None:
        entity = self.known[self.document["key"]]
        title = entity.fields.get(str(self.document.get("title")))
        if title is not None and title.key != self.document["title"]:
            self._own()["title"] = title.key
        for position, raw in enumerate(self.document["fields"]):
            for name in _FORMULAS:
                text = raw.get(name)
                now = present_formula(self.known, entity.key, text) if isinstance(text, str) else text
                if now != text:
                    self._own()["fields"][position][name] = now
            self._link_of_rollup(raw, entity, position)
            self._from_form(raw.get("filter"), entity, ["fields", position, "filter"])

    def _rule(self) -> None:
        """What a rule sets is worked out over records of its entity."""
        for position, effect in enumerate(self.document["effects"]):
            text = effect.get("formula")
            now = present_formula(self.known, self.document["entity"], text) if isinstance(text, str) else text
            if now != text:
                self._own()["effects"][position]["formula"] = now

    def _link_of_rollup(self, raw: Document, entity: Entity, position: int) -> None:
        """A roll-up that does not say by which field goes by the one called like its entity, as it was called."""
        child = self.known.get(str(raw.get("of", "")).partition(".")[0])
        if "function" not in raw or "by" in raw or child is None or entity.key in child.fields:
            return
        link = next((old for old in entity.was if old in child.fields), None)
        if link is not None and raw["of"].partition(".")[0] not in entity.fields:
            self._own()["fields"][position]["by"] = link

    def _from_form(self, node: Any, entity: Entity, path: list[Any]) -> None:
        """Values that come from a field of the form."""
        if isinstance(node, list):
            for position, item in enumerate(node):
                self._from_form(item, entity, [*path, position])
        if not isinstance(node, Mapping):
            return
        asked = entity.fields.get(str(node.get("from"))) if set(node) == {"from"} else None
        if asked is not None and asked.key != node["from"]:
            holder = self._own()
            for step in path:
                holder = holder[step]
            holder["from"] = asked.key
        for name, inner in node.items():
            self._from_form(inner, entity, [*path, name])


def _said(text: str, name: str, now: str) -> str:
    """A text that says `name` alone, behind a minus, or as head or tail of a path, saying `now` instead."""
    sign, bare = ("-", text[1:]) if text.startswith("-") else ("", text)
    if bare == name:
        return sign + now
    if bare.startswith(f"{name}."):
        return sign + now + bare[len(name) :]
    return sign + bare[: -len(name)] + now if bare.endswith(f".{name}") else text


def present_path(known: Mapping[str, Entity], owner: str, path: str) -> str | None:
    """The path with present keys; None where a part of it leads nowhere."""
    parts = []
    for _, key in _steps(known, owner, path.split(".")):
        if key is None:
            return None
        parts.append(key)
    return ".".join(parts)


def _steps(known: Mapping[str, Entity], owner: str, parts: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Each part of a path with the present key of what it names; None from where it leads nowhere."""
    entity = known.get(owner)
    for part in parts:
        named = entity.all_fields.get(part) if entity else None
        if named is None and entity is not None:
            named = next((f for f in entity.fields.values() if fold(part) in map(fold, _labels(f.label))), None)
            yield part, part if named is not None else None
        else:
            yield part, named.key if named is not None else None
        entity = known.get(named.option("target", "")) if named is not None else None


def _labels(label: Any) -> Iterable[str]:
    return [label] if isinstance(label, str) else label.values()


def present_formula(known: Mapping[str, Entity], owner: str, text: str) -> str:
    """A formula's text with present keys; the same where it cannot be read."""
    try:
        names = sorted(_names(read(text)), key=lambda name: -name.position)
    except FormloomError:
        return text
    for name in names:
        keys = [key for _, key in _steps(known, owner, name.parts)]
        if None in keys or tuple(keys) == name.parts:
            continue
        found = _PATH.match(text, name.position - 1)
        if found is not None:
            written = re.findall(_PART, found.group())
            shown = (
                _written(old, part, str(key)) for old, part, key in zip(written, name.parts, keys, strict=True)
            )
            text = text[: found.start()] + ".".join(shown) + text[found.end() :]
    return text


def _written(old: str, part: str, key: str) -> str:
    return old if key == part else f"{{{key}}}" if old.startswith("{") else key


def _names(tree: Tree) -> Iterator[Name]:
    if isinstance(tree, Name):
        yield tree
    inner = tree.arguments if isinstance(tree, Call) else tree.operands if isinstance(tree, Operation) else ()
    for part in inner:
        yield from _names(part)


# --- from one set of documents to the next --------------------------------------------------------------------


@dataclass(frozen=True)
class Renames:
    """What has another key than before: entities old -> new; fields by the entity's new key, old -> new."""

    entities: Mapping[str, str]
    fields: Mapping[tuple[str, str], str]

    def __bool__(self) -> bool:
        return bool(self.entities or self.fields)

    def entity(self, key: str) -> str:
        """The entity's key afterwards."""
        return self.entities.get(key, key)

    def field(self, entity: str, key: str) -> str:
        """The key afterwards of a field of an entity, which is given by its present key."""
        return self.fields.get((self.entity(entity), key), key)

    def document(self, document: Document) -> Document:
        """The entity's document under the new keys, which answers to the old ones."""
        key = self.entity(document["key"])
        fields = [self._named(key, raw) for raw in document["fields"]]
        found = {**document, "fields": fields}
        if key != document["key"]:
            found |= {"key": key, "was": [*document.get("was", ()), document["key"]]}
        if key in found.get("was", ()):
            found["was"] = [old for old in found["was"] if old != key]
        return found

    def _named(self, entity: str, raw: Document) -> Document:
        now = self.fields.get((entity, raw["key"]))
        if now is None:
            return raw
        return {**raw, "key": now, "was": [old for old in (*raw.get("was", ()), raw["key"]) if old != now]}


NOTHING_RENAMED = Renames({}, {})


def renames(before: Mapping[str, Entity], after: Mapping[str, Entity]) -> Renames:
    """What was renamed, forwards or back: one side knows the other's key as a former one."""
    entities = _pairs(before, after, lambda one: one.was)
    fields: dict[tuple[str, str], str] = {}
    for old_key, old in before.items():
        new = after.get(entities.get(old_key, old_key))
        if new is not None:
            pairs = _pairs(old.fields, new.fields, lambda one: one.was)
            if old.parent and new.parent and old.parent != new.parent and entities.get(old.parent) == new.parent:
                pairs[old.parent] = new.parent
            fields |= {(new.key, was): now for was, now in pairs.items()}
    return Renames(entities, fields)


def _pairs(
    before: Mapping[str, Any], after: Mapping[str, Any], was: Callable[[Any], Iterable[str]]
) -> dict[str, str]:
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    forwards = {old: key for key in sorted(come) for old in was(after[key]) if old in gone}
    back = {key: old for key in sorted(gone) for old in was(before[key]) if old in come}
    return {**back, **forwards}


def remembering(before: Document, after: Document) -> Document:
    """The entity's document `after`, whose fields also answer to the keys they had in `before`.

    Taking back a new key leaves it a former one: whoever began to use it meanwhile goes on.
    """
    former = {raw["key"]: raw.get("was", ()) for raw in before["fields"]}
    fields = [dict(raw) for raw in after["fields"]]
    keys = {raw["key"] for raw in fields}
    for raw in fields:
        for key, was in former.items():
            if key not in keys and raw["key"] in was:
                raw["was"] = sorted({key, *was, *raw.get("was", ())} - keys)
    found = {**after, "fields": fields}
    if before["key"] != after["key"] and after["key"] in before.get("was", ()):
        found["was"] = sorted({before["key"], *before["was"], *after.get("was", ())} - {after["key"]})
    return found
