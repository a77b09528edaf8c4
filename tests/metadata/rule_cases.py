"""One small set of documents per finding about rules and about what fields say of each other."""

from __future__ import annotations

from typing import Any

from tests.metadata.sample import entity, field

CITY = {"options": [{"key": "sh", "label": "S"}, {"key": "gz", "label": "G"}]}
TWICE = field("twice", "formula", formula="size * 2", result="integer")
THING = entity("thing", field("size", "integer"), field("grade", "select", **CITY), TWICE)
FORM = {
    "kind": "form",
    "key": "thing.form",
    "label": "f",
    "entity": "thing",
    "sections": [{"key": "main", "label": "x", "fields": ["size"]}],
}


def rule(*effects: dict[str, Any], key: str = "thing.rule", **more: Any) -> dict[str, Any]:
    """A rule's document."""
    return {"kind": "rule", "key": key, "label": key, "entity": "thing", "effects": [*effects], **more}


def sets(name: str, formula: str) -> dict[str, Any]:
    """An effect that sets a field."""
    return {"type": "set", "field": name, "formula": formula}


def granted(**more: Any) -> dict[str, Any]:
    """A grant on things."""
    everyone = {"members": [{"everyone": True}], "operations": {"view": "all"}, "entity": "thing"}
    return {"kind": "grant", "key": "thing.all", "label": "g", **everyone, **more}


RULE_CASES: list[tuple[str, list[Any]]] = [
    ("M106", [THING, rule({"type": "explode"})]),
    ("M107", [THING, rule({"type": "require", "fields": ["size"]}, **{"from": "tomorrow"})]),
    ("M224", [THING, rule({"type": "require", "fields": ["size"]}, when={"field": "size", "op": "starts_with"})]),
    ("M301", [THING, rule({"type": "require", "fields": ["size"]}, entity="nothing")]),
    ("M302", [THING, rule({"type": "hide", "fields": ["absent"]})]),
    ("M302", [entity("thing", field("size", "integer", unique={"with": ["absent"]}))]),
    ("M302", [entity("thing", field("grade", "select", depends="absent", **CITY))]),
    ("M304", [THING, {**FORM, "roles": ["absent"]}]),
    ("M318", [THING, FORM, {**FORM, "key": "thing.second", "position": 2}]),
    ("M501", [THING, FORM, rule({"type": "hide", "sections": ["other"]})]),
    ("M502", [THING, rule({"type": "show"})]),
    ("M503", [THING, rule({"type": "require", "fields": ["twice"]})]),
    ("M503", [THING, rule({"type": "lock", "fields": ["created_at"]})]),
    ("M504", [entity("thing", field("size", "integer", unique={"with": ["twice"]}), TWICE)]),
    ("M505", [entity("thing", field("size", unique={"where": {"field": "owner", "op": "is_me"}}))]),
    (
        "M505",
        [entity("thing", field("day", "date"), field("a", unique={"where": {"field": "day", "op": "is_empty"}}))],
    ),
    ("M506", [entity("thing", field("size"), field("grade", "select", depends="size", **CITY))]),
    (
        "M507",
        [
            entity(
                "thing",
                field("city", "select", **CITY),
                field("part", "select", depends="city", options=[{"key": "a", "label": "A", "when": ["bj"]}]),
            )
        ],
    ),
    ("M213", [entity("thing", field("size", "integer", mask="phone"))]),
    ("M213", [entity("thing", field("size", "integer", other=True))]),
    ("M508", [entity("thing", field("size"), title="size") | {"fields": [field("size", mask="name")]}]),
    (
        "M509",
        [
            THING,
            entity(
                "part",
                field("whole", "relation", target="thing", fill=[{"from": "grade", "to": "day"}]),
                field("day", "date"),
            ),
        ],
    ),
    ("M510", [THING, granted(reveal=["size"])]),
    ("M511", [THING, rule(sets("size", "grade + 1"))]),
    ("M511", [THING, rule(sets("size", "("))]),
    ("M512", [THING, rule(sets("size", "size + 1"))]),
    ("M512", [THING, rule(sets("size", "twice"))]),
    (
        "M512",
        [
            THING,
            rule(sets("size", "1"), when={"field": "grade", "op": "eq", "value": "sh"}),
            rule(sets("grade", 'IF(size > 1, "sh", "gz")'), key="thing.back"),
        ],
    ),
]
