"""Refused values as forms show them: one message beside each field."""

from __future__ import annotations

from ...metadata.errors import FormloomError


class Messages(dict[str, str]):
    """Messages by field key; a field nothing is said of has None."""

    def __missing__(self, key: str) -> None:
        return None


def messages_of(error: FormloomError | None, lang: str) -> Messages:
    """The message of each refused field."""
    return Messages({each.field: each.message(lang) for each in error.fields} if error else {})
