"""Names that keys may not take: words of SQL, the system's own fields."""

from __future__ import annotations

import re

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from ..model import SYSTEM_FIELDS

SQL_WORDS = frozenset(RESERVED_WORDS) | frozenset(
    "add alter between by cascade database delete drop escape exists explain glob group index insert join key "
    "match pragma query reindex replace rowid schema set trigger update vacuum values view virtual".split()
)
"""Words neither database takes as a bare name. We always quote; people who write SQL against us do not."""

ENTITY_WORDS = frozenset(["user", "department", "record", "records", "new", "system"])
"""Keys with a meaning of their own in pickers, addresses and access rules."""

FIELD_WORDS = frozenset({*SYSTEM_FIELDS, "position", "labels"})
"""Fields every record has, and where the titles of what it points at stand."""

SHADOW_NAME = re.compile(r"x_\d+_")
"""How columns are called that keep the values of removed fields."""
