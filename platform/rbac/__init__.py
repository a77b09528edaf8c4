"""Who may: accounts, organisation, grants and their compiled form. Knows no HTTP."""

from pathlib import Path

from ..metadata import wording

wording.register(Path(__file__).parent / "wording")
