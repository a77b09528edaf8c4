"""The shape of one document: the published schemas, and findings from them.

`published(kind)` is complete in itself, so that an editor or another program can use it as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from .. import fields as _fields  # noqa: F401  (fills the registry of field types)
from ..fieldtype import FIELD_TYPES
from .finding import Finding, without_repeats

KINDS = ("entity", "option_set", "list", "form", "detail", "dashboard", "menu", "role", "grant", "rule")

LARGEST = 1_000_000
"""Bytes of one document as UTF-8 JSON."""

DEEPEST = 40
"""Levels of objects and lists in one document."""

MOST_FIELDS = 500
MOST_ENTITIES = 1_000

_FOLDER = Path(__file__).parent.parent / "schemas"


def published(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a kind of document, with all it refers to. Raises KeyError."""
    if kind not in KINDS:
        raise KeyError(kind)
    own = _read(kind)
    parts = {**_read("common")["$defs"], **own.pop("$defs", {})}
    if kind == "entity":
        parts |= _field_parts(parts.pop("field_common"))
    result: dict[str, Any] = _local({**own, "$defs": parts})
    return result


def _read(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return result


def _local(node: Any) -> Any:
    """The node with references into the common file turned into references to its own parts."""
    if isinstance(node, list):
        return [_local(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: value.replace("common.json#", "#") if name == "$ref" else _local(value)
        for name, value in node.items()
    }


def _field_parts(common: Mapping[str, Any]) -> dict[str, Any]:
    """One part per field type, and the choice between them by `type`."""
    names = sorted(FIELD_TYPES)
    rules = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"$ref": f"#/$defs/field_{name}"},
        }
        for name in names
    ]
    choice = {"type": "object", "properties": {"type": {"enum": names}}, "required": ["type"], "allOf": rules}
    parts = {f"field_{name}": _field_part(name, common) for name in names}
    return {"field": {**choice, "description": "A field, with the settings of its type."}, **parts}


def _field_part(name: str, common: Mapping[str, Any]) -> dict[str, Any]:
    own = FIELD_TYPES[name].options_schema
    return {
        "title": f"Field of type {name}",
        "properties": {**common["properties"], "type": {"const": name}, **own},
        "required": [*common["required"], *FIELD_TYPES[name].needed],
        "additionalProperties": False,
    }


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """`$` of a schema is the very end; Python's also stands before a last line break."""
    if not validator.is_type(instance, "string"):
        return
    if re.search(pattern, instance) is None or (pattern.endswith("$") and instance.endswith("\n")):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _all_of(validator: Any, rules: list[Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Of the rules for every type of field only the one is looked at that is for this type: with the forty others
    an entity of forty fields takes as long as forty.
    """
    by_type = _choices.get(id(rules))
    if by_type is None:
        yield from Draft202012Validator.VALIDATORS["allOf"](validator, rules, instance, schema)
    elif isinstance(instance, Mapping) and isinstance(instance.get("type"), str):
        rule = by_type.get(instance["type"])
        if rule is not None:
            yield from validator.descend(instance, rule["then"], schema_path="then")


_choices: dict[int, dict[str, Any]] = {}
"""Rules by the type each is for, by the identity of their list, which lives as long as its validator."""

_Validator = extend(Draft202012Validator, {"pattern": _pattern, "allOf": _all_of})


@lru_cache(maxsize=len(KINDS))
def _validator(kind: str) -> Any:
    own = published(kind)
    Draft202012Validator.check_schema(own)
    if kind == "entity":
        rules = own["$defs"]["field"]["allOf"]
        _choices[id(rules)] = {rule["if"]["properties"]["type"]["const"]: rule for rule in rules}
    return _Validator(own)


@lru_cache(maxsize=len(KINDS))
def _quick(kind: str) -> jsonschema_rs.Draft202012Validator:
    """Says whether a document is right, a hundred times faster; what is wrong with it the other one says."""
    return jsonschema_rs.Draft202012Validator(published(kind))


def validate(document: Any) -> list[Finding]:
    """Everything wrong with the shape of one document."""
    kind = document.get("kind") if isinstance(document, Mapping) else None
    key = document.get("key") if isinstance(document, Mapping) else None
    identity = (str(kind)[:60], str(key)[:120])
    if kind not in KINDS:
        return [Finding("M101", identity, "/kind", {"kinds": ", ".join(KINDS)})]
    if _depth(document) > DEEPEST:
        return [Finding("M102", identity, "", {"bytes": LARGEST, "depth": DEEPEST})]
    text = json.dumps(document, ensure_ascii=False).encode()
    if len(text) > LARGEST:
        return [Finding("M102", identity, "", {"bytes": LARGEST, "depth": DEEPEST})]
    # The same documents are looked at when a change is previewed, when it is applied, when its package is read.
    digest = hashlib.sha256(text).digest()
    if digest in _sound:
        return []
    if _quick(kind).is_valid(document):
        _remember(digest)
        return []
    errors = sorted(
        _validator(kind).iter_errors(document), key=lambda error: [str(p) for p in error.absolute_path]
    )
    return without_repeats(_as_finding(identity, error) for error in errors)


_sound: set[bytes] = set()
"""Digests of documents nothing was wrong with."""

MOST_SOUND = 20_000


def _remember(digest: bytes) -> None:
    if len(_sound) >= MOST_SOUND:
        _sound.clear()
    _sound.add(digest)


def _depth(node: Any) -> int:
    deepest, level = 0, [node]
    while level and deepest <= DEEPEST:
        deepest += 1
        level = [
            child
            for item in level
            if isinstance(item, Mapping | list)
            for child in (item.values() if isinstance(item, Mapping) else item)
        ]
    return deepest


_IDS = {
    "required": "M103",
    "additionalProperties": "M104",
    "type": "M105",
    "enum": "M106",
    "const": "M106",
    "pattern": "M107",
    "propertyNames": "M107",
}
_LIMITS = re.compile("^(min|max|exclusive)|uniqueItems")


def _as_finding(identity: tuple[str, str], error: ValidationError) -> Finding:
    error = _deepest(error)
    path = "".join(f"/{part}" for part in error.absolute_path)
    rule = str(error.validator)
    found = _IDS.get(rule) or ("M108" if _LIMITS.match(rule) else "M109")
    return Finding(found, identity, path, {"value": _shown(error), "expected": _expected(error)})


def _deepest(error: ValidationError) -> ValidationError:
    """Of several ways to be right, the one that came closest says what is wrong."""
    while error.validator in ("anyOf", "oneOf") and error.context:
        error = min(error.context, key=lambda inner: (inner.validator == "type", -len(inner.absolute_path)))
    return error


def _shown(error: ValidationError) -> str:
    """What the finding is about: the missing or unknown names, else the value."""
    if error.validator == "required":
        return ", ".join(name for name in error.validator_value if name not in error.instance)
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        return ", ".join(str(name)[:60] for name in error.instance if name not in known)
    return json.dumps(error.instance, ensure_ascii=False)[:120]


def _expected(error: ValidationError) -> str:
    value = error.validator_value
    if isinstance(value, list):
        return ", ".join(map(str, value))[:400]
    return (
        str(value)[:400]
        if not isinstance(value, Mapping | bool)
        else ", ".join(error.schema.get("properties", ()))
    )
