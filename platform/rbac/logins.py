"""Logins in the one form in which they are stored and compared."""

from __future__ import annotations

import unicodedata

IMPOSSIBLE = "\ufffd"
"""Stands for what cannot be stored; no login may have it."""


def canonical(login: str) -> str:
    """The one form under which a login is stored and looked up: whatever looks or sounds the same is the same.

    What cannot be stored becomes a sign that no login may have.
    """
    visible = "".join(c for c in unicodedata.normalize("NFKC", login) if unicodedata.category(c) != "Cf").strip()
    storable = "".join(IMPOSSIBLE if unicodedata.category(c) in ("Cc", "Cs") else c for c in visible)
    return unicodedata.normalize("NFKC", storable.casefold()).strip()
