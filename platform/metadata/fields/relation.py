"""A record of another entity, or of the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..fieldtype import CellRenderer, InputWidget
from ..model import Field
from ..operators import BRANCH, REFERENCE
from .reference import Reference, link_cell
from .user import REFERENCE_EXAMPLES


class Relation(Reference):
    """The id of a record of `target`. `filter` is a Condition on what may be picked."""

    name = "relation"
    target = "target"
    needed = ("target",)
    operators = (*REFERENCE, *BRANCH)
    options_schema = {
        "target": {"type": "string"},
        "on_delete": {"enum": ["restrict", "set_null", "cascade"]},
        "filter": {"type": "object"},
        "fill": {"type": "array", "maxItems": 50, "items": {"$ref": "#/$defs/fill"}},
    }
    examples = replace(REFERENCE_EXAMPLES, options={"target": "account"})

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return link_cell(field.option("target"))

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("picker", {"source": field.option("target"), "filtered": "filter" in field.options})
