"""What is wrong with a package, found before anything is touched: file, path in it, words and a hint."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import wording
from ..checks import Finding
from ..wording import say

wording.register(Path(wording.__file__).parent / "wording" / "packages")

WARNINGS = frozenset({"ignored", "older", "grants_everyone", "administrator"})
"""Codes of findings that are worth knowing and stop nothing."""


@dataclass(frozen=True, slots=True)
class PackageFinding:
    """Something wrong (`error`) or notable (`warning`) in a file of a package. `path` is a JSON pointer into it.

    `check` is the finding about the document in it, where that is what is wrong.
    """

    code: str
    file: str
    path: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    check: Finding | None = None

    @classmethod
    def of(cls, finding: Finding, file: str, path: str = "") -> PackageFinding:
        """A finding about the document that begins at `path` of a file."""
        return cls(finding.id, file, path + finding.path, check=finding)

    @property
    def severity(self) -> str:
        """`error` keeps the package out, `warning` does not."""
        if self.check is not None:
            return self.check.severity
        return "warning" if self.code in WARNINGS else "error"

    def message(self, lang: str) -> str:
        """What is wrong."""
        return self.check.message(lang) if self.check else say(f"package.{self.code}", lang, **self._data)

    def hint(self, lang: str) -> str:
        """What to do about it."""
        return self.check.hint(lang) if self.check else say(f"package.{self.code}.hint", lang, **self._data)

    @property
    def _data(self) -> dict[str, Any]:
        return {"file": self.file, **self.data}

    def line(self, lang: str) -> str:
        """The finding on one line, for a terminal."""
        return f"{self.file}{':' if self.path else ''}{self.path} {self.message(lang)} {self.hint(lang)}"

    def dump(self, lang: str) -> dict[str, Any]:
        """The finding as JSON, worded."""
        return {
            "id": self.check.id if self.check else f"package.{self.code}",
            "severity": self.severity,
            "file": self.file,
            "kind": self.check.document[0] if self.check else "",
            "key": self.check.document[1] if self.check else "",
            "path": self.path,
            "message": self.message(lang),
            "hint": self.hint(lang),
        }
