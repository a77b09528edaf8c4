"""What is in force with somebody's draft over it: documents, what is wrong with them, the Catalog they make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from ...metadata import checks, renaming
from ...metadata.catalog import Catalog, build
from ...metadata.errors import AccessDenied, NotFound
from ...rbac.access import Access
from ..records.kept import Kept
from . import drafts
from .drafts import Draft, Identity
from .starting import starting

if TYPE_CHECKING:
    from ..context import Context

Document = Mapping[str, Any]

KEPT = 8
OWN_KINDS = ("form", "list", "detail", "rule")
"""Kinds that belong to one entity: who may design the entity may design them."""

_tried: Kept[tuple[Catalog | None, tuple[checks.Finding, ...]]] = Kept(KEPT)


@dataclass(frozen=True)
class Workspace:
    """The draft of the reader of `ctx`, over the Catalog of `ctx`."""

    ctx: Context
    drafts: Mapping[Identity, Draft]

    @classmethod
    def of(cls, ctx: Context) -> Workspace:
        """The reader's. Queries: 1."""
        return cls(ctx, drafts.read(ctx.conn, ctx.actor.id))

    @cached_property
    def written(self) -> Mapping[Identity, Document]:
        """All documents as they are written, by kind and key: some may name former keys."""
        found: dict[Identity, Document] = dict(self.ctx.catalog.documents)
        for identity, draft in self.drafts.items():
            if draft.document is not None:
                found[identity] = draft.document
            else:
                found.pop(identity, None)
        return found

    @cached_property
    def documents(self) -> Mapping[Identity, Document]:
        """All documents as they would be, by kind and key: what names a former key says the present one."""
        drafted = (draft.document for draft in self.drafts.values() if draft.document is not None)
        if not any(draft.kind == "entity" for draft in self.drafts.values()) or any(map(checks.validate, drafted)):
            return self.written
        now = renaming.resolved(self.written.values())
        return dict(zip(self.written, now, strict=True))

    @cached_property
    def _outcome(self) -> tuple[Catalog | None, tuple[checks.Finding, ...]]:
        if not self.drafts:
            return self.ctx.catalog, ()
        given = [(*identity, draft.document) for identity, draft in sorted(self.drafts.items())]
        digest = hashlib.sha256(orjson.dumps(given)).digest()
        known = _tried.get(self.ctx.catalog, digest)
        if known is None:
            known = self._tried()
            _tried.put(self.ctx.catalog, digest, known)
        return known

    def _tried(self) -> tuple[Catalog | None, tuple[checks.Finding, ...]]:
        every = list(self.documents.values())
        findings = tuple(checks.check(every, set(self.drafts)))
        wrong = any(finding.severity == "error" for finding in findings)
        return (None if wrong else build(every, self.ctx.catalog.version)), findings

    @property
    def findings(self) -> tuple[checks.Finding, ...]:
        """What is wrong or odd."""
        return self._outcome[1]

    @property
    def catalog(self) -> Catalog | None:
        """The Catalog it would make; None while something is wrong."""
        return self._outcome[0]

    def seen(self, lang: str) -> Context | None:
        """The context of the reader once this is published, for showing only: its tables may not exist yet."""
        if self.catalog is None:
            return None
        if self.catalog is self.ctx.catalog:
            return replace(self.ctx, lang=lang)
        return replace(
            self.ctx, catalog=self.catalog, access=Access.tried(self.catalog, self.ctx.actor), lang=lang
        )

    def document(self, kind: str, key: str) -> Document:
        """A document as it would be; one that was never made as it would start. Raises NotFound."""
        found = self.documents.get((kind, key)) or starting(self.documents, kind, key)
        if found is None:
            raise NotFound()
        return found

    def of_kind(self, kind: str, entity: str | None = None) -> Iterator[Document]:
        """The documents of a kind, of one entity or of all, in their order."""
        found = [
            document
            for (other, _), document in self.documents.items()
            if other == kind and entity in (None, document.get("entity"))
        ]
        yield from sorted(found, key=lambda document: (document.get("position", 0), document["key"]))

    def may(self, kind: str, document: Document) -> bool:
        """Whether the reader may design a document."""
        return may_design(self.ctx, kind, document)

    def require(self, kind: str, document: Document) -> None:
        """Nothing, where he may. Raises AccessDenied."""
        if not self.may(kind, document):
            raise AccessDenied(operation="design")


def may_design(ctx: Context, kind: str, document: Document) -> bool:
    """Administrators shape everything; who holds `design` on an entity shapes that one and its screens."""
    if ctx.access.administrator:
        return True
    entity = document.get("key") if kind == "entity" else document.get("entity") if kind in OWN_KINDS else None
    # What does not exist yet nobody was given to design.
    return isinstance(entity, str) and entity in ctx.catalog.entities and ctx.access.may(entity, "design")


def designed_entities(ctx: Context) -> frozenset[str]:
    """The entities the reader may shape. Empty for members."""
    keys = ctx.catalog.entities
    return frozenset(key for key in keys if ctx.access.administrator or ctx.access.may(key, "design"))


def require_designer(ctx: Context) -> None:
    """Nothing, where there is something the reader may shape. Raises AccessDenied."""
    if not ctx.access.administrator and not designed_entities(ctx):
        raise AccessDenied()
