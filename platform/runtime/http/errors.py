"""Errors of the HTTP layer itself; the family and its rendering rules are in `metadata.errors`."""

from __future__ import annotations

import errno
from collections.abc import Collection, Mapping
from typing import Any

from ...metadata.errors import FormloomError
from ...metadata.wording import say


class BadRequest(FormloomError):
    """The request cannot be read. `reason` is a key below `http.`, worded for the reader."""

    code, status = "bad_request", 400

    def __init__(self, reason: str, *, code: str | None = None, status: int | None = None, **data: Any) -> None:
        super().__init__(code, status=status, **data)
        self.reason = reason

    def message(self, lang: str) -> str:
        """The sentence for the user."""
        return say(f"http.{self.reason}", lang, **self.data)


class UnknownParameter(BadRequest):
    """A query parameter that this address does not know; never ignored."""

    def __init__(self, name: str) -> None:
        super().__init__("unknown_param", code="unknown_param", status=422, name=name[:80])


class UnknownMember(BadRequest):
    """A member of the JSON body that this address does not know; never ignored."""

    def __init__(self, name: str) -> None:
        super().__init__("unknown_member", code="unknown_field", status=422, name=name[:80])

    @classmethod
    def require(cls, body: Mapping[str, Any], known: Collection[str]) -> None:
        """Raises UnknownMember for a member that is not among `known`."""
        for name in body:
            if name not in known:
                raise cls(name)


class TooLarge(BadRequest):
    """The body is longer than allowed."""

    def __init__(self, limit: int) -> None:
        super().__init__("too_large", code="too_large", status=413, limit=limit)


class UnsupportedType(BadRequest):
    """The body's Content-Type or Content-Encoding is not one this address reads."""

    def __init__(self, kind: str) -> None:
        super().__init__("unsupported_type", code="unsupported_type", status=415, kind=kind[:80])


class ForgedRequest(BadRequest):
    """A state-changing browser request that cannot be shown to come from our own pages."""

    def __init__(self) -> None:
        super().__init__("csrf", code="csrf", status=403)


class PasswordTooOld(BadRequest):
    """Somebody else has set the password; it must be changed before anything else."""

    def __init__(self) -> None:
        super().__init__("password", code="password_change_required", status=403)


class Unavailable(FormloomError):
    """The database, or the disk, cannot answer now; trying again later may help."""

    code, status = "busy", 503


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


def of_disk(error: OSError) -> Unavailable:
    """What a failing disk means to who asked."""
    if error.errno in _FULL:
        return Unavailable("storage_full", status=507)
    return Unavailable("read_only" if error.errno in _CLOSED else "busy")
