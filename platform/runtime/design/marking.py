"""Which of what can be designed comes from packages, and what of it the site has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...metadata import packages
from ...metadata.packages import Customised
from ...metadata.store import Identity
from ...metadata.wording import text_of
from .removal import ABOUT

if TYPE_CHECKING:
    from ..context import Context


@dataclass(frozen=True, slots=True)
class Mark:
    """The package something comes from, and how many of its documents the site changed or removed."""

    package: str
    changed: int


def marks(ctx: Context) -> Mapping[Identity, Mark]:
    """Marks of entities, each with what is about it, and of all other documents. Queries: 2."""
    labels = {key: text_of(one.label, ctx.lang, key) for key, one in packages.installed(ctx.conn).items()}
    found: dict[Identity, Mark] = {}
    for (kind, key), mark in packages.marks(ctx.conn).items():
        place = ("entity", _entity_of(ctx, kind, key)) if kind in ABOUT else (kind, key)
        if mark.package is None:
            continue
        before = found.get(place, Mark("", 0))
        package = labels.get(mark.package, mark.package)
        found[place] = Mark(before.package or package, before.changed + mark.customised)
    return found


def _entity_of(ctx: Context, kind: str, key: str) -> str:
    """The entity a document is about; of one that is not in force what its key begins with."""
    document: Mapping[str, Any] = ctx.catalog.documents.get((kind, key), {})
    return str(document.get("entity", key.partition(".")[0]))


def belongs(one: Customised, entity: str) -> bool:
    """Whether a packaged document is the entity's, or about it."""
    if one.kind == "entity":
        return one.key == entity
    return one.kind in ABOUT and str((one.document or one.shipped).get("entity")) == entity
