"""Every error of the product: one family, stable codes, raised with data and worded once.

`FormloomError` carries a code, an HTTP status and data; the sentence is looked up in the wording files under
`error.<code>` when it is shown, so that each reader gets it in his own language. Field errors carry the field's
key and a code of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from .wording import say


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused field: its key, a stable code (`required`, `too_long`, …) and the data of its sentence."""

    field: str
    code: str
    data: dict[str, Any] = attribute(default_factory=dict)

    def message(self, lang: str) -> str:
        """The sentence for the user, without the field's name."""
        return say(f"field.{self.code}", lang, **self.data)


class ValueRefused(ValueError):
    """Raised by a field type's `parse`: the value is not one of this field. Code and data as in FieldError."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.data = data

    def at(self, key: str) -> FieldError:
        """The same refusal, at the field `key`."""
        return FieldError(key, self.code, self.data)


class FormloomError(Exception):
    """Base of all errors shown to users. `code` is stable; `status` is the HTTP status it maps to."""

    code = "error"
    status = 400

    def __init__(
        self,
        code: str | None = None,
        *,
        status: int | None = None,
        fields: Sequence[FieldError] = (),
        **data: Any,
    ) -> None:
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.fields = tuple(fields)
        self.data = data
        super().__init__(self.code)

    def message(self, lang: str) -> str:
        """The sentence for the user."""
        return say(f"error.{self.code}", lang, **self.data)

    def __str__(self) -> str:
        parts = [self.message("en"), *(f"{e.field}: {e.message('en')}" for e in self.fields)]
        return " | ".join(parts)


class InvalidInput(FormloomError):
    """Values were refused; `fields` says which and why."""

    code, status = "validation_failed", 422


class UnknownField(InvalidInput):
    """A field that does not exist or that the reader may not see: both answer exactly the same."""

    code = "unknown_field"

    def __init__(self, name: str) -> None:
        super().__init__(name=name[:80])


class BadFilter(InvalidInput):
    """A Condition that means nothing; never dropped."""

    code = "bad_filter"


class FormulaError(InvalidInput):
    """A formula that cannot be read or compiled."""

    code = "formula_error"


class MetadataError(FormloomError):
    """Documents that contradict each other or themselves; `findings` lists all of them."""

    code, status = "metadata.invalid", 422

    def __init__(self, code: str | None = None, *, findings: Sequence[Any] = (), **data: Any) -> None:
        self.findings = tuple(findings)
        self.members: dict[str, Any] = {}
        super().__init__(code, **data)


class PlanError(FormloomError):
    """A schema change that may not run as asked."""

    code, status = "plan.refused", 409


class NotFound(FormloomError):
    """Absent, or out of the reader's scope: both answer exactly the same."""

    code, status = "not_found", 404


class AccessDenied(FormloomError):
    """The operation is not granted on something the actor may know of."""

    code, status = "op_denied", 403


class Unauthenticated(FormloomError):
    """Nobody is signed in, or the token is not valid."""

    code, status = "unauthenticated", 401


class Conflict(FormloomError):
    """Somebody else was faster, or a unique value is taken."""

    code, status = "conflict", 409


class SetupError(FormloomError):
    """The program cannot start as configured; one clear sentence for the operator."""

    code, status = "setup", 500
