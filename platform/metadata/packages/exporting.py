"""The site's own documents as a package that another site can install: whole, checked, with what it requires."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from .. import checks, store
from ..checks.model import Model
from ..checks.references import references
from ..errors import Conflict, InvalidInput, MetadataError, NotFound
from ..store import Document, Identity, Stored
from ..wording import Label
from . import versions
from .installed import Installed, installed, package_of, shipped_by
from .sources import DEMO, MANIFEST

DEFAULT_KEY = "site"
DEFAULT_VERSION = "1.0.0"

_FIXED_TIME = (2000, 1, 1, 0, 0, 0)
"""Of every file in a zip, so that the same content is the same file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: the site's own documents, only some, or package `package` as the site has made it."""

    key: str = ""
    label: Label = ""
    version: str = ""
    only: tuple[Identity, ...] = ()
    package: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """A package ready to be written. `added` were not asked for, but what was asked for needs them."""

    key: str
    label: Label
    version: str
    documents: tuple[Document, ...]
    requires: tuple[str, ...] = ()
    added: tuple[Identity, ...] = ()
    samples: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """What a zip of it is called."""
        return f"{self.key}-{self.version}.zip"

    def files(self) -> dict[str, bytes]:
        """Its files by name."""
        manifest: dict[str, Any] = {"key": self.key, "label": self.label, "version": self.version, "format": 1}
        if self.requires:
            manifest["requires"] = list(self.requires)
        found = {MANIFEST: _as_json(manifest)}
        found |= {f"{d['kind']}/{d['key']}.json": _as_json(d) for d in self.documents}
        return {**found, **{f"{DEMO}/{name}": content for name, content in self.samples.items()}}

    def zipped(self) -> bytes:
        """Its files in a zip, below a folder called like the package."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.files().items()):
                member = zipfile.ZipInfo(f"{self.key}/{name}", _FIXED_TIME)
                member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(member, content)
        return file.getvalue()

    def write(self, out: Path) -> None:
        """Write a zip, or a folder that is new or empty. Raises Conflict (`package.folder_in_use`)."""
        if out.suffix.lower() == ".zip":
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(self.zipped())
            return
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise Conflict("package.folder_in_use", folder=str(out))
        for name, content in self.files().items():
            file = out / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def _as_json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def export(conn: Connection, wanted: Wanted) -> Exported:
    """The package, proven to hold together on a site that has only what it requires.

    Raises NotFound for what there is not, InvalidInput for a document that belongs to another package,
    MetadataError where documents name what neither the package nor those it requires bring along.
    """
    rows = store.read_rows(conn)
    present = installed(conn)
    if wanted.package and wanted.package not in present:
        raise NotFound("package.not_installed", name=wanted.package)
    every = store.effective(rows)
    owners = {i: str(package_of(row.layer)) for i, row in shipped_by(rows).items()}
    asked = _asked(every, owners, wanted)
    chosen = _closed(every, owners, asked, wanted.package)
    documents = [every[identity] for identity in sorted(chosen)]
    named = _named(every, documents) | set(chosen)
    needed = sorted({owners[i] for i in named if i in owners} - {wanted.package})
    _require_whole(rows if needed else (), documents, chosen)
    return Exported(
        **_described(wanted, present),
        documents=tuple(documents),
        requires=tuple(f"{key}>={present[key].version}" for key in needed),
        added=tuple(sorted(chosen - asked)),
    )


def _asked(every: Mapping[Identity, Document], owners: Mapping[Identity, str], wanted: Wanted) -> set[Identity]:
    """The documents asked for."""
    if wanted.only:
        for identity in wanted.only:
            if identity not in every:
                raise NotFound("package.no_such_document", document=":".join(identity))
            if owners.get(identity, wanted.package) not in ("", wanted.package):
                raise InvalidInput("package.belongs", document=":".join(identity), package=owners[identity])
        return set(wanted.only)
    found = {i for i in every if owners.get(i, "") == wanted.package}
    if not found:
        raise NotFound("package.nothing_to_export")
    return found


def _closed(
    every: Mapping[Identity, Document], owners: Mapping[Identity, str], asked: Collection[Identity], package: str
) -> set[Identity]:
    """The documents and all of the site's own that they name."""
    chosen = set(asked)
    fresh = chosen
    while fresh:
        named = _named(every, [every[identity] for identity in fresh])
        fresh = {i for i in named - chosen if i in every and owners.get(i, package) == package}
        chosen |= fresh
    return chosen


def _named(every: Mapping[Identity, Document], documents: Iterable[Document]) -> set[Identity]:
    """The documents that these name, the entities of their fields included."""
    entities = Model.read(every.values()).entities
    found: set[Identity] = set()
    for document in documents:
        for reference in references(document, entities):
            is_field = reference.kind == "field"
            found.add(("entity", reference.owner) if is_field else (reference.kind, reference.name))
    return found


def _require_whole(rows: Iterable[Stored], documents: Iterable[Document], chosen: Collection[Identity]) -> None:
    """Nothing, where the documents hold together with what packages in force ship. Raises MetadataError."""
    shipped = [
        row.document
        for row in shipped_by(rows).values()
        if row.document is not None and row.identity not in chosen
    ]
    findings = [f for f in checks.check([*shipped, *documents]) if f.document in chosen and f.severity == "error"]
    if findings:
        raise MetadataError("package.not_whole", findings=findings)


def _described(wanted: Wanted, present: Mapping[str, Installed]) -> dict[str, Any]:
    """Key, label and version. Raises InvalidInput."""
    base = present.get(wanted.package)
    key = wanted.key or (base.key if base else DEFAULT_KEY)
    version = wanted.version or (versions.next_version(base.version) if base else DEFAULT_VERSION)
    if not versions.is_key(key):
        raise InvalidInput("package.bad_key", key=key[:60])
    if not versions.is_version(version):
        raise InvalidInput("package.bad_version", version=version[:60])
    return {"key": key, "version": version, "label": wanted.label or (base.label if base else key)}
