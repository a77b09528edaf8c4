"""What the importing person decided: which column fills which field, what becomes of duplicates and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from formloom.metadata.errors import InvalidInput

ON_DUPLICATE = ("create", "skip", "update", "error")
MODES = ("all", "rows")

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "sheet": {"type": ["string", "null"], "maxLength": 255},
        "header": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000},
        "map": {
            "type": "object",
            "maxProperties": 1000,
            "additionalProperties": {"type": ["string", "null"], "maxLength": 200},
        },
        "on_duplicate": {"enum": list(ON_DUPLICATE)},
        "key": {
            "type": "array",
            "maxItems": 5,
            "uniqueItems": True,
            "items": {"type": "string", "maxLength": 200},
        },
        "mode": {"enum": list(MODES)},
        "dry_run": {"type": "boolean"},
        "hidden_rows": {"type": "boolean"},
        "replace": {
            "type": "object",
            "maxProperties": 1000,
            "additionalProperties": {
                "type": "object",
                "maxProperties": 2000,
                "additionalProperties": {"type": "string", "maxLength": 32_767},
            },
        },
        "fixes": {
            "type": "object",
            "maxProperties": 10_000,
            "propertyNames": {"pattern": "^R[0-9]{1,7}C[0-9]{1,5}$"},
            "additionalProperties": {"type": "string", "maxLength": 32_767},
        },
    },
}

_validator = jsonschema_rs.Draft202012Validator(SCHEMA)


@dataclass(frozen=True, slots=True)
class Options:
    """Decisions of one import.

    `map`: header -> field key, None to leave the column out; what it does not name is matched by suggestion.
    `header` counts rows from 1. `hidden_rows`: whether rows that Excel hides are taken too. `replace`: header ->
    text of a cell -> what shall stand in all such cells of the column. `fixes`: `R12C3` (sheet row and column from
    1) -> corrected text of that cell.
    """

    sheet: str | None = None
    header: int | None = None
    map: Mapping[str, str | None] = field(default_factory=dict)
    on_duplicate: str = "create"
    key: tuple[str, ...] = ()
    mode: str = "all"
    dry_run: bool = False
    hidden_rows: bool = False
    replace: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: Any) -> Options:
        """Options of a JSON object. Raises InvalidInput; nothing unknown is ignored."""
        problem = next(_validator.iter_errors(raw), None)
        if problem is not None:
            where = "/".join(map(str, problem.instance_path)) or "options"
            raise InvalidInput("import.bad_options", where=where[:80])
        options = cls(**{**raw, "key": tuple(raw.get("key", ()))})
        if options.on_duplicate != "create" and not options.key:
            raise InvalidInput("import.key_needed")
        return options

    def dump(self) -> dict[str, Any]:
        """The JSON object that `parse` reads back."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "map": dict(self.map),
            "key": list(self.key),
            "replace": {header: dict(words) for header, words in self.replace.items()},
            "fixes": dict(self.fixes),
        }
