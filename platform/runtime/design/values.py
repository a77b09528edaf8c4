"""Values as an administrator writes them into the settings of a field that nobody may have published yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...metadata import checks, reading
from ...metadata.errors import InvalidInput, NotFound, ValueRefused
from ...metadata.model import Field

if TYPE_CHECKING:
    from .workspace import Workspace


def read_default(work: Workspace, entity: str, key: str, text: str | None) -> dict[str, Any]:
    """A text read as a value of the field, {value, shown}; without one its default.

    Raises InvalidInput, NotFound, AccessDenied.
    """
    field = _field(work, entity, key)
    lang = work.ctx.lang
    try:
        value = field.behaviour.parse(field, field.default if text is None else text)
    except ValueRefused as refusal:
        raise InvalidInput("design.not_a_value", reason=refusal.at(key).message(lang)) from None
    dumped = None if value is None else field.behaviour.dump(field, value)
    return {"value": dumped, "shown": field.behaviour.plain(field, value, lang) if value is not None else ""}


def _field(work: Workspace, entity: str, key: str) -> Field:
    document = work.document("entity", entity)
    work.require("entity", document)
    raw = next((each for each in document["fields"] if each.get("key") == key), None)
    if raw is None:
        raise NotFound()
    # What cannot be read yet has other things to mend first; its default says nothing there.
    without = {**document, "fields": [{name: part for name, part in raw.items() if name != "default"}]}
    if any(finding.path.startswith("/fields") for finding in checks.validate(without)):
        raise InvalidInput("design.not_a_value", reason="")
    sets = {d["key"]: reading.read_option_set(d) for d in work.of_kind("option_set") if not checks.validate(d)}
    return reading.read_field(entity, raw, sets)
