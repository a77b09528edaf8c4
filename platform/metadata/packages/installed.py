"""The packages in force and whose each document is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .. import layers, store
from ..errors import NotFound
from ..nodes import Difference, differences
from ..store import SITE, Document, Identity, Stored
from ..tables import document as document_table
from ..tables import package as package_table
from ..wording import Label

_LAYER = "package:"


@dataclass(frozen=True, slots=True)
class Installed:
    """A package in force."""

    key: str
    label: Label
    version: str
    changeset: int
    installed_at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose a document is: the site's own (`package` None) or a package's, and what the site did to it."""

    package: str | None
    customised: bool = False
    deleted: bool = False

    def dump(self) -> dict[str, Any]:
        """The mark as JSON."""
        layer = store.package_layer(self.package) if self.package else SITE
        return {"layer": layer, "customised": self.customised, "deleted": self.deleted}


@dataclass(frozen=True, slots=True)
class Customised:
    """A packaged document the site changed or deleted, and the nodes in which it differs from the shipped one."""

    kind: str
    key: str
    package: str
    shipped: Document
    document: Document | None
    differences: tuple[Difference, ...] = ()

    @property
    def identity(self) -> Identity:
        return (self.kind, self.key)

    @property
    def deleted(self) -> bool:
        """Whether the site took the document out of force."""
        return self.document is None


def installed(conn: Connection) -> dict[str, Installed]:
    """The packages in force, by key."""
    c = package_table.c
    rows = conn.execute(sa.select(c.key, c.label, c.version, c.changeset, c.installed_at).order_by(c.key))
    return {row.key: Installed(*row) for row in rows}


def find_package(conn: Connection, key: str) -> Installed:
    """The package in force called `key`. Raises NotFound."""
    found = installed(conn).get(key)
    if found is None:
        raise NotFound("package.not_installed", name=key)
    return found


def customised_by_site(conn: Connection, key: str | None = None) -> list[Customised]:
    """The documents of a package, or of all, that the site changed."""
    return customised(store.read_rows(conn), key)


def package_of(layer: str) -> str | None:
    """The key of the package whose layer this is, None for the site's."""
    return layer.removeprefix(_LAYER) if layer.startswith(_LAYER) else None


def marks(conn: Connection) -> dict[Identity, Mark]:
    """Whose each document is, those the site deleted included. Queries: 1; no document is read."""
    c = document_table.c
    is_deleted = c.document.is_(None)
    rows = conn.execute(sa.select(c.kind, c.key, c.layer, is_deleted).order_by(c.kind, c.key))
    found: dict[Identity, Mark] = {}
    site: dict[Identity, bool] = {}
    for kind, key, layer, deleted in rows:
        package = package_of(layer)
        if package is None:
            site[kind, key] = bool(deleted)
        else:
            found[kind, key] = Mark(package)
    for identity, deleted in site.items():
        package = found[identity].package if identity in found else None
        found[identity] = Mark(package, customised=package is not None, deleted=deleted)
    return found


def shipped_by(rows: Iterable[Stored], key: str | None = None) -> dict[Identity, Stored]:
    """What packages ship, or one of them, by kind and key."""
    layer = store.package_layer(key) if key else None
    return {
        row.identity: row
        for row in rows
        if row.layer != SITE and row.document is not None and layer in (None, row.layer)
    }


def customised(rows: Sequence[Stored], key: str | None = None) -> list[Customised]:
    """The packaged documents the site changed, with what it changed, in the order of kinds and keys."""
    shipped = shipped_by(rows, key)
    found = []
    for row in rows:
        packaged = shipped.get(row.identity)
        if row.layer == SITE and packaged is not None and packaged.document is not None:
            document = in_force(packaged.document, row)
            nodes = () if document is None else tuple(differences(packaged.document, document))
            found.append(
                Customised(*row.identity, str(package_of(packaged.layer)), packaged.document, document, nodes)
            )
    return found


def in_force(shipped: Document, edit: Stored | None) -> Document | None:
    """A packaged document with the site's edit laid over it; None where the site deleted it."""
    if edit is None or edit.document is None:
        return shipped if edit is None else None
    if edit.base is None:
        return edit.document
    return dict(layers.merge(edit.base, shipped, edit.document).value)


def own_documents(rows: Iterable[Stored]) -> dict[Identity, Document]:
    """The documents no package ships."""
    every = list(rows)
    shipped = shipped_by(every)
    return {
        row.identity: row.document
        for row in every
        if row.layer == SITE and row.document is not None and row.identity not in shipped
    }
