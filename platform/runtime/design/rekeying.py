"""Another key for an entity, in the draft: the old document goes, the new one answers to its key too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...metadata import checks, renaming
from ...metadata.errors import AccessDenied, InvalidInput, NotFound
from . import drafts

if TYPE_CHECKING:
    from .workspace import Workspace


def rename_entity(work: Workspace, old: str, new: str) -> None:
    """Draft the entity `old` under the key `new`. What names it follows. Raises InvalidInput, NotFound,
    AccessDenied.
    """
    if not work.ctx.access.administrator:
        # A new key is a new document, which nobody was given to design.
        raise AccessDenied(operation="design")
    document = work.documents.get(("entity", old))
    if document is None:
        raise NotFound()
    was = [key for key in dict.fromkeys([*document.get("was", ()), old]) if key != new]
    renamed = {**document, "key": new, "was": was}
    _require_free(work, renamed, old)
    before = work.drafts.get(("entity", old))
    if ("entity", old) in work.ctx.catalog.documents:
        _put(work, ("entity", old), None)
        _put(work, ("entity", new), renamed)
        return
    if before is not None:
        drafts.forget(work.ctx.conn, work.ctx.actor.id, [before.identity])
    former = next((each for each in was if ("entity", each) in work.ctx.catalog.documents), None)
    if former is None:
        _follow(work, old, renamed)
        return
    # It has a new key already, and gets another: the key in between never was.
    _put(work, ("entity", new), {**renamed, "was": [key for key in was if key != old]})


def _put(work: Workspace, identity: tuple[str, str], document: object) -> None:
    present = work.ctx.catalog.documents.get(identity)
    drafts.put(work.ctx.conn, work.ctx.actor.id, identity, document, present)  # type: ignore[arg-type]


def _follow(work: Workspace, old: str, renamed: dict[str, object]) -> None:
    """An entity nobody has published: the drafts that name it say the new key, and nothing answers to the old."""
    written = {**work.written, ("entity", str(renamed["key"])): renamed}
    written.pop(("entity", old))
    for (kind, key), now in zip(written, renaming.resolved(written.values()), strict=True):
        if (kind, key) == ("entity", renamed["key"]):
            _put(work, (kind, key), {name: value for name, value in now.items() if name != "was"})
        elif (kind, key) in work.drafts:
            _put(work, (kind, key), now)


def _require_free(work: Workspace, renamed: dict[str, object], old: str) -> None:
    new = str(renamed["key"])
    if new == old or ("entity", new) in work.documents:
        raise InvalidInput("design.taken", key=new)
    own = {**work.documents, ("entity", new): renamed}
    own.pop(("entity", old))
    found = checks.check(renaming.resolved(own.values()), {("entity", new)})
    wrong = (each for each in found if each.severity == "error" and each.document == ("entity", new))
    about = next((each for each in wrong if each.path in ("/key", "/was")), None)
    if about is not None:
        raise InvalidInput("design.refused", reason=about.message(work.ctx.lang))
