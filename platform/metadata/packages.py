"""Packages: folders of documents that can be installed, found by name or by path.

A package is a folder with `formloom.json` ({key, label, version, requires?}) and JSON files below it, each one
document or a list of documents. `demo/` holds sample data and is not read here. Others publish theirs under the
entry point group `formloom.packages`; the value names a module whose folder is the package; it is never imported.
Installing is a changeset on the package's own layer; what the site edited stays on the site's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from jsonschema import Draft202012Validator
from sqlalchemy.engine import Connection

from . import changesets, store
from .changesets import Changeset, PackageChange
from .database import Database
from .documents import loads
from .drafts import Edit
from .errors import Conflict, InvalidInput, NotFound
from .shadows import purge
from .tables import package as package_table
from .wording import Label

GROUP = "formloom.packages"
MANIFEST = "formloom.json"
DEMO = "demo"

MOST_FILES = 5_000
MOST_BYTES = 50_000_000

_LABEL = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "object", "minProperties": 1}]}
_MANIFEST_SCHEMA = {
    "type": "object",
    "properties": {
        "key": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"},
        "label": _LABEL,
        "description": _LABEL,
        "version": {"type": "string", "pattern": r"^\d+(\.\d+){0,3}[a-z0-9.+-]*$"},
        "requires": {"type": "array", "items": {"type": "string"}, "maxItems": 50},
        "format": {"const": 1},
    },
    "required": ["key", "label", "version"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Package:
    """A package as its folder says; `documents` are not checked yet."""

    key: str
    label: Label
    version: str
    folder: Path
    requires: tuple[str, ...] = ()
    documents: tuple[Mapping[str, Any], ...] = ()

    @property
    def demo(self) -> Path | None:
        """The folder of sample data, if there is one."""
        return self.folder / DEMO if (self.folder / DEMO).is_dir() else None


@dataclass(frozen=True, slots=True)
class Installed:
    """A package in force."""

    key: str
    label: Label
    version: str
    changeset: int
    installed_at: datetime


def find() -> dict[str, Package]:
    """All packages that installed distributions announce, by key."""
    found: dict[str, Package] = {}
    for point in entry_points(group=GROUP):
        folder = _folder_of(point.value)
        if folder is not None:
            package = read(folder)
            found[package.key] = package
    return found


def _folder_of(module: str) -> Path | None:
    """The folder of a module, looked up without running it."""
    try:
        spec = find_spec(module)
    except ImportError:
        return None
    locations = list(spec.submodule_search_locations or ()) if spec else []
    return next((Path(location) for location in locations if (Path(location) / MANIFEST).is_file()), None)


def locate(name: str) -> Package:
    """The package of that key, or in that folder. Raises NotFound, InvalidInput."""
    if os.sep in name or (Path(name) / MANIFEST).is_file():
        return read(Path(name))
    package = find().get(name)
    if package is None:
        raise NotFound("package.unknown", name=name)
    return package


def read(folder: Path) -> Package:
    """The package in a folder. Raises InvalidInput for a folder that is none, for links, for too much."""
    folder = folder.resolve()
    if not (folder / MANIFEST).is_file():
        raise InvalidInput("package.no_manifest", folder=str(folder))
    manifest = _load(folder / MANIFEST, folder)
    problem = next(iter(Draft202012Validator(_MANIFEST_SCHEMA).iter_errors(manifest)), None)
    if problem is not None:
        raise InvalidInput("package.bad_manifest", reason=problem.message[:200])
    return Package(
        key=manifest["key"],
        label=manifest["label"],
        version=manifest["version"],
        folder=folder,
        requires=tuple(manifest.get("requires", ())),
        documents=tuple(read_documents(folder)),
    )


def read_documents(folder: Path) -> list[Mapping[str, Any]]:
    """All documents of the JSON files below a folder, but the manifest's and the samples'."""
    paths = sorted(_files(folder))
    if len(paths) > MOST_FILES or sum(path.stat().st_size for path in paths) > MOST_BYTES:
        raise InvalidInput("package.too_large", files=MOST_FILES, bytes=MOST_BYTES)
    return [document for path in paths for document in read_file(path, folder)]


def read_file(path: Path, folder: Path | None = None) -> list[Mapping[str, Any]]:
    """The documents of one file: one, or a list. Raises InvalidInput."""
    content = _load(path, folder or path.parent)
    every = content if isinstance(content, list) else [content]
    if not all(isinstance(document, dict) for document in every):
        raise InvalidInput("package.no_document", file=path.name)
    return every


def _files(folder: Path) -> Iterator[Path]:
    """JSON files below the folder. Links are refused: they could lead anywhere."""
    for base, folders, names in os.walk(folder):
        here = Path(base)
        skipped = {DEMO, "__pycache__", "node_modules"} if here == folder else {"__pycache__"}
        folders[:] = sorted(name for name in folders if name not in skipped and not name.startswith("."))
        for name in [*folders, *names]:
            if (here / name).is_symlink():
                raise InvalidInput("package.link", file=str((here / name).relative_to(folder)))
        yield from (here / n for n in names if n.endswith(".json") and (here != folder or n != MANIFEST))


def _load(path: Path, folder: Path) -> Any:
    shown = str(path.relative_to(folder))
    if path.is_symlink():
        raise InvalidInput("package.link", file=shown)
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("package.unreadable", file=shown, reason=str(error)[:200]) from None
    except InvalidInput as error:
        raise InvalidInput("package.unreadable", file=shown, reason=str(error.data.get("reason"))) from None


def installed(conn: Connection) -> dict[str, Installed]:
    """The packages in force, by key."""
    c = package_table.c
    rows = conn.execute(sa.select(c.key, c.label, c.version, c.changeset, c.installed_at).order_by(c.key))
    return {row.key: Installed(*row) for row in rows}


def install(database: Database, package: Package, actor: str, note: str = "") -> Changeset:
    """The changeset that puts the package in force; nothing happens when exactly this is in force already.

    A package that is installed in another version is replaced on its layer, and the site's edits are merged in.
    Raises MetadataError, PlanError, Conflict (`package.requires`).
    """
    with database.reading() as conn:
        present = installed(conn)
        old = [row for row in store.read_rows(conn) if row.layer == store.package_layer(package.key)]
        _refuse_foreign(conn, package)
    missing = [name for name in package.requires if name not in present]
    if missing:
        raise Conflict("package.requires", name=package.key, missing=", ".join(missing))
    kept = {(document.get("kind"), document.get("key")) for document in package.documents}
    edits = [Edit.put(document) for document in package.documents]
    edits += [Edit("delete", row.kind, row.key) for row in old if row.identity not in kept]
    before, after = _row(present.get(package.key)), {"label": package.label, "version": package.version}
    changed = [PackageChange(package.key, before, after)] if before != after else []
    layer = store.package_layer(package.key)
    return changesets.apply(
        database, edits, actor, note or f"install {package.key} {package.version}", layer=layer, packages=changed
    )


def _row(package: Installed | None) -> dict[str, Any] | None:
    return None if package is None else {"label": package.label, "version": package.version}


def _refuse_foreign(conn: Connection, package: Package) -> None:
    """Two packages, or a package and the site, must not both define a document."""
    wanted = {(document.get("kind"), document.get("key")) for document in package.documents}
    layer = store.package_layer(package.key)
    rows = store.read_rows(conn)
    own = {row.identity for row in rows if row.layer == layer}
    taken = sorted({row.identity for row in rows if row.layer != layer and row.identity in wanted - own})
    if taken:
        raise Conflict("package.taken", documents=", ".join("/".join(identity) for identity in taken[:20]))


def uninstall(database: Database, key: str, actor: str, *, drop_data: bool = False) -> Changeset:
    """The changeset that takes a package out of force, its site edits included.

    The rows of its entities are kept as shadows, so that reverting brings them back; `drop_data` purges them.
    Raises NotFound, MetadataError when documents of the site still name the package's, PlanError.
    """
    layer = store.package_layer(key)
    with database.reading() as conn:
        package = installed(conn).get(key)
        if package is None:
            raise NotFound("package.not_installed", name=key)
        rows = store.read_rows(conn)
    shipped = {row.identity for row in rows if row.layer == layer}
    edits = [Edit("delete", *identity) for identity in sorted(shipped)]
    edits += [Edit("reset", *identity, layer=store.SITE) for identity in sorted(shipped)]
    applied = changesets.apply(
        database,
        edits,
        actor,
        f"uninstall {key}",
        layer=layer,
        allow_destructive=True,
        packages=[PackageChange(key, _row(package), None)],
    )
    if drop_data:
        purge(database, applied.number)
    return applied
