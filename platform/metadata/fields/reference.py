"""Base of the types that point at something by its id."""

from __future__ import annotations

from typing import Any

from markupsafe import escape
from sqlalchemy.types import TypeEngine

from ..columns import identifier
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, FieldType
from ..model import Field
from ..operators import REFERENCE
from .raw import narrow

LARGEST = 2**63 - 1


class Reference(FieldType):
    """An id. Titles are looked up by whoever has the right to see them and come along as `label`."""

    operators = REFERENCE
    kind = "reference"

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return identifier()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": LARGEST}

    def parse(self, field: Field, raw: Any) -> int | None:
        return id_of(raw)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else label if label is not None else f"#{value}"


def id_of(raw: Any) -> int | None:
    """The id that a raw names; None for empty. Raises ValueRefused."""
    if isinstance(raw, bool | list | tuple | dict):
        raise ValueRefused("not_a_reference")
    if isinstance(raw, str):
        raw = narrow(raw)
        if raw is not None and not (raw.isascii() and raw.isdigit() and len(raw) <= 19):
            raise ValueRefused("not_a_reference")
    if raw is None:
        return None
    if isinstance(raw, float) and not raw.is_integer():
        raise ValueRefused("not_a_reference")
    key = int(raw) if isinstance(raw, int | float | str) else 0
    if not 0 < key <= LARGEST:
        raise ValueRefused("not_a_reference")
    return key


def person_cell(value: Any, label: str | None) -> str:
    """A person with the first letter of the name before it."""
    if value is None:
        return ""
    name = label or f"#{value}"
    return (
        f'<span class="person"><span class="initial" aria-hidden="true">{escape(name[:1].upper())}</span>'
        f"{escape(name)}</span>"
    )


def link_cell(target: str) -> CellRenderer:
    """A renderer of links to records of an entity."""
    start = f'<a href="/e/{escape(target)}/'

    def show(value: Any, label: str | None) -> str:
        return "" if value is None else f'{start}{value}">{escape(label or f"#{value}")}</a>'

    return show
