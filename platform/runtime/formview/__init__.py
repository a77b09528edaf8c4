"""Forms: what stands in each input, read from a record or from what was sent, and back into values."""

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "form")
