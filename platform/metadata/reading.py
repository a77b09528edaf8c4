"""Turns documents, already valid against their schemas, into the frozen objects of `model`. Pure."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from .fieldtype import FIELD_TYPES
from .layouts import (
    Calendar,
    Column,
    Composer,
    Dashboard,
    Detail,
    Form,
    Gallery,
    Kanban,
    ListLayout,
    Menu,
    MenuItem,
    Placed,
    Related,
    RowColor,
    Section,
    Statistic,
    Tab,
    Total,
    Widget,
)
from .model import SYSTEM_FIELDS, Effect, Entity, Field, Grant, Option, OptionSet, Role, Rule, Uniqueness
from .results import with_results
from .wording import LANGUAGES, say

Document = Mapping[str, Any]

_FLAGS = (
    "required",
    "read_only",
    "hidden",
    "searchable",
    "indexed",
    "publish",
    "in_list",
    "quick_filter",
    "other",
)
_COMMON = {"key", "type", "label", "help", "placeholder", "aliases", "was", "default", "default_formula", *_FLAGS}
_COMMON |= {"unique", "copy", "mask", "depends"}


def read_entities(documents: Iterable[Document], option_sets: Mapping[str, OptionSet]) -> dict[str, Entity]:
    """Entities by key, with option sets, parent links and roll-up results resolved."""
    documents = list(documents)
    by_key = {document["key"]: document for document in documents}
    offered = repr(option_sets)
    entities = {document["key"]: _known_entity(document, option_sets, by_key, offered) for document in documents}
    return {key: with_results(entity, entities) for key, entity in entities.items()}


MOST_KNOWN = 4_000
_known: OrderedDict[tuple[str, str, str], Entity] = OrderedDict()
_known_lock = threading.Lock()


def forget_known() -> None:
    """Read every entity anew from here on, as a process does that begins."""
    with _known_lock:
        _known.clear()


def _known_entity(
    document: Document, option_sets: Mapping[str, OptionSet], every: Mapping[str, Document], offered: str
) -> Entity:
    """The entity of a document, the same object for the same document: what was made of it need not be made again
    where only other documents changed. `offered` tells sets of options apart.
    """
    parent = every.get(document.get("parent") or "", {})
    around = repr((parent.get("label"), parent.get("was")))
    place = (json.dumps(document, ensure_ascii=False), around, offered)
    with _known_lock:
        found = _known.get(place)
        if found is not None:
            _known.move_to_end(place)
            return found
    made = _read_entity(document, option_sets, every)
    with _known_lock:
        _known[place] = made
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return made


def _read_entity(
    document: Document, option_sets: Mapping[str, OptionSet], every: Mapping[str, Document]
) -> Entity:
    key, parent = document["key"], document.get("parent")
    fields = {raw["key"]: read_field(key, raw, option_sets) for raw in document["fields"]}
    system = dict(SYSTEM_FIELDS)
    if parent:
        fields = {parent: _parent_link(key, parent, every.get(parent, {})), **fields}
        system["position"] = "integer"
    return Entity(
        key=key,
        label=document["label"],
        title=document["title"],
        fields=MappingProxyType(fields),
        system_fields=MappingProxyType({name: _system_field(key, name, kind) for name, kind in system.items()}),
        plural=document.get("plural"),
        icon=document.get("icon"),
        parent=parent,
        description=document.get("description"),
        was=tuple(document.get("was", ())),
    )


def read_field(entity: str, raw: Document, option_sets: Mapping[str, OptionSet]) -> Field:
    """One field of an entity's document; options are looked up in `option_sets`, unknown ones are none."""
    options = {name: value for name, value in raw.items() if name not in _COMMON}
    if raw["type"] in FIELD_TYPES and FIELD_TYPES[raw["type"]].own_kind:
        options["target"] = entity
    return Field(
        entity=entity,
        key=raw["key"],
        type=raw["type"],
        label=raw.get("label", raw["key"]),
        help=raw.get("help"),
        placeholder=raw.get("placeholder"),
        aliases=tuple(raw.get("aliases", ())),
        was=tuple(raw.get("was", ())),
        default=raw.get("default"),
        default_formula=raw.get("default_formula"),
        unique=raw.get("unique") is True,
        uniqueness=_read_uniqueness(raw.get("unique")),
        copy=raw.get("copy", True),
        mask=raw.get("mask"),
        depends=raw.get("depends"),
        options=MappingProxyType(options),
        choices=_read_choices(options.get("options", _offered_by(raw["type"])), option_sets),
        **{flag: bool(raw.get(flag, False)) for flag in _FLAGS},
    )


def _read_uniqueness(raw: Any) -> Uniqueness | None:
    if not isinstance(raw, Mapping):
        return None
    within = (raw["within"],) if "within" in raw else ()
    return Uniqueness((*within, *raw.get("with", ())), raw.get("where"))


def _parent_link(entity: str, parent: str, document: Document) -> Field:
    options = MappingProxyType({"target": parent, "on_delete": "cascade"})
    label, was = document.get("label", parent), tuple(document.get("was", ()))
    return Field(entity, parent, "relation", label, was=was, required=True, indexed=True, options=options)


def _system_field(entity: str, key: str, kind: str) -> Field:
    label = {language: say(f"system.{key}", language) for language in LANGUAGES}
    return Field(entity, key, kind, label, read_only=True, system=True)


def _offered_by(type_name: str) -> str | None:
    """The name under which the catalog itself offers options to fields of a type."""
    kind = FIELD_TYPES.get(type_name)
    return f"@{kind.choices_from}" if kind is not None and kind.choices_from else None


def read_roles_as_options(documents: Iterable[Document]) -> dict[str, OptionSet]:
    """The roles as a set of options, under a name that no document can have."""
    roles = sorted(documents, key=lambda document: (document.get("position", 0), document["key"]))
    options = tuple(Option(document["key"], document["label"]) for document in roles)
    return {"@roles": OptionSet("@roles", "", options)}


def _read_choices(raw: Any, option_sets: Mapping[str, OptionSet]) -> tuple[Option, ...]:
    if isinstance(raw, str):
        return option_sets[raw].options if raw in option_sets else ()
    return tuple(_read_option(option) for option in raw or ())


def _read_option(raw: Document) -> Option:
    return Option(
        key=raw["key"],
        label=raw["label"],
        color=raw.get("color", "gray"),
        retired=raw.get("retired", False),
        category=raw.get("category"),
        probability=raw.get("probability"),
        aliases=tuple(raw.get("aliases", ())),
        when=tuple(raw.get("when", ())),
    )


def read_option_set(document: Document) -> OptionSet:
    """The option set of a document."""
    return OptionSet(document["key"], document["label"], tuple(_read_option(o) for o in document["options"]))


def read_list(document: Document) -> ListLayout:
    """The list layout of a document."""
    return ListLayout(
        key=document["key"],
        entity=document["entity"],
        label=document["label"],
        columns=_read_columns(document["columns"]),
        sort=tuple(document.get("sort", ())),
        filter=document.get("filter"),
        quick_filters=tuple(document.get("quick_filters", ())),
        position=document.get("position", 0),
        default=document.get("default", False),
        group=document.get("group"),
        colors=tuple(RowColor(each["when"], each["color"]) for each in document.get("colors", ())),
        totals=tuple(Total(each["field"], each["op"]) for each in document.get("totals", ())),
        frozen=document.get("frozen", 1),
        density=document.get("density"),
        tree=document.get("tree", False),
        view=document.get("view", "table"),
        **_ways(document),
    )


def _ways(document: Document) -> dict[str, Any]:
    """The ways a list can be shown besides a table."""
    ways: dict[str, Callable[..., Any]] = {"kanban": Kanban, "calendar": Calendar, "gallery": Gallery}
    found = {}
    for name in ways.keys() & document.keys():
        given = {key: tuple(each) if isinstance(each, list) else each for key, each in document[name].items()}
        found[name] = ways[name](**given)
    return found


def _read_columns(raw: Sequence[Any]) -> tuple[Column, ...]:
    return tuple(Column(c) if isinstance(c, str) else Column(c["field"], c.get("width")) for c in raw)


def read_form(document: Document) -> Form:
    """The form of a document."""
    return Form(
        key=document["key"],
        entity=document["entity"],
        label=document["label"],
        sections=_read_sections(document["sections"]),
        roles=tuple(document.get("roles", ())),
        when=document.get("when"),
        position=document.get("position", 0),
        tabs=_read_tabs(document),
    )


def read_rule(document: Document) -> Rule:
    """The rule of a document."""
    return Rule(
        key=document["key"],
        entity=document["entity"],
        label=document["label"],
        effects=tuple(_read_effect(raw) for raw in document["effects"]),
        when=document.get("when"),
        active=document.get("active", True),
        position=document.get("position", 0),
        since=date.fromisoformat(document["from"]) if "from" in document else None,
    )


def _read_effect(raw: Document) -> Effect:
    texts = {name: raw[name] for name in ("field", "formula", "message", "severity") if name in raw}
    return Effect(raw["type"], tuple(raw.get("fields", ())), tuple(raw.get("sections", ())), **texts)


def _read_sections(raw: Sequence[Document]) -> tuple[Section, ...]:
    return tuple(_read_section(section) for section in raw)


def _read_section(raw: Document) -> Section:
    more = {name: raw[name] for name in ("columns", "collapsed", "tab") if name in raw}
    return Section(raw["key"], raw["label"], _read_placed(raw["fields"]), **more)


def _read_tabs(document: Document) -> tuple[Tab, ...]:
    return tuple(Tab(tab["key"], tab["label"]) for tab in document.get("tabs", ()))


def _read_placed(raw: Sequence[Any]) -> tuple[Placed, ...]:
    return tuple(
        Placed(p) if isinstance(p, str) else Placed(p["field"], p.get("span", 1), tuple(p.get("columns", ())))
        for p in raw
    )


def read_detail(document: Document) -> Detail:
    """The detail layout of a document."""
    return Detail(
        key=document["key"],
        entity=document["entity"],
        label=document["label"],
        highlights=tuple(document.get("highlights", ())),
        stage=document.get("stage"),
        sections=_read_sections(document.get("sections", ())),
        related=tuple(_read_related(r) for r in document.get("related", ())),
        timeline=document.get("timeline", True),
        composer=_read_composer(document["composer"]) if "composer" in document else None,
        tabs=_read_tabs(document),
        statistics=tuple(_read_statistic(raw) for raw in document.get("statistics", ())),
    )


def _read_statistic(raw: Document) -> Statistic:
    more = {name: raw[name] for name in ("label", "filter", "color") if name in raw}
    return Statistic(raw["key"], raw["entity"], raw["by"], **raw.get("measure", {}), **more)


def _read_composer(raw: Document) -> Composer:
    take = MappingProxyType(dict(raw.get("take", {})))
    return Composer(raw["entity"], raw["by"], tuple(raw["fields"]), take, raw.get("at", "created_at"))


def _read_related(raw: Document) -> Related:
    columns = _read_columns(raw.get("columns", ()))
    return Related(raw["entity"], raw["by"], columns, raw.get("label"), tuple(raw.get("sort", ())))


def read_dashboard(document: Document) -> Dashboard:
    """The dashboard of a document."""
    return Dashboard(
        key=document["key"],
        label=document["label"],
        widgets=tuple(_read_widget(w) for w in document["widgets"]),
        filters=MappingProxyType(dict(document.get("filters", {}))),
    )


def _read_widget(raw: Document) -> Widget:
    place = {name: raw[name] for name in ("x", "y", "w", "h") if name in raw}
    return Widget(raw["key"], raw["type"], raw["label"], raw["entity"], MappingProxyType(dict(raw)), **place)


def read_menu(document: Document) -> Menu:
    """The menu of a document."""
    return Menu(document["key"], document["label"], tuple(_read_menu_item(i) for i in document["items"]))


def _read_menu_item(raw: Document) -> MenuItem:
    return MenuItem(
        label=raw.get("label"),
        icon=raw.get("icon"),
        entity=raw.get("entity"),
        list=raw.get("list"),
        dashboard=raw.get("dashboard"),
        items=tuple(_read_menu_item(i) for i in raw.get("items", ())),
    )


def read_role(document: Document) -> Role:
    """The role of a document."""
    return Role(
        key=document["key"],
        label=document["label"],
        includes=tuple(document.get("includes", ())),
        home=document.get("home"),
        administrator=document.get("administrator", False),
        position=document.get("position", 0),
    )


def read_grant(document: Document) -> Grant:
    """The grant of a document."""
    return Grant(
        key=document["key"],
        entity=document["entity"],
        label=document["label"],
        members=tuple(document["members"]),
        operations=MappingProxyType(dict(document.get("operations", {}))),
        fields=MappingProxyType(dict(document.get("fields", {"*": "edit"}))),
        reveal=frozenset(document.get("reveal", ())),
    )
