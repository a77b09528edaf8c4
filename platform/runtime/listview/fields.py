"""What a list's builder and column dialog know of the fields: names, operators, how values are entered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...metadata.model import Field
from ...metadata.wording import say, text_of
from ..records.branches import tree_seen

if TYPE_CHECKING:
    from ..context import Context

TWINS = frozenset({"eq", "gt", "lt"})
"""For days these say what `on`, `after` and `before` say."""


def describe_fields(ctx: Context, entity: str) -> list[dict[str, Any]]:
    """The fields the reader sees in a row, each {key, label, operators, kind, input, choices?, source?}."""
    rights = ctx.access.entity(entity)
    tables = {child.key for child in ctx.catalog.children[entity]}
    fields = [f for f in rights.entity.all_fields.values() if f.key in rights.readable and f.key not in tables]
    return [_described(ctx, field) for field in fields if field.key != "rev"]


def _described(ctx: Context, field: Field) -> dict[str, Any]:
    """One field, without the tests for branches where what it points at is no tree."""
    found = describe_field(field, ctx.lang)
    if tree_seen(ctx.access, str(field.option("target", ""))) is None:
        found["operators"] = [one for one in found["operators"] if not one["branch"]]
    return found


def describe_field(field: Field, lang: str) -> dict[str, Any]:
    """One field as the browser needs it."""
    widget = field.behaviour.widget(field)
    found: dict[str, Any] = {
        "key": field.key,
        "label": field.text(lang),
        "operators": _operators(field, lang),
        "kind": widget.kind,
        "input": {name: value for name, value in widget.attributes.items() if name in ("type", "inputmode")},
        "more": {name: value for name, value in widget.attributes.items() if name in ("words", "most")},
    }
    if field.choices:
        found["choices"] = [
            {"key": choice.key, "label": text_of(choice.label, lang, choice.key), "color": choice.color}
            for choice in field.choices
        ]
    source = source_of(field)
    if source:
        found["source"] = source
    return found


def _operators(field: Field, lang: str) -> list[dict[str, Any]]:
    """The operators in words; `twin` marks those that say the same as another and are only shown where in use."""
    operators = field.behaviour.operators
    twins = TWINS if any(operator.name == "on" for operator in operators) else frozenset()
    return [
        {
            "name": operator.name,
            "label": say(f"op.{operator.name}", lang),
            "operand": operator.operand,
            "twin": operator.name in twins,
            "branch": operator.branch,
        }
        for operator in operators
    ]


def source_of(field: Field) -> str | None:
    """Where a reference's targets are picked: an entity's key, `user` or `department`."""
    target = field.behaviour.target or field.behaviour.several
    return field.option("target") if target == "target" else target
