"""Where documents live: rows of `fl_document` by layer, read as effective documents and as a Catalog.

Only changesets write here. A process keeps the newest Catalog per database and asks for the version row, one cheap
SELECT, to know whether it is still true.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from . import layers, renaming
from .catalog import Catalog, build
from .tables import document as document_table
from .tables import state as state_table

Document = dict[str, Any]
Identity = tuple[str, str]
"""(kind, key)."""

SITE = "site"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as one layer holds it; `document` None is the site's deletion, `base` what its edit began at."""

    kind: str
    key: str
    layer: str
    document: Document | None
    base: Document | None = None

    @property
    def identity(self) -> Identity:
        return (self.kind, self.key)

    @property
    def place(self) -> tuple[str, str, str]:
        """Kind, key and layer: what a row is found by."""
        return (self.kind, self.key, self.layer)


def package_layer(key: str) -> str:
    """The layer of a package's documents."""
    return f"package:{key}"


def current_version(conn: Connection, *, hold: bool = False) -> int:
    """The number of the newest changeset. With `hold` no changeset can finish until this transaction ends."""
    query = sa.select(state_table.c.version).where(state_table.c.name == "catalog")
    if hold:
        query = query.with_for_update(read=True)
    return int(conn.execute(query).scalar_one())


def read_rows(conn: Connection) -> list[Stored]:
    """All rows of all layers, in a stable order."""
    c = document_table.c
    query = sa.select(c.kind, c.key, c.layer, c.document, c.base).order_by(c.kind, c.key, c.layer)
    return [Stored(*row) for row in conn.execute(query)]


def effective(rows: Iterable[Stored]) -> dict[Identity, Document]:
    """What is in force, by (kind, key): as `merged`, but every former key is replaced by the present one."""
    result = merged(rows)
    now = renaming.resolved(result.values())
    return {identity: dict(document) for identity, document in zip(result, now, strict=True)}


def merged(rows: Iterable[Stored]) -> dict[Identity, Document]:
    """What is stored, by (kind, key): the site's documents over the packages', merged node by node."""
    shipped: dict[Identity, Document] = {}
    edited: dict[Identity, Stored] = {}
    for row in rows:
        if row.layer == SITE:
            edited[row.identity] = row
        elif row.document is not None:
            shipped[row.identity] = row.document
    result = {
        identity: document
        for identity in sorted({*shipped, *edited})
        if (document := _merged(shipped.get(identity), edited.get(identity))) is not None
    }
    return result


def _merged(shipped: Document | None, edit: Stored | None) -> Document | None:
    if edit is None:
        return shipped
    if shipped is None or edit.document is None or edit.base is None:
        return edit.document
    return dict(layers.merge(edit.base, shipped, edit.document).value)


def load(conn: Connection) -> list[Document]:
    """The effective documents, ordered by kind and key."""
    return list(effective(read_rows(conn)).values())


def load_catalog(conn: Connection) -> Catalog:
    """A Catalog built from what this transaction sees. Queries: 3, more while changesets are being committed."""
    while True:
        version = current_version(conn)
        documents = load(conn)
        # Statements of one PostgreSQL transaction may see different commits.
        if current_version(conn) == version:
            return build(documents, version)


class CatalogCache:
    """The newest Catalog a process has seen of one database; never the truth, always asked by version."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None

    def get(self, version: int, loader: Callable[[], Catalog]) -> Catalog:
        """The Catalog of `version`: the kept one, or what `loader` gives."""
        kept = self._catalog
        if kept is not None and kept.version == version:
            return kept
        with self._lock:
            kept = self._catalog
            if kept is not None and kept.version == version:
                return kept
            fresh = loader()
            self._keep(fresh)
            return fresh

    def put(self, catalog: Catalog) -> None:
        """Keep a Catalog that was just committed."""
        with self._lock:
            self._keep(catalog)

    def _keep(self, catalog: Catalog) -> None:
        if self._catalog is None or catalog.version > self._catalog.version:
            self._catalog = catalog


_caches: WeakKeyDictionary[Engine, CatalogCache] = WeakKeyDictionary()
_caches_lock = threading.Lock()


def cache_of(engine: Engine) -> CatalogCache:
    """The process-wide cache of one database."""
    with _caches_lock:
        return _caches.setdefault(engine, CatalogCache())


def catalog_for(conn: Connection, version: int | None = None) -> Catalog:
    """The Catalog this transaction should see. Queries: 1, or 0 when the caller read the version already."""
    if version is None:
        version = current_version(conn)
    return cache_of(conn.engine).get(version, lambda: load_catalog(conn))


def site_edit(document: Document, shipped: Mapping[str, Any] | None) -> Stored | None:
    """The site's row that makes `document` effective, or None where the packaged one already is that."""
    if shipped is not None and layers.same(document, shipped):
        return None
    return Stored(document["kind"], document["key"], SITE, document, None if shipped is None else dict(shipped))
