"""From a draft to a changeset: what it changes in words, where somebody else was faster, applying it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...metadata import changesets, layers
from ...metadata.changeset_log import Changeset
from ...metadata.drafts import Edit
from ...metadata.errors import Conflict
from ...metadata.layers import MISSING, Clash
from ...metadata.wording import say, text_of
from ..api.metadata import dump_preview
from . import drafts
from .drafts import Draft, Identity
from .workspace import Workspace

if TYPE_CHECKING:
    from ..context import Context

MINE, THEIRS = "mine", "theirs"
LOOKED_BACK = 100
"""Changesets that are searched for who was faster."""

Choices = Mapping[str, str]
"""For a document, as `kind:key`: whose side holds where both changed the same thing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one drafted document. `clashes`: what both sides changed; None: nobody else changed it."""

    draft: Draft
    document: Mapping[str, Any] | None
    clashes: tuple[Clash, ...] | None = None
    choice: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody must choose first."""
        return bool(self.clashes) and not self.choice


def outcomes(work: Workspace, choices: Choices) -> list[Outcome]:
    """What becomes of each draft, over what is in force by now. Raises AccessDenied."""
    found = []
    for identity, draft in work.drafts.items():
        work.require(draft.kind, draft.document or draft.base or {})
        present = work.ctx.catalog.documents.get(identity)
        found.append(_outcome(draft, present, choices.get(":".join(identity), "")))
    return found


def _outcome(draft: Draft, present: Mapping[str, Any] | None, choice: str) -> Outcome:
    base, mine = draft.base, draft.document
    if layers.same(_side(base), _side(present)) or layers.same(_side(mine), _side(present)):
        return Outcome(draft, mine)
    if mine is None or present is None:
        whole = Clash("/", base, present, mine)
        return Outcome(draft, present if choice == THEIRS else mine, (whole,), choice)
    ours = layers.merge(_side(base), present, mine)
    if choice == THEIRS:
        return Outcome(draft, layers.merge(_side(base), mine, present).value, tuple(ours.clashes), choice)
    return Outcome(draft, ours.value, tuple(ours.clashes), choice)


def _side(document: Mapping[str, Any] | None) -> Any:
    return MISSING if document is None else document


def edits(found: list[Outcome]) -> list[Edit]:
    """The edits of the changeset."""
    return [
        Edit("delete", one.draft.kind, one.draft.key) if one.document is None else Edit.put(one.document)
        for one in found
        if not (one.document is None and one.draft.base is None)
    ]


def previewed(work: Workspace, choices: Choices) -> dict[str, Any]:
    """What publishing would do: {changes, conflicts, preview}; without a preview while somebody must choose."""
    found = outcomes(work, choices)
    told: dict[str, Any] = {
        "changes": [_told(work, one) for one in found],
        "conflicts": [_conflict(work, one) for one in found if one.clashes is not None],
        "preview": None,
    }
    if found and not any(one.is_open for one in found):
        preview = changesets.preview(work.ctx.conn, edits(found))
        told["preview"] = dump_preview(preview, work.ctx.lang)
        for place in told["preview"]["places"]:
            place["label"] = title_of(work, (place["kind"], place["key"]))
        told["preview"].pop("plan", None)
    return told


def publish(work: Workspace, choices: Choices, note: str, allow_destructive: bool) -> Changeset:
    """The changeset, applied; the draft is gone. Raises what `changesets.apply` raises, Conflict."""
    ctx = work.ctx
    found = outcomes(work, choices)
    if any(one.is_open for one in found):
        raise Conflict("conflict_schema", expected=ctx.catalog.version, found=ctx.catalog.version)
    database = ctx.own_transactions()
    applied = changesets.apply(
        database,
        edits(found),
        ctx.actor.login,
        note,
        allow_destructive=allow_destructive,
        expected_version=ctx.catalog.version,
    )
    with database.writing() as conn:
        drafts.forget(conn, ctx.actor.id, [one.draft.identity for one in found])
    return applied


def _told(work: Workspace, one: Outcome) -> dict[str, Any]:
    draft = one.draft
    what = "removed" if draft.document is None else "new" if draft.base is None else "changed"
    details = _differences(draft) if what == "changed" else []
    place = {"id": f"{draft.kind}:{draft.key}", "kind": draft.kind, "key": draft.key, "what": what}
    return {**place, "label": title_of(work, draft.identity), "details": [_in_words(work, one) for one in details]}


def title_of(work: Workspace, identity: Identity) -> str:
    """What a document is called: `Form: Customer`."""
    kind, key = identity
    draft = work.drafts.get(identity)
    document = work.documents.get(identity) or (draft.base if draft else None) or {}
    lang = work.ctx.lang
    label = text_of(document.get("label"), lang, key)
    entity = work.documents.get(("entity", document.get("entity", "")))
    if entity is not None and text_of(entity["label"], lang) not in label:
        label = f"{text_of(entity['label'], lang)} · {label}"
    return say(f"design.kind.{kind}", lang, name=label) if kind in TITLED else label


TITLED = frozenset(
    "entity form list detail rule dashboard menu option_set grant role flow schedule pool print_template".split()
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One item of a list in a document that is new, gone or changed."""

    what: str
    item: Mapping[str, Any]


def _differences(draft: Draft) -> list[Difference]:
    """What of the document's named parts (fields, tabs, sections, options, cards) is new, gone or changed."""
    before, after = draft.base or {}, draft.document or {}
    found: list[Difference] = []
    for name in ("fields", "tabs", "sections", "options", "widgets"):
        old, new = (_by_key(side.get(name)) for side in (before, after))
        found += [Difference("new", new[key]) for key in new if key not in old]
        found += [Difference("removed", old[key]) for key in old if key not in new]
        both = (key for key in new if key in old and not layers.same(old[key], new[key]))
        found += [Difference("changed", new[key]) for key in both]
    return found


def _by_key(items: Any) -> dict[str, Mapping[str, Any]]:
    return {item["key"]: item for item in items or () if isinstance(item, Mapping) and "key" in item}


def _in_words(work: Workspace, difference: Difference) -> dict[str, str]:
    label = text_of(difference.item.get("label"), work.ctx.lang, difference.item["key"])
    return {"what": difference.what, "label": label}


def _conflict(work: Workspace, one: Outcome) -> dict[str, Any]:
    """Where somebody else was faster: who, when, and what both changed."""
    by, at = _who(work.ctx, one.draft.identity)
    identity = one.draft.identity
    return {
        "id": ":".join(identity),
        "label": title_of(work, identity),
        "by": by,
        "at": at,
        "choice": one.choice,
        "clashes": [_clash(work, one, clash) for clash in one.clashes or ()],
    }


def _clash(work: Workspace, one: Outcome, clash: Clash) -> dict[str, str]:
    lang = work.ctx.lang
    return {
        "where": _where(one.draft.document or one.draft.base or {}, clash.path, lang),
        "mine": _short(clash.ours, lang),
        "theirs": _short(clash.theirs, lang),
    }


def _where(document: Mapping[str, Any], path: str, lang: str) -> str:
    """A path in a document as words: the labels of what it leads through."""
    words: list[str] = []
    here: Any = document
    for part in path.strip("/").split("/"):
        if isinstance(here, list):
            here = next((item for item in here if isinstance(item, Mapping) and item.get("key") == part), None)
        elif isinstance(here, Mapping):
            here = here.get(part)
        if isinstance(here, Mapping) and "label" in here:
            words.append(text_of(here["label"], lang))
    return " · ".join(words) or text_of(document.get("label"), lang)


def _short(value: Any, lang: str) -> str:
    if value is MISSING or value is None:
        return "–"
    if isinstance(value, Mapping):
        return text_of(value.get("label"), lang) or text_of(
            {name: text for name, text in value.items() if isinstance(text, str)}, lang, "…"
        )
    if isinstance(value, bool):
        return say("boolean.yes" if value else "boolean.no", lang)
    return str(value)[:80] if isinstance(value, str | int | float) else "…"


def _who(ctx: Context, identity: Identity) -> tuple[str, str]:
    for changeset in changesets.history(ctx.conn, LOOKED_BACK, None):
        if any(change.place[:2] == identity for change in changeset.changes):
            return changeset.actor, changeset.applied_at.isoformat()
    return "", ""
