"""Everything a document names: fields by path, entities, option sets, roles, lists, dashboards. Pure.

One walk per kind of document; the search for what dangles and the search for where something is used live on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model import Entity
from ..results import is_lookup, rollup_source

Document = Mapping[str, Any]
Entities = Mapping[str, Entity]


@dataclass(frozen=True, slots=True)
class Reference:
    """At `path`, a document names the `kind` called `name`; for a field, a path starting at entity `owner`."""

    path: str
    kind: str
    name: str
    owner: str = ""
    is_name: bool = False
    """Whether it is the property at `path` that says so by its name, not its value."""
    passes_several: bool = False
    """Whether its path may pass fields that point at several records, as that of a condition may."""


Walk = Iterator[Reference]


def references(document: Document, entities: Entities) -> Walk:
    """All references of a document that is valid against its schema."""
    walk = _WALKS.get(document["kind"])
    if walk is not None:
        yield from walk(document, entities)


def _named(document: Document, path: str, *kinds: str) -> Walk:
    """References under the property called like the kind."""
    for kind in kinds:
        if document.get(kind) is not None:
            yield Reference(f"{path}/{kind}", kind, document[kind])


def _fields(names: Iterable[Any], owner: str, path: str) -> Walk:
    """Fields in a list of names, sort keys or objects with a `field`."""
    for position, item in enumerate(names):
        nested = isinstance(item, Mapping)
        name = item.get("field") if isinstance(item, Mapping) else item
        if name is not None:
            yield Reference(f"{path}/{position}" + ("/field" if nested else ""), "field", name.lstrip("-"), owner)


def _entity(document: Document, entities: Entities) -> Walk:
    if document.get("parent"):
        yield Reference("/parent", "entity", document["parent"])
    for position, field in enumerate(document["fields"]):
        path = f"/fields/{position}"
        if isinstance(field.get("options"), str):
            yield Reference(f"{path}/options", "option_set", field["options"])
        if field.get("target"):
            yield Reference(f"{path}/target", "entity", field["target"])
        yield from of_condition(field.get("filter"), field.get("target", ""), f"{path}/filter", entities)
        yield from _rollup(document["key"], field, path, entities)
        known = entities[document["key"]].fields.get(field["key"]) if document["key"] in entities else None
        if known is not None and is_lookup(known):
            yield Reference(f"{path}/path", "field", field["path"], document["key"])
        yield from _about_others(document["key"], field, path, entities)


def _about_others(entity: str, field: Document, path: str, entities: Entities) -> Walk:
    """Fields that a field's own settings name: what it is unique with, depends on, fills."""
    unique = field.get("unique")
    if isinstance(unique, Mapping):
        if "within" in unique:
            yield Reference(f"{path}/unique/within", "field", unique["within"], entity)
        yield from _fields(unique.get("with", ()), entity, f"{path}/unique/with")
        yield from of_condition(unique.get("where"), entity, f"{path}/unique/where", entities)
    if "depends" in field:
        yield Reference(f"{path}/depends", "field", field["depends"], entity)
    for number, fill in enumerate(field.get("fill", ())):
        here, target = f"{path}/fill/{number}", field.get("target", "")
        yield Reference(f"{here}/to", "field", fill["to"], entity)
        if "map" not in fill:
            yield Reference(f"{here}/from", "field", fill["from"], target)
            continue
        table, own = child_of(fill["from"], target, entities)[0], child_of(fill["to"], entity, entities)[0]
        yield Reference(f"{here}/from", "field", fill["from"], target)
        for position, pair in enumerate(fill["map"]):
            yield Reference(f"{here}/map/{position}/from", "field", pair["from"], table)
            yield Reference(f"{here}/map/{position}/to", "field", pair["to"], own)


def _rollup(entity: str, field: Document, path: str, entities: Entities) -> Walk:
    known = entities[entity].fields.get(field["key"]) if entity in entities else None
    if known is None or "of" not in field or "function" not in field:
        return
    source = rollup_source(known, entities)
    if source is None or source[0] not in entities:
        yield Reference(f"{path}/of", "field", field["of"].partition(".")[0], entity)
        return
    child, link, aggregated = source
    head = field["of"].partition(".")[0]
    if "by" not in field and head in entities[entity].fields:
        yield Reference(f"{path}/of", "field", head, entity)
    else:
        yield Reference(f"{path}/of", "entity", head)
    if "by" in field:
        yield Reference(f"{path}/by", "field", link, child)
    if aggregated:
        yield Reference(f"{path}/of", "field", aggregated, child)
    yield from of_condition(field.get("where"), child, f"{path}/where", entities)


def of_condition(raw: Any, owner: str, path: str, entities: Entities) -> Walk:
    """Fields a raw Condition on `owner` names."""
    if isinstance(raw, list):
        for position, item in enumerate(raw):
            yield from of_condition(item, owner, f"{path}/{position}", entities)
    if not isinstance(raw, Mapping):
        return
    if "field" in raw:
        yield Reference(f"{path}/field", "field", raw["field"], owner, passes_several=True)
    for name in ("all", "any", "not"):
        yield from of_condition(raw.get(name), owner, f"{path}/{name}", entities)
    for name in ("some", "none"):
        if name in raw:
            yield from _of_children(raw, name, owner, path, entities)


def _of_children(raw: Document, name: str, owner: str, path: str, entities: Entities) -> Walk:
    child, link = child_of(raw[name], owner, entities)
    own = entities[owner].fields.get(raw[name]) if owner in entities else None
    if own is not None or child not in entities:
        yield Reference(f"{path}/{name}", "field", raw[name], owner)
    else:
        yield Reference(f"{path}/{name}", "entity", child)
        yield Reference(f"{path}/{name}", "field", link, child)
    yield from of_condition(raw.get("where"), child, f"{path}/where", entities)


def child_of(name: str, owner: str, entities: Entities) -> tuple[str, str]:
    """(child entity, its link) of `lines` or of `contact.account` seen from `owner`; empty where unknown."""
    own = entities[owner].fields.get(name) if owner in entities else None
    if own is not None:
        return (str(own.option("target", "")), owner)
    child, _, link = name.partition(".")
    return (child, link)


def _list(document: Document, entities: Entities) -> Walk:
    owner = document["entity"]
    yield from _named(document, "", "entity")
    for part in ("columns", "sort", "quick_filters", "totals"):
        yield from _fields(document.get(part, ()), owner, f"/{part}")
    if "group" in document:
        yield Reference("/group", "field", document["group"], owner)
    for way in ("kanban", "calendar", "gallery"):
        for name, each in document.get(way, {}).items():
            for number, key in enumerate(each if isinstance(each, list) else [each]):
                place = f"/{way}/{name}" + (f"/{number}" if isinstance(each, list) else "")
                yield Reference(place, "field", key, owner)
    yield from of_condition(document.get("filter"), owner, "/filter", entities)
    for number, each in enumerate(document.get("colors", ())):
        yield from of_condition(each["when"], owner, f"/colors/{number}/when", entities)


def _sections(sections: Iterable[Document], owner: str, entities: Entities) -> Walk:
    for number, section in enumerate(sections):
        path = f"/sections/{number}/fields"
        yield from _fields(section["fields"], owner, path)
        for position, placed in enumerate(section["fields"]):
            if isinstance(placed, Mapping) and "columns" in placed:
                child, _ = child_of(placed["field"], owner, entities)
                yield from _fields(placed["columns"], child, f"{path}/{position}/columns")


def _form(document: Document, entities: Entities) -> Walk:
    yield from _named(document, "", "entity")
    yield from _sections(document["sections"], document["entity"], entities)
    for position, name in enumerate(document.get("roles", ())):
        yield Reference(f"/roles/{position}", "role", name)
    yield from of_condition(document.get("when"), document["entity"], "/when", entities)


def _rule(document: Document, entities: Entities) -> Walk:
    owner = document["entity"]
    yield from _named(document, "", "entity")
    yield from of_condition(document.get("when"), owner, "/when", entities)
    for number, effect in enumerate(document["effects"]):
        yield from _fields(effect.get("fields", ()), owner, f"/effects/{number}/fields")
        if "field" in effect:
            yield Reference(f"/effects/{number}/field", "field", effect["field"], owner)


def _detail(document: Document, entities: Entities) -> Walk:
    owner = document["entity"]
    yield from _named(document, "", "entity")
    yield from _fields(document.get("highlights", ()), owner, "/highlights")
    if "stage" in document:
        yield Reference("/stage", "field", document["stage"], owner)
    yield from _sections(document.get("sections", ()), owner, entities)
    if "composer" in document:
        yield from _composer(document["composer"], owner)
    for number, statistic in enumerate(document.get("statistics", ())):
        yield from _statistic(statistic, f"/statistics/{number}", entities)
    for number, related in enumerate(document.get("related", ())):
        path = f"/related/{number}"
        yield from _named(related, path, "entity")
        yield Reference(f"{path}/by", "field", related["by"], related["entity"])
        for part in ("columns", "sort"):
            yield from _fields(related.get(part, ()), related["entity"], f"{path}/{part}")


def _statistic(statistic: Document, path: str, entities: Entities) -> Walk:
    owner = statistic["entity"]
    yield from _named(statistic, path, "entity")
    yield Reference(f"{path}/by", "field", statistic["by"], owner)
    if "field" in statistic.get("measure", {}):
        yield Reference(f"{path}/measure/field", "field", statistic["measure"]["field"], owner)
    yield from of_condition(statistic.get("filter"), owner, f"{path}/filter", entities)


def _composer(composer: Document, owner: str) -> Walk:
    child = composer["entity"]
    yield from _named(composer, "/composer", "entity")
    yield Reference("/composer/by", "field", composer["by"], child)
    yield from _fields(composer["fields"], child, "/composer/fields")
    if "at" in composer:
        yield Reference("/composer/at", "field", composer["at"], child)
    for theirs, ours in composer.get("take", {}).items():
        yield Reference(f"/composer/take/{theirs}", "field", theirs, child, is_name=True)
        yield Reference(f"/composer/take/{theirs}", "field", ours, owner)


def _dashboard(document: Document, entities: Entities) -> Walk:
    for number, widget in enumerate(document["widgets"]):
        owner, path = widget["entity"], f"/widgets/{number}"
        yield from _named(widget, path, "entity", "list")
        for part in ("measures", "group_by", "columns"):
            yield from _fields(widget.get(part, ()), owner, f"{path}/{part}")
        for part in ("date_field", "owner_field"):
            if part in widget:
                yield Reference(f"{path}/{part}", "field", widget[part], owner)
        if widget.get("sort", "").lstrip("-") not in ("", "value", "key"):
            yield Reference(f"{path}/sort", "field", widget["sort"].lstrip("-"), owner)
        yield from of_condition(widget.get("filter"), owner, f"{path}/filter", entities)


def _menu(document: Document, entities: Entities) -> Walk:
    yield from _items(document["items"], "/items")


def _items(items: Iterable[Document], path: str) -> Walk:
    for position, item in enumerate(items):
        yield from _named(item, f"{path}/{position}", "entity", "list", "dashboard")
        yield from _items(item.get("items", ()), f"{path}/{position}/items")


def _role(document: Document, entities: Entities) -> Walk:
    for position, name in enumerate(document.get("includes", ())):
        yield Reference(f"/includes/{position}", "role", name)
    if document.get("home"):
        yield Reference("/home", "dashboard", document["home"])


def _grant(document: Document, entities: Entities) -> Walk:
    owner = document["entity"]
    yield from _named(document, "", "entity")
    for position, member in enumerate(document["members"]):
        if "role" in member:
            yield Reference(f"/members/{position}/role", "role", member["role"])
    for name in document.get("fields", ()):
        if name != "*":
            yield from _granted_field(name, owner, entities)
    revealed = document.get("reveal", ())
    for position, name in enumerate(revealed if not isinstance(revealed, str) else ()):
        head, _, tail = name.partition(".")
        if head != "*":
            yield Reference(f"/reveal/{position}", "field", head, owner)
        if tail and tail != "*":
            yield Reference(f"/reveal/{position}", "field", tail, child_of(head, owner, entities)[0])
    for path, scope in scopes(document):
        if isinstance(scope, Mapping):
            yield from of_condition(scope["where"], owner, f"{path}/where", entities)


def _granted_field(name: str, owner: str, entities: Entities) -> Walk:
    head, _, tail = name.partition(".")
    yield Reference(f"/fields/{name}", "field", head, owner, is_name=True)
    if tail and tail != "*":
        child, _ = child_of(head, owner, entities)
        yield Reference(f"/fields/{name}", "field", tail, child, is_name=True)


def scopes(document: Document) -> Iterator[tuple[str, Any]]:
    """(path, scope) of every single scope of a grant."""
    for operation, scope in document.get("operations", {}).items():
        path = f"/operations/{operation}"
        if isinstance(scope, list):
            yield from ((f"{path}/{position}", item) for position, item in enumerate(scope))
        else:
            yield path, scope


@dataclass(frozen=True, slots=True)
class Predicate:
    """A raw Condition on records of `entity`; its values may come from the form of entity `form`."""

    path: str
    entity: str
    raw: Any
    form: str | None = None


def predicates(document: Document, entities: Entities) -> Iterator[Predicate]:
    """Every Condition of a document."""
    if document["kind"] == "list":
        if "filter" in document:
            yield Predicate("/filter", document["entity"], document["filter"])
        for number, each in enumerate(document.get("colors", ())):
            yield Predicate(f"/colors/{number}/when", document["entity"], each["when"])
    yield from _of_numbers(document)
    if document["kind"] in ("form", "rule") and "when" in document:
        yield Predicate("/when", document["entity"], document["when"])
    for path, scope in scopes(document):
        if isinstance(scope, Mapping):
            yield Predicate(f"{path}/where", document["entity"], scope["where"])
    for number, field in enumerate(document.get("fields", ()) if document["kind"] == "entity" else ()):
        yield from _of_field(document["key"], field, f"/fields/{number}", entities)


def _of_numbers(document: Document) -> Iterator[Predicate]:
    """What counts in the cards of a dashboard and the numbers of a record's page."""
    for part in ("widgets", "statistics"):
        for number, each in enumerate(document.get(part, ())):
            if "filter" in each:
                yield Predicate(f"/{part}/{number}/filter", each["entity"], each["filter"])


def _of_field(entity: str, field: Document, path: str, entities: Entities) -> Iterator[Predicate]:
    if "filter" in field and "target" in field:
        yield Predicate(f"{path}/filter", field["target"], field["filter"], form=entity)
    unique = field.get("unique")
    if isinstance(unique, Mapping) and "where" in unique:
        yield Predicate(f"{path}/unique/where", entity, unique["where"])
    source = rollup_source(entities[entity].fields[field["key"]], entities) if "where" in field else None
    if source is not None:
        yield Predicate(f"{path}/where", source[0], field["where"])


_WALKS: Mapping[str, Callable[[Document, Entities], Walk]] = {
    "entity": _entity,
    "list": _list,
    "form": _form,
    "detail": _detail,
    "dashboard": _dashboard,
    "menu": _menu,
    "role": _role,
    "grant": _grant,
    "rule": _rule,
}
