"""Errors of accounts and the organisation."""

from __future__ import annotations

from ..metadata.errors import FieldError, FormloomError, InvalidInput


class RateLimited(FormloomError):
    """Too many failed attempts; `seconds` is when to try again."""

    code, status = "rate_limited", 429

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.seconds = seconds


class ReauthenticationRequired(FormloomError):
    """The change needs the current password, and it was missing or wrong."""

    code, status = "reauth_required", 403


def refused(field: str, code: str, **data: object) -> InvalidInput:
    """The error for one refused value."""
    return InvalidInput(fields=[FieldError(field, code, data)])
