"""Names of uploads as their senders gave them, made fit to be shown and saved under. They are never paths."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from ...metadata.uploads import ENDINGS, ending_of

LONGEST = 180
"""Characters of a name."""

LONGEST_BYTES = 240
"""Bytes of a name; file systems take no more than 255."""

UNNAMED = "file"

# Signs that turn the direction of writing make `exe.pdf` of `fdp.exe`.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff<>:"|?*]')


def clean_name(given: str, media_type: str) -> str:
    """The name without folders, control characters and signs that no system allows; with an ending."""
    name = re.split(r"[/\\]", given)[-1]
    name = _TURNING.sub("", _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)))
    name = re.sub(r"\s+", " ", name).strip(" .")
    if not name.strip("_. "):
        name = UNNAMED
    ending = ending_of(name)
    if not ending and ENDINGS.get(media_type):
        ending = ENDINGS[media_type]
        name = f"{name}.{ending}"
    return _shortened(name, ending)


def _shortened(name: str, ending: str) -> str:
    tail = f".{ending}" if ending else ""
    stem = name[: len(name) - len(tail)] if tail else name
    tail = name[len(stem) :]
    stem = stem[: LONGEST - len(tail)]
    while len((stem + tail).encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return stem.rstrip() + tail


def disposition(name: str, kind: str) -> str:
    """The Content-Disposition of a file called so: `kind` is attachment or inline."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
