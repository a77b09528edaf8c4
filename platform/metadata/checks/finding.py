"""What a check reports: an id that never changes its meaning, a place, words and a hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..errors import FieldError, FormloomError
from ..wording import say
from .ids import WARNINGS

Identity = tuple[str, str]
"""(kind, key) of a document."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong (`error`) or odd (`warning`) in a document. `path` is a JSON pointer into it."""

    id: str
    document: Identity
    path: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """`error` stops a changeset, `warning` does not."""
        return "warning" if self.id in WARNINGS else "error"

    def message(self, lang: str) -> str:
        """What is wrong."""
        return say(f"check.{self.id}", lang, **self._worded(lang))

    def hint(self, lang: str) -> str:
        """What to do about it."""
        return say(f"check.{self.id}.hint", lang, **self._worded(lang))

    def _worded(self, lang: str) -> dict[str, Any]:
        """The data, with errors among it as sentences."""
        return {
            name: value.message(lang) if isinstance(value, FormloomError | FieldError) else value
            for name, value in self.data.items()
        }

    def line(self, lang: str) -> str:
        """The finding on one line, for a terminal."""
        return f"{self.id} {'/'.join(self.document)} {self.path}: {self.message(lang)} {self.hint(lang)}"

    def dump(self, lang: str) -> dict[str, Any]:
        """The finding as JSON, worded."""
        kind, key = self.document
        return {
            "id": self.id,
            "severity": self.severity,
            "kind": kind,
            "key": key,
            "path": self.path,
            "message": self.message(lang),
            "hint": self.hint(lang),
        }


def without_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in their order, each once."""
    return list({(f.id, f.document, f.path, str(f.data)): f for f in findings}.values())


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a document that names a field, an entity or another document."""

    document: Identity
    path: str
    target: str

    def dump(self) -> dict[str, Any]:
        """The place as JSON."""
        kind, key = self.document
        return {"kind": kind, "key": key, "path": self.path, "target": self.target}
