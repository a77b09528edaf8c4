"""Where contents are kept: a Store, and the one in a folder of the data directory.

Contents are addressed by their hash, so that one key always means the same bytes: nothing is ever overwritten, and
equal files are kept once. Derived pictures stand beside them under keys of their own.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from ..http.errors import of_disk

CHUNK = 1 << 18
CONTENTS, PICTURES = "files", "thumbnails"
"""Where in a store contents and derived pictures are."""


class Pieces(Protocol):
    """Bytes as they are asked for. Whoever does not take them all closes them."""

    def __iter__(self) -> Iterator[bytes]: ...

    def __next__(self) -> bytes: ...

    def close(self) -> None: ...


class Store(Protocol):
    """Keeps bytes under keys like `files/ab/cd/<sha256>`. Methods raise Unavailable when they cannot work now."""

    def write(self, key: str, source: IO[bytes]) -> None:
        """Keep all that follows in `source`, unless the key is there already."""

    def size(self, key: str) -> int | None:
        """How many bytes are kept; None when the key is not there."""

    def read(self, key: str, start: int = 0, length: int | None = None) -> Pieces:
        """A part of what is kept, in pieces. Raises KeyError when the key is not there."""

    def delete(self, key: str) -> None:
        """Forget the key, if it is there."""

    def keys(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """All keys of a folder, with when each was written."""


def key_of(sha256: str) -> str:
    """The key of a content."""
    return f"{CONTENTS}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def picture_key(sha256: str, size: str) -> str:
    """The key of a picture made of a content."""
    return f"{PICTURES}/{sha256[:2]}/{sha256[2:4]}/{sha256}.{size}.webp"


def hash_of(source: IO[bytes]) -> tuple[str, int]:
    """(SHA-256, size) of all that is in `source`, which is left at its beginning."""
    source.seek(0)
    digest, size = hashlib.sha256(), 0
    while block := source.read(CHUNK):
        digest.update(block)
        size += len(block)
    source.seek(0)
    return digest.hexdigest(), size


class LocalStore:
    """Keeps contents as files below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder.joinpath(*key.split("/"))

    def write(self, key: str, source: IO[bytes]) -> None:
        """Keep all that follows in `source`, unless the key is there already: whole or not at all."""
        path = self._path(key)
        if path.exists():
            return
        fresh = path.with_name(f".{path.name[:40]}.{os.getpid()}.{secrets.token_hex(6)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_through(fresh, source)
            _name(fresh, path)
            _sync_folder(path.parent)
        except FileExistsError:
            pass  # somebody has just kept the same content
        except OSError as error:
            raise of_disk(error) from error
        finally:
            fresh.unlink(missing_ok=True)

    def size(self, key: str) -> int | None:
        """How many bytes are kept; None when the key is not there."""
        try:
            return self._path(key).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise of_disk(error) from error

    def read(self, key: str, start: int = 0, length: int | None = None) -> Pieces:
        """A part of what is kept, in pieces; opened at once, read as it is asked for. Raises KeyError."""
        try:
            file = self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError):
            raise KeyError(key) from None
        except OSError as error:
            raise of_disk(error) from error
        return _Part(file, start, length)

    def delete(self, key: str) -> None:
        """Forget the key, if it is there."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise of_disk(error) from error

    def keys(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """All keys of a folder, with when each was written; left-overs of interrupted writes among them."""
        start = self.folder / folder
        for path in start.rglob("*") if start.is_dir() else ():
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if path.is_file():
                yield path.relative_to(self.folder).as_posix(), datetime.fromtimestamp(written, UTC)


def _write_through(path: Path, source: IO[bytes]) -> None:
    with path.open("xb") as target:
        shutil.copyfileobj(source, target, CHUNK)
        target.flush()
        os.fsync(target.fileno())


def _name(fresh: Path, path: Path) -> None:
    """Give a whole file its name, which no other file gets. Raises FileExistsError."""
    try:
        os.link(fresh, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        os.rename(fresh, path)  # a disk without links; whatever else has the name is the same content


def _sync_folder(folder: Path) -> None:
    """Make a new name survive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Part:
    """A part of a file, in pieces. Whoever does not read it to its end closes it."""

    def __init__(self, file: IO[bytes], start: int, length: int | None) -> None:
        self.file, self.left = file, length
        file.seek(start)

    def __iter__(self) -> _Part:
        return self

    def __next__(self) -> bytes:
        block = self.file.read(CHUNK if self.left is None else min(CHUNK, self.left))
        if not block:
            self.close()
            raise StopIteration
        if self.left is not None:
            self.left -= len(block)
        return block

    def close(self) -> None:
        """Give the file back."""
        self.file.close()
