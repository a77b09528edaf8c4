"""Base of the types whose values follow from other values."""

from __future__ import annotations

from functools import lru_cache

from ..fieldtype import FIELD_TYPES, FieldType, InputWidget
from ..model import Field

RESULTS = (
    "text",
    "integer",
    "decimal",
    "money",
    "percent",
    "duration",
    "date",
    "datetime",
    "boolean",
    "select",
    "stage",
)
RESULT_SCHEMA = {"result": {"enum": list(RESULTS)}}


class Computed(FieldType):
    """A field that nobody writes. It stores, shows, filters and exports as its `result` type does."""

    computed = True

    def of(self, field: Field) -> FieldType:
        return as_result(field.option("result", "text"))


@lru_cache(maxsize=64)
def as_result(result: str) -> FieldType:
    """The behaviour of the type named `result`, but computed. Not registered: it has no name of its own."""
    kind = type(FIELD_TYPES[result])
    members = {"computed": True, "own_kind": False, "numbered": False, "widget": _readonly}
    members["__doc__"] = f"A computed {result}."
    derived: type[FieldType] = type(f"Computed{kind.__name__}", (kind,), members)
    return derived()


def _readonly(self: FieldType, field: Field) -> InputWidget:
    return InputWidget("readonly")
