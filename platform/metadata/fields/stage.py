"""A step of a process: a select whose options are in order and carry category and probability."""

from __future__ import annotations

from ..fieldtype import InputWidget
from ..model import Field
from .select import Select


class Stage(Select):
    """Behaves as a select; screens show it as a path."""

    name = "stage"
    examples = Select.examples

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("select", {"stage": True})
