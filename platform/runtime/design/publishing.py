"""From a draft to a changeset: where somebody else was faster, what it would do, having it applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...metadata import changesets, layers
from ...metadata.bases import digest
from ...metadata.changeset_log import Changeset
from ...metadata.drafts import Edit
from ...metadata.errors import Conflict
from ...metadata.layers import MISSING, Clash
from .. import changing
from ..api.metadata import dump_preview
from . import drafts, publication
from .drafts import Draft, Identity
from .saying import conflict_in_words, in_words, titled
from .workspace import Workspace

if TYPE_CHECKING:
    from ...metadata.changesets import Preview
    from ..job_queue import Job

Choices = Mapping[str, str]
"""Whose side holds, by the name of a node two changed, `kind:key#path`, or for all of a document, `kind:key`."""

Digests = Mapping[str, str]
"""What tells documents from what they may be by now, by `kind:key`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one drafted document. `clashes`: what both sides changed; None: nobody else changed it.

    `former` is the entity it was, where it got another key; that one's own outcome is to go, and says nothing.
    """

    draft: Draft
    document: Mapping[str, Any] | None
    clashes: tuple[Clash, ...] | None = None
    former: Draft | None = None
    is_former: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody must choose first."""
        return any(clash.choice is None for clash in self.clashes or ())

    @property
    def identities(self) -> list[Identity]:
        """The documents it is about."""
        return [self.draft.identity, *([self.former.identity] if self.former else [])]


def outcomes(work: Workspace, choices: Choices) -> list[Outcome]:
    """What becomes of each draft, over what is in force by now. Raises AccessDenied."""
    formers = drafts.former_entities(work.drafts)
    gone = {former.identity for former in formers.values()}
    found = []
    for identity, draft in work.drafts.items():
        work.require(draft.kind, draft.document or draft.base or {})
        if identity in gone:
            found.append(Outcome(draft, None, is_former=True))
        else:
            found.append(_outcome(work, draft, formers.get(identity), choices))
    return found


def _outcome(work: Workspace, draft: Draft, former: Draft | None, choices: Choices) -> Outcome:
    began = former or draft
    base, mine = began.base, draft.document
    present = work.ctx.catalog.documents.get(began.identity)
    if layers.same(_side(base), _side(present)) or layers.same(_side(mine), _side(present)):
        return Outcome(draft, mine, former=former)
    document = ":".join(draft.identity)

    def choose(path: str) -> str | None:
        return choices.get(f"{document}#{path}") or choices.get(document)

    merged = layers.merge(_side(base), _side(present), _side(mine), choose)
    value = None if merged.value is MISSING else merged.value
    return Outcome(draft, value, tuple(merged.clashes), former)


def _side(document: Mapping[str, Any] | None) -> Any:
    return MISSING if document is None else document


def edits(found: Iterable[Outcome]) -> list[Edit]:
    """The edits of the changeset."""
    return [
        Edit("delete", one.draft.kind, one.draft.key) if one.document is None else Edit.put(one.document)
        for one in found
        if not (one.document is None and one.draft.base is None)
    ]


def digests(work: Workspace, found: Iterable[Outcome]) -> dict[str, str]:
    """What is in force of the drafted documents."""
    documents = work.ctx.catalog.documents
    return {":".join(one.draft.identity): digest(documents.get(one.draft.identity)) for one in found}


def previewed(work: Workspace, choices: Choices) -> dict[str, Any]:
    """What publishing would do: {changes, conflicts, preview, base, long}; without a preview while somebody must
    choose. `base` is to be sent back with the wish to publish: it says what was looked at.
    """
    found = outcomes(work, choices)
    told: dict[str, Any] = {
        "changes": [in_words(work, one) for one in found if not one.is_former],
        "conflicts": [conflict_in_words(work, one) for one in found if one.clashes is not None],
        "base": digests(work, found),
        "preview": None,
        "long": False,
    }
    if found and not any(one.is_open for one in found):
        preview = changesets.preview(work.ctx.conn, edits(found))
        told["preview"] = _dumped(work, preview)
        told["long"] = _is_long(work, preview)
    return told


def _dumped(work: Workspace, preview: Preview) -> dict[str, Any]:
    lang = work.ctx.lang
    told = dump_preview(preview, lang)
    for place in told["places"]:
        place["label"] = titled(work, (place["kind"], place["key"]))
    for shown, effect in zip(told["effects"], preview.effects, strict=True):
        shown["message"] = _by_label(work, effect).describe(lang)
    # What else of the draft names it is told among the changes.
    told["uses"] = [each for each in told["uses"] if (each["kind"], each["key"]) not in work.drafts]
    told.pop("plan", None)
    return told


def _by_label(work: Workspace, effect: Any) -> Any:
    """The effect with its entity and field as they are called."""
    lang, catalogs = work.ctx.lang, (work.ctx.catalog, work.catalog)
    known = (each.entities.get(effect.entity) for each in catalogs if each is not None)
    entity = next((each for each in known if each is not None), None)
    if entity is None:
        return effect
    field = entity.find(effect.field or "")
    return replace(effect, entity=entity.text(lang), field=field.text(lang) if field else effect.field)


def _is_long(work: Workspace, preview: Preview) -> bool:
    site = work.ctx.site
    return site is not None and site.works and changing.is_long(work.ctx.conn, preview)


def publish(
    work: Workspace, choices: Choices, note: str, allow_destructive: bool, base: Digests | None = None
) -> Changeset | Job:
    """The changeset, applied, and the draft gone; of one that takes long the job that will do it.

    Raises what `changesets.apply` raises, and Conflict: where somebody must choose, where what was looked at, by
    its digests in `base`, is not in force any more, while an earlier publication of the reader's still runs.
    """
    ctx = work.ctx
    if publication.running(ctx.conn, ctx.actor.id):
        raise Conflict("design.busy")
    found = outcomes(work, choices)
    now = digests(work, found)
    if base is not None and any(now.get(name) != known for name, known in base.items()):
        raise Conflict("design.moved")
    if any(one.is_open for one in found):
        raise Conflict("conflict_schema", expected=ctx.catalog.version, found=ctx.catalog.version)
    wanted = edits(found)
    wishes = {"note": note, "allow_destructive": allow_destructive, "base": now}
    preview = changesets.preview(ctx.conn, wanted) if ctx.site is not None and ctx.site.works else None
    if preview is not None and _is_long(work, preview):
        changesets.refuse(preview, allow_destructive)
        return publication.begin(ctx, wanted, _drafts(found), wishes)
    database = ctx.own_transactions()
    applied = changesets.apply(database, wanted, ctx.actor.login, **wishes)
    with database.writing() as conn:
        publication.settle(conn, ctx.actor.id, _drafts(found))
    return applied


def _drafts(found: Sequence[Outcome]) -> dict[str, str]:
    """What was published of the reader's draft, and as of when."""
    return {":".join(one.draft.identity): one.draft.updated_at.isoformat() for one in found}
