"""Versions as packages write them, and requirements on them: `crm`, `crm>=1.2`."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(\d+(?:\.\d+){0,3})([a-z0-9.+-]*)")
_REQUIREMENT = re.compile(r"([a-z][a-z0-9_]{0,47})(?:\s*>=\s*(\d+(?:\.\d+){0,3}[a-z0-9.+-]*))?")

PATTERN = r"^\d+(\.\d+){0,3}[a-z0-9.+-]*$"
REQUIREMENT = r"^[a-z][a-z0-9_]{0,47}(\s*>=\s*\d+(\.\d+){0,3}[a-z0-9.+-]*)?$"

_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")

Rank = tuple[tuple[int, ...], bool, str]


def rank(version: str) -> Rank:
    """What to compare versions by: 1.10 comes after 1.9, 2.0rc1 before 2.0."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return (), False, version
    numbers = [int(part) for part in found[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = found[2]
    return tuple(numbers), not rest or rest.startswith("+"), rest


def requirement(text: str) -> tuple[str, str]:
    """(package, least version or '') of a requirement."""
    found = _REQUIREMENT.fullmatch(text.strip())
    return (found[1], found[2] or "") if found else (text, "")


def is_version(text: str) -> bool:
    """Whether the text is a version."""
    return _VERSION.fullmatch(text) is not None and len(text) <= 40


def is_key(text: str) -> bool:
    """Whether the text can be a package's key."""
    return _KEY.fullmatch(text) is not None


def next_version(version: str) -> str:
    """The version after this one: 1.0.0 -> 1.0.1, 2 -> 2.1."""
    found = _VERSION.fullmatch(version)
    parts = found[1].split(".") if found else ["1"]
    if len(parts) < 2:
        return f"{parts[0]}.1"
    return ".".join([*parts[:-1], str(int(parts[-1]) + 1)])
