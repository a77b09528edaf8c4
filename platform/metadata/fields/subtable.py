"""Rows of a sub entity that live and are saved with their record."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import TypeEngine

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, FieldType, InputWidget
from ..model import Field
from ..wording import say

MOST_ROWS = 1000


class Subtable(FieldType):
    """A list of rows, each an object of the child's fields; nothing is stored in the record's own table.
    `parse` checks the shape only: the rows are parsed as records of the child.
    """

    name = "subtable"
    needed = ("target",)
    options_schema = {"target": {"type": "string"}}
    aggregates = ()
    sortable = False
    examples = Examples(
        valid=(([{"qty": "3"}], [{"qty": "3"}]), (None, None), ([], [])),
        invalid=(("x", "not_rows"), ([1], "not_rows"), ({"qty": 1}, "not_rows"), ([{}] * 1001, "too_many")),
        invalid_json=("x", [1], {}),
        options={"target": "line"},
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return None

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "object"}, "maxItems": MOST_ROWS}

    def parse(self, field: Field, raw: Any) -> list[dict[str, Any]] | None:
        if raw is None or raw == "":
            return None
        if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
            raise ValueRefused("not_rows")
        if len(raw) > MOST_ROWS:
            raise ValueRefused("too_many", max=MOST_ROWS)
        return raw

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return say("subtable.rows", lang, count=len(value)) if value else ""

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: self.plain(field, value, lang)

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("subtable", {"target": field.option("target")})
