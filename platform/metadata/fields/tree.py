"""The record above, of the same entity: categories, departments, parts of parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..fieldtype import CellRenderer, InputWidget
from ..model import Field
from ..operators import BRANCH, REFERENCE
from .reference import Reference, link_cell
from .user import REFERENCE_EXAMPLES


class Tree(Reference):
    """The id of the record above; empty at the top. No record is above itself, however many lie between."""

    name = "tree"
    target = "target"
    own_kind = True
    operators = (*REFERENCE, *BRANCH)
    label_words = ("上级", "父级", "parent")
    options_schema = {"on_delete": {"enum": ["restrict", "set_null", "cascade"]}}
    examples = replace(REFERENCE_EXAMPLES, options={})

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return link_cell(field.option("target"))

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("tree", {"source": field.option("target"), "tree": field.key})
