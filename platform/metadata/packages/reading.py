"""Packages: what their files say, found by name, by path, or in a zip.

A package has `formloom.json` ({key, label, version, requires?, formloom?}) and JSON files beside and below it,
each one document or a list of documents. `demo/` holds sample data. Others publish theirs under the entry point
group `formloom.packages`; the value names a module whose folder is the package; it is never imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from jsonschema import Draft202012Validator

from ..checks import Finding
from ..checks.shape import KINDS, validate
from ..documents import loads
from ..errors import InvalidInput, MetadataError, NotFound
from ..wording import Label
from . import versions
from .findings import PackageFinding
from .sources import DEMO, MANIFEST, Source, of_folder, of_zip

GROUP = "formloom.packages"
FORMAT = 1
"""What a package is written in; a newer one needs a newer Formloom."""

Identity = tuple[str, str]
Document = Mapping[str, Any]

_LABEL = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": 200},
        {
            "type": "object",
            "properties": {lang: {"type": "string", "minLength": 1, "maxLength": 2000} for lang in ("zh", "en")},
            "minProperties": 1,
            "additionalProperties": False,
        },
    ]
}
_MANIFEST_SCHEMA = {
    "type": "object",
    "properties": {
        "key": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"},
        "label": _LABEL,
        "description": _LABEL,
        "version": {"type": "string", "pattern": versions.PATTERN, "maxLength": 40},
        "requires": {
            "type": "array",
            "items": {"type": "string", "pattern": versions.REQUIREMENT},
            "maxItems": 50,
        },
        "formloom": {"type": "string", "pattern": versions.PATTERN, "maxLength": 40},
        "format": {"type": "integer"},
    },
    "required": ["key", "label", "version"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Package:
    """A package as its files say. `files` names the file of each document."""

    key: str
    label: Label
    version: str
    folder: Path | None = None
    requires: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    description: Label = ""
    files: Mapping[Identity, tuple[str, str]] = field(default_factory=dict)
    """Where each document stands: its file, and its path there."""
    samples: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def demo(self) -> Path | None:
        """The folder of sample data, if the package is a folder and has one."""
        return self.folder / DEMO if self.folder is not None and (self.folder / DEMO).is_dir() else None

    @contextmanager
    def unpacked_samples(self) -> Iterator[Path]:
        """A folder with the sample data; also where the package came in a zip. Raises NotFound."""
        if self.demo is not None:
            yield self.demo
            return
        if not self.samples:
            raise NotFound("package.no_demo", name=self.key)
        with TemporaryDirectory() as folder:
            root = Path(folder) / self.key / DEMO
            for name, content in self.samples.items():
                file = root / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            yield root


@dataclass(frozen=True, slots=True)
class Inspection:
    """A package and everything that is wrong with it; no package where it cannot even be named."""

    package: Package | None
    findings: tuple[PackageFinding, ...]

    @property
    def sound(self) -> bool:
        """Whether there is a package without errors."""
        return self.package is not None and not any(each.severity == "error" for each in self.findings)

    def require(self) -> Package:
        """The package. Raises MetadataError with all findings."""
        if self.package is None or not self.sound:
            raise MetadataError("package.invalid", findings=self.findings, count=len(self.findings))
        return self.package


def inspect(source: Source) -> Inspection:
    """What the files of a source say, and what is wrong with them. Never raises for their content."""
    findings = list(source.findings)
    manifest = _read_manifest(source, findings)
    documents, files = _read_documents(source, findings)
    if manifest is None:
        return Inspection(None, tuple(findings))
    package = Package(
        key=manifest["key"],
        label=manifest["label"],
        version=manifest["version"],
        folder=source.folder,
        requires=tuple(manifest.get("requires", ())),
        documents=tuple(documents),
        description=manifest.get("description", ""),
        files=files,
        samples=source.samples,
    )
    return Inspection(package, tuple(findings))


def _read_manifest(source: Source, findings: list[PackageFinding]) -> dict[str, Any] | None:
    content = source.files.get(MANIFEST)
    if content is None:
        # Where the files could not be read at all, that is what is wrong.
        if not source.findings:
            findings.append(PackageFinding("no_manifest", source.name))
        return None
    manifest = _loads(content, MANIFEST, findings)
    if manifest is None:
        return None
    errors = list(Draft202012Validator(_MANIFEST_SCHEMA).iter_errors(manifest))
    for error in errors:
        path = "".join(f"/{part}" for part in error.absolute_path)
        findings.append(PackageFinding("bad_manifest", MANIFEST, path, {"reason": error.message[:200]}))
    if errors:
        return None
    if manifest.get("format", FORMAT) != FORMAT:
        findings.append(PackageFinding("newer_format", MANIFEST, "/format", {"format": manifest["format"]}))
    least, ours = manifest.get("formloom"), _own_version()
    if least and ours and versions.rank(ours) < versions.rank(least):
        findings.append(PackageFinding("newer_formloom", MANIFEST, "/formloom", {"least": least, "ours": ours}))
    return dict(manifest)


def _own_version() -> str | None:
    try:
        return version("formloom")
    except PackageNotFoundError:
        return None


def _loads(content: bytes, file: str, findings: list[PackageFinding]) -> Any:
    try:
        return loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        findings.append(PackageFinding("not_utf8", file, data={"position": error.start}))
    except InvalidInput as error:
        findings.append(PackageFinding("unreadable", file, data={"reason": str(error.data.get("reason"))}))
    return None


def _read_documents(
    source: Source, findings: list[PackageFinding]
) -> tuple[list[Document], dict[Identity, tuple[str, str]]]:
    documents: list[Document] = []
    files: dict[Identity, tuple[str, str]] = {}
    for file, content in source.documents.items():
        loaded = _loads(content, file, findings)
        if loaded is None:
            continue
        for path, document in _each(loaded):
            found = _check_document(document, file, path, files)
            findings += found
            if not found:
                documents.append(document)
    return documents, files


def _each(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, list):
        yield from ((f"/{position}", document) for position, document in enumerate(content))
    else:
        yield "", content


def _check_document(
    document: Any, file: str, path: str, files: dict[Identity, tuple[str, str]]
) -> list[PackageFinding]:
    """What is wrong with a document by itself; notes where it stands."""
    if not isinstance(document, dict):
        return [PackageFinding("no_document", file, path)]
    kind = document.get("kind")
    if isinstance(kind, str) and kind not in KINDS:
        return [PackageFinding("unknown_kind", file, f"{path}/kind", {"kind": kind[:60]})]
    wrong: list[Finding] = validate(document)
    identity = (str(kind), str(document.get("key")))
    found = [PackageFinding.of(finding, file, path) for finding in wrong]
    if not found and identity in files:
        found = [
            PackageFinding("twice", file, path, {"document": "/".join(identity), "other": files[identity][0]})
        ]
    files.setdefault(identity, (file, path))
    return found


# --- where packages are -----------------------------------------------------------------------------------------


def find() -> dict[str, Package]:
    """All sound packages that installed distributions announce, by key."""
    found: dict[str, Package] = {}
    for point in entry_points(group=GROUP):
        folder = _folder_of(point.value)
        package = inspect(of_folder(folder)).package if folder is not None else None
        if package is not None:
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
    """The package of that key, or in that folder or zip. Raises NotFound, MetadataError with all findings."""
    path = Path(name)
    if name.lower().endswith(".zip"):
        return read_zip(path)
    if os.sep in name or (path / MANIFEST).is_file():
        return read(path)
    package = find().get(name)
    if package is None:
        raise NotFound("package.unknown", name=name)
    # Read again, so that what is wrong is said.
    return read(package.folder) if package.folder is not None else package


def read(folder: Path) -> Package:
    """The package in a folder. Raises MetadataError with all findings."""
    return inspect(of_folder(folder.resolve())).require()


def read_zip(file: Path | IO[bytes], name: str = "") -> Package:
    """The package in a zip. Raises MetadataError with all findings."""
    return inspect(of_zip(file, name or getattr(file, "name", "") or str(file))).require()


def read_documents(folder: Path) -> list[Document]:
    """All documents below a folder, unchecked, but the manifest's and the samples'. Raises MetadataError."""
    source = of_folder(folder.resolve())
    findings = list(source.findings)
    loaded = [(file, _loads(content, file, findings)) for file, content in source.documents.items()]
    found = [each for _, content in loaded if content is not None for _, each in _each(content)]
    findings += [PackageFinding("no_document", folder.name) for each in found if not isinstance(each, dict)]
    if findings:
        raise MetadataError("package.invalid", findings=findings, count=len(findings))
    return found


def read_file(path: Path) -> list[Document]:
    """The documents of one file, unchecked: one, or a list. Raises MetadataError."""
    findings: list[PackageFinding] = []
    found: list[Document] = []
    try:
        content = _loads(path.read_bytes(), path.name, findings)
    except OSError as error:
        findings.append(PackageFinding("unreadable", path.name, data={"reason": error.strerror or ""}))
        content = None
    for place, document in _each(content) if content is not None else ():
        if isinstance(document, dict):
            found.append(document)
        else:
            findings.append(PackageFinding("no_document", path.name, place))
    if findings:
        raise MetadataError("package.invalid", findings=findings, count=len(findings))
    return found
