"""Packages, proposals, differences and removals in words: what screens show and the API answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...metadata import packages
from ...metadata.changesets import Preview
from ...metadata.effects import Effect
from ...metadata.nodes import MISSING, ORDER
from ...metadata.nodewords import kind_in_words, path_in_words, value_in_words
from ...metadata.packages import Customised, Dispute, Inspection, Package, Proposal, Removal
from ...metadata.store import Identity
from ...metadata.wording import text_of
from ..context import Context

Shape = dict[str, Any]

SIDES = ("base", "theirs", "ours")


def overview(ctx: Context) -> list[Shape]:
    """All packages, those in force first, with how much of each the site changed. Queries: 2."""
    present, marks, found = packages.installed(ctx.conn), packages.marks(ctx.conn), packages.find()
    shapes = []
    for key in sorted({*found, *present}, key=lambda key: (key not in present, key)):
        known, other = present.get(key), found.get(key)
        own = [mark for mark in marks.values() if mark.package == key]
        offered = (
            other
            if known is None or (other and packages.rank(other.version) > packages.rank(known.version))
            else None
        )
        label = known.label if known else other.label if other else key
        shapes.append(
            {
                "key": key,
                "label": text_of(label, ctx.lang, key),
                "description": text_of(other.description, ctx.lang) if other and other.description else "",
                "installed": known is not None,
                "version": known.version if known else "",
                "installed_at": known.installed_at.isoformat() if known else None,
                "since": known.installed_at if known else None,
                "documents": len(own),
                "customised": sum(mark.customised and not mark.deleted for mark in own),
                "deleted": sum(mark.customised and mark.deleted for mark in own),
                "offered": offered.version if offered else "",
            }
        )
    return shapes


def document(ctx: Context, identity: Identity, found: Any = None) -> Shape:
    """What a document is called."""
    kind, key = identity
    known = found or ctx.catalog.documents.get(identity) or {}
    return {
        "kind": kind,
        "key": key,
        "kind_label": kind_in_words(kind, ctx.lang),
        "label": text_of(known.get("label") if hasattr(known, "get") else None, ctx.lang, key),
    }


def customised(ctx: Context, found: Iterable[Customised]) -> list[Shape]:
    """Documents the site changed, node by node."""
    return [
        {
            **document(ctx, each.identity, each.document or each.shipped),
            "deleted": each.deleted,
            "differences": [
                {
                    "path": node.path,
                    "place": path_in_words(
                        node.path, ctx.lang, each.document, each.shipped, names=field_names(ctx, each.shipped)
                    ),
                    "before": _value(ctx, each, node.path, node.before),
                    "after": _value(ctx, each, node.path, node.after),
                }
                for node in each.differences
            ],
        }
        for each in found
    ]


def _value(ctx: Context, each: Customised, path: str, value: Any) -> list[str]:
    """What a node says; an order of fields by what they are called."""
    if path.endswith(f"/{ORDER}") and isinstance(value, list):
        names = field_names(ctx, {"entity": each.key} if each.kind == "entity" else each.shipped)
        value = [names.get(name, name) for name in value]
    return value_in_words(value, ctx.lang)


def field_names(ctx: Context, *documents: Mapping[str, Any]) -> dict[str, str]:
    """What the fields are called that a layout of an entity names by their keys."""
    found = (ctx.catalog.entities.get(str(each.get("entity"))) for each in documents)
    entity = next((each for each in found if each is not None), None)
    return {} if entity is None else {key: f.text(ctx.lang) for key, f in entity.all_fields.items()}


def dispute(ctx: Context, each: Dispute) -> Shape:
    """A conflict with the three values in words."""
    sides = {side: getattr(each, side) for side in SIDES}
    whole = next(
        (value for value in (sides["ours"], sides["theirs"]) if not each.path and value is not MISSING), None
    )
    return {
        **each.dump(),
        "document": document(ctx, (each.kind, each.key), whole),
        "place": path_in_words(each.path, ctx.lang, each.ours, each.theirs),
        "words": {side: value_in_words(value, ctx.lang) for side, value in sides.items()},
        "absent": {side: value is MISSING for side, value in sides.items()},
    }


def disputes(ctx: Context, package: Package, found: Sequence[Dispute]) -> list[Shape]:
    """Conflicts in words; paths are followed through the documents they are in."""
    theirs = {(d["kind"], d["key"]): d for d in package.documents}
    shapes = []
    for each in found:
        identity = (each.kind, each.key)
        shape = dispute(ctx, each)
        if each.path:
            trees = [t for t in (ctx.catalog.documents.get(identity), theirs.get(identity)) if t is not None]
            names = field_names(ctx, *trees)
            shape["place"] = path_in_words(each.path, ctx.lang, *trees, names=names)
        shapes.append(shape)
    return shapes


def inspection(ctx: Context, found: Inspection) -> Shape:
    """A package on offer, as far as it could be read."""
    package = found.package
    return {
        "key": package.key if package else "",
        "label": text_of(package.label, ctx.lang, package.key) if package else "",
        "description": text_of(package.description, ctx.lang) if package and package.description else "",
        "version": package.version if package else "",
        "documents": len(package.documents) if package else 0,
        "samples": bool(package and (package.samples or package.demo)),
        "sound": found.sound,
        "findings": [finding.dump(ctx.lang) for finding in found.findings],
    }


def proposal(ctx: Context, found: Proposal) -> Shape:
    """What putting a package in force would mean."""
    new = {(d["kind"], d["key"]): d for d in found.package.documents}
    return {
        "key": found.package.key,
        "label": text_of(found.package.label, ctx.lang, found.package.key),
        "version": found.package.version,
        "installed_version": found.present.version if found.present else None,
        "catalog_version": found.version,
        "nothing": found.nothing,
        "refused": found.refused,
        "findings": [finding.dump(ctx.lang) for finding in found.findings],
        "changes": {n: [document(ctx, i, new.get(i)) for i in ids] for n, ids in found.changes.items()},
        "merged": [document(ctx, identity) for identity in found.merged.merged],
        "taken": [document(ctx, identity) for identity in found.merged.taken],
        "conflicts": disputes(ctx, found.package, found.merged.disputes),
        "undecided": len(found.merged.open),
        **effects(ctx, found.preview),
    }


def removal(ctx: Context, found: Removal) -> Shape:
    """What taking a package out of force would mean."""
    return {
        "key": found.package.key,
        "label": text_of(found.package.label, ctx.lang, found.package.key),
        "version": found.package.version,
        "customised": len(found.customised),
        "dependents": [document(ctx, identity) for identity in found.dependents],
        "restored": [document(ctx, identity) for identity in found.restored],
        "kept": [document(ctx, identity) for identity in found.kept],
        "blocking": [finding.dump(ctx.lang) for finding in found.blocking],
        "refused": bool(found.blocking) or found.preview.refused,
        "rows": found.rows,
        **effects(ctx, found.preview),
    }


def effects(ctx: Context, preview: Preview | None) -> Shape:
    """What a changeset would do, in words, and whether that takes values out of sight."""
    if preview is None:
        return {"effects": [], "destructive": False}
    told = [{"level": each.level, "message": _named(ctx, each).describe(ctx.lang)} for each in preview.effects]
    return {"effects": told, "destructive": preview.destructive}


def _named(ctx: Context, effect: Effect) -> Effect:
    """The effect with entity and field by their labels, where they are in force."""
    entity = ctx.catalog.entities.get(effect.entity)
    if entity is None:
        return effect
    known = entity.all_fields.get(effect.field or "")
    return replace(effect, entity=entity.text(ctx.lang), field=known.text(ctx.lang) if known else effect.field)
