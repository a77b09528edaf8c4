"""What conditions, formulas and roll-ups mean, once everything they name exists."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import Finding
from .model import Model

Findings = Iterator[Finding]


def check(model: Model) -> Findings:
    """Findings in conditions and formulas."""
    yield from ()
