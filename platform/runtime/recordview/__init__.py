"""A record's page: its facts by section, its lines, what points at it and what happened to it."""

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "record")
