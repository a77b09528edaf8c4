"""A store in a bucket: Amazon S3 or what speaks like it. Needs the extra `s3`."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import IO, Any

import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from ..http.errors import Unavailable
from ..settings import Settings
from .store import CHUNK, Pieces

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=15)
"""How long a bucket that does not answer is asked again."""

# What the network or the bucket refuses comes as one of obstore's own errors, all of them of this family.
_TROUBLE = (obstore.exceptions.BaseError, OSError)
_REFUSED = (PermissionDeniedError, UnauthenticatedError, PermissionError)


def bucket_of(settings: Settings) -> ObjectStore:
    """The store at the address `s3://bucket/prefix` of the settings."""
    bucket, _, prefix = settings.files_address.removeprefix("s3://").partition("/")
    given = {
        "region": settings.files_region,
        "endpoint": settings.files_endpoint,
        "access_key_id": settings.files_key,
        "secret_access_key": settings.files_secret,
    }
    options: dict[str, Any] = {name: value for name, value in given.items() if value}
    client: dict[str, Any] = {"connect_timeout": "5s", "timeout": "60s"}
    if settings.files_endpoint.startswith("http://"):
        client["allow_http"] = True
    options |= {"client_options": client, "retry_config": {"max_retries": 2, "retry_timeout": PATIENCE}}
    return ObjectStore(S3Store(bucket, prefix=prefix or None, **options))


class ObjectStore:
    """Keeps contents as objects of an obstore store."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def write(self, key: str, source: IO[bytes]) -> None:
        """Keep all that follows in `source`, unless the key is there already."""
        if self.size(key) is not None:
            return
        try:
            obstore.put(self.store, key, source, mode="create", use_multipart=False)
        except AlreadyExistsError:
            pass  # somebody has just kept the same content
        except _TROUBLE as error:
            raise _trouble(error) from error

    def size(self, key: str) -> int | None:
        """How many bytes are kept; None when the key is not there."""
        try:
            return int(obstore.head(self.store, key)["size"])
        except (NotFoundError, FileNotFoundError):
            return None
        except _TROUBLE as error:
            raise _trouble(error) from error

    def read(self, key: str, start: int = 0, length: int | None = None) -> Pieces:
        """A part of what is kept, in pieces. Raises KeyError when the key is not there."""
        whole = self.size(key)
        if whole is None:
            raise KeyError(key)
        end = whole if length is None else min(whole, start + length)
        return self._pieces(key, start, end)

    def _pieces(self, key: str, start: int, end: int) -> Generator[bytes]:
        try:
            for place in range(start, end, CHUNK * 4):
                yield bytes(obstore.get_range(self.store, key, start=place, end=min(end, place + CHUNK * 4)))
        except _TROUBLE as error:
            raise _trouble(error) from error

    def delete(self, key: str) -> None:
        """Forget the key, if it is there."""
        try:
            obstore.delete(self.store, key)
        except (NotFoundError, FileNotFoundError):
            pass
        except _TROUBLE as error:
            raise _trouble(error) from error

    def keys(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """All keys of a folder, with when each was written."""
        try:
            for batch in obstore.list(self.store, prefix=folder):
                for one in batch:
                    yield one["path"], one["last_modified"]
        except _TROUBLE as error:
            raise _trouble(error) from error


def _trouble(error: Exception) -> Unavailable:
    """What a failing bucket means to who asked. Why it failed is for whoever runs the program: in the log."""
    # Of a listing the library does not tell why it failed, but in words.
    refused = isinstance(error, _REFUSED) or any(f"status code: {status} " in str(error) for status in (401, 403))
    log.warning("the bucket %s: %s", "refuses" if refused else "does not answer", str(error).partition("\n")[0])
    return Unavailable("storage_refused" if refused else "storage_unreachable")
