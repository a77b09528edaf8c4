"""Contents in a backup: packed after the database was copied, listed with their sizes, checked by their names.

Whatever the copy refers to is still in the store then: nothing is swept within a day of being given up.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.doctor import Problem
from .store import CHUNK, Store, key_of
from .tables import files

LIST = "files.json"
_HASH = re.compile(r"[0-9a-f]{64}")


def referred(conn: Connection) -> dict[str, int]:
    """Sizes of the contents that are wanted, by hash. Queries: 1."""
    chosen = sa.select(files.c.sha256, files.c.size).where(files.c.swept_at.is_(None)).distinct()
    return {row.sha256: row.size for row in conn.execute(chosen.order_by(files.c.sha256))}


def pack(archive: zipfile.ZipFile, store: Store, wanted: Mapping[str, int]) -> tuple[str, list[str]]:
    """(hash of the list, hashes that the store has lost). Contents are packed as they are."""
    packed: dict[str, int] = {}
    for sha256, size in wanted.items():
        try:
            pieces = store.read(key_of(sha256))
        except KeyError:
            continue
        with closing(pieces), archive.open(_member(sha256), "w", force_zip64=True) as target:
            for piece in pieces:
                target.write(piece)
        packed[sha256] = size
    listed = json.dumps(packed, sort_keys=True).encode()
    archive.writestr(LIST, listed)
    return hashlib.sha256(listed).hexdigest(), sorted(wanted.keys() - packed.keys())


def _member(sha256: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(key_of(sha256))
    member.compress_type = zipfile.ZIP_STORED
    return member


def listed_in(archive: zipfile.ZipFile, sha256: str) -> dict[str, int]:
    """Sizes of the packed contents by hash, from the list that must hash so. Raises ValueError, KeyError."""
    raw = archive.read(LIST)
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise ValueError(LIST)
    found = json.loads(raw)
    if not all(_HASH.fullmatch(each) for each in found):
        raise ValueError(LIST)
    return dict(found)


def spoiled(archive: zipfile.ZipFile, listed: Mapping[str, int]) -> Iterator[str]:
    """Hashes of the contents that are not what their names say."""
    for sha256, size in listed.items():
        digest, length = hashlib.sha256(), 0
        with archive.open(key_of(sha256)) as source:
            while block := source.read(CHUNK):
                digest.update(block)
                length += len(block)
        if (digest.hexdigest(), length) != (sha256, size):
            yield sha256


def unpack(archive: zipfile.ZipFile, listed: Mapping[str, int], store: Store, folder: Path) -> None:
    """Put the contents into the store that it does not have. `folder` is for passing them through."""
    passing = folder / "content"
    for sha256 in listed:
        if store.size(key_of(sha256)) is not None:
            continue
        # A store may want to go back to the beginning, which a packed file cannot.
        with archive.open(key_of(sha256)) as source, passing.open("wb") as target:
            while block := source.read(CHUNK):
                target.write(block)
        with passing.open("rb") as whole:
            store.write(key_of(sha256), whole)


def absent(wanted: Mapping[str, int], listed: Mapping[str, int]) -> list[Problem]:
    """A problem for each content that rows refer to and that is not there, or not of its size."""
    return [
        Problem("file_missing", {"sha256": sha256})
        for sha256, size in wanted.items()
        if listed.get(sha256) != size
    ]


def lost(conn: Connection, store: Store) -> list[Problem]:
    """A problem for each content that rows refer to and the store has not. Queries: 1."""
    wanted = referred(conn)
    held = {sha256: size for sha256 in wanted if (size := store.size(key_of(sha256))) is not None}
    return absent(wanted, held)
