"""The files of a package, from a folder or a zip, read with suspicion and never unpacked to where they say.

Only what a package is made of is read: `*.json`, and below `demo/` also `*.csv`. What is wrong is collected, not
raised, so that an author learns of everything at once.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .findings import PackageFinding

MANIFEST = "formloom.json"
DEMO = "demo"

MOST_FILES = 5_000
MOST_BYTES = 50_000_000
"""Of all files, unpacked."""
MOST_FILE_BYTES = 5_000_000
"""Of one file outside the samples."""
LONGEST_NAME = 240

_SKIPPED = frozenset({"__pycache__", "node_modules", "__MACOSX"})
_UNSAFE = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_BROKEN = (OSError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error, ValueError)


@dataclass(slots=True)
class Source:
    """The files of a package by their name, `/` between the parts, and what was wrong with them."""

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    findings: list[PackageFinding] = field(default_factory=list)
    folder: Path | None = None

    def refuse(self, code: str, file: str = "", **data: object) -> None:
        """Note something wrong."""
        self.findings.append(PackageFinding(code, file or self.name, data=dict(data)))

    @property
    def documents(self) -> dict[str, bytes]:
        """The files with documents, by name and in its order."""
        return {n: c for n, c in sorted(self.files.items()) if n != MANIFEST and not n.startswith(f"{DEMO}/")}

    @property
    def samples(self) -> dict[str, bytes]:
        """The files of the sample data, by their name below `demo/`."""
        return {n.partition("/")[2]: c for n, c in self.files.items() if n.startswith(f"{DEMO}/")}


def _is_part(name: str) -> bool:
    """Whether a file is one a package is made of."""
    return name.endswith(".json") or (name.startswith(f"{DEMO}/") and name.endswith(".csv"))


def _is_hidden(name: str) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in name.split("/"))


def of_folder(folder: Path) -> Source:
    """The files below a folder. Links are refused: they could lead anywhere."""
    source = Source(folder.name, folder=folder)
    if not folder.is_dir():
        source.refuse("no_folder")
        return source
    found = list(_walk(folder, source))
    sizes = {name: path.stat().st_size for name, path in found}
    if _are_sound(source, sizes):
        for name, path in found:
            try:
                source.files[name] = path.read_bytes()
            except OSError as error:
                source.refuse("unreadable", name, reason=error.strerror or "")
    return source


def _walk(folder: Path, source: Source) -> Iterator[tuple[str, Path]]:
    for base, folders, names in os.walk(folder):
        here = Path(base).relative_to(folder)
        shown = {name: (here / name).as_posix() for name in [*folders, *names]}
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in [*folders, *names]:
            if (folder / here / name).is_symlink() and not _is_hidden(name):
                source.refuse("link", shown[name])
        for name in sorted(names):
            path = folder / here / name
            if _is_part(shown[name]) and not _is_hidden(name) and not path.is_symlink():
                yield shown[name], path


def of_zip(file: Path | IO[bytes], name: str) -> Source:
    """The files of a zip, whose folder may be its only entry."""
    source = Source(name)
    try:
        with zipfile.ZipFile(file) as archive:
            _read_zip(archive, source)
    except _BROKEN:
        source.refuse("no_zip")
    return source


def _read_zip(archive: zipfile.ZipFile, source: Source) -> None:
    members = archive.infolist()
    if len(members) > MOST_FILES:
        source.refuse("too_many", most=MOST_FILES)
        return
    for member in members:
        _check_member(member, source)
    _check_names([member.filename.rstrip("/") for member in members], source)
    if source.findings:
        return
    start = _start_of([member.filename for member in members])
    files = {m.filename.removeprefix(start): m for m in members if m.filename.startswith(start) and not m.is_dir()}
    parts = {name: member for name, member in files.items() if _is_part(name) and not _is_hidden(name)}
    if not _are_sound(source, {name: member.file_size for name, member in parts.items()}):
        return
    for name, member in parts.items():
        try:
            source.files[name] = archive.read(member)
        except _BROKEN:
            source.refuse("broken", name)
    ignored = sorted(name for name in files if name not in parts and not _is_hidden(name))
    if ignored:
        source.refuse("ignored", ignored[0], count=len(ignored))


def _check_member(member: zipfile.ZipInfo, source: Source) -> None:
    # The name as it stands in the archive: the module has already mended some of what is wrong with it.
    name = member.orig_filename
    parts = name.rstrip("/").split("/")
    if _UNSAFE.search(name) or any(part in ("", ".", "..") for part in parts) or len(name) > LONGEST_NAME:
        source.refuse("unsafe_name", repr(name[:LONGEST_NAME])[1:-1])
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        source.refuse("link", name[:LONGEST_NAME])
    if member.flag_bits & 0x1:
        source.refuse("encrypted", name[:LONGEST_NAME])


def _check_names(names: list[str], source: Source) -> None:
    """No name twice, not even on a disk that minds no capitals."""
    counts = Counter(name.casefold() for name in names)
    for name in sorted({name for name in names if counts[name.casefold()] > 1}):
        source.refuse("name_twice", name[:LONGEST_NAME])


def _start_of(names: list[str]) -> str:
    """The folder in which the manifest stands: the top, or the only one that has one."""
    if MANIFEST in names:
        return ""
    starts = {
        name.removesuffix(MANIFEST) for name in names if name.endswith(f"/{MANIFEST}") and name.count("/") == 1
    }
    return starts.pop() if len(starts) == 1 else ""


def _are_sound(source: Source, sizes: dict[str, int]) -> bool:
    """Whether the files may be read: neither too many nor too large."""
    if len(sizes) > MOST_FILES:
        source.refuse("too_many", most=MOST_FILES)
    if sum(sizes.values()) > MOST_BYTES:
        source.refuse("too_large", most=MOST_BYTES // 1_000_000)
    for name, size in sizes.items():
        if size > MOST_FILE_BYTES and not name.startswith(f"{DEMO}/"):
            source.refuse("file_too_large", name, most=MOST_FILE_BYTES // 1_000_000)
    return not any(finding.code in ("too_many", "too_large", "file_too_large") for finding in source.findings)
