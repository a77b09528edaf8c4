"""Fields and entities that went away with their values kept: listed, brought back, dropped for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from ...metadata import changesets, shadows, store
from ...metadata.changeset_log import signatures
from ...metadata.changesets import Changeset
from ...metadata.errors import FormloomError, InvalidInput, NotFound
from ...metadata.nodes import in_order
from ...metadata.steps import Shadow
from ...metadata.wording import text_of
from ..api.metadata import dump_preview
from . import describe, drafts
from .drafts import Draft
from .saying import titled
from .workspace import Workspace

if TYPE_CHECKING:
    from ...metadata.changesets import Preview
    from ..context import Context


def listed(work: Workspace, entity: str | None = None) -> list[dict[str, Any]]:
    """What was removed, the latest first: fields of an entity, or entities. Each is {id, key, label, type, by, at,
    rows}. Queries: 2, and 1 or 2 for each.
    """
    conn, lang = work.ctx.conn, work.ctx.lang
    found = list(_latest(work.ctx, entity))
    signed = signatures(conn, {shadow.changeset for shadow in found})
    told = []
    for shadow in found:
        by, at = signed.get(shadow.changeset, ("", None))
        key = shadow.field or shadow.entity
        told.append(
            {
                "id": shadow.id,
                "key": key,
                "label": text_of(shadow.document.get("label"), lang, key),
                "type": describe.type_word(shadow.document.get("type"), lang) if shadow.field else "",
                "by": by,
                "at": at.isoformat() if at is not None else None,
                "rows": shadows.measure(conn, shadow).rows,
            }
        )
    return told


def _latest(ctx: Context, entity: str | None) -> Iterator[Shadow]:
    """The last state of everything that is not there any more: kept values of what is there belong to its past."""
    present, seen = ctx.catalog.entities, set()
    for shadow in reversed(shadows.read_shadows(ctx.conn)):
        owner = present.get(shadow.entity)
        is_there = owner is not None and (shadow.field is None or owner.find(shadow.field) is not None)
        is_asked = shadow.field is None if entity is None else shadow.field is not None and shadow.entity == entity
        if shadow.changeset > 0 and is_asked and not is_there and (shadow.entity, shadow.field) not in seen:
            seen.add((shadow.entity, shadow.field))
            yield shadow


def find(work: Workspace, number: int) -> Shadow:
    """Something removed that the reader may bring back. Raises NotFound, AccessDenied."""
    shadow = next((each for each in shadows.read_shadows(work.ctx.conn) if each.id == number), None)
    if shadow is None:
        raise NotFound()
    work.require("entity", {"key": shadow.entity})
    return shadow


def previewed(work: Workspace, number: int) -> dict[str, Any]:
    """What bringing something back would do: {preview, documents}, which are touched besides."""
    preview, _ = _back(work, find(work, number))
    return _told(work, preview)


def _back(work: Workspace, shadow: Shadow) -> tuple[Preview, int | None]:
    """What would happen, and the changeset to take back, where that is how: an entity went with its screens, and
    comes back with them unless others have built upon its absence.
    """
    conn = work.ctx.conn
    if shadow.field is None:
        try:
            found = changesets.preview_revert(conn, shadow.changeset)
            if not found.refused:
                return found, shadow.changeset
        except FormloomError as error:
            if error.code != "changeset.overtaken":
                raise
    return changesets.preview_restore(conn, shadow.id), None


def _told(work: Workspace, preview: Preview) -> dict[str, Any]:
    told = dump_preview(preview, work.ctx.lang)
    desired = preview.desired.documents if preview.desired is not None else {}
    touched = dict.fromkeys(change.place[:2] for change in preview.changes)
    return {
        "refused": told["refused"],
        "destructive": told["destructive"],
        "effects": told["effects"],
        "findings": told["findings"],
        "documents": [
            {"label": titled(work, identity, desired.get(identity)), "what": _what(work, desired, identity)}
            for identity in touched
        ],
    }


def _what(work: Workspace, desired: Any, identity: tuple[str, str]) -> str:
    if identity not in desired:
        return "removed"
    return "changed" if identity in work.ctx.catalog.documents else "new"


def bring_back(work: Workspace, number: int, allow_destructive: bool) -> Changeset:
    """The changeset that brought it back, with its values. The reader's own draft goes on from it.

    Raises what `changesets.restore` and `changesets.revert` raise.
    """
    shadow = find(work, number)
    ctx, (_, reverted), kept = work.ctx, _back(work, shadow), work.drafts
    database = ctx.own_transactions()
    if reverted is None:
        done = changesets.restore(database, number, ctx.actor.login)
    else:
        done = changesets.revert(database, reverted, ctx.actor.login, allow_destructive=allow_destructive)
    with database.writing() as conn:
        _follow(conn, ctx, kept.get(("entity", shadow.entity)), shadow)
    return done


def _follow(conn: Connection, ctx: Context, draft: Draft | None, shadow: Shadow) -> None:
    """Put a field that came back into the reader's draft of its entity."""
    now = store.catalog_for(conn).documents.get(("entity", shadow.entity))
    if draft is None or draft.document is None or draft.base is None or now is None or shadow.field is None:
        return
    if any(raw["key"] == shadow.field for raw in draft.document["fields"]):
        return
    # What others did meanwhile is not taken for the reader's own.
    base, document = (_with_field(side, now, shadow.field) for side in (draft.base, draft.document))
    drafts.put(conn, ctx.actor.id, draft.identity, document, base)


def _with_field(side: Mapping[str, Any], now: Mapping[str, Any], key: str) -> dict[str, Any]:
    """An entity's document with a field of what is in force now, in its place there."""
    fields = {raw["key"]: raw for raw in side["fields"]}
    came = {raw["key"]: raw for raw in now["fields"] if raw["key"] == key}
    names = in_order([raw["key"] for raw in now["fields"]], list(fields))
    known = {**came, **fields}
    return {**side, "fields": [known[name] for name in names if name in known]}


def purge(work: Workspace, number: int, typed: str) -> None:
    """Drop something removed for good; `typed` is its key, as a confirmation. Raises NotFound, InvalidInput."""
    shadow = find(work, number)
    key = shadow.field or shadow.entity
    if typed != key:
        raise InvalidInput("design.confirm_wrong", name=key)
    shadows.purge_one(work.ctx.own_transactions(), number)
