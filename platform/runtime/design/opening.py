"""What a designer opens with: the documents it works on, the tabs beside it, what the program offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...metadata.errors import NotFound
from ...metadata.wording import text_of, texts
from . import describe, grants, publication
from .boards import period_choices, title_words
from .drafts import Draft, former_entities
from .preview import DRAWN, GRANTS, OF_ENTITY, RULES, designed
from .saying import titled
from .workspace import OWN_KINDS, Workspace, designed_entities

if TYPE_CHECKING:
    from ..context import Context

TABS = ("entity", "form", RULES, "list", "detail", GRANTS)
"""What of an entity is designed, in the order of work."""

ALONE = ("menu", "dashboard", "option_set")
"""Kinds that belong to no entity."""


def opened(work: Workspace, kind: str, key: str) -> dict[str, Any]:
    """Everything the browser needs to design a document. Raises NotFound, AccessDenied."""
    if kind not in DRAWN:
        raise NotFound()
    entity = entity_of(work, kind, key)
    designed(work, kind, key)
    lang = work.ctx.lang
    return {
        "kind": kind,
        "key": key,
        "entity": entity,
        "lang": lang,
        "words": describe.design_words(lang),
        "documents": dict(_documents(work, kind, key, entity)),
        "published": _published(work, kind, key, entity),
        "starting": [] if kind in OF_ENTITY or (kind, key) in work.documents else [f"{kind}:{key}"],
        "drafts": drafted(work),
        "publications": publication.told(work.ctx),
        "since": max((draft.updated_at.isoformat() for draft in work.drafts.values()), default=""),
        "types": describe.describe_types(lang),
        "functions": describe.describe_functions(lang),
        "entities": entities(work),
        "icons": describe.icon_names(),
        "roles": titles(work, "role"),
        "dashboards": titles(work, "dashboard"),
        "lists": [[d["key"], text_of(d["label"], lang), d["entity"]] for d in work.of_kind("list")],
        "option_sets": titles(work, "option_set"),
        "administrator": work.ctx.access.administrator,
        **(_of_boards(work) if kind == "dashboard" else _of_grants(work) if kind == GRANTS else {}),
    }


def _of_boards(work: Workspace) -> dict[str, Any]:
    """What only the designer of dashboards asks for."""
    return {**title_words(work.catalog or work.ctx.catalog), "periods": period_choices(work.ctx.lang)}


def _of_grants(work: Workspace) -> dict[str, Any]:
    """What only the designer of permission groups asks for; `said` are scopes, operations and levels in words."""
    said = {key[len("grants.") :]: text for key, text in texts(work.ctx.lang).items() if key.startswith("grants.")}
    return {**grants.choosable(work), "said": said}


def entity_of(work: Workspace, kind: str, key: str) -> str | None:
    """The entity a document belongs to. Raises NotFound."""
    if kind in ("entity", *OF_ENTITY):
        return str(work.document("entity", key)["key"])
    document = work.document(kind, key)
    found = document.get("entity") if kind in OWN_KINDS else None
    return str(found) if found else None


def titles(work: Workspace, kind: str) -> list[list[str]]:
    """(key, label) of every document of a kind."""
    return [[d["key"], text_of(d["label"], work.ctx.lang, d["key"])] for d in work.of_kind(kind)]


def _documents(work: Workspace, kind: str, key: str, entity: str | None) -> Iterator[tuple[str, Any]]:
    """The documents worked on here, as `kind:key`: the designed one, and all that belongs to its entity."""
    if kind not in OF_ENTITY:
        yield f"{kind}:{key}", work.document(kind, key)
    if kind == "dashboard":
        # Whoever makes a board says whether it stands in the menu.
        for menu in work.of_kind("menu"):
            yield f"menu:{menu['key']}", menu
    if entity is None:
        return
    whole = work.document("entity", entity)
    yield f"entity:{entity}", whole
    for other, document in _belonging(work, entity, whole):
        yield f"{other}:{document['key']}", document
    if kind == GRANTS:
        for grant in work.of_kind("grant", entity):
            yield f"grant:{grant['key']}", grant


def _belonging(work: Workspace, entity: str, whole: Any) -> Iterator[tuple[str, Any]]:
    for kind in OWN_KINDS:
        for document in work.of_kind(kind, entity):
            yield kind, document
    named = {field.get("options") for field in whole["fields"] if isinstance(field.get("options"), str)}
    for document in work.of_kind("option_set"):
        if document["key"] in named:
            yield "option_set", document
    for document in work.of_kind("entity"):
        if document.get("parent") == entity:
            yield "entity", document


def _published(work: Workspace, kind: str, key: str, entity: str | None) -> dict[str, Any]:
    """What the drafts began from, and what is in force of documents that follow a new key of the draft; of all
    others the documents themselves are in force.
    """
    found = {name: work.ctx.catalog.documents.get(_identity(name)) for name in followed(work, kind, key, entity)}
    return found | {":".join(identity): draft.base for identity, draft in work.drafts.items()}


def _identity(name: str) -> tuple[str, str]:
    kind, _, key = name.partition(":")
    return kind, key


def followed(work: Workspace, kind: str, key: str, entity: str | None) -> dict[str, Any]:
    """The documents worked on here that name former keys, with the present ones in their place."""
    written = {name: work.written.get(_identity(name)) for name, _ in _documents(work, kind, key, entity)}
    return {
        name: document
        for name, document in _documents(work, kind, key, entity)
        if written[name] is not None and document is not written[name]
    }


def drafted(work: Workspace) -> list[dict[str, Any]]:
    """The drafts in words: {id, label, what}. An entity that got another key is one of them, not two."""
    formers = former_entities(work.drafts)
    gone = {former.identity for former in formers.values()}
    return [
        {
            "id": ":".join(identity),
            "label": titled(work, identity),
            "what": _what(draft, identity in formers),
        }
        for identity, draft in work.drafts.items()
        if identity not in gone
    ]


def _what(draft: Draft, is_renamed: bool) -> str:
    if draft.document is None:
        return "removed"
    return "new" if draft.base is None and not is_renamed else "changed"


def entities(work: Workspace) -> list[dict[str, Any]]:
    """The entities that may be named, of the draft where it can be read."""
    catalog = work.catalog or work.ctx.catalog
    mine = work.ctx.access
    known = [key for key in catalog.entities if mine.administrator or mine.may(key, "view")]
    return describe.describe_entities(catalog, work.ctx.lang, known)


def tabs(work: Workspace, kind: str, entity: str) -> list[dict[str, Any]]:
    """The designers of an entity: {kind, href, current}."""
    return [
        {"kind": tab, "href": f"/admin/design/{tab}/{_first(work, tab, entity)}", "current": tab == kind}
        for tab in TABS
        if tab != GRANTS or _is_granted(work, entity)
    ]


def _is_granted(work: Workspace, entity: str) -> bool:
    """Whether rights to the entity are the reader's to give. Lines have those of the record they belong to."""
    return work.ctx.access.administrator and "parent" not in work.document("entity", entity)


def _first(work: Workspace, kind: str, entity: str) -> str:
    if kind in ("entity", *OF_ENTITY):
        return entity
    found = next(iter(work.of_kind(kind, entity)), None)
    return str(found["key"]) if found else f"{entity}.{'all' if kind == 'list' else kind}"


def place_of(ctx: Context, path: str, chosen: str) -> str:
    """The designer of the screen at `path`; `chosen` is the saved list it shows. Raises NotFound."""
    work = Workspace.of(ctx)
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["d"] and len(parts) > 1 and parts[1] in ctx.catalog.dashboards:
        return f"/admin/design/dashboard/{parts[1]}"
    if not parts:
        boards = [r.home for key in ctx.actor.roles if (r := ctx.catalog.roles.get(key)) and r.home]
        return f"/admin/design/dashboard/{boards[0]}" if boards else "/admin/design"
    if parts[0] != "e" or len(parts) < 2 or parts[1] not in designed_entities(ctx):
        return "/admin/design"
    entity, rest = parts[1], parts[2:]
    kind = "list" if not rest else "form" if rest[-1] in ("new", "edit") else "detail"
    layouts = ctx.catalog.lists_of[entity]
    if kind == "list" and layouts:
        known = {layout.key for layout in layouts}
        return f"/admin/design/list/{chosen if chosen in known else layouts[0].key}"
    return f"/admin/design/{kind}/{_first(work, kind, entity)}"
