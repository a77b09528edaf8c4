"""A value computed by a formula from the record, what it points at and its sub-tables."""

from __future__ import annotations

from decimal import Decimal

from ..fieldtype import Examples
from .choice import OPTIONS_SCHEMA
from .computed import RESULT_SCHEMA, Computed
from .decimal import SCALE_SCHEMA


class Formula(Computed):
    """See `metadata.formula` for the language."""

    name = "formula"
    needed = ("formula",)
    options_schema = {
        "formula": {"type": "string", "minLength": 1, "maxLength": 2000},
        **RESULT_SCHEMA,
        **OPTIONS_SCHEMA,
        "scale": SCALE_SCHEMA,
    }
    examples = Examples(
        valid=(("1234.5", Decimal("1234.50")), ("", None)),
        invalid=(("abc", "not_a_number"),),
        invalid_json=(12, "abc"),
        options={"formula": "1234.5", "result": "money"},
    )
