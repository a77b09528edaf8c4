"""A department of the organisation."""

from __future__ import annotations

from ..fieldtype import InputWidget
from ..model import Field
from ..operators import DEPARTMENTS
from .reference import Reference
from .user import REFERENCE_EXAMPLES


class Department(Reference):
    """The id of a department."""

    name = "department"
    label_words = ("部门", "所属部门", "科室", "事业部", "department", "dept")
    target = "department"
    operators = DEPARTMENTS
    examples = REFERENCE_EXAMPLES

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("picker", {"source": "department"})
