"""An aggregate over records that point at this one, or over its sub-table."""

from __future__ import annotations

from ..fieldtype import Examples
from .choice import OPTIONS_SCHEMA
from .computed import RESULT_SCHEMA, Computed
from .decimal import SCALE_SCHEMA


class Rollup(Computed):
    """`function` over `of`: a sub-table (`lines`, `lines.amount`) or an entity pointing here `by` a relation.

    With `branch`, in an entity whose records stand below each other, of this record and all below it.
    """

    name = "rollup"
    needed = ("function", "of")
    options_schema = {
        "function": {"enum": ["sum", "count", "count_distinct", "avg", "min", "max"]},
        "of": {"type": "string"},
        "by": {"type": "string"},
        "where": {"type": "object"},
        "branch": {"type": "boolean"},
        **RESULT_SCHEMA,
        **OPTIONS_SCHEMA,
        "scale": SCALE_SCHEMA,
    }
    examples = Examples(
        valid=(("12", 12), (3.0, 3), ("", None)),
        invalid=(("abc", "not_a_number"), (1.5, "not_an_integer")),
        invalid_json=("x", 1.5),
        options={"function": "count", "of": "lines", "result": "integer"},
    )
