"""Several users of the system."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import escape
from sqlalchemy.types import TypeEngine

from ..columns import NumberSet
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import GROUPS
from .raw import text_of
from .reference import LARGEST, id_of, person_cell

MOST = 100
_SEPARATOR = re.compile(r"[,，;；、|\n]")


class MultiUser(FieldType):
    """Ids of users, each once, in the order given. Names come along as the label, a line each."""

    name = "multi_user"
    read_as = "people"
    several = "user"
    operators = GROUPS
    sortable = False
    label_words = (
        "参与人",
        "协作人",
        "成员",
        "共同负责人",
        "抄送人",
        "团队",
        "participants",
        "members",
        "team",
        "co-owners",
    )
    examples = Examples(
        valid=(
            ([7, 12, 7], (7, 12)),
            (["7", "１２"], (7, 12)),
            ("7, 12", (7, 12)),
            (12.0, (12,)),
            ([2**63 - 1], (2**63 - 1,)),
            ([""], None),
            ("", None),
        ),
        invalid=(
            ("张三", "not_a_reference"),
            ([0], "not_a_reference"),
            ([True], "not_a_reference"),
            ([[1]], "not_a_reference"),
            ({"a": 1}, "not_a_reference"),
            ("1 OR 1=1", "not_a_reference"),
            (list(range(1, 102)), "too_many"),
        ),
        invalid_json=("7", 7, ["7"], [0], [7, 7], [1.5]),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return NumberSet()

    def json_schema(self, field: Field) -> dict[str, Any]:
        one = {"type": "integer", "minimum": 1, "maximum": LARGEST}
        return {"type": "array", "items": one, "uniqueItems": True, "maxItems": MOST}

    def parse(self, field: Field, raw: Any) -> tuple[int, ...] | None:
        if isinstance(raw, str):
            raw = _SEPARATOR.split(text_of(raw) or "")
        found = dict.fromkeys(id_of(part) for part in (raw if isinstance(raw, list | tuple) else [raw]))
        if len(found) > MOST:
            raise ValueRefused("too_many", max=MOST)
        return tuple(one for one in found if one is not None) or None

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else list(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return ("、" if lang == "zh" else ", ").join(names_of(value, label))

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        def show(value: Any, label: str | None) -> str:
            people = "".join(person_cell(0, name) for name in names_of(value, label))
            return (
                f'<span class="people" title="{escape(self.plain(field, value, lang, label))}">{people}</span>'
                if people
                else ""
            )

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("multi_picker", {"source": "user"})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=24)


def names_of(value: Any, label: str | None) -> list[str]:
    """The names that a label says, a line each; where there is none, the numbers."""
    return label.split("\n") if label else [f"#{one}" for one in value or ()]
