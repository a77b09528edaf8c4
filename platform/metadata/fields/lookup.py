"""A field of what a relation points at, shown here as one's own."""

from __future__ import annotations

from ..fieldtype import Examples
from .computed import Computed


class Lookup(Computed):
    """The value at the end of `path`, `account.industry`: relations all but the last, as many as are needed.

    It is stored, and kept true when anything on the way changes: so it is filtered, sorted and exported as the
    field it shows.
    """

    name = "lookup"
    needed = ("path",)
    options_schema = {"path": {"type": "string", "pattern": "^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$"}}
    examples = Examples(
        valid=(("深圳", "深圳"), ("", None)),
        invalid=((["x"], "not_text"),),
        invalid_json=(12, True),
        options={"path": "account.city", "result": "text"},
    )
