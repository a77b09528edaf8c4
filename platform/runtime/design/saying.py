"""Drafts and conflicts in words: what documents are called, what of them changes, what two changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...metadata import changesets, layers
from ...metadata.layers import Clash
from ...metadata.nodewords import path_in_words, value_in_words
from ...metadata.wording import say, text_of

if TYPE_CHECKING:
    from ..context import Context
    from .drafts import Draft, Identity
    from .publishing import Outcome
    from .workspace import Workspace

LOOKED_BACK = 100
"""Changesets that are searched for who was faster."""

TITLED = frozenset(
    "entity form list detail rule dashboard menu option_set grant role flow schedule pool print_template".split()
)

PARTS = ("fields", "sections", "tabs", "options", "widgets")
"""The lists whose items are told one by one."""

Item = Mapping[str, Any]


def titled(work: Workspace, identity: Identity, known: Item | None = None) -> str:
    """What a document is called: `Form: Customer`. `known` is the document, where neither the draft nor what is in
    force has it.
    """
    kind, key = identity
    draft = work.drafts.get(identity)
    document = work.documents.get(identity) or (draft.base if draft else None) or known or {}
    lang = work.ctx.lang
    label = text_of(document.get("label"), lang, key)
    entity = work.documents.get(("entity", document.get("entity", "")))
    if entity is not None and text_of(entity["label"], lang) not in label:
        label = f"{text_of(entity['label'], lang)} · {label}"
    return say(f"design.kind.{kind}", lang, name=label) if kind in TITLED else label


def in_words(work: Workspace, one: Outcome) -> dict[str, Any]:
    """What becomes of a drafted document: {id, kind, key, label, what, details: [{what, label}]}."""
    draft, lang = one.draft, work.ctx.lang
    base = one.former.base if one.former else draft.base
    what = "removed" if draft.document is None else "new" if base is None else "changed"
    details = [*_differences(base or {}, draft.document or {}, lang)] if what == "changed" else []
    if one.former is not None:
        details.insert(0, {"what": "renamed", "label": f"{one.former.key} → {draft.key}"})
    place = {"id": f"{draft.kind}:{draft.key}", "kind": draft.kind, "key": draft.key, "what": what}
    return {**place, "label": titled(work, draft.identity), "details": details}


def _differences(before: Item, after: Item, lang: str) -> Iterator[dict[str, str]]:
    """What of the document's named parts (fields, sections, options, cards) is new, gone, changed or renamed."""
    for name in PARTS:
        old, new = (_by_key(side.get(name)) for side in (before, after))
        came_from = {key: was for key, item in new.items() for was in item.get("was", ()) if was in old}
        came_from = {key: was for key, was in came_from.items() if key not in old and was not in new}
        for key, item in new.items():
            label = text_of(item.get("label"), lang, key)
            if key in came_from:
                yield {"what": "renamed", "label": f"{label}: {came_from[key]} → {key}"}
            elif key not in old:
                yield {"what": "new", "label": label}
        for key, item in old.items():
            if key not in new and key not in came_from.values():
                yield {"what": "removed", "label": text_of(item.get("label"), lang, key)}
        for key, item in new.items():
            if key in old and not layers.same(old[key], item):
                yield {"what": "changed", "label": text_of(item.get("label"), lang, key)}


def _by_key(items: Any) -> dict[str, Item]:
    return {item["key"]: item for item in items or () if isinstance(item, Mapping) and "key" in item}


def conflict_in_words(work: Workspace, one: Outcome) -> dict[str, Any]:
    """Where somebody else was faster: who, when, and what both changed, each with its `name` to choose by."""
    began: Draft = one.former or one.draft
    by, at = _who(work.ctx, began.identity)
    document = ":".join(one.draft.identity)
    return {
        "id": document,
        "label": titled(work, one.draft.identity),
        "by": by,
        "at": at,
        "clashes": [_clash(work, one, clash, document) for clash in one.clashes or ()],
    }


def _clash(work: Workspace, one: Outcome, clash: Clash, document: str) -> dict[str, Any]:
    lang = work.ctx.lang
    mine = one.draft.document or one.draft.base or {}
    present = work.ctx.catalog.documents.get((one.former or one.draft).identity) or {}
    entity = work.ctx.catalog.entities.get(str(mine.get("entity")))
    names = {} if entity is None else {key: field.text(lang) for key, field in entity.all_fields.items()}
    return {
        "name": f"{document}#{clash.path}",
        "where": path_in_words(clash.path, lang, mine, present, names=names) if clash.path else "",
        "mine": value_in_words(clash.ours, lang) if clash.path else _whole(one.draft.document, lang),
        "theirs": value_in_words(clash.theirs, lang) if clash.path else _whole(present or None, lang),
        "choice": clash.choice,
    }


def _whole(document: Item | None, lang: str) -> list[str]:
    """What became of a document on one side where the other took it away."""
    return [say("design.side.kept" if document is not None else "design.side.removed", lang)]


def _who(ctx: Context, identity: Identity) -> tuple[str, str]:
    for changeset in changesets.history(ctx.conn, LOOKED_BACK, None):
        if any(change.place[:2] == identity for change in changeset.changes):
            return changeset.actor, changeset.applied_at.isoformat()
    return "", ""
