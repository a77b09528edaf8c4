"""A user of the system."""

from __future__ import annotations

from typing import Any

from ..fieldtype import CellRenderer, Examples, InputWidget
from ..model import Field
from ..operators import PEOPLE
from .reference import Reference, person_cell

REFERENCE_EXAMPLES = Examples(
    valid=((7, 7), ("７", 7), (12.0, 12), ("", None), (2**63 - 1, 2**63 - 1)),
    invalid=(
        ("张三", "not_a_reference"),
        (0, "not_a_reference"),
        (-1, "not_a_reference"),
        (2**63, "not_a_reference"),
        ("1 OR 1=1", "not_a_reference"),
        ("1e0", "not_a_reference"),
        (1.5, "not_a_reference"),
        (True, "not_a_reference"),
        ([1], "not_a_reference"),
        (float("inf"), "not_a_reference"),
    ),
    invalid_json=("7", 0, True, 1.5, [1]),
)


class User(Reference):
    """The id of a user."""

    name = "user"
    label_words = (
        "负责人",
        "业务员",
        "经办人",
        "客户经理",
        "审批人",
        "跟进人",
        "执行人",
        "申请人",
        "owner",
        "assignee",
        "sales rep",
        "approver",
        "responsible",
    )
    target = "user"
    operators = PEOPLE
    examples = REFERENCE_EXAMPLES

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return person_cell

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("picker", {"source": "user"})
