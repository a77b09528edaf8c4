"""What the designers know of the program: kinds of fields with their settings, functions, entities, icons."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...metadata.fieldtype import FIELD_TYPES, FieldType
from ...metadata.formula.compiler import FUNCTIONS, OVER_CHILDREN
from ...metadata.model import Entity, Field
from ...metadata.wording import text_of, texts
from ..listview.groups import has_few_values
from .settings import Setting, settings_of

if TYPE_CHECKING:
    from ...metadata.catalog import Catalog

ICONS = Path(__file__).parents[1] / "frontend" / "src" / "icons.json"

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "usual": ("text", "textarea", "integer", "decimal", "money", "date", "datetime", "boolean", "select"),
    "choice": ("multiselect", "stage", "tags", "rating", "color"),
    "number": ("percent", "duration", "time", "autonumber"),
    "reach": ("phone", "email", "url", "address", "region", "geo"),
    "people": ("user", "multi_user", "department", "role"),
    "links": ("relation", "multi_relation", "subtable", "tree"),
    "worked_out": ("formula", "rollup", "lookup"),
    "media": ("file", "image", "signature", "richtext"),
}
"""How the kinds of fields are grouped for choosing; any other stands in the last group, `more`."""

SYMBOLS: Mapping[str, str] = {
    "text": "forms", "textarea": "align-left", "integer": "hash", "decimal": "hash", "money": "currency-yuan",
    "date": "calendar", "datetime": "calendar-time", "boolean": "checkbox", "select": "list",
    "multiselect": "list-check", "stage": "flag", "tags": "tags", "rating": "star", "percent": "percentage",
    "time": "clock", "duration": "clock", "autonumber": "id-badge", "phone": "phone", "email": "mail",
    "url": "link",
    "address": "map-pin", "region": "map-pin", "geo": "map-pin", "user": "user", "multi_user": "users",
    "department": "sitemap", "role": "user-cog", "relation": "link", "multi_relation": "share",
    "subtable": "table",
    "tree": "sitemap", "formula": "bolt", "rollup": "chart-bar", "lookup": "search", "file": "paperclip",
    "image": "file", "signature": "edit", "richtext": "file-text", "code": "hash", "credit_code": "id-badge",
}  # fmt: skip


def describe_types(lang: str) -> list[dict[str, Any]]:
    """Every kind of field an administrator may add: {key, label, note, family, icon, settings, needed, …}."""
    family = {name: key for key, names in FAMILIES.items() for name in names}
    order = {name: number for number, name in enumerate(family)}
    names = sorted(FIELD_TYPES, key=lambda name: order.get(name, len(order)))
    return [_describe_type(FIELD_TYPES[name], family.get(name, "more"), lang) for name in names]


def type_word(name: str | None, lang: str) -> str:
    """What a kind of field is called."""
    return word(f"design.type.{name}", lang, str(name or "").replace("_", " "))


def _describe_type(kind: FieldType, family: str, lang: str) -> dict[str, Any]:
    return {
        "key": kind.name,
        "label": type_word(kind.name, lang),
        "note": word(f"design.type.{kind.name}.note", lang),
        "family": family,
        "icon": SYMBOLS.get(kind.name, "forms"),
        "computed": kind.computed,
        "numeric": kind.numeric,
        "kind": kind.kind,
        "sortable": kind.sortable,
        "points": kind.target == "target",
        "lines": kind.target is None and "target" in kind.options_schema,
        "aggregates": list(kind.aggregates),
        "needed": list(kind.needed),
        "settings": [_describe_setting(kind, setting, lang) for setting in settings_of(kind)],
    }


_CALLED = {"label": "name", "publish": "publish_flag", "type": "change_type"}
"""Common settings whose words have another name than they: those are taken."""


def _describe_setting(kind: FieldType, setting: Setting, lang: str) -> dict[str, Any]:
    """A setting: {name, control, place, label, note}, with {choices, min, max} where its schema has them."""
    name, schema = setting.name, kind.options_schema.get(setting.name, {})
    found = {"name": name, "control": setting.control, "place": setting.place}
    found |= described(f"design.option.{name}" if schema else f"design.{_CALLED.get(name, name)}", lang, name)
    if "enum" in schema:
        found["choices"] = [[value, _choice_word(name, str(value), lang)] for value in schema["enum"]]
    limits = {"min": schema.get("minimum"), "max": schema.get("maximum")}
    return found | {side: limit for side, limit in limits.items() if limit is not None}


def _choice_word(name: str, value: str, lang: str) -> str:
    """What a value of a setting is called; results of formulas are called as the kinds of fields."""
    default = word(f"design.value.{value}", lang, value)
    return word(f"design.type.{value}" if name == "result" else f"design.value.{name}.{value}", lang, default)


def described(key: str, lang: str, name: str) -> dict[str, str]:
    """A setting's name and what it means."""
    note = word(f"{key}.note", lang) or word(f"{key}_note", lang)
    return {"label": word(key, lang, name.replace("_", " ")), "note": note}


def word(key: str, lang: str, default: str = "") -> str:
    """The text of a key, or `default` where another package brought something we have no words for."""
    return texts(lang).get(key, default)


def describe_functions(lang: str) -> list[dict[str, Any]]:
    """Every function of formulas: {name, use, help}."""
    names = sorted({*FUNCTIONS, *OVER_CHILDREN})
    return [
        {
            "name": name,
            "use": word(f"design.function.{name}.use", lang, f"{name}()"),
            "help": word(f"design.function.{name}", lang),
        }
        for name in names
    ]


def describe_entities(catalog: Catalog, lang: str, shown: Iterable[str]) -> list[dict[str, Any]]:
    """The entities that may be named, each with its fields."""
    return [describe_entity(catalog.entities[key], lang) for key in shown]


def describe_entity(entity: Entity, lang: str) -> dict[str, Any]:
    """An entity: {key, label, plural, icon, parent, title, fields}."""
    return {
        "key": entity.key,
        "label": entity.text(lang),
        "plural": entity.text(lang, plural=True),
        "icon": entity.icon,
        "parent": entity.parent,
        "title": entity.title,
        "fields": [_describe_field(field, lang) for field in entity.all_fields.values() if field.key != "rev"],
    }


def _describe_field(field: Field, lang: str) -> dict[str, Any]:
    behaviour = field.behaviour
    return {
        "key": field.key,
        "label": field.text(lang),
        "type": field.type,
        "system": field.system,
        "kind": behaviour.kind,
        "numeric": behaviour.numeric,
        "sortable": behaviour.sortable,
        "computed": behaviour.computed,
        "numbered": behaviour.numbered,
        "aggregates": list(behaviour.aggregates),
        "recurs": has_few_values(field),
        "dated": any(operator.name == "within" for operator in behaviour.operators),
        "pictured": getattr(behaviour, "picture", False),
        "stored": behaviour.column(field) is not None,
        "target": field.option("target"),
        "reach": _reach(field),
        "points": behaviour.target == "target",
        "choices": [
            [choice.key, text_of(choice.label, lang, choice.key), choice.color] for choice in field.choices
        ],
    }


def _reach(field: Field) -> str | None:
    """What a value of the field names by its id: an entity, `user`, `department`; None where it names nothing."""
    named = field.behaviour.target or field.behaviour.several
    return str(field.option("target")) if named == "target" else named


def design_words(lang: str) -> dict[str, str]:
    """The words the designers' scripts use, without their prefix."""
    found = {key[7:]: text for key, text in texts(lang).items() if key.startswith("design.")}
    return {key: text for key, text in found.items() if not key.startswith(("function.", "option.", "type."))}


@lru_cache(maxsize=1)
def icon_names() -> tuple[str, ...]:
    """The icons an entity or a menu entry may have."""
    return tuple(json.loads(ICONS.read_text())) if ICONS.exists() else ()
