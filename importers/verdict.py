"""What became of each row, in words: the result column of reports, which a later import reads back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from formloom.metadata.errors import FieldError
from formloom.metadata.wording import LANGUAGES, say

DONE_MARK = "✓"


@dataclass
class Verdicts:
    """Results of an import by position of the data row; `created` and `updated` hold record ids.

    `written` tells what was done from what only would be.
    """

    total: int = 0
    written: bool = False
    created: dict[int, int] = field(default_factory=dict)
    updated: dict[int, int] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    refused: dict[int, list[FieldError]] = field(default_factory=dict)
    warnings: dict[int, list[FieldError]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many rows ended how, or would. `written`: how many of them are in the database by this import."""
        return {
            "total": self.total,
            "created": len(self.created),
            "updated": len(self.updated),
            "skipped": len(self.skipped),
            "refused": len(self.refused),
            "warnings": len(self.warnings),
            "written": len(self.created) + len(self.updated) if self.written else 0,
        }


def result_column(headers: Sequence[str]) -> int | None:
    """The position of the result column that a report of ours has added, in whatever language."""
    names = {say("import.result", language) for language in LANGUAGES}
    return next((n for n, header in enumerate(headers) if header in names), None)


def row_text(verdicts: Verdicts, position: int, labels: Mapping[str, str], lang: str) -> str:
    """One cell that says what became of a row. `labels` names the fields by key."""
    if position in verdicts.refused:
        return "\n".join(reason(error, labels, lang) for error in verdicts.refused[position])
    if position in verdicts.skipped:
        mark = DONE_MARK + " " if verdicts.skipped[position] == "done_before" else ""
        return mark + say(f"import.skipped.{verdicts.skipped[position]}", lang)
    if position in verdicts.updated:
        return _done("updated", verdicts, lang)
    return _done("created", verdicts, lang) if position in verdicts.created else ""


def _done(how: str, verdicts: Verdicts, lang: str) -> str:
    """Only what is in carries the mark by which a later import knows it."""
    return f"{DONE_MARK} {say(f'import.{how}', lang)}" if verdicts.written else say(f"import.would_be_{how}", lang)


def reason(error: FieldError, labels: Mapping[str, str], lang: str) -> str:
    """A refusal with the field's name before it."""
    name = labels.get(error.field, "")
    return f"{name}: {error.message(lang)}" if name else error.message(lang)
