"""Designers: what an administrator sees and does while he shapes entities, forms, lists, pages and menus.

Every change lives in a draft of his own (`drafts`), laid over what is in force (`workspace`) and shown as members
would see it (`preview`). Publishing (`publishing`) makes one changeset of it.
"""

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "design")
