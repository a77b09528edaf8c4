"""The list page: what its address says, how its rows are drawn, what its bar offers."""

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "list")
