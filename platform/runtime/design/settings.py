"""What may be said of a field of each kind, and by which control of the settings pane it is said.

The pane draws what is listed here, in this order; a test holds it against the published schema, so that nothing a
document may say has no control.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...metadata.fieldtype import FieldType
from ...metadata.model import Field

FIRST, KIND, MORE = "first", "kind", "more"
"""Where a setting stands: on top, with what is particular to the kind, folded with the rare ones."""

NOT_DESIGNED: Mapping[str, str] = {
    "was": "written when a key is changed",
    "by": "chosen together with what a roll-up sums up",
}
"""Properties no control writes by itself, with the reason."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A property of a field in its entity's document, and the control that writes it."""

    name: str
    control: str
    place: str


Test = Callable[[FieldType], bool]


def _sample(kind: FieldType) -> Field:
    return Field(entity="", key="x", type=kind.name, label="", options=kind.examples.options)


def _is_stored(kind: FieldType) -> bool:
    return kind.computed or kind.column(_sample(kind)) is not None


def _is_entered(kind: FieldType) -> bool:
    return not kind.computed


def _holds_entered(kind: FieldType) -> bool:
    return _is_entered(kind) and _is_stored(kind)


def _begins(kind: FieldType) -> bool:
    """Whether new records can begin with a value of it: one that is written, not uploaded, drawn or numbered."""
    return _holds_entered(kind) and not kind.files and not kind.numbered


def _chooses(kind: FieldType) -> bool:
    return "options" in kind.needed


def _is_masked(kind: FieldType) -> bool:
    text = kind.kind == "text" and _is_entered(kind)
    return text and not _chooses(kind) and kind.choices_from is None


def _always(kind: FieldType) -> bool:
    return True


def _is_asked(kind: FieldType) -> bool:
    return kind.computed or bool(kind.operators)


COMMON: tuple[tuple[Setting, Test], ...] = (
    (Setting("label", "words", FIRST), _always),
    (Setting("key", "key", FIRST), _always),
    (Setting("required", "toggle", FIRST), _is_entered),
    (Setting("help", "lines_of_words", FIRST), _always),
    (Setting("other", "toggle", KIND), _chooses),
    (Setting("depends", "depends", KIND), _chooses),
    (Setting("default", "default", KIND), _begins),
    (Setting("unique", "unique", MORE), _holds_entered),
    (Setting("mask", "mask", MORE), _is_masked),
    (Setting("searchable", "toggle", MORE), _is_stored),
    (Setting("indexed", "toggle", MORE), _is_stored),
    (Setting("read_only", "toggle", MORE), _is_entered),
    (Setting("hidden", "toggle", MORE), _always),
    (Setting("in_list", "toggle", MORE), _is_stored),
    (Setting("quick_filter", "toggle", MORE), _is_asked),
    (Setting("copy", "copy", MORE), _is_entered),
    (Setting("publish", "toggle", MORE), lambda kind: kind.computed),
    (Setting("placeholder", "words", MORE), _is_entered),
    (Setting("default_formula", "default_formula", MORE), _begins),
    (Setting("aliases", "lines", MORE), _always),
    (Setting("type", "type", MORE), _always),
)
"""What is common to fields, and for which kinds it means something."""

OWN: Mapping[str, str] = {
    "options": "options",
    "target": "target",
    "filter": "filter",
    "fill": "fill",
    "formula": "formula",
    "path": "path",
    "result": "result",
    "of": "of",
    "where": "where",
    "max_size": "megabytes",
}
"""Settings of kinds that need more than the shape of their value tells."""


def settings_of(kind: FieldType) -> list[Setting]:
    """Everything that may be said of a field of a kind, as the pane shows it."""
    common = [setting for setting, means in COMMON if means(kind)]
    own = [
        Setting(name, control_of(name, schema), KIND)
        for name, schema in kind.options_schema.items()
        if name not in NOT_DESIGNED
    ]
    return [*(s for s in common if s.place == FIRST), *own, *(s for s in common if s.place != FIRST)]


def control_of(name: str, schema: Mapping[str, Any]) -> str:
    """The control for a setting of a kind: one of its own, else by the shape of its value. Raises LookupError."""
    if name in OWN:
        return OWN[name]
    if "enum" in schema:
        return "choice"
    kinds = schema.get("type", ())
    for shape, control in _BY_SHAPE.items():
        if shape in ([kinds] if isinstance(kinds, str) else kinds):
            return control
    raise LookupError(name)


_BY_SHAPE: Mapping[str, str] = {
    "boolean": "toggle",
    "integer": "number",
    "number": "number",
    "string": "text",
    "array": "lines",
}
