"""Checks of documents: everything a schema cannot say. All findings are reported, not the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..catalog import Catalog
from .finding import Finding, Place

__all__ = ["Finding", "Place", "check", "places"]


def check(documents: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """All findings."""
    return []


def places(documents: Iterable[Mapping[str, Any]], current: Catalog, desired: Catalog) -> list[Place]:
    """Nodes of the documents that name what goes away or changes its type."""
    return []
