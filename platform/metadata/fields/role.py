"""A role of the catalog."""

from __future__ import annotations

from ..fieldtype import Examples
from .choice import EXAMPLE_OPTIONS
from .select import Select


class Role(Select):
    """The key of a role. It is chosen, shown and filtered like an option; the options are the roles there are."""

    name = "role"
    needed = ()
    options_schema = {}
    choices_from = "roles"
    label_words = ("角色", "role")
    examples = Examples(
        valid=(("small", "small"), ("小型", "small"), ("", None)),
        invalid=(("medium", "unknown_option"), (["a"], "not_text")),
        invalid_json=("medium", 1, ["small"]),
        options=EXAMPLE_OPTIONS,
    )
