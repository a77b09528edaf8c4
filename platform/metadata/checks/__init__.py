"""Checks of documents: everything a schema cannot say. All findings are reported, not the first.

Three rounds: each document by itself, then the documents among each other, and, when those agree so far, what
conditions and formulas mean. A document that fails the first round takes no part in the others, and nothing that
names it is called dangling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from . import access, dangling, entities, layouts, meaning, rules
from .finding import Finding, Identity, Place, without_repeats
from .ids import MEANING
from .model import Model
from .shape import MOST_ENTITIES, validate
from .usage import places, touched_fields

__all__ = ["MEANING", "Finding", "Place", "check", "places", "touched_fields", "validate"]


def check(documents: Iterable[Mapping[str, Any]], changed: Collection[Identity] | None = None) -> list[Finding]:
    """All findings in documents that should hold together, errors first.

    With `changed`, only those are checked by themselves; the others were when they came.
    """
    every = list(documents)
    findings: list[Finding] = []
    valid = []
    for document in every:
        found = [] if _is_known(document, changed) else validate(document)
        findings += found
        if not found:
            valid.append(document)
    findings += _repeated(valid)
    model = Model.read(valid, {finding.document for finding in findings})
    findings += entities.check(model, changed)
    for part in (dangling, layouts, access, rules):
        findings += part.check(model)
    if not any(finding.severity == "error" for finding in findings):
        findings += meaning.check(model)
    return sorted(without_repeats(findings), key=lambda f: (f.severity, f.document, f.path, f.id))


def _is_known(document: Any, changed: Collection[Identity] | None) -> bool:
    """Whether the document was already checked by itself."""
    identity = (document.get("kind"), document.get("key")) if isinstance(document, Mapping) else ()
    named = len(identity) == 2 and all(isinstance(part, str) for part in identity)
    return changed is not None and named and identity not in changed


def _repeated(documents: Iterable[Mapping[str, Any]]) -> list[Finding]:
    counts = Counter((document["kind"], document["key"]) for document in documents)
    found = [Finding("M110", identity) for identity, count in counts.items() if count > 1]
    if sum(kind == "entity" for kind, _ in counts) > MOST_ENTITIES:
        found.append(Finding("M111", ("entity", ""), "", {"most": MOST_ENTITIES}))
    return found
