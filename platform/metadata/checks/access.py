"""Checks of roles and grants. A rule that cannot mean what it says must not become one that allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .finding import Finding
from .model import Document, Model
from .references import scopes

Findings = Iterator[Finding]


def check(model: Model) -> Findings:
    """Findings in roles and grants."""
    yield from _role_circles(model)
    for key, document in model.of_kind("grant").items():
        yield from _grant(model, document, ("grant", key))


def _role_circles(model: Model) -> Findings:
    roles = model.of_kind("role")
    includes = {key: tuple(role.get("includes", ())) for key, role in roles.items()}
    for key in roles:
        if key in _reachable(includes, key):
            yield Finding("M401", ("role", key), "/includes", {"role": key})


def _reachable(includes: Mapping[str, tuple[str, ...]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(includes.get(start, ()))
    while waiting:
        role = waiting.pop()
        if role not in seen:
            seen.add(role)
            waiting.extend(includes.get(role, ()))
    return seen


def _grant(model: Model, document: Document, at: tuple[str, str]) -> Findings:
    entity = model.entities.get(document["entity"])
    if entity is not None and entity.parent:
        yield Finding("M402", at, "/entity", {"entity": entity.key, "parent": entity.parent})
    if not document["members"]:
        yield Finding("M405", at, "/members")
    if not document.get("operations"):
        yield Finding("M406", at, "/operations")
    yield from _scopes(document, at)
    if entity is not None:
        for name, right in document.get("fields", {}).items():
            field = entity.all_fields.get(name.partition(".")[0])
            if field is not None and right == "edit" and field.behaviour.computed:
                yield Finding("M407", at, f"/fields/{name}", {"key": name})


def _scopes(document: Document, at: tuple[str, str]) -> Findings:
    for path, scope in scopes(document):
        if isinstance(scope, Mapping):
            for inner in empty_lists(scope["where"], f"{path}/where"):
                yield Finding("M403", at, inner)
    for operation, scope in document.get("operations", {}).items():
        if scope == []:
            yield Finding("M404", at, f"/operations/{operation}")


def empty_lists(raw: Any, path: str) -> Iterator[str]:
    """Where a Condition compares with an empty list: `not_in` of nothing lets everything pass."""
    if isinstance(raw, list):
        for position, item in enumerate(raw):
            yield from empty_lists(item, f"{path}/{position}")
    if isinstance(raw, Mapping):
        if raw.get("op") in ("in", "not_in") and raw.get("value") in ([], None, ""):
            yield f"{path}/value"
        for name in ("all", "any"):
            if raw.get(name) == []:
                yield f"{path}/{name}"
        for name in ("all", "any", "not", "where"):
            yield from empty_lists(raw.get(name), f"{path}/{name}")
