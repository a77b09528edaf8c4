"""Keys made of labels: 客户名称 becomes `ke_hu_ming_cheng`, "Visit date" `visit_date`."""

from __future__ import annotations

import re
from collections.abc import Collection

from ...metadata.checks.names import ENTITY_WORDS, FIELD_WORDS, SHADOW_NAME, SQL_WORDS

LONGEST = 40


def free_key(label: str, taken: Collection[str], fallback: str) -> str:
    """A key that sounds like the label, is no word of ours or SQL's, and is not taken."""
    # Imported here because its tables of characters take longer to load than all the rest of a start.
    from pypinyin import lazy_pinyin

    sound = "_".join(lazy_pinyin(label[:200].lower()))
    plain = re.sub(r"[^a-z0-9]+", "_", sound).strip("_")[:LONGEST].strip("_") or fallback
    base = plain if plain[0].isalpha() else f"{fallback}_{plain}"
    if base in SQL_WORDS | ENTITY_WORDS | FIELD_WORDS or SHADOW_NAME.match(base):
        base = f"{base}_{fallback}"
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key
