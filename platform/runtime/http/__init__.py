"""HTTP in and out: reading a request strictly, one transaction per request, problems, headers, static files."""

from pathlib import Path

from ...metadata.wording import register

register(Path(__file__).parents[1] / "wording" / "http")
